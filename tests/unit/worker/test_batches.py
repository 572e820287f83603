"""ContactSummary partition batches for an agent."""

from __future__ import annotations

from typing import NamedTuple

from faust.types import TP

from streams.clients.fetching import HANDED_BYTES, Taken
from streams.worker.batches import BUFFERED_BYTES, BatchScheduler, RecordBatch

FIRST, SECOND = TP("calls", 0), TP("calls", 1)


class Record(NamedTuple):
    """The attributes of a record that the scheduler reads."""

    offset: int
    timestamp: int = 0


def records(*offsets: int) -> list[Record]:
    """Records at these offsets, stamped with ten times theirs."""
    return [Record(offset, offset * 10) for offset in offsets]


def test_a_fetch_is_one_message_a_partition() -> None:
    """Each partition's records come as one message, in order, with the offset and timestamp of the last."""
    scheduler = BatchScheduler()
    scheduler.expect({FIRST: 5, SECOND: 0})
    batches = dict(scheduler.iterate({FIRST: records(5, 6, 9), SECOND: records(0)}))
    assert (("calls", 0, 9, 90, 5), ("calls", 1, 0, 0, 0)) == tuple(
        (batch.topic, batch.partition, batch.offset, batch.timestamp, batch.previous) for batch in batches.values()
    )
    assert [5, 6, 9] == [record.offset for record in batches[FIRST].records]


def test_each_batch_says_where_the_one_before_ended() -> None:
    """The next batch begins after the last record handed out, whatever offsets were skipped between."""
    scheduler = BatchScheduler()
    scheduler.expect({FIRST: 0})
    found = [next(iter(scheduler.iterate({FIRST: records(*offsets)})))[1] for offsets in ((0, 1), (4, 5), (6,))]
    assert [0, 2, 6] == [batch.previous for batch in found]
    assert {FIRST: 7} == scheduler.handed


def test_a_seek_begins_anew() -> None:
    """After an assignment the batch before is the position that was sought to."""
    scheduler = BatchScheduler()
    scheduler.expect({FIRST: 0})
    list(scheduler.iterate({FIRST: records(0, 1, 2)}))
    scheduler.expect({FIRST: 1})
    assert [1] == [batch.previous for _, batch in scheduler.iterate({FIRST: records(1, 2)})]


def test_a_partition_that_nobody_sought_has_no_previous() -> None:
    """Records of a partition without a position cannot be told from a hole."""
    assert [None] == [batch.previous for _, batch in BatchScheduler().iterate({FIRST: records(3)})]


def test_nothing_fetched_is_no_message() -> None:
    """An empty fetch, or an empty partition of one, gives nothing and moves nothing."""
    scheduler = BatchScheduler()
    assert [] == list(scheduler.iterate({}))
    assert [] == list(scheduler.iterate({FIRST: []}))
    assert {} == scheduler.handed


def test_everything_counts_as_handed_out_at_once() -> None:
    """From the moment of the fetch on, `handed` covers it, before the agent has seen any of it."""
    scheduler = BatchScheduler()
    scheduler.iterate({FIRST: records(0, 1), SECOND: records(7)})
    assert {FIRST: 2, SECOND: 8} == scheduler.handed


def test_a_batch_looks_like_a_record() -> None:
    """Faust reads a message's shape from it: no key, no value, no headers."""
    batch = RecordBatch(FIRST, records(1), 0)
    assert (None, None, (), 0, None) == (batch.key, batch.value, batch.headers, batch.timestamp_type, batch.checksum)


def test_what_is_handed_out_and_not_applied_is_counted_in_bytes() -> None:
    """Each batch takes room until it is released, once; what was handed out before a seek takes none."""
    scheduler = BatchScheduler()
    scheduler.expect({FIRST: 0})
    taken = Taken(records(0, 1))
    taken.size_bytes = BUFFERED_BYTES - HANDED_BYTES
    (_, batch), *_ = scheduler.iterate({FIRST: taken})
    full = [scheduler.backlog.is_full]
    (_, second), *_ = scheduler.iterate({FIRST: Taken(records(2))})
    taken.size_bytes = 1
    (_, late), *_ = scheduler.iterate({FIRST: taken})
    full.append(scheduler.backlog.is_full)
    assert [False, True] == full
    batch.release()
    batch.release()
    second.release()
    assert (1, ()) == (scheduler.backlog.size_bytes, batch.records)
    scheduler.expect({FIRST: 0})
    assert 0 == scheduler.backlog.size_bytes
    late.release()
    assert 0 == scheduler.backlog.size_bytes
