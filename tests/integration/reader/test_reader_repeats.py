"""Outcomes in the reader: repeats of every channel, future deadlines, the weeks of planners."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping

import pytest

from metrics.planning.plan import Planning
from metrics.planning.view import View
from metrics.read.history import read_history
from metrics.read.quarter_history import QuarterHistory
from metrics.read.reader import Reader
from metrics.snapshot.snapshot import Counts, RowKey, Snapshot
from metrics.web.latest import LatestSnapshot, Refresher
from streams.clients.redis_clients import async_client
from streams.common.durations import DAY_MS, HOUR_MS, MINUTE_MS
from streams.common.vocabulary import Channel, Clock
from streams.config.settings import Settings
from streams.config.stored_settings import Judging
from streams.contract.topics import Topic
from streams.facts.conversations.measures import ConversationMeasure, ConversationSketch
from streams.facts.customers.measures import CustomerMeasure
from streams.facts.shared.measures import HandlingMeasure
from streams.facts.shared.outcomes import Outcome, outcome_event
from streams.facts.tickets.measures import TicketMeasure
from streams.numbers.codes import code_of
from streams.numbers.names import dimension_name
from streams.numbers.sketches import bucket_of, sketched
from streams.numbers.tiers import QUARTER
from tests.support.owners import SOURCE, WALL_MS, Store
from tests.support.words import Record
from tests.support.writers import NOW_MS, SALES, Writer, cold

Factory = Callable[..., Settings]
CUSTOMER = bytes(range(16))
PROVISIONAL_AND_FINAL = (
    CustomerMeasure.FCR_WINDOW_BASE,
    CustomerMeasure.FCR_WINDOW,
    CustomerMeasure.REPEATED,
    CustomerMeasure.FCR_FINAL_BASE,
    CustomerMeasure.FCR_FINAL,
)


@pytest.fixture
def settings(settings_factory: Factory) -> Settings:
    """One partition a topic, keys of the test's own."""
    return settings_factory(create=False, partitions=1)


@pytest.fixture
def reader(settings: Settings) -> Iterator[Reader]:
    """A reader that has seen nothing yet."""
    reader = Reader(settings)
    yield reader
    reader.close()


MAIL = RowKey(Channel.TICKET, "mail", "email")


def test_repeats_land_in_the_rows_of_their_channels(settings: Settings, reader: Reader) -> None:
    """A partition of outcomes has rows of every channel; its amounts join those of the inputs, topics by name."""
    calls, outcomes = Writer(settings), Writer(settings, "contacts")
    calls.add(
        NOW_MS,
        {
            ConversationMeasure.OFFERED: 3,
            code_of(HandlingMeasure.CONTACTS_BY_TOPIC, calls.id_of(dimension_name(("topic", "a")))): 3,
        },
    )
    outcomes.id_of(dimension_name(("topic", "b")))
    topic = outcomes.id_of(dimension_name(("topic", "a")))
    repeats = {
        CustomerMeasure.REPEAT_BASE: 2,
        CustomerMeasure.REPEATED: 1,
        code_of(CustomerMeasure.REPEATED_BY_TOPIC, topic): 1,
    }
    outcomes.add(NOW_MS, repeats, "sales", "", "call")
    outcomes.add(NOW_MS, {CustomerMeasure.REPEAT_BASE: 5}, "mail", "email", "ticket")
    snapshot = reader.refresh(NOW_MS)
    topics: dict[int, Mapping[str, int]] = {
        HandlingMeasure.CONTACTS_BY_TOPIC: {"topic=a": 3},
        CustomerMeasure.REPEATED_BY_TOPIC: {"topic=a": 1},
    }
    expected = Counts(
        {ConversationMeasure.OFFERED: 3, CustomerMeasure.REPEAT_BASE: 2, CustomerMeasure.REPEATED: 1}, topics
    )
    assert {SALES: expected, MAIL: Counts({CustomerMeasure.REPEAT_BASE: 5})} == {
        key: row.windows["5m"] for key, row in snapshot.rows.items()
    }
    assert {"calls", "contacts"} == set(snapshot.pipeline.topics)
    assert {("calls", 0): 3, ("contacts", 0): 3} == snapshot.pipeline.lag
    outcomes.nonce = "second"
    outcomes.add(NOW_MS, {CustomerMeasure.REPEAT_BASE: 1}, "mail", "email", "ticket")
    assert cold(settings, NOW_MS) == reader.refresh(NOW_MS)
    offered = {
        (channel, queue): sum(map(Counter, by_start.values()), Counter())
        for (channel, queue), by_start in read_history(settings, NOW_MS).quarters.items()
    }
    assert {
        CustomerMeasure.REPEAT_BASE: 2,
        CustomerMeasure.REPEATED: 1,
        ConversationMeasure.OFFERED: 3,
        CustomerMeasure.REPEATED_BY_TOPIC: 1,
        HandlingMeasure.CONTACTS_BY_TOPIC: 3,
    } == offered[Channel.CALL, "sales"]
    assert {CustomerMeasure.REPEAT_BASE: 1} == offered[Channel.TICKET, "mail"]


