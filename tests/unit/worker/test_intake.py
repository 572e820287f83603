"""From raw records to events by contact: what is refused, why, and what counts as too many."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from streams.common.durations import DAY_MS, MINUTE_MS
from streams.common.vocabulary import Clock
from streams.config.limits import past_limit_ms
from streams.config.settings import Settings
from streams.contract.decoding import REASONS, SKIPPED
from streams.contract.partitions import murmur2_partition
from streams.contract.topics import Topic
from streams.worker.event_clock import ASIDE_LIMIT, Aside
from streams.worker.intake import Batch, Intake
from tests.support.strategies import START_MS, event, iso
from tests.support.words import Record

PARTITIONS = 8
SUBJECT = "call-1"
SOURCE = "/veinte/test/0"


def record(
    time_ms: int = START_MS, *, subject: str = SUBJECT, offset: int = 0, at_ms: int = START_MS, **changes: Any
) -> Record:
    """A good record, or one with another ``key``, ``value`` or field of the event."""
    key, value = changes.pop("key", subject.encode()), changes.pop("value", None)
    body = {**event("call.answered", subject, offset, time_ms), **changes}
    body = {name: value for name, value in body.items() if value is not ...}
    return Record(offset, at_ms, key, json.dumps(body).encode() if value is None else value)


def intake(topic: Topic = Topic.CALLS, *, subject: str = SUBJECT, shift: int = 0, **settings: Any) -> Intake:
    """The intake of the partition where ``subject`` belongs, or one ``shift`` further."""
    partition = (murmur2_partition(subject.encode(), PARTITIONS) + shift) % PARTITIONS
    return Intake(topic, partition, Settings(partitions=PARTITIONS, **settings), SOURCE)


def take(*records: Record, newest_ms: int | None = None, **settings: Any) -> Batch:
    """A batch of the right partition."""
    return intake(**settings).take(records, frozenset(), newest_ms, 0)


def take_full(*records: Record, newest_ms: int) -> Batch:
    """A batch by the event clock, where as many events wait aside as may."""
    partition = intake(clock=Clock.EVENT)
    partition.clock.aside = {-n: Aside(-n, "other", 2**60 * n, 0, None) for n in range(1, ASIDE_LIMIT + 1)}
    return partition.take(records, frozenset(), newest_ms, 0)


REFUSALS: dict[str, Callable[[], Batch]] = {
    "no_value": lambda: take(Record(0, START_MS, SUBJECT.encode(), None)),
    "too_large": lambda: take(record(pad="x" * 65_536)),
    "not_utf8": lambda: take(record(value=b'{"id":"\xff"}')),
    "not_json": lambda: take(record(value=b"{")),
    "no_offset": lambda: take(record(time="2026-11-21T09:00:00")),
    "missing_field": lambda: take(record(subject=SUBJECT, type=...)),
    "invalid_field": lambda: take(record(data={"leg": []})),
    "string_too_long": lambda: take(record(id="x" * 257)),
    "wrong_topic": lambda: take(record(type="ticket.solved")),
    "wrong_key": lambda: take(record(key=b"call-2")),
    "wrong_partition": lambda: take(record(), shift=1),
    "too_far_ahead": lambda: take(record(START_MS + 5 * MINUTE_MS + 1)),
    "too_old": lambda: take(record(START_MS - 8 * DAY_MS - 1)),
    "implausible_jump": lambda: take_full(record(START_MS + 7 * DAY_MS + 1), newest_ms=START_MS),
    "unknown_type": lambda: take(record(type="call.whispered")),
}


def test_every_reason_has_a_case() -> None:
    """The cases below are all the reasons there are, but for that of the fold (``too_many``)."""
    assert set(REASONS) == set(REFUSALS) | {"too_many", "internal"}


@pytest.mark.parametrize("reason", REFUSALS)
def test_reasons(reason: str) -> None:
    """Each kind of unusable record is refused for its reason, with a sentence, and applies nothing."""
    batch = REFUSALS[reason]()
    assert [reason] == [refused.reason for refused in batch.refused]
    assert "" != batch.refused[0].detail
    assert ({}, {}, 0) == (batch.events, batch.revisions, batch.applied)
    counted = int(reason not in SKIPPED)
    assert (counted, counted) == (batch.refused_in_a_row, batch.longest_refused)


TIMES: dict[str, tuple[int, int | None, dict[str, Any], str]] = {
    "5 min ahead": (5 * MINUTE_MS, None, {}, ""),
    "5 min and 1 ms ahead": (5 * MINUTE_MS + 1, None, {}, "too_far_ahead"),
    "8 days back": (-8 * DAY_MS, None, {}, ""),
    "8 days and 1 ms back": (-8 * DAY_MS - 1, None, {}, "too_old"),
    "behind the partition, its state still there": (0, START_MS + 8 * DAY_MS + 5 * MINUTE_MS, {}, ""),
    "behind the partition, its state may be gone": (0, START_MS + 8 * DAY_MS + 5 * MINUTE_MS + 1, {}, "too_old"),
    "an edited future limit": (1001, None, {"future_limit": "1s"}, "too_far_ahead"),
    "an edited past limit": (-1001, None, {"past_limit": "1s"}, "too_old"),
    "event clock, 7 days ahead": (7 * DAY_MS, START_MS, {"clock": "event"}, ""),
    "event clock, 36 days back": (-36 * DAY_MS, START_MS, {"clock": "event"}, ""),
    "event clock, 36 days and 1 ms back": (-36 * DAY_MS - 1, START_MS, {"clock": "event"}, "too_old"),
    "event clock, an edited past limit": (-1001, START_MS, {"clock": "event", "past_limit": "1s"}, "too_old"),
    "event clock, long before the record": (-9000 * DAY_MS, START_MS - 9000 * DAY_MS, {"clock": "event"}, ""),
}


@pytest.mark.parametrize("case", TIMES)
def test_limits_of_time(case: str) -> None:
    """By the wall an event is compared with its record's timestamp and with how long states live, by the event clock
    with the partition's newest."""
    ahead_ms, newest_ms, settings, reason = TIMES[case]
    batch = take(record(START_MS + ahead_ms), newest_ms=newest_ms, **settings)
    assert ([reason] if reason else []) == [refused.reason for refused in batch.refused]


