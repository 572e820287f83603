"""The event clock: what waits aside, what confirms it, and how a wrong clock is found."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.common.durations import DAY_MS, MINUTE_MS
from streams.common.vocabulary import Clock
from streams.config.settings import Settings
from streams.contract.topics import Topic
from streams.store.anchors import MOST_ANCHORS, Anchor
from streams.worker.event_clock import ASIDE_KEPT_MS, ASIDE_LIMIT_BYTES, WRONG_AFTER, EventClock, WrongClock
from streams.worker.intake import Batch, Intake
from tests.support.strategies import START_MS, event
from tests.support.words import Record

WALL_MS = START_MS + 10_000 * DAY_MS
"""Of records that confirm nothing."""
JUMP_MS = 7 * DAY_MS
PAST_MS = 36 * DAY_MS


class Partition:
    """An intake by the event clock, with the clock of the partition from batch to batch."""

    def __init__(self, newest_ms: int | None = None, *anchors: Anchor, **settings: Any) -> None:
        self.newest_ms = newest_ms
        self.elsewhere_ms: int | None = None
        self.wall_ms = WALL_MS
        self.refused: list[tuple[int, str]] = []
        self.applied: list[str] = []
        own = Settings(partitions=1, clock=Clock.EVENT, **settings)
        self.clock = EventClock.of(
            Topic.CALLS, own, anchors=anchors, newest_elsewhere=lambda: self.elsewhere_ms, wall_ms=lambda: self.wall_ms
        )
        self.intake = Intake(Topic.CALLS, 0, own, "", self.clock)
        self.offset = 0

    def record(self, subject: str, time_ms: int, at_ms: int = WALL_MS) -> Record:
        """The next record of the log."""
        self.offset += 1
        body = event("call.answered", subject, self.offset, time_ms)
        return Record(self.offset, at_ms, subject.encode(), json.dumps(body).encode())

    def take(self, *events: tuple[str, float]) -> None:
        """Take a batch of events, given by contact and by days from the beginning."""
        self.take_records(*(self.record(subject, START_MS + round(days * DAY_MS)) for subject, days in events))

    def take_records(self, *records: Record) -> None:
        self._note(self.intake.take(records, frozenset(), self.newest_ms, 0))

    def wait(self, *, to_the_end: bool = False) -> None:
        """A heartbeat, or the end of the log."""
        batch = self.intake.waiting(self.newest_ms, 0, self.offset + 1, to_the_end=to_the_end)
        if batch is not None:
            self._note(batch)

    def _note(self, batch: Batch) -> None:
        self.newest_ms = batch.newest_ms
        self.applied += [decoded[0].id for events in batch.events.values() for decoded in events]
        self.refused += [(each.record.offset, each.reason) for each in batch.refused]
        assert batch.applied == sum(map(len, batch.events.values()))
        assert batch.revisions.keys() == batch.events.keys()

    @property
    def aside(self) -> list[str]:
        """The contacts that wait."""
        return [each.subject for each in self.clock.aside.values()]

    @property
    def day(self) -> float | None:
        """The clock, in days from the beginning."""
        return None if self.newest_ms is None else (self.newest_ms - START_MS) / DAY_MS


def test_a_first_event_far_away_waits() -> None:
    """A first event in the future of its record is not believed, and the true contacts that follow count."""
    partition = Partition()
    partition.take_records(partition.record("stray", START_MS + 400 * DAY_MS, START_MS))
    assert (["stray"], None) == (partition.aside, partition.day)
    partition.take(("a", 0))
    assert (["stray"], 0) == (partition.aside, partition.day)
    partition.take(("b", 1), ("c", 2))
    assert (["stray"], 2, 3) == (partition.aside, partition.day, len(partition.applied))


@pytest.mark.parametrize("after_ms,waits", [(5 * MINUTE_MS, False), (5 * MINUTE_MS + 1, True)])
def test_the_edge_of_a_first_event(after_ms: int, waits: bool) -> None:
    """A first event waits from one millisecond past `future_limit` on, by its own record."""
    partition = Partition()
    partition.take_records(partition.record("a", START_MS + after_ms, START_MS))
    assert waits == bool(partition.aside)


def test_a_first_event_of_long_ago_holds_nobody_back() -> None:
    """A date that was never set comes before all others: it is applied, and they bring the clock forward."""
    partition = Partition()
    partition.take(("stray", -9_000), ("a", 0), ("b", 0))
    assert ([], 0, 3, []) == (partition.aside, partition.day, len(partition.applied), partition.refused)


@pytest.mark.parametrize("days,waits", [(7, False), (7.000001, True)])
def test_the_edge_of_a_jump(days: float, waits: bool) -> None:
    """An event exactly `clock_jump` ahead is applied, one past it waits."""
    partition = Partition(START_MS)
    partition.take(("a", days))
    assert waits == bool(partition.aside)


def test_an_edited_jump() -> None:
    """The setting says how far ahead is too far."""
    partition = Partition(START_MS, clock_jump="1s")
    partition.take(("a", 0.1))
    assert ["a"] == partition.aside


def test_strays_do_not_confirm_each_other_from_afar() -> None:
    """Two steps of 29 days are two strays; the contacts around them all count."""
    partition = Partition(START_MS)
    partition.take(("a", 0), ("stray-1", 29), ("stray-2", 58), ("stray-1", 29), ("b", 0))
    assert (["stray-1", "stray-2", "stray-1"], 0, 2) == (partition.aside, partition.day, len(partition.applied))


def test_a_second_contact_confirms_a_gap() -> None:
    """After a real gap the first contact waits for the second; both and what the first had sent are applied."""
    partition = Partition(START_MS)
    partition.take(("a", 30), ("a", 30.1))
    assert ["a", "a"] == partition.aside
    partition.take(("b", 36.9))
    assert ([], 36.9, 3, []) == (partition.aside, partition.day, len(partition.applied), partition.refused)


@pytest.mark.parametrize(
    "after_ms,confirms", [(-5 * MINUTE_MS - 1, False), (-5 * MINUTE_MS, True), (JUMP_MS, True), (JUMP_MS + 1, False)]
)
def test_the_record_confirms_its_event(after_ms: int, confirms: bool) -> None:
    """A timestamp of the record near the time confirms it: at most `future_limit` before, or `clock_jump` after."""
    partition = Partition(START_MS)
    partition.take_records(partition.record("a", START_MS + 100 * DAY_MS, START_MS + 100 * DAY_MS + after_ms))
    assert confirms != bool(partition.aside)


def test_now_is_the_newest_over_partitions() -> None:
    """An event that another partition has come as far as is applied, at once or with the next heartbeat."""
    partition = Partition(START_MS)
    partition.take(("a", 30))
    partition.elsewhere_ms = START_MS + 22 * DAY_MS
    partition.wait()
    assert ["a"] == partition.aside
    partition.elsewhere_ms = START_MS + 23 * DAY_MS
    partition.wait()
    assert ([], 30) == (partition.aside, partition.day)
    partition.elsewhere_ms = START_MS + 90 * DAY_MS
    partition.take(("b", 60))
    assert ([], 60) == (partition.aside, partition.day)


def test_the_clock_comes_as_far_by_itself() -> None:
    """An event that waits is applied when the events of every day have come so near."""
    partition = Partition(START_MS)
    partition.take(("far", 10), *((f"a-{day}", day) for day in range(3)))
    assert ["far"] == partition.aside
    partition.take(("b", 3))
    assert ([], 10) == (partition.aside, partition.day)


def test_the_end_of_the_log_confirms_all() -> None:
    """At the end of `--drain` all that waits is applied, by time, whatever its distance."""
    partition = Partition(START_MS)
    partition.take(("far", 1_000), ("near", 30))
    partition.wait(to_the_end=True)
    assert ([], 1_000, 2, []) == (partition.aside, partition.day, len(partition.applied), partition.refused)


def test_nothing_confirms_it_for_a_day() -> None:
    """After 24 h by the wall clock it is a dead letter that says how far ahead it is."""
    partition = Partition(START_MS)
    partition.take(("far", 30))
    partition.elsewhere_ms = START_MS
    partition.wall_ms += ASIDE_KEPT_MS - 1
    partition.wait()
    assert ["far"] == partition.aside
    partition.wall_ms += 1
    partition.wait()
    assert ([], [(1, "implausible_jump")], 0) == (partition.aside, partition.refused, partition.day)


def test_bytes_that_wait_have_a_bound() -> None:
    """Large strays fill no memory: past the bound they are refused at once."""
    partition = Partition(START_MS)
    value = json.dumps({**event("call.answered", "far", 1, START_MS + 90 * DAY_MS), "pad": "x" * 65_000}).encode()
    count = ASIDE_LIMIT_BYTES // len(value) + 5
    partition.take_records(*(Record(number, WALL_MS, b"far", value) for number in range(count)))
    waiting = sum(each.size for each in partition.clock.aside.values())
    assert (True, count) == (waiting <= ASIDE_LIMIT_BYTES, len(partition.aside) + len(partition.refused))
    assert {"implausible_jump"} == {reason for _, reason in partition.refused}


def test_a_wrong_key_confirms_nothing() -> None:
    """A record that is refused for another reason neither waits nor confirms."""
    partition = Partition(START_MS)
    stray = partition.record("a", START_MS + 30 * DAY_MS)
    stray.key = b"b"
    partition.take(("c", 30))
    partition.take_records(stray)
    assert (["c"], [(1, "wrong_key")]) == (partition.aside, partition.refused)


def wrong_clock() -> Partition:
    """A partition whose clock two strays have moved 400 days ahead."""
    partition = Partition()
    partition.take(("a", 0), ("b", 0), ("stray-1", 400), ("stray-2", 401))
    assert 401 == partition.day
    return partition


def test_twenty_contacts_in_a_row_contradict_the_clock() -> None:
    """The twentieth contact that is too old and agrees with the others shows that the clock was wrong, and how far
    events are to be believed; over batches, with several events of each."""
    partition = wrong_clock()
    for number in range(WRONG_AFTER - 1):
        partition.take((f"c-{number}", 1 + number / 100), (f"c-{number}", 1))
    with pytest.raises(WrongClock) as wrong:
        partition.take(("last", 1))
    anchor = wrong.value.anchor
    assert (partition.offset + 1, WALL_MS) == (anchor.until, anchor.wall_ms)
    assert START_MS + round(1.18 * DAY_MS) + JUMP_MS == anchor.latest_ms


@pytest.mark.parametrize(
    "between",
    [
        pytest.param([("stray-3", 402)], id="one is applied in between"),
        pytest.param([("old", -30)], id="one disagrees"),
    ],
)
def test_what_ends_a_row(between: list[tuple[str, float]]) -> None:
    """Contacts that are too old now and then show nothing, nor do those that disagree."""
    partition = wrong_clock()
    for _ in range(3):
        partition.take(*((f"c-{number}", 1) for number in range(WRONG_AFTER - 1)), *between)
    assert 3 * (WRONG_AFTER - 1) <= len(partition.refused)


def test_the_replay_is_not_taken_in_again() -> None:
    """Read again with the anchor, the log gives the true contacts and refuses the strays; beyond it nothing has
    changed."""
    anchor = Anchor(100, START_MS + 8 * DAY_MS, WALL_MS)
    partition = Partition(None, anchor)
    partition.take(("first", 500), ("a", 0), ("b", 0), ("stray-1", 400), ("stray-2", 401))
    partition.take(*((f"c-{number}", 1) for number in range(30)))
    assert (32, 1, [1, 4, 5]) == (len(partition.applied), partition.day, [offset for offset, _ in partition.refused])
    assert (WALL_MS, []) == (partition.clock.reanchored_ms, partition.aside)
    partition.offset = 100
    partition.take(("far", 400))
    assert ["far"] == partition.aside


def test_a_hostile_log_is_not_read_for_ever() -> None:
    """Past the bound of anchors the clock stays as it is."""
    anchors = [Anchor(1, 0, 0)] * MOST_ANCHORS
    partition = Partition(START_MS + 400 * DAY_MS, *anchors)
    partition.take(*((f"c-{number}", 1) for number in range(2 * WRONG_AFTER)))
    assert 2 * WRONG_AFTER == len(partition.refused)


@given(
    st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from([-50, 0, 1, 6, 8, 29, 58, 400, 401])), max_size=40)
)
def test_every_event_is_applied_refused_or_waits(events: list[tuple[str, float]]) -> None:
    """No event is lost or counted twice, in whatever order they come and however the log is cut into batches; at its
    end nothing waits."""
    for size in (1, 3, 40):
        partition = Partition()
        for first in range(0, len(events), size):
            partition.take(*events[first : first + size])
            ids = sorted(int(each.rpartition(".")[2]) for each in partition.applied)
            refused = [offset for offset, _ in partition.refused]
            assert list(range(1, partition.offset + 1)) == sorted([*ids, *refused, *partition.clock.aside])
        partition.wait(to_the_end=True)
        assert (len(events), []) == (len(partition.applied) + len(partition.refused), partition.aside)


def test_outcomes_do_not_run_ahead_of_the_inputs() -> None:
    """The clock of outcomes stays within `clock_jump` of the inputs, and knows when these have been set back."""
    clock = Partition().clock
    for elsewhere_ms, newest_ms, expected, ahead in (
        (None, 400, 400, False),
        (START_MS, START_MS + JUMP_MS, START_MS + JUMP_MS, False),
        (START_MS, START_MS + JUMP_MS + 1, START_MS + JUMP_MS, True),
    ):
        clock._newest_elsewhere = lambda known=elsewhere_ms: known  # type: ignore[misc]
        assert (expected, ahead) == (clock.within_reach(newest_ms, None), clock.is_ahead(newest_ms))