def test_outcomes_that_nobody_reads_blind_the_repeats_only(settings: Settings, reader: Reader) -> None:
    """Calls are to be trusted while the worker of the outcomes is silent or was never there; their repeats are not."""
    Writer(settings).add(NOW_MS, {ConversationMeasure.OFFERED: 1})
    outcomes = Writer(settings, "contacts")
    reasons = []
    for wall_ms in (None, NOW_MS, NOW_MS - 10_001):
        if wall_ms is not None:
            outcomes.commit(wall_ms=wall_ms)
        view = View(reader.refresh(NOW_MS), 0)
        reasons.append((view.blind_reason(Channel.CALL), view.blind_reason_of_repeats(Channel.CALL)))
    assert [("", "never_started"), ("", ""), ("", "heartbeat")] == reasons


def test_outcomes_ahead_of_their_inputs_wait_for_now(settings_factory: Factory) -> None:
    """By the event clock the inputs say what now is; what outcomes say of the future comes when they get there."""
    settings = settings_factory(create=False, partitions=1, clock=Clock.EVENT)
    calls, outcomes, reader = Writer(settings), Writer(settings, "contacts"), Reader(settings)
    calls.add(NOW_MS, {ConversationMeasure.OFFERED: 1})
    outcomes.add(NOW_MS + 7 * DAY_MS, {CustomerMeasure.FCR_FINAL_BASE: 1}, "sales", "", "call")
    outcomes.commit(newest_ms=NOW_MS + DAY_MS)
    found = []
    for newest_ms in (NOW_MS, NOW_MS + 7 * DAY_MS):
        calls.commit(newest_ms=newest_ms)
        snapshot = reader.refresh(NOW_MS)
        found.append((snapshot.now_ms, snapshot.rows[SALES].windows["28d"][CustomerMeasure.FCR_FINAL_BASE]))
        assert cold(settings, NOW_MS) == snapshot
    reader.close()
    assert [(NOW_MS, 0), (NOW_MS + 7 * DAY_MS, 1)] == found


def test_what_is_due_is_taken_back_by_a_new_owner(settings: Settings, reader: Reader) -> None:
    """A partition that is loaded anew leaves nothing of deadlines that it does not store any more."""
    writer = Writer(settings)
    due_ms = NOW_MS + DAY_MS
    writer.add(due_ms, {TicketMeasure.RESPONSE_24H_JUDGED: 1})
    before = reader.refresh(NOW_MS)
    writer.redis.delete(*writer.keys)
    writer.nonce = "second"
    writer.add(due_ms + HOUR_MS, {TicketMeasure.RESPONSE_24H_JUDGED: 4})
    reader.refresh(NOW_MS)
    judged = [
        reader.refresh(at_ms).rows[SALES].windows["28d"][TicketMeasure.RESPONSE_24H_JUDGED]
        for at_ms in (due_ms + HOUR_MS, due_ms + 2 * HOUR_MS)
    ]
    assert ({}, [4, 4]) == (before.rows, judged)