@pytest.mark.parametrize(
    "ahead_ms,newest_ms,clock,detail",
    [
        (300_001, None, "wall", "`time` is 300001 ms after the record's timestamp"),
        (-8 * DAY_MS - 7, None, "wall", "`time` is 691200007 ms before the record's timestamp"),
        (-36 * DAY_MS - 3, START_MS, "event", "`time` is 3110400003 ms before the newest of its partition"),
    ],
)
def test_a_refusal_says_how_far_off_the_time_is(ahead_ms: int, newest_ms: int | None, clock: str, detail: str) -> None:
    """Whoever reads the dead letter sees what the time was compared with, and the distance."""
    assert detail == take(record(START_MS + ahead_ms), newest_ms=newest_ms, clock=clock).refused[0].detail


@pytest.mark.parametrize(
    "topic,clock,days", [(Topic.CALLS, "wall", 8), (Topic.CHATS, "wall", 8), (Topic.TICKETS, "wall", 36),
                         (Topic.CALLS, "event", 36), (Topic.TICKETS, "event", 36)],
)  # fmt: skip
def test_the_past_limit_of_a_topic(topic: Topic, clock: str, days: int) -> None:
    """8 days for calls and chats, 36 for tickets and for all by the event clock, unless a setting says otherwise."""
    assert days * DAY_MS == past_limit_ms(topic, Settings(clock=Clock(clock)))
    assert 800 * DAY_MS == past_limit_ms(topic, Settings(clock=Clock(clock), past_limit=800 * DAY_MS))


def test_tickets_may_come_later_than_calls() -> None:
    """A ticket's event may be 36 days older than its record."""
    old = record(START_MS - 36 * DAY_MS, type="ticket.solved")
    older = record(START_MS - 36 * DAY_MS - 1, type="ticket.solved")
    batch = take(old, older, topic=Topic.TICKETS)
    assert (1, ["too_old"]) == (batch.applied, [refused.reason for refused in batch.refused])


def test_the_clock_moves_within_a_batch() -> None:
    """Each event is compared with the newest before it in its batch; the newest comes back."""
    leap = 7 * DAY_MS
    times = (START_MS, START_MS + leap, START_MS + 2 * leap, START_MS + leap)
    batch = take(*(record(time_ms, offset=number) for number, time_ms in enumerate(times)), clock="event")
    assert (4, START_MS + 2 * leap) == (batch.applied, batch.newest_ms)


def test_a_refused_event_does_not_move_the_clock() -> None:
    """A record that is not applied does not move the clock of the partition."""
    batch = take(record(), record(START_MS + 1, key=b"x"), record(START_MS - 1))
    assert START_MS == batch.newest_ms
    assert None is take(record(key=b"x")).newest_ms
    assert START_MS + 9 == take(record(), newest_ms=START_MS + 9).newest_ms


