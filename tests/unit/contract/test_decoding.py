"""Events that the decoder accepts, and the reason for each that it refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from streams.common.errors import InvalidEvent
from streams.common.vocabulary import Via
from streams.config.settings import Settings
from streams.contract.decoding import MAX_SEQUENCE, REASONS, EventDecoder, leg_name
from streams.contract.events import CALL_EVENTS, EVENTS_OF, TYPES_OF, VERB_OF
from streams.contract.topics import Topic

LIMIT_BYTES = 4096
CALLS = EventDecoder(Topic.CALLS, record_limit_bytes=LIMIT_BYTES, string_limit=256)
OFFERED = (
    '{"specversion":"1.0","id":"1","source":"/pbx","type":"call.offered","time":"2026-11-21T09:00:12.250Z",'
    '"subject":"call-1","data":{"queue":"sales"}}'
)


def changed(**changes: Any) -> bytes:
    """The good event with other fields, as JSON."""
    return json.dumps({**json.loads(OFFERED), **changes}).encode()


def reason_for(value: bytes | None, decoder: EventDecoder = CALLS) -> tuple[str, str]:
    """Reason and detail of a refusal."""
    with pytest.raises(InvalidEvent) as refusal:
        decoder.decode(value)
    return refusal.value.reason, refusal.value.detail


def test_a_good_event() -> None:
    """Type, time in milliseconds, defaults and what was left unset all come through."""
    event, time_ms, sequence = CALLS.decode(OFFERED.encode())
    assert (CALL_EVENTS["offered"], 1_795_251_612_250, -1) == (type(event), time_ms, sequence)
    data = event.data
    assert ("sales", 0, Via.INBOUND) == (data.queue, data.leg, data.via)


REFUSED: dict[str, tuple[bytes | None, str, str]] = {
    "a tombstone": (None, "no_value", "tombstone"),
    "one byte too many": (b" " * (LIMIT_BYTES + 1), "too_large", "4097 bytes, over the limit of 4096"),
    "nothing": (b"", "not_json", "truncated"),
    "half an event": (OFFERED[:60].encode(), "not_json", "truncated"),
    "text": (b"hello", "not_json", "malformed"),
    "NaN": (OFFERED.replace('"sales"', "NaN").encode(), "not_json", "malformed"),
    "two events": (OFFERED.encode() * 2, "not_json", "trailing"),
    "a byte order mark": (b"\xef\xbb\xbf" + OFFERED.encode(), "not_json", "byte 0"),
    "deep nesting": (b'{"data":' + b"[" * (LIMIT_BYTES - 8), "not_json", "nested too deeply"),
    "deep nesting in what is ignored": (b'{"type":"x","a":' + b"[" * 4000, "not_json", "nested too deeply"),
    "an unknown type and garbage": (b'{"type":"x.y", garbage', "not_json", "malformed"),
    "half a surrogate pair": (OFFERED.replace("sales", r"\udc00").encode(), "not_json", "surrogate"),
    "Latin-1": (OFFERED.replace("sales", "año").encode("latin-1"), "not_utf8", "invalid UTF-8 at byte 139"),
    "Latin-1 in what is ignored": (b'{"a":"\xff","type":"x"}', "not_utf8", "byte 6"),
    "a list": (b"[]", "invalid_field", "object"),
    "null": (b"null", "invalid_field", "object"),
    "no type": (b"{}", "missing_field", "`type`"),
    "no id": (OFFERED.replace('"id":"1",', "").encode(), "missing_field", "`id`"),
    "no queue": (changed(data={}), "missing_field", "`data.queue` is missing"),
    "no offset": (changed(time="2026-11-21T09:00:12"), "no_offset", "`time` has no offset"),
    "no such day": (
        changed(time="2026-02-30T09:00:12Z"),
        "invalid_field",
        "`time` is '2026-02-30T09:00:12Z', not RFC 3339",
    ),
    "a leap second and garbage": (
        OFFERED.replace("09:00:12.250Z", "23:59:60Z").encode()[:-1],
        "not_json",
        "truncated",
    ),
    "a minute of 61 seconds": (changed(time="2026-11-21T09:00:61Z"), "invalid_field", "`time`"),
    "an empty subject": (changed(subject=""), "invalid_field", "`subject`"),
    "a number as type": (changed(type=5), "invalid_field", "type"),
    "a type given twice": (b'{"type":"call.x","type":"call.held"}', "invalid_field", "given twice"),
    "a wrong kind of leg": (
        changed(data={"queue": "sales", "leg": []}),
        "invalid_field",
        "`data.leg` is a list; it must be",
    ),
    "a long string": (changed(data={"queue": "q" * 257}), "string_too_long", "`queue` has 257 characters, over 256"),
    "a long subject": (changed(subject="s" * 257), "string_too_long", "`subject`"),
    "another topic's event": (
        changed(type="ticket.solved"),
        "wrong_topic",
        "belongs on the topic tickets, not on calls",
    ),
    "an event of the streams": (
        changed(type="contact.outcome"),
        "wrong_topic",
        "contact.outcome is written by the streams alone, onto the topic contacts",
    ),
    "a type of nobody's": (changed(type="call.whispered"), "unknown_type", "'call.whispered'"),
    "a reserved type": (changed(type="agent.state_changed"), "unknown_type", "none of this contract"),
    "a sequence below -1": (changed(sequence=-2), "invalid_field", "`sequence` -2"),
    "a sequence past 63 bits": (changed(sequence=MAX_SEQUENCE + 1), "invalid_field", "not between"),
    "a sequence of other digits": (changed(sequence="٣"), "invalid_field", "`sequence`"),
    "a sequence with a sign": (changed(sequence="-1"), "invalid_field", "`sequence`"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    """Each kind of bad record has its reason, and a sentence that says what is wrong."""
    value, reason, detail = REFUSED[name]
    found_reason, found_detail = reason_for(value)
    assert (reason, True) == (found_reason, detail in found_detail), found_detail


ACCEPTED: dict[str, tuple[bytes, int]] = {
    "no sequence": (OFFERED.encode(), -1),
    "an integer": (changed(sequence=7), 7),
    "digits": (changed(sequence="007"), 7),
    "the greatest": (changed(sequence=str(MAX_SEQUENCE)), MAX_SEQUENCE),
    "unknown fields": (changed(dataschema="x", traceparent={"a": [1, None]}), -1),
    "strings of the greatest length": (changed(id="i" * 256, subject="é" * 256), -1),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepted(name: str) -> None:
    """Every event that the contract permits is accepted, with its sequence as a number."""
    value, sequence = ACCEPTED[name]
    assert sequence == CALLS.decode(value)[2]


TIMES = {
    "2026-11-21T09:00:12Z": 0,
    "2026-11-21t09:00:12z": 0,
    "2026-11-21 09:00:12Z": 0,
    "2026-11-21 09:00:12+00:00": 0,
    "2026-11-21T10:00:12+01:00": 0,
    "2026-11-21T10:00:12+0100": 0,
    "2026-11-21 10:00:12+0100": 0,
    "2026-11-20T21:30:12-11:30": 0,
    "2026-11-20T21:30:12-1130": 0,
    "2026-11-21T09:00:12.2509Z": 250,
    "2026-11-21T09:00:60Z": 47_999,
    "2026-11-21T09:00:60.5Z": 47_999,
    "2026-11-21t09:00:60z": 47_999,
    "2026-11-21T10:00:60+0100": 47_999,
    "2026-11-21 09:00:60.000Z": 47_999,
}


@pytest.mark.parametrize("time", TIMES)
def test_times(time: str) -> None:
    """Every spelling of an instant is that instant; second 60 is 59.999, what is finer than a millisecond is cut."""
    assert 1_795_251_612_000 + TIMES[time] == CALLS.decode(changed(time=time))[1]


@pytest.mark.parametrize("time", TIMES)
def test_times_of_corrections(time: str) -> None:
    """The times in a correction are read like those of events."""
    value = changed(
        type="call.corrected",
        time="2026-11-21T10:00:00Z",
        data={"outcome": "answered", "outcome_at": time, "ended_at": time},
    )
    data = CALLS.decode(value)[0].data
    assert data.outcome_at == data.ended_at == CALLS.decode(changed(time=time))[0].time


EPOCHS = {
    "seconds": (1_795_251_612, "(seconds since 1970 of 2026-11-21T09:00:12Z)"),
    "seconds as a text": ("1795251612", "(seconds since 1970 of 2026-11-21T09:00:12Z)"),
    "seconds with a fraction": (1_795_251_612.25, "(seconds since 1970 of 2026-11-21T09:00:12Z)"),
    "milliseconds": (1_795_251_612_250, "(milliseconds since 1970 of 2026-11-21T09:00:12Z)"),
    "milliseconds as a text": ("1795251612250", "(milliseconds since 1970 of 2026-11-21T09:00:12Z)"),
}


@pytest.mark.parametrize("case", EPOCHS)
def test_a_number_as_time_is_explained(case: str) -> None:
    """The sentence says which instant the number would be, and how to write it."""
    time, explained = EPOCHS[case]
    reason, detail = reason_for(changed(time=time))
    assert "invalid_field" == reason
    assert explained in detail
    assert "write RFC 3339 with an offset" in detail


MEANT = {
    "call.offer": "call.offered",
    "call.ofered": "call.offered",
    "Call.Offered": "call.offered",
    "call-offered": "call.offered",
    "call_answered": "call.answered",
    "call.hangup": None,
    "chat.mesage": "chat.message",
    "ticket.reopen": "ticket.reopened",
    "call.callback-requested": "call.callback_requested",
    "call.wrap_up": "call.wrapped_up",
    "x": None,
}


@pytest.mark.parametrize("kind", MEANT)
def test_did_you_mean(kind: str) -> None:
    """An unknown type names the type that was probably meant, and none where nothing is near."""
    reason, detail = reason_for(changed(type=kind))
    wanted = MEANT[kind]
    assert "unknown_type" == reason
    assert (f"did you mean {wanted}?" in detail) if wanted else ("did you mean" not in detail)


ALLOWED: dict[str, tuple[dict[str, Any], str]] = {
    "via": ({"type": "call.offered", "data": {"queue": "q", "via": "phone"}}, ", ".join(Via)),
    "a reason to refuse": (
        {"type": "call.refused", "data": {"queue": "q", "reason": "holiday"}},
        "closed, busy, full, no_agents, expected_wait, other",
    ),
    "a reason to leave": ({"type": "call.left_queue", "data": {"reason": "x"}}, "timeout, empty, overflow, key"),
    "an outcome": (
        {"type": "call.corrected", "data": {"outcome": "lost"}},
        "answered, abandoned, callback_requested, left_queue, none",
    ),
    "a reason to remove": ({"type": "call.removed", "data": {"reason": "x"}}, "test, internal, duplicate, spam"),
    "the version": ({"specversion": "0.3"}, "1.0"),
}


@pytest.mark.parametrize("case", ALLOWED)
def test_allowed_values(case: str) -> None:
    """A value that is none of a list is refused with the list."""
    changes, allowed = ALLOWED[case]
    reason, detail = reason_for(changed(**changes))
    assert ("invalid_field", True) == (reason, f"not one of {allowed}" in detail), detail


@pytest.mark.parametrize("reason", ["closed", "busy", "full", "no_agents", "expected_wait", "other"])
def test_reasons_to_refuse_a_contact(reason: str) -> None:
    """Every reason of the contract is accepted."""
    assert reason == CALLS.decode(changed(type="call.refused", data={"queue": "q", "reason": reason}))[0].data.reason


CONTRADICTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "a reason alone": ({"reason": "timeout"}, "`reason` without `outcome`"),
    "an agent alone": ({"agent": "a-1"}, "`agent` without `outcome`"),
    "a time alone": ({"outcome_at": "2026-11-21T09:00:00Z"}, "`outcome_at` without `outcome`"),
    "taken out without a reason": ({"outcome": "left_queue"}, "needs a `reason`: one of timeout, empty, overflow, key"),
    "taken out for no such reason": ({"outcome": "left_queue", "reason": "bored"}, "needs a `reason`"),
    "transferred after all": ({"transferred": True}, "`transferred` can only be false"),
    "an outcome to come": ({"outcome": "answered", "outcome_at": "2026-11-21T09:00:12.251Z"}, "`outcome_at` is after"),
    "an end to come": ({"ended_at": "2026-11-21T09:00:13Z"}, "`ended_at` is after"),
    "another way": ({"via": "pigeon"}, "not one of"),
}


@pytest.mark.parametrize("case", CONTRADICTIONS)
def test_a_correction_that_contradicts_itself(case: str) -> None:
    """It is refused as an invalid field, in a sentence that says which."""
    data, sentence = CONTRADICTIONS[case]
    reason, detail = reason_for(changed(type="call.corrected", data=data))
    assert ("invalid_field", True) == (reason, sentence in detail), detail


CORRECTIONS: dict[str, dict[str, Any]] = {
    "an outcome at its own time": {"outcome": "answered", "outcome_at": "2026-11-21T09:00:12.250Z", "agent": "a-1"},
    "no outcome": {"outcome": "none"},
    "taken out": {"outcome": "left_queue", "reason": "timeout"},
    "no end": {"ended_at": None},
    "an end": {"ended_at": "2026-11-21T09:00:12.250Z"},
    "no transfer": {"transferred": False},
    "a target": {"to": "agent:a-2"},
    "a way": {"via": "callback"},
    "nothing": {},
}


@pytest.mark.parametrize("case", CORRECTIONS)
def test_corrections_that_are_accepted(case: str) -> None:
    """Corrections that the contract permits are decoded, and null is told from a field that was not sent."""
    data = CALLS.decode(changed(type="call.corrected", data=CORRECTIONS[case]))[0].data
    assert set(CORRECTIONS[case]) == {name for name in data.__struct_fields__ if getattr(data, name) is not UNSET}


def test_a_record_of_the_greatest_size_is_taken() -> None:
    """The limit itself is within the limit."""
    value = OFFERED.encode().ljust(LIMIT_BYTES)
    assert LIMIT_BYTES == len(value)
    assert "1" == CALLS.decode(value)[0].id


@pytest.mark.parametrize("topic", EVENTS_OF, ids=str)
def test_types_of_a_topic(topic: Topic) -> None:
    """Each topic's types are named by its prefix and the verb."""
    prefix = topic.removesuffix("s")
    assert {f"{prefix}.{VERB_OF[struct]}" for struct in EVENTS_OF[topic].values()} == TYPES_OF[topic]