def test_sketches_are_read_with_the_counts(settings: Settings, reader: Reader) -> None:
    """Buckets add up over partitions and windows; the report sums measures and leaves them out."""
    (answered, one), (waited, other) = (
        sketched(ConversationSketch.WAIT, 1_000),
        sketched(ConversationSketch.WAIT, 60_000),
    )
    for topic, channel in (("calls", ""), ("contacts", "call")):
        cells = {ConversationMeasure.ANSWERED: 2, ConversationMeasure.WAIT_MS: 61_000, answered: one, waited: other}
        Writer(settings, topic).add(NOW_MS, cells, "sales", "", channel)
    counts = reader.refresh(NOW_MS).rows[SALES].windows["5m"]
    assert {bucket_of(1_000): 2, bucket_of(60_000): 2} == counts.sketch(ConversationSketch.WAIT)
    (cells,) = read_history(settings, NOW_MS).quarters[Channel.CALL, "sales"].values()
    assert {ConversationMeasure.ANSWERED: 4, ConversationMeasure.WAIT_MS: 122_000} == cells


def test_names_of_outcomes_are_bounded_by_channel(settings_factory: Factory) -> None:
    """A queue that only the outcomes name is shown as long as its own channel has room."""
    settings = settings_factory(create=False, partitions=1, queue_limit=1)
    Writer(settings).add(NOW_MS, {ConversationMeasure.OFFERED: 1})
    outcomes = Writer(settings, "contacts")
    for queue, channel in (("late", "call"), ("help", "chat"), ("late", "chat"), ("sales", "call")):
        outcomes.add(NOW_MS, {CustomerMeasure.REPEAT_BASE: 1}, queue, "", channel)
    base = {key: row.windows["5m"][CustomerMeasure.REPEAT_BASE] for key, row in cold(settings, NOW_MS).rows.items()}
    assert {
        SALES: 1,
        RowKey(Channel.CALL, "other"): 1,
        RowKey(Channel.CHAT, "help"): 1,
        RowKey(Channel.CHAT, "other"): 1,
    } == base


def test_the_history_has_every_partition_and_what_is_missed_so_far(settings: Settings, reader: Reader) -> None:
    """Planners read a row by quarter of an hour, in order: no sketches, nothing of the future or older than kept."""
    calls, outcomes = Writer(settings), Writer(settings, "contacts")
    quarter_ms, now_quarter_ms = QUARTER.width_ms, NOW_MS // QUARTER.width_ms * QUARTER.width_ms
    cell_of_sketch, amount = sketched(ConversationSketch.WAIT, 5_000)
    for quarters_ago in (0, 4, 28 * 96, -1):
        at_ms = now_quarter_ms - quarters_ago * quarter_ms
        calls.add(at_ms, {ConversationMeasure.OFFERED: 1 + quarters_ago, cell_of_sketch: amount})
    outcomes.add(
        now_quarter_ms,
        {code_of(CustomerMeasure.REPEATED_BY_TOPIC, outcomes.id_of(dimension_name(("topic", "a")))): 2},
        "sales",
        "",
        "call",
    )
    outcomes.add(NOW_MS - 35 * DAY_MS, {CustomerMeasure.REPEATED: 2}, "sales", "", "call")
    outcomes.add(NOW_MS, {cell_of_sketch: amount}, "mail", "email", "ticket")
    calls.wait("c1", NOW_MS - 25_000)
    reader.refresh(NOW_MS)
    history = reader.history
    assert {SALES, MAIL} == set(history.rows())
    by_topic: dict[int, Mapping[str, int]] = {CustomerMeasure.REPEATED_BY_TOPIC: {"topic=a": 2}}
    assert [
        (now_quarter_ms - 28 * 96 * quarter_ms, Counts({ConversationMeasure.OFFERED: 1 + 28 * 96})),
        (now_quarter_ms - 4 * quarter_ms, Counts({ConversationMeasure.OFFERED: 5})),
        (now_quarter_ms, Counts({ConversationMeasure.OFFERED: 1, ConversationMeasure.REACHED_TARGET: 1}, by_topic)),
    ] == list(history.quarters(SALES, 0, NOW_MS + DAY_MS))
    assert [] == list(history.quarters(MAIL, 0, NOW_MS + 1))
    assert [5] == [
        counts[ConversationMeasure.OFFERED]
        for _, counts in history.quarters(SALES, now_quarter_ms - 4 * quarter_ms, now_quarter_ms)
    ]