def test_events_go_to_their_contact_in_order() -> None:
    """Events are grouped by subject; the revision is the offset of a contact's last record that was applied."""
    home = murmur2_partition(SUBJECT.encode(), PARTITIONS)
    other = next(f"c{n}" for n in range(99) if murmur2_partition(f"c{n}".encode(), PARTITIONS) == home)
    batch = take(
        record(offset=5),
        record(offset=6, subject=other),
        record(offset=8),
        record(offset=9, time="?"),
    )
    assert {SUBJECT: 8, other: 6} == batch.revisions
    assert {SUBJECT: 2, other: 1} == {subject: len(events) for subject, events in batch.events.items()}
    assert [f"{SUBJECT}.5", f"{SUBJECT}.8"] == [each[0].id for each in batch.events[SUBJECT]]


@pytest.mark.parametrize("key", [None, b"", b"call-1 ", "call-1".encode("utf-16")])
def test_the_key_is_checked_for_every_record(key: bytes | None) -> None:
    """A record whose key is not its subject is refused also where the contact is known already."""
    batch = take(record(offset=1), record(offset=2, key=key))
    assert (["wrong_key"], {SUBJECT: 1}) == ([refused.reason for refused in batch.refused], batch.revisions)


def test_a_subject_cannot_imitate_another_contacts_leg() -> None:
    """The character that separates subject and leg in Redis is refused in a subject."""
    batch = take(record(subject="call-1\x1f0", key=b"call-1\x1f0"))
    assert ["invalid_field"] == [refused.reason for refused in batch.refused]


def test_the_partition_is_checked_for_new_contacts_only() -> None:
    """A contact that is known is taken where it is; a new one must be where the partitioner puts it."""
    elsewhere = intake(shift=1)
    assert 1 == elsewhere.take([record()], {SUBJECT}, None, 0).applied
    assert 0 == elsewhere.take([record()], frozenset(), None, 0).applied


def refusal(subject: str, partition: int, **settings: Any) -> str:
    """The sentence for a contact on a partition; empty where it is taken."""
    batch = Intake(Topic.CALLS, partition, Settings(partitions=PARTITIONS, **settings), SOURCE).take(
        [record(subject=subject)], frozenset(), None, 0
    )
    return batch.refused[0].detail if batch.refused else ""


def test_the_partitioner_of_the_settings_is_the_one_that_counts() -> None:
    """call-000123 lies on 7 by murmur2, on 1 by crc32: each setting takes its own and names the other's fault."""
    assert "" == refusal("call-000123", 7)
    assert "" == refusal("call-000123", 1, partitioner="crc32")
    librdkafka, java = refusal("call-000123", 1), refusal("call-000123", 7, partitioner="crc32")
    assert "belongs on partition 7 of 8 by murmur2, not on 1; it fits crc32, librdkafka's default" in librdkafka
    assert 'set partitioner = "crc32" here, or partitioner=murmur2_random there' in librdkafka
    assert "belongs on partition 1 of 8 by crc32, not on 7; it fits murmur2, the default of Java" in java
    assert 'set partitioner = "murmur2" here, or partitioner=consistent_random there' in java


def test_a_partition_that_no_partitioner_gives() -> None:
    """A contact where neither hash puts it is refused with both remedies; with `any` it is taken anywhere."""
    lost = refusal("call-000123", 3)
    assert "it fits neither murmur2 nor crc32: set the producer's partitioner to murmur2" in lost
    assert 'partitioner = "any" here' in lost
    assert [""] * PARTITIONS == [refusal("call-000123", number, partitioner="any") for number in range(PARTITIONS)]


BAD, SKIP, GOOD = record(key=b"x"), record(type="call.x"), record()


@pytest.mark.parametrize(
    "records,before,in_a_row,longest",
    [
        ([GOOD], 7, 0, 0),
        ([BAD], 7, 8, 8),
        ([BAD, BAD, GOOD], 0, 0, 2),
        ([BAD, BAD, GOOD, BAD], 0, 1, 2),
        ([BAD, SKIP, BAD], 0, 2, 2),
        ([SKIP], 3, 3, 0),
        ([], 3, 3, 0),
    ],
)
def test_refusals_in_a_row(records: list[Record], before: int, in_a_row: int, longest: int) -> None:
    """Refusals add up over batches until a record is applied; an unknown type neither counts nor ends the run."""
    batch = intake().take(records, frozenset(), None, before)
    assert (in_a_row, longest) == (batch.refused_in_a_row, batch.longest_refused)


def test_what_is_refused_keeps_its_record() -> None:
    """A refusal carries the record as it came, for the dead letters."""
    bad = record(offset=77, key=b"x")
    assert bad is take(bad).refused[0].record


def test_a_time_is_compared_after_its_offset() -> None:
    """An event in local time is as early or late as in UTC."""
    local = iso(START_MS + 7_200_000).replace("+00:00", "+02:00")
    assert 1 == take(record(time=local)).applied
