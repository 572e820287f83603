"""Names and persons in the one form in which they are stored, as the contract has it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.common.errors import InvalidEvent
from streams.contract.decoding import EventDecoder
from streams.contract.names import InvalidName, clean_name, customer_identity, printable
from streams.contract.topics import Topic
from tests.oracles import names_oracle
from tests.support.words import TOPIC_OF

DECODERS = {
    prefix: EventDecoder(topic, record_limit_bytes=65_536, string_limit=256) for prefix, topic in TOPIC_OF.items()
}


def decode(kind: str, /, **data: Any) -> Any:
    """The ``data`` of an event of this type, as decoded."""
    record = {
        "specversion": "1.0",
        "id": "1",
        "source": "/pbx",
        "type": kind,
        "time": "2026-11-21T09:00:00Z",
        "subject": "c-1",
        "data": data,
    }
    return DECODERS[kind.partition(".")[0]].decode(json.dumps(record).encode())[0].data


def refusal(kind: str, /, **data: Any) -> tuple[str, str]:
    """Reason and sentence of a refusal."""
    with pytest.raises(InvalidEvent) as refused:
        decode(kind, **data)
    return refused.value.reason, refused.value.detail


FORMS = {
    "composed and decomposed letters": ("aver\u00eda", "averi\u0301a"),
    "blanks at its ends": ("sales", "  sales "),
    "a no-break space at its end": ("sales", "sales\u00a0"),
    "a zero-width space": ("sales", "sa\u200bles"),
    "a byte order mark": ("sales", "\ufeffsales"),
    "both, and blanks between them": ("sales", "\ufeff \u200bsales"),
}
NAMED: list[tuple[str, str, dict[str, Any]]] = [
    ("call.offered", "queue", {}),
    ("call.offered", "topic", {"queue": "q"}),
    ("call.callback_requested", "queue", {}),
    ("call.transferred", "to", {}),
    ("call.escalated", "kind", {}),
    ("call.callback_cancelled", "reason", {}),
    ("call.classified", "topic", {}),
    ("ticket.opened", "queue", {}),
    ("ticket.transferred", "queue", {}),
    ("ticket.assigned", "team", {}),
    ("ticket.solved", "team", {}),
    ("ticket.held", "reason", {}),
    ("ticket.escalated", "topic", {"kind": "k"}),
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind,field,data", NAMED, ids=[f"{kind}-{field}" for kind, field, _ in NAMED])
def test_spellings_of_one_name(form: str, kind: str, field: str, data: dict[str, Any]) -> None:
    """Names that look the same are the same: in NFC, trimmed, without U+200B and U+FEFF."""
    name, spelling = FORMS[form]
    assert name == getattr(decode(kind, **{**data, field: spelling}), field)


INVISIBLE = {
    "a null character": "\x00",
    "a tabulator": "\t",
    "a line feed": "\n",
    "an escape": "\x1b",
    "delete": "\x7f",
    "a C1 control": "\x85",
    "a line separator": "\u2028",
    "a paragraph separator": "\u2029",
    "left-to-right": "\u200e",
    "right-to-left": "\u200f",
    "an Arabic letter mark": "\u061c",
    "an embedding": "\u202a",
    "an override": "\u202e",
    "an isolate": "\u2066",
    "the end of an isolate": "\u2069",
}


@pytest.mark.parametrize("character", INVISIBLE)
@pytest.mark.parametrize("kind,field,data", NAMED, ids=[f"{kind}-{field}" for kind, field, _ in NAMED])
def test_characters_that_no_name_may_have(character: str, kind: str, field: str, data: dict[str, Any]) -> None:
    """A name with a control character, separator or bidirectional control is refused, and the sentence names it."""
    reason, detail = refusal(kind, **{**data, field: f"sa{INVISIBLE[character]}les"})
    assert ("invalid_field", True) == (reason, f"{field}` holds" in detail)


@pytest.mark.parametrize("number", [0xD800, 0xDFFF])
def test_half_a_character_is_no_name(number: int) -> None:
    """A lone surrogate is refused before it gets anywhere."""
    surrogate = chr(number)
    with pytest.raises(InvalidName, match=r"U\+D"):
        clean_name(f"a{surrogate}")
    assert refusal("call.offered", queue=f"a{surrogate}")[0] in ("not_json", "invalid_field")


BLANKS = ("", " ", "\u00a0", "\u200b", "\ufeff \u200b")


@pytest.mark.parametrize("blank", BLANKS)
@pytest.mark.parametrize(
    "kind,data",
    [
        ("call.offered", {}),
        ("call.refused", {"reason": "busy"}),
        ("call.callback_requested", {}),
        ("ticket.opened", {}),
        ("ticket.transferred", {}),
    ],
)
def test_a_blank_queue_is_refused(blank: str, kind: str, data: dict[str, Any]) -> None:
    """A queue of blanks is an error of the sender, also where a queue may be missing."""
    reason, detail = refusal(kind, **{**data, "queue": blank})
    assert ("invalid_field", True) == (reason, "queue" in detail)


@pytest.mark.parametrize("blank", BLANKS)
def test_any_other_blank_name_is_a_missing_field(blank: str) -> None:
    """A required field that is blank is missing, so the event is refused; one that may be missing is missing."""
    assert ("missing_field", "missing_field") == (
        refusal("call.escalated", kind=blank)[0],
        refusal("call.transferred", to=blank)[0],
    )
    without = decode("call.classified")
    assert (without.topic, decode("ticket.assigned").team) == (
        decode("call.classified", topic=blank).topic,
        decode("ticket.assigned", team=blank).team,
    )


@pytest.mark.parametrize(
    "kind,field", [("call.answered", "agent"), ("ticket.assigned", "agent"), ("call.offered", "customer")]
)
def test_identifiers_are_trimmed(kind: str, field: str) -> None:
    """Blanks at the ends of an agent's or a customer's identifier do not count."""
    data = {"queue": "q"} if kind == "call.offered" else {}
    assert "a-1" == getattr(decode(kind, **{**data, field: " a-1 "}), field)


CUSTOMERS = {
    "an identifier": ("k-1", "k-1"),
    "an address": ("Ada@Example.com", "Ada@Example.com"),
    "digits": ("600111222", "600111222"),
    "a plus": ("+34600111222", "34600111222"),
    "two zeros": ("0034600111222", "34600111222"),
    "one zero is kept": ("034600111222", "034600111222"),
    "two zeros once only": ("000034600111", "0034600111"),
    "blanks, brackets, dots, hyphens and slashes": (" (34) 600.111-2/22 ", "34600111222"),
    "a no-break space": ("600\u00a0111\u00a0222", "600111222"),
    "seven digits": ("60-01-11-2", "6001112"),
    "six digits are an identifier": ("60-01-11", "60-01-11"),
    "a letter": ("600111222x", "600111222x"),
    "digits of another script": ("\u0666" * 9, "\u0666" * 9),
    "blank": (" ", ""),
    "zero": ("0", ""),
    "two zeros are an identifier": ("00", "00"),
    **{word: (word, "") for word in ("anonymous", "UNKNOWN", "Private", " unavailable ", "restricted", "withheld")},
    **{word: (word, "") for word in ("none", "NULL")},
    "a name with such a word": ("unknown soldier", "unknown soldier"),
}  # fmt: skip


@pytest.mark.parametrize("case", CUSTOMERS)
def test_who_a_customer_is(case: str) -> None:
    """A telephone number is its digits without a leading 00; anonymous words are nobody."""
    spelling, identity = CUSTOMERS[case]
    assert identity == customer_identity(spelling) == names_oracle.customer(spelling)
    assert identity == decode("call.offered", queue="q", customer=spelling).customer
    assert identity == decode("ticket.classified", customer=spelling).customer


def test_the_words_for_nobody_are_a_setting() -> None:
    """Only the words of the setting are nobody, in any case."""
    words = frozenset({"sin identificar"})
    assert ("", "anonymous") == (
        customer_identity("Sin Identificar", words),
        customer_identity("anonymous", words),
    )


CHARACTERS = st.sampled_from(" +0123456789().-/x\u00a0\u200b\ufeff\u0301eE")


@given(st.text(CHARACTERS | st.characters(exclude_categories=["Cc", "Cs", "Cf", "Zl", "Zp"]), max_size=16))
def test_names_and_customers_are_the_oracles(text: str) -> None:
    """Whatever the text, its name and its customer are what the definition says."""
    assert names_oracle.name(text) == clean_name(text)
    assert names_oracle.customer(text) == customer_identity(text)


@given(st.text(max_size=30))
def test_a_clean_name_is_in_its_last_form(text: str) -> None:
    """A name that was cleaned once does not change, and can be printed as it is."""
    try:
        name = clean_name(text)
    except InvalidName:
        assert printable(text) != text
    else:
        assert name == clean_name(name) == printable(name)


@pytest.mark.parametrize(
    "old,shown", [("a\x1b[2Jb", r"a\x1b[2Jb"), ("a\u202eb", r"a\u202eb"), ("ventas\n", r"ventas\n")]
)
def test_old_names_are_shown_escaped(old: str, shown: str) -> None:
    """A name stored before the rule is printed with its invisible characters written out."""
    assert shown == printable(old)


def test_topics_of_the_decoders() -> None:
    """Every topic is decoded here."""
    assert set(Topic) == set(TOPIC_OF.values())