def test_limits_come_from_the_settings() -> None:
    """A decoder made of settings has their limits."""
    decoder = EventDecoder.of(Topic.CALLS, Settings(record_limit_bytes=1024, string_limit=16))
    assert "too_large" == reason_for(b" " * 1025, decoder)[0]
    assert "string_too_long" == reason_for(changed(id="i" * 17), decoder)[0]


@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_no_bytes_raise_anything_else(value: bytes) -> None:
    """Whatever the bytes, the answer is a refusal with one of the reasons."""
    assert reason_for(value)[0] in REASONS


@given(st.data())
def test_no_damage_raises_anything_else(data: st.DataObject) -> None:
    """A good event with a part replaced is an event, or is refused with one of the reasons."""
    value = OFFERED.encode()
    start = data.draw(st.integers(0, len(value)))
    end = data.draw(st.integers(start, min(start + 20, len(value))))
    damaged = value[:start] + data.draw(st.binary(max_size=6)) + value[end:]
    reasons: list[str] = []
    try:
        CALLS.decode(damaged)
    except InvalidEvent as error:
        reasons.append(error.reason)
    assert set(reasons) <= set(REASONS)


@pytest.mark.parametrize("leg, name", [(0, "0"), (1, "1"), (1.0, "1"), ("1", "1"), (1.5, "1.5"), ("a", "a")])
def test_leg_names(leg: str | int | float, name: str) -> None:
    """A leg has one name, however its number was written."""
    assert name == leg_name(leg)
