"""Marks and notes: which of two wins, and what a field that was never sent means."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from msgspec import UNSET

from streams.facts.shared.marks import (
    FORMER_LIMIT,
    SET_LIMIT,
    AgentStamp,
    EventStamp,
    Note,
    former_customers,
    insert,
    least,
    noted,
    prune_latest,
)

NOTHING: list[Note] = []


def mark(time_ms: int, name: str = "a", sequence: int = -1, source: str = "/pbx") -> EventStamp:
    """A mark at a time."""
    return EventStamp(time_ms, sequence, source, name)


@pytest.mark.parametrize(
    "smaller,greater",
    [
        (mark(1), mark(2)),
        (mark(1, sequence=-1), mark(1, sequence=0)),
        (mark(1, sequence=9), mark(1, sequence=10)),
        (mark(1, source="/a", name="z"), mark(1, source="/b", name="a")),
        (mark(1, name="a"), mark(1, name="b")),
        (AgentStamp(1, -1, "/pbx", "a", b"x"), AgentStamp(1, -1, "/pbx", "a", b"y")),
        (AgentStamp(1, -1, "/pbx", "a", None), AgentStamp(1, -1, "/pbx", "a", b"y")),
    ],
)
def test_the_least_of_two(smaller: EventStamp, greater: EventStamp) -> None:
    """Time, then sequence, source and id decide; two contents under one name are decided by content."""
    assert smaller == least(smaller, greater) == least(greater, smaller) == least(None, smaller)


def test_a_set_is_in_order_without_repetition() -> None:
    """Marks go to their place; the same mark again changes nothing; the list given stays as it was."""
    marks = [mark(1), mark(3)]
    assert [mark(1), mark(2), mark(3)] == insert(marks, mark(2))
    assert [mark(1), mark(3)] == insert(marks, mark(3)) == marks
    assert [mark(0), mark(1), mark(3)] == insert(marks, mark(0))


def test_a_full_set_takes_only_what_is_less() -> None:
    """A set of 100 gives up its greatest mark for a lesser one, and refuses a greater one."""
    full = [mark(time_ms) for time_ms in range(0, 2 * SET_LIMIT, 2)]
    assert full == insert(full, mark(999))
    assert [mark(-1), *full[:-1]] == insert(full, mark(-1))
    assert SET_LIMIT == len(insert(full, mark(51)))


def note(time_ms: int, name: str = "a", **values: Any) -> Note:
    """A note with one-letter fields."""
    return Note(time_ms, -1, "/crm", name, values)


def merged(*notes: Note) -> list[Note]:
    """The notes after taking them in one by one."""
    kept = NOTHING
    for each in notes:
        kept = prune_latest(kept, each)
    return kept


@pytest.mark.parametrize(
    "notes,expected",
    [
        ([], UNSET),
        ([note(1, t="bill")], UNSET),
        ([note(1, r=True)], True),
        ([note(1, r=True), note(2, r=None)], None),
        ([note(1, r=True), note(2, t="bill")], True),
        ([note(2, r=True), note(1, r=False)], True),
        ([note(1, r=False), note(1, "b", r=True)], True),
    ],
)
def test_unset_is_not_null_and_null_is_not_false(notes: list[Note], expected: object) -> None:
    """The newest note that has the field gives it, null included; a note without it says nothing."""
    for order in permutations(notes):
        assert expected is noted(merged(*order), "resolved")


NOTES = (
    note(1, t="x", r=True),
    note(2, r=False),
    note(2, t="y"),
    note(2, r=True, e=True),
    note(3, e=False),
    note(3, "b", t="z", p=None),
)


def test_notes_merge_in_any_order_even_under_one_name() -> None:
    """Each field's greatest note wins, whatever the order, and where one name came with several contents."""
    expected = merged(*NOTES)
    for order in permutations(NOTES):
        assert expected == merged(*order)
        assert expected == merged(*order, *order)
    assert (False, False, "z", None) == tuple(
        noted(expected, field) for field in ("resolved", "fcr_eligible", "topic", "priority")
    )


def test_notes_are_bounded_by_their_fields() -> None:
    """However often a contact is classified, a note that wins no field is dropped."""
    kept = merged(*(note(time_ms, r=True, t="x") for time_ms in range(300)))
    assert 1 == len(kept)


A, B, C = b"a", b"b", b"c"
FORMER: list[tuple[list[bytes], list[bytes | None], list[bytes | None], list[bytes]]] = [
    ([], [], [], []),
    ([], [None], [None], []),
    ([], [A], [A], []),
    ([], [A], [B], [A]),
    ([], [B, None, A, B], [None], [A, B]),
    ([B], [A], [], [A, B]),
    ([A, B], [], [A, C], [B]),
    ([A], [A], [A], []),
]


@pytest.mark.parametrize("former,gone,still,expected", FORMER)
def test_former_customers(
    former: list[bytes], gone: list[bytes | None], still: list[bytes | None], expected: list[bytes]
) -> None:
    """Who was named and is not any more, in order; nobody is no customer; who is named again is none."""
    assert expected == former_customers(former, gone, iter(still))


def test_former_customers_are_bounded_by_name() -> None:
    """Of all that were ever named, those still named included, the least are remembered, whatever came first."""
    everybody = [bytes([number]) for number in range(FORMER_LIMIT + 5)]
    at_once = former_customers([], everybody, everybody[3:4])
    assert everybody[:3] + everybody[4:FORMER_LIMIT] == at_once
    assert everybody[1:FORMER_LIMIT] == former_customers([], everybody[1:], everybody[:1])
    greatest_first = former_customers(former_customers([], everybody[3:], everybody[-1:]), everybody[:3], [])
    assert everybody[:FORMER_LIMIT] == greatest_first
    assert at_once == former_customers(greatest_first, [], everybody[3:4])
