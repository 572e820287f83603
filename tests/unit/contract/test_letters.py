"""Contents of dead letters: no person in clear, the original known by its marks, nothing of what cannot be decoded."""

from __future__ import annotations

import json
from hashlib import blake2b, sha256
from typing import Any

import pytest

from streams.contract.letters import FINGERPRINT, SHA256, SIZE, Content, LetterWriter, marks_of
from streams.contract.topics import Topic

PHONE, NAME = "+34 600 11 22 33", "Ana Pons"


def pseudonym(identifier: str) -> bytes:
    return blake2b(identifier.encode(), digest_size=12).digest()


def of(identifier: str) -> str:
    return f"#{pseudonym(identifier).hex()}"


def content(value: bytes | None, key: bytes | None = b"call-1", most_bytes: int = 10_000) -> Content:
    return LetterWriter(Topic.CALLS, pseudonym, most_bytes=most_bytes).content(key, value)


def event(**data: Any) -> bytes:
    return json.dumps({"type": "call.offered", "subject": "call-1", "data": data}).encode()


def test_persons_of_a_letter_are_hashes() -> None:
    """An event that was refused keeps its fields, and persons as the numbers know them."""
    value = event(queue="sales", customer=PHONE, agent=NAME, to=PHONE, note=NAME)
    found = content(value)
    assert b"call-1" == found.key
    assert {
        "queue": "sales",
        "customer": of("34600112233"),
        "agent": of(NAME),
        "to": of("34600112233"),
        "note": "(hidden)",
    } == json.loads(found.value or b"")["data"]
    headers = dict(found.headers)
    assert {SIZE, FINGERPRINT} == set(headers)
    assert str(len(value)).encode() == headers[SIZE]


UNDECODABLE = {
    "no JSON": PHONE.encode(),
    "half an event": event(customer=PHONE)[:-1],
    "no UTF-8": event(customer=PHONE) + b"\xff",
    "a list": json.dumps([PHONE, NAME]).encode(),
    "a text": json.dumps(NAME).encode(),
    "larger than what is decoded": event(customer=PHONE, note="x" * 10_000),
    "nothing": b"",
}


@pytest.mark.parametrize("value", UNDECODABLE.values(), ids=UNDECODABLE)
def test_an_undecodable_record_keeps_no_value(value: bytes) -> None:
    """Its letter has the size and the SHA-256 of the value; a key that nothing proves to be a contact is a hash."""
    expected = ((SIZE, str(len(value)).encode()), (SHA256, sha256(value).hexdigest().encode()))
    assert Content(of(PHONE).encode(), None, expected) == content(value, PHONE.encode())


@pytest.mark.parametrize(
    "body",
    [
        {"subject": {"name": NAME}},
        {"source": [PHONE]},
        {"time": {"at": NAME}},
        {PHONE: True},
        {"data": {PHONE: None}},
        {"data": {NAME: {NAME: NAME}}},
        {"data": [NAME]},
        {"data": {"customer": {"phone": PHONE}}},
        {"extension": NAME},
    ],
)
def test_persons_in_unusual_places(body: dict[str, Any]) -> None:
    """A text that stands where no text of the contract does is hidden, the names of fields too."""
    value = content(json.dumps({"type": "call.offered", **body}).encode()).value or b""
    assert (False, False) == (NAME.encode() in value, PHONE.encode() in value)


def test_the_original_is_known_by_its_mark() -> None:
    """A mark is that of one value only, and that of a decodable event cannot be computed without the key."""
    value = event(customer=PHONE)
    for letter, original in ((content(value), value), (content(b"{"), b"{"), (content(None), None)):
        headers = dict(letter.headers)
        mark = (headers.get(FINGERPRINT) or headers.get(SHA256) or b"").decode()
        assert mark in marks_of(original, pseudonym)
        assert mark not in marks_of(b"another", pseudonym)
    assert sha256(value).hexdigest().encode() not in dict(content(value).headers).values()


def test_a_long_key_is_hashed() -> None:
    """A letter never outgrows its topic by its key."""
    long = "c" * 2_000
    found = content(json.dumps({"type": "call.offered", "subject": long}).encode(), long.encode())
    assert of(long).encode() == found.key