def test_the_board_plans_its_rows(settings: Settings, reader: Reader) -> None:
    """The plan of today is computed from the numbers of the last weeks, and again after a minute."""
    writer = Writer(settings)
    writer.add(NOW_MS - 7 * DAY_MS, {ConversationMeasure.OFFERED: 4, ConversationMeasure.ANSWERED_WITHIN: 4})
    first, same, later = plannings(settings, reader, [NOW_MS, NOW_MS + 1_000, NOW_MS + MINUTE_MS])
    assert first is same
    assert [(NOW_MS, [SALES]), (NOW_MS + MINUTE_MS, [SALES])] == [
        (planning.at_ms, list(planning.rows)) for planning in (first, later)
    ]


def test_plans_follow_what_is_counted_while_now_stands_still(settings_factory: Factory) -> None:
    """By the event clock a log in any order is still being counted when its newest event has come."""
    settings = settings_factory(create=False, partitions=1, clock=Clock.EVENT)
    writer, reader = Writer(settings), Reader(settings)
    writer.add(NOW_MS, {ConversationMeasure.OFFERED: 1})

    def help_is_counted() -> None:
        writer.add(NOW_MS - DAY_MS, {ConversationMeasure.OFFERED: 1}, "help")

    found = plannings(
        settings, reader, [NOW_MS, NOW_MS + MINUTE_MS - 1, NOW_MS + MINUTE_MS], after_first=help_is_counted
    )
    reader.close()
    assert [["sales"], ["sales"], ["help", "sales"]] == [[key.queue for key in planning.rows] for planning in found]


def plannings(
    settings: Settings, reader: Reader, walls_ms: list[int], after_first: Callable[[], None] = lambda: None
) -> list[Planning]:
    """The newest planning after each reading by the refresher, at these times of the wall."""

    class AtTimes:
        """The reader, whose wall clock the test sets."""

        @property
        def judging(self) -> Judging:
            return reader.judging

        @property
        def history(self) -> QuarterHistory:
            return reader.history

        def refresh(self) -> Snapshot:
            return reader.refresh(walls_ms[len(found)])

    found: list[Planning] = []
    board = LatestSnapshot()
    refresher = Refresher(board, AtTimes, settings)
    for _ in walls_ms:
        refresher.turn()
        view = board.view()
        assert view is not None
        assert view.planning is not None
        found.append(view.planning)
        if len(found) == 1:
            after_first()
    return found


def outcome(contact: str, revision: int, told: Outcome) -> Record:
    """The record that tells the customer of a contact."""
    value = outcome_event(
        told, customer=CUSTOMER, contact=contact, revision=revision, source=SOURCE, time_ms=told.begun_ms, removed=False
    )
    return Record(revision, WALL_MS, CUSTOMER.hex().encode(), value)


def apply(settings: Settings, *told: Record) -> None:
    """Let an owner of the outcomes' only partition apply records."""

    async def own() -> None:
        client = await async_client(settings)
        owner = await Store(settings, client, Topic.CONTACTS).owner()
        await owner.apply(told)
        await client.aclose()

    asyncio.run(own())


def test_a_repeat_on_another_channel_through_the_store(settings: Settings, reader: Reader) -> None:
    """A chat takes back that the call before was resolved at the first contact; a week later that is final."""
    ended_ms = WALL_MS - HOUR_MS
    call = Outcome(
        "call", "sales", ended_ms - MINUTE_MS, 7 * DAY_MS, topic="bill", via="inbound", handled=True, ended_ms=ended_ms
    )
    chat = Outcome("chat", "help", WALL_MS - MINUTE_MS, 7 * DAY_MS, topic="bill", via="inbound")
    found = []
    for offset, record in enumerate((outcome("c1", 0, call), outcome("c2", 1, chat))):
        apply(settings, Record(offset, WALL_MS, record.key, record.value))
        for now_ms in (WALL_MS, WALL_MS + 7 * DAY_MS):
            counts = reader.refresh(now_ms).rows[SALES].windows["28d"]
            assert {"bill": 1} == counts.by_value(CustomerMeasure.REPEAT_BASE_BY_TOPIC, "topic")
            found.append(tuple(counts[measure] for measure in PROVISIONAL_AND_FINAL))
    assert [(1, 1, 0, 0, 0), (1, 1, 0, 1, 1), (1, 0, 1, 0, 0), (1, 0, 1, 1, 0)] == found
