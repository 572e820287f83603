"""Sizes of a partition's portions after trouble: halves down to one record, and back up behind it."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from streams.store.standing import Attempt
from streams.worker.attempts import FAULTS_ALONE, Attempts

LARGEST = 40_000


@dataclass
class Partition:
    """A partition whose records either break our code or end the process; both are remembered in its head only."""

    records: int
    breaking: frozenset[int] = frozenset()
    killing: frozenset[int] = frozenset()
    position: int = 0
    head: Attempt | None = None
    starts: int = 0
    notes: int = 0
    largest_after_trouble: int = 0
    set_aside: list[int] = field(default_factory=list)
    alone: list[int] = field(default_factory=list)

    def start(self) -> bool:
        """One owner up to its end; true if everything is applied."""
        self.starts += 1
        attempts = Attempts(self.head, self.position, LARGEST)
        while self.position < self.records:
            if attempts.condemned is not None:
                self.set_aside.append(self.position)
                self.position += 1
                attempts.succeeded(1)
                continue
            size = min(attempts.limit, self.records - self.position)
            noted = attempts.begin(self.position, size)
            if noted is not None:
                self.head, self.notes = noted, self.notes + 1
            if size == 1:
                self.alone.append(self.position)
            portion = range(self.position, self.position + size)
            if self.killing.intersection(portion):
                return False
            if self.breaking.intersection(portion):
                # As the recovery does: the partition is opened anew, and the fault counted there.
                attempts = Attempts(self.head, self.position, LARGEST)
                attempts.failed(size, "ValueError: 7")
                continue
            self.position += size
            attempts.succeeded(size)
        return True


def test_a_batch_in_order_is_noted_once() -> None:
    """Without trouble an owner notes its first portion only, and portions have their largest size."""
    partition = Partition(records=10 * LARGEST)
    assert (True, 1, 1) == (partition.start(), partition.starts, partition.notes)


def test_starts_without_records_halve_nothing() -> None:
    """Owners that were killed before any record came leave the next one its largest portion."""
    for _ in range(5):
        attempts = Attempts(None, 7, LARGEST)
    assert LARGEST == attempts.limit
    assert LARGEST == Attempts(Attempt(position=6, records=1), 7, LARGEST).limit


@given(st.integers(1, LARGEST), st.data())
def test_one_record_that_breaks_our_code(records: int, drawn: st.DataObject) -> None:
    """Wherever it is, it alone is set aside, in one start and with few portions."""
    bad = drawn.draw(st.integers(0, records - 1))
    partition = Partition(records, breaking=frozenset({bad}))
    assert partition.start()
    assert ([bad], records) == (partition.set_aside, partition.position)
    assert FAULTS_ALONE == partition.alone.count(bad)
    assert partition.notes <= 1 + 2 * 16 + FAULTS_ALONE + 16


@given(st.integers(1, 300), st.data())
def test_any_records_that_break_our_code(records: int, drawn: st.DataObject) -> None:
    """Each of them is set aside once, in order, and no other."""
    bad = drawn.draw(st.frozensets(st.integers(0, records - 1)))
    partition = Partition(records, breaking=bad)
    assert partition.start()
    assert sorted(bad) == partition.set_aside


@given(st.integers(1, LARGEST), st.data())
def test_a_record_that_kills_is_never_set_aside(records: int, drawn: st.DataObject) -> None:
    """Starts that are killed come down to that record within 16 of them, all before it applied, and stay there."""
    bad = drawn.draw(st.integers(0, records - 1))
    partition = Partition(records, killing=frozenset({bad}))
    for _ in range(17):
        assert not partition.start()
    assert ([], bad) == (partition.set_aside, partition.position)
    assert Attempt(bad, 1) == partition.head


def test_a_kill_at_one_record_keeps_its_faults() -> None:
    """Faults of a record alone are counted over starts; a kill in between counts nothing and forgets nothing."""
    attempts = Attempts(Attempt(5, 1), 5, LARGEST)
    attempts.failed(1, "KeyError: 'x'")
    noted = attempts.begin(5, 1)
    assert Attempt(5, 1, 1, "KeyError: 'x'") == noted
    after_a_kill = Attempts(noted, 5, LARGEST)
    assert after_a_kill.condemned is None
    after_a_kill.failed(1, "KeyError: 'y'")
    assert "KeyError: 'y'" == after_a_kill.condemned


def test_a_fault_of_several_records_counts_for_none() -> None:
    """Faults of a portion of two, however many, condemn nobody."""
    attempts = Attempts(None, 0, LARGEST)
    for _ in range(FAULTS_ALONE + 1):
        attempts.failed(2, "ValueError")
    assert (None, 1) == (attempts.condemned, attempts.limit)


def test_portions_grow_again() -> None:
    """Behind the trouble portions double up to the largest; the rest of a portion that failed is searched first."""
    attempts = Attempts(Attempt(0, 8), 0, 64)
    assert 4 == attempts.limit
    attempts.succeeded(4)
    assert 2 == attempts.limit  # four suspects are left
    attempts.succeeded(2)
    attempts.succeeded(1)
    sizes = [attempts.limit]
    for _ in range(8):
        attempts.succeeded(attempts.limit)
        sizes.append(attempts.limit)
    assert [1, 2, 4, 8, 16, 32, 64, 64, 64] == sizes
