"""Events for people: no identifier of a person is left, and what is harmless stays readable."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.contract.redaction import HIDDEN, NOBODY, Redaction
from streams.contract.topics import INPUTS, Topic


def pseudonym(identifier: str) -> bytes:
    return f"<{identifier}>".encode()


def of(identifier: str) -> str:
    return f"#{pseudonym(identifier).hex()}"


def shown(data: dict[str, Any], topic: Topic = Topic.CALLS) -> dict[str, Any]:
    found: dict[str, Any] = Redaction(topic, pseudonym).body({"data": data})["data"]
    return found


@pytest.mark.parametrize(
    "data, expected",
    [
        ({"customer": "+34 600 11 22 33"}, {"customer": of("34600112233")}),
        ({"customer": "Anonymous"}, {"customer": NOBODY}),
        ({"customer": 600112233}, {"customer": of("600112233")}),
        ({"customer": ["a", "b"]}, {"customer": HIDDEN}),
        ({"customer": None}, {"customer": None}),
        ({"agent": " ana "}, {"agent": of("ana")}),
        ({"to": "agent: ana"}, {"to": f"agent:{of('ana')}"}),
        ({"to": "+34 600 11 22 33"}, {"to": of("34600112233")}),
        ({"to": "tier 2"}, {"to": "tier 2"}),
        ({"queue": "sales", "leg": 2, "topic": "invoice"}, {"queue": "sales", "leg": 2, "topic": "invoice"}),
        ({"outcome": "called Ana back"}, {"outcome": HIDDEN}),
        ({"outcome": "answered"}, {"outcome": "answered"}),
        ({"Customer": "ana", "phone": 600112233, "vip": True}, {"Customer": HIDDEN, "phone": HIDDEN, "vip": True}),
        ({"queue": {"name": "ana"}}, {"queue": HIDDEN}),
    ],
)
def test_fields_of_data(data: dict[str, Any], expected: dict[str, Any]) -> None:
    """Customers, agents and dialled numbers are hashed as the worker hashes them; unknown fields are hidden."""
    assert expected == shown(data)


def test_the_sender_of_a_message_is_a_word_of_the_contract() -> None:
    """A field that has another name in JSON than in the code is known by that of JSON."""
    assert {"from": "customer"} == shown({"from": "customer"}, Topic.CHATS)


def test_what_is_no_event() -> None:
    """Values that are no JSON object are described, not printed; --plain prints them, made safe for a terminal."""
    redaction, plain = Redaction(Topic.CALLS, pseudonym), Redaction(Topic.CALLS, None)
    assert "(no value)" == redaction.value(None)
    assert "(7 bytes that are not JSON; --plain shows them)" == redaction.value(b"ana\xff 6x")
    assert "(JSON, but not an object, of 5 bytes; --plain shows it)" == redaction.value(b'"ana"')
    assert "\\x1b[2J" == plain.value(b"\x1b[2J")


def test_a_key_that_is_not_the_subject_is_hashed() -> None:
    """A wrong key may be a telephone number."""
    redaction = Redaction(Topic.CALLS, pseudonym)
    assert ("call-1", of("600112233"), "(none)") == (
        redaction.key(b"call-1", "call-1"),
        redaction.key(b"600112233", "call-1"),
        redaction.key(None, "call-1"),
    )


names = st.sampled_from(["customer", "agent", "to", "phone", "outcome", "Customer", "data", "notes"])
secret = st.just("+34 600 99 88 77")
nested = st.recursive(secret, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner, max_size=2))


@given(st.sampled_from(INPUTS), st.dictionaries(names, nested), st.dictionaries(names, nested))
def test_no_number_of_a_person_is_left(topic: Topic, data: dict[str, Any], extra: dict[str, Any]) -> None:
    """Wherever a person's number stands in an event, its text has none of it."""
    body = {**extra, "type": "call.offered", "subject": "c-1", "data": data}
    assert "99 88 77" not in Redaction(topic, pseudonym).value(json.dumps(body).encode())
