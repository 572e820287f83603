"""Unknown fields: counted by name, with the known field that was probably meant."""

from __future__ import annotations

import json

import pytest

from streams.contract.events import CALL_EVENTS, EPOCH, OfferedData
from streams.tools.unknown_fields import NAMED, UnknownFields, hint, probably

OFFERED = CALL_EVENTS["offered"]
KNOWN = frozenset({"customer", "queue", "fcr_eligible", "ended_at"})


@pytest.mark.parametrize(
    "written, meant",
    [
        ("Customer", "customer"),
        ("costumer", "customer"),
        ("fcrEligible", "fcr_eligible"),
        ("FCR-eligible", "fcr_eligible"),
        ("ended-at", "ended_at"),
        ("endedAt", "ended_at"),
        ("phone", ""),
        ("", ""),
    ],
)
def test_the_field_that_was_meant(written: str, meant: str) -> None:
    """Other letters, hyphens and camel case are recognised; what is like no field has no guess."""
    assert meant == probably(written, KNOWN)


def line(**data: object) -> bytes:
    return json.dumps({"data": data}).encode()


def test_fields_are_counted_and_mistakes_come_first() -> None:
    """A field that is probably a mistake is named before the others, however seldom it is."""
    found = UnknownFields()
    event = OFFERED(specversion="1.0", id="1", source="/", subject="c", time=EPOCH, data=OfferedData(queue="q"))
    for _ in range(3):
        found.add(event, line(queue="q", phone="600", notes="x"))
    found.add(event, line(queue="q", Customer="anna"))
    assert [
        "1 × unknown field `Customer`, which is ignored; did you mean `customer`?",
        "3 × unknown field `phone`, which is ignored",
        "3 × unknown field `notes`, which is ignored",
    ] == list(found.summary())
    found.add(event, line(**{f"field{n}x": n for n in range(20)}))
    assert (NAMED + 1, f"{23 - NAMED} more unknown fields") == (len(list(found.summary())), list(found.summary())[-1])


def test_a_missing_field_under_another_name() -> None:
    """The sentence for a missing field names the one that was probably to be it."""
    assert "; there is `Queue`, and names are written exactly so" == hint(OFFERED, line(Queue="q"), "queue")
    assert ["", "", ""] == [
        hint(OFFERED, line(customer="q"), "queue"),
        hint(None, line(Queue="q"), "queue"),
        hint(OFFERED, b'{"data": 5}', "queue"),
    ]
