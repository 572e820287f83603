"""Dead letters as they lie in Kafka: what a record says, and which ones a filter means."""

from __future__ import annotations

import pytest

from streams.clients.topic_reader import Record
from streams.contract.topics import Topic
from streams.tools.dead_letters import Filter, Letter, Origin, letter_of

HEADERS = {
    "reason": b"not_json",
    "detail": b"JSON is malformed",
    "topic": b"p.calls",
    "partition": b"3",
    "offset": b"12",
}


def record(value: bytes | None = b"{", key: bytes | None = b"k", **headers: bytes | None) -> Record:
    """A record of calls.dead; a header of ``None`` is missing."""
    kept = {name.replace("_", "-"): found for name, found in {**HEADERS, **headers}.items() if found is not None}
    return Record("p.calls.dead", 0, 7, 1_000, key, value, tuple(kept.items()))


def test_a_letter_names_its_origin() -> None:
    """Headers, key, value and the time of the refusal make the letter."""
    expected = Letter(Topic.CALLS, Origin("p.calls", 3, 12), "not_json", "JSON is malformed", 1_000, b"k", b"{", None)
    assert expected == letter_of(Topic.CALLS, record())
    assert "p.calls/3/12" == expected.origin.field


def test_the_size_of_a_cut_value() -> None:
    """A value of which only the beginning was kept has its full size."""
    letter = letter_of(Topic.CALLS, record(cut_from=b"2000000"))
    assert letter is not None
    assert 2_000_000 == letter.cut_from


@pytest.mark.parametrize("wrong", [{"partition": None}, {"offset": b"x"}, {"reason": None}, {"reason": b"\xff"}])
def test_a_record_that_no_worker_wrote(wrong: dict[str, bytes | None]) -> None:
    """Other records on the topic are no letters, and no error either."""
    assert None is letter_of(Topic.CALLS, record(**wrong))


@pytest.mark.parametrize(
    "wanted, expected",
    [
        (Filter(), True),
        (Filter(reasons=frozenset({"not_json", "too_old"})), True),
        (Filter(reasons=frozenset({"too_old"})), False),
        (Filter(since_ms=1_000), True),
        (Filter(since_ms=1_001), False),
        (Filter(ids=frozenset({(3, 12)})), True),
        (Filter(ids=frozenset({(3, 13), (0, 12)})), False),
    ],
)
def test_a_filter(wanted: Filter, *, expected: bool) -> None:
    """Every part of a filter must hold; a time is inclusive."""
    letter = letter_of(Topic.CALLS, record())
    assert letter is not None
    assert expected == wanted.accepts(letter)
    assert (wanted != Filter()) == wanted.is_narrow
