"""Records that are no strict JSON: members given twice, and bytes that are not UTF-8 where nobody reads them."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.common.errors import InvalidEvent
from streams.contract.decoding import EventDecoder
from streams.contract.events import CALL_EVENTS
from streams.contract.strict import LEARNED_NAMES, StrictJson
from streams.contract.topics import Topic

ENVELOPE = {
    "specversion": '"1.0"',
    "id": '"7f3c"',
    "source": '"/pbx"',
    "type": '"call.offered"',
    "time": '"2026-11-21T09:00:12.250Z"',
    "subject": '"call-1"',
}
DATA = {"queue": '"sales"', "leg": "0", "via": '"inbound"', "customer": '"x"', "topic": '"via"', "priority": "3"}


def decoder() -> EventDecoder:
    """A decoder that has learned nothing yet."""
    return EventDecoder(Topic.CALLS, record_limit_bytes=65_536, string_limit=256)


def written(*top: tuple[str, str], data: tuple[tuple[str, str], ...] | None = tuple(DATA.items())) -> bytes:
    """A record with these members of the envelope and of ``data``, in this order, each as often as it is there."""

    def body(pairs: tuple[tuple[str, str], ...]) -> str:
        return "{" + ",".join(f'"{name}":{value}' for name, value in pairs) + "}"

    return body((*top, ("data", body(data)))).encode() if data is not None else body(top).encode()


@pytest.mark.parametrize("name", [*ENVELOPE, "data", *(f"data.{name}" for name in DATA)])
@pytest.mark.parametrize("last", [True, False], ids=["at the end", "at the beginning"])
def test_a_member_given_twice_is_refused(name: str, last: bool) -> None:
    """Readers of JSON disagree about which of the two holds, so the event is refused with the name of the member."""
    top, data = tuple(ENVELOPE.items()), tuple(DATA.items())
    holder, _, field = name.rpartition(".")
    if holder:
        twice = (field, DATA[field])
        value = written(*top, data=(*data, twice) if last else (twice, *data))
    else:
        twice = (name, ENVELOPE.get(name, '{"queue":"other"}'))
        value = written(*top, twice) if last else written(twice, *top)
    with pytest.raises(InvalidEvent, match=f"`{name}` is given twice") as refusal:
        decoder().decode(value)
    assert "invalid_field" == refusal.value.reason


HIDDEN: dict[str, bytes] = {
    "an escape in the name": rb',"s\u0075bject":"call-2"}',
    "blanks before the colon": b',"subject" \n: "call-2"}',
    "three times": b',"subject":"call-2","subject":"call-3"}',
    "besides an unknown field": b',"datacontenttype":"application/json","subject":"call-2"}',
    "besides a nested field of the name": b',"ext":{"subject":"x"},"subject":"call-2"}',
    "besides an offset": b',"time":"2026-11-21T09:00:12.250+01:00"}',
    "besides a sequence": b',"sequence":7,"subject":"call-2"}',
    "besides a colon in a text": b',"id":"urn:uuid:1"}',
}


@pytest.mark.parametrize("case", HIDDEN)
def test_a_second_member_is_found_however_it_is_hidden(case: str) -> None:
    """Whatever else the record holds, a second member of a known name is seen, also by a decoder that knows others."""
    warm = decoder()
    warm.decode(written(*ENVELOPE.items(), ("datacontenttype", '"x"'), ("ext", '{"a":"b:c"}')))
    for each in (decoder(), warm):
        for data in (tuple(DATA.items()), (("queue", '"sales"'),)):
            with pytest.raises(InvalidEvent, match="is given"):
                each.decode(written(*ENVELOPE.items(), data=data)[:-1] + HIDDEN[case])


def test_a_missing_member_does_not_hide_a_second_one() -> None:
    """An event without `data`, or without a field that has a default, has room for a second member in no count."""
    bare = {**ENVELOPE, "type": '"call.answered"'}
    for each in (decoder(), decoder()):
        each.decode(written(*bare.items(), data=None))
        with pytest.raises(InvalidEvent, match="`subject` is given twice"):
            each.decode(written(*bare.items(), ("subject", '"call-2"'), data=None))


@pytest.mark.parametrize(
    "more",
    [b',"note":"\xff"}', b',"n\xffte":1}', b',"note":["\xed\xa0\x80"]}', b',"a:b":{"note":"\xc0\x80:"}}'],
)
def test_bytes_that_are_not_utf8_are_refused_where_nobody_reads_them(more: bytes) -> None:
    """An unknown field, or its name, is UTF-8 too, or the record is refused like any other that is not."""
    with pytest.raises(InvalidEvent) as refusal:
        decoder().decode(written(*ENVELOPE.items())[:-1] + more)
    assert "not_utf8" == refusal.value.reason


ACCEPTED: dict[str, bytes] = {
    "an unknown field twice": b',"note":1,"note":2}',
    "a nested object with names of ours": b',"ext":{"id":1,"time":2,"data":{"queue":1}}}',
    "names of fields of other events": b',"agent":"x","to":"y"}',
    "a number of 5,000 digits": b',"n":' + b"9" * 5_000 + b"}",
    "letters beyond ASCII": ',"nota":"año: ñ"}'.encode(),
    "quoted names in a text": rb',"note":"\"subject\":\"x\",\"subject\":"}',
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_what_is_no_second_member_is_accepted(case: str) -> None:
    """Names that are repeated where they mean nothing to us are no fault."""
    each = decoder()
    for _ in range(2):
        event, _, _ = each.decode(written(*ENVELOPE.items())[:-1] + ACCEPTED[case])
        assert "call-1" == event.subject


def test_few_unknown_names_are_remembered() -> None:
    """A producer with a new name in each event fills no memory."""
    each = StrictJson(CALL_EVENTS.values())
    decode = decoder().decode
    for number in range(LEARNED_NAMES + 9):
        value = written(*ENVELOPE.items(), (f"x{number}", "1"), ("y" * 99, "1"))
        each.check(value, decode(value)[0], 4, 4)
    assert LEARNED_NAMES == len(each._learned)


NAMES = st.sampled_from([*ENVELOPE, *DATA, "agent", "note", "datacontenttype"])
TEXTS = st.text('ab:"\\{},é', max_size=5)
ANY_VALUE: st.SearchStrategy[Any] = st.one_of(
    TEXTS, st.integers(0, 9), st.dictionaries(NAMES, TEXTS, max_size=2), st.lists(TEXTS, max_size=2)
)


@given(st.lists(st.tuples(NAMES, ANY_VALUE), max_size=3), st.lists(st.tuples(NAMES, TEXTS), max_size=3), st.data())
def test_as_a_parser_of_all_members_would_see_it(
    top: list[tuple[str, Any]], inside: list[tuple[str, str]], data: st.DataObject
) -> None:
    """A record is refused for a second member exactly where a reader of all members sees one that we know."""
    escaped = data.draw(st.booleans())
    given_data = [(name, value) for name, value in inside if name not in DATA] + [("queue", "sales")]
    given_data += [(name, json.loads(DATA[name])) for name, _ in inside if name in DATA and name != "queue"]
    members: list[tuple[str, str]] = list(ENVELOPE.items())
    body = ",".join(f"{json.dumps(name)}:{json.dumps(value)}" for name, value in given_data)
    members.append(("data", "{" + body + "}"))
    members += [(name, ENVELOPE.get(name) or json.dumps(value, ensure_ascii=escaped)) for name, value in top]
    members = data.draw(st.permutations(members))
    value = ("{" + ",".join(f'"{name}":{each}' for name, each in members) + "}").encode()
    seen = Counter(name for name, _ in members if name in {*ENVELOPE, "data"})
    known = Counter(name for name, _ in given_data if name in DATA)
    if any(times > 1 for times in (*seen.values(), *known.values())):
        with pytest.raises(InvalidEvent, match="is given"):
            DECODER.decode(value)
    else:
        DECODER.decode(value)


DECODER = decoder()
