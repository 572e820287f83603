"""Marks and notes: which of two wins, and what a field that was never sent means."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from msgspec import UNSET

from streams.common.errors import InvalidEvent
from streams.facts.shared.marks import (
    MARK_LIMIT,
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
    marks = [mark(1, "a"), mark(3, "c")]
    assert ([mark(1, "a"), mark(2, "b"), mark(3, "c")], 0) == insert(marks, mark(2, "b"), "held")
    assert ([mark(0, "d"), mark(1, "a"), mark(3, "c")], 0) == insert(marks, mark(0, "d"), "held")
    assert ([mark(1, "a"), mark(3, "c")], 0) == insert(marks, mark(3, "c"), "held") == (marks, 0)


@pytest.mark.parametrize(
    "new,expected",
    [
        (mark(4, "c"), [mark(1, "a"), mark(3, "c")]),
        (mark(2, "c"), [mark(1, "a"), mark(2, "c")]),
        (mark(0, "c"), [mark(0, "c"), mark(1, "a")]),
        (mark(3, "c", sequence=0), [mark(1, "a"), mark(3, "c")]),
    ],
)
def test_of_two_marks_with_one_name_the_least_is_kept(new: EventStamp, expected: list[EventStamp]) -> None:
    """The name is source and id; another time or sequence under it is a contradiction."""
    marks = [mark(1, "a"), mark(3, "c")]
    assert (expected, 1) == insert(marks, new, "held")


def test_one_id_from_two_sources_is_two_marks() -> None:
    """An id names an event of its source only."""
    marks = [mark(1, source="/a"), mark(2, source="/b")]
    assert (marks, 0) == insert(marks[:1], marks[1], "held")


def test_a_full_set_refuses_another_mark() -> None:
    """Past the bound even a lesser mark is refused, in a sentence with the kind; one that is in it already is not."""
    full = [mark(time_ms, str(time_ms)) for time_ms in range(MARK_LIMIT)]
    assert (full, 0) == insert(full, full[7], "held")
    with pytest.raises(InvalidEvent, match="1,000 events `held`") as refused:
        insert(full, mark(-1, "new"), "held")
    assert "too_many" == refused.value.reason


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


def test_more_former_customers_than_the_bound_are_refused() -> None:
    """Every former customer is remembered, up to the bound; the event that names one more is refused."""
    everybody = [number.to_bytes(2, "big") for number in range(MARK_LIMIT + 1)]
    assert everybody[:-1] == former_customers(everybody[:-2], everybody[-2:-1], [])
    with pytest.raises(InvalidEvent) as refused:
        former_customers(everybody[:-1], everybody[-1:], [])
    assert "too_many" == refused.value.reason
