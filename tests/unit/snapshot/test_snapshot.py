"""Counts, live numbers and health: what a snapshot is made of."""

from __future__ import annotations

from dataclasses import replace

import pytest

from metrics.planning.view import View
from metrics.read.head_watch import Sign
from metrics.read.health import Trust, channel_health, now_by, watermark_of
from metrics.read.live import live_numbers, observed
from metrics.snapshot.blindness import BLIND_REASONS
from metrics.snapshot.rows import sum_rows
from metrics.snapshot.snapshot import NO_COUNTS, ChannelHealth, Counts, LiveNumbers, RowNumbers, total
from metrics.snapshot.windows import WINDOWS
from streams.common.durations import DAY_MS, HOUR_MS, MINUTE_MS
from streams.common.languages import Language
from streams.common.vocabulary import Channel, Clock
from streams.contract.topics import Topic
from streams.facts.conversations.live import Callback, ContactWaiting, ConversationLive, InProgress, Waiting, WrapUp
from streams.facts.conversations.measures import ConversationMeasure
from streams.facts.tickets.live import OpenTicket, TicketLive
from streams.numbers.live_entries import Instant, RowEntry
from streams.store.keys import Status
from tests.support.boards import live_of, snapshot
from tests.support.covers import covers

NOW_MS = 1_800_000_000_000
LIMIT_MS = 5_000
"""Setting `clock_limit`."""
WAITING = Waiting(
    row=1, offered_ms=NOW_MS - 30_000, deadline_ms=NOW_MS - 10_000, stale_ms=NOW_MS + 1, last_event_ms=NOW_MS - 30_000
)


def test_a_split_measure_adds_up() -> None:
    """The amount of a measure is the sum over its dimension, and ``by`` gives the parts."""
    refused = Counts({}, {ConversationMeasure.REFUSED: {"reason=full": 2, "reason=busy": 1}})
    assert (3, {"full": 2, "busy": 1}, {}) == (
        refused[ConversationMeasure.REFUSED],
        refused.by_value(ConversationMeasure.REFUSED, "reason"),
        refused.by_value(ConversationMeasure.REFUSED, "topic"),
    )


def test_counts_are_summed() -> None:
    """Sums hold every cell of both; what came to zero is as if it had never been."""
    one = Counts({ConversationMeasure.OFFERED: 2}, {ConversationMeasure.LEFT_QUEUE: {"reason=key": 1}})
    other = Counts(
        {ConversationMeasure.OFFERED: -2, ConversationMeasure.ANSWERED: 1},
        {ConversationMeasure.LEFT_QUEUE: {"reason=key": 4}},
    )
    expected = Counts({ConversationMeasure.ANSWERED: 1}, {ConversationMeasure.LEFT_QUEUE: {"reason=key": 5}})
    assert expected == one + other
    assert hash(expected) == hash(one + other)
    assert expected == total([one, other, NO_COUNTS])
    assert (2, True, False) == (one[ConversationMeasure.OFFERED], bool(one), bool(total([])))


def live(*entries: RowEntry, now_ms: int = NOW_MS, limit: int | None = None) -> LiveNumbers:
    """Live numbers of the entries, with all events up to ``limit`` (now) applied."""
    return live_numbers([observed(entries, now_ms, now_ms if limit is None else limit)], now_ms)


@covers(
    "contact_center_contacts_waiting",
    "contact_center_contacts_waiting_past_target",
    "contact_center_longest_wait_seconds",
    "contact_center_contacts_in_progress",
    "contact_center_oldest_callback_seconds",
    "contact_center_tickets_open",
    "contact_center_tickets_due_soon",
    "contact_center_oldest_ticket_seconds",
)
@pytest.mark.parametrize(
    "entry,expected",
    [
        (WAITING, live_of(waiting=1, waiting_past_target=1, longest_wait=30_000)),
        (
            Waiting(1, NOW_MS - 20_000, NOW_MS, NOW_MS + 1, NOW_MS),
            live_of(waiting=1, undecided=1, longest_wait=20_000),
        ),
        (Waiting(1, NOW_MS - HOUR_MS, NOW_MS - 9, NOW_MS, NOW_MS - HOUR_MS), live_of(stale=1)),
        (
            Waiting(1, NOW_MS, NOW_MS + 5, NOW_MS + 9, NOW_MS - 15 * MINUTE_MS - 1),
            live_of(waiting=1, undecided=1, unconfirmed=1, longest_wait=0),
        ),
        (
            Waiting(1, NOW_MS, NOW_MS + 5, NOW_MS + 9, NOW_MS - 15 * MINUTE_MS),
            live_of(waiting=1, undecided=1, longest_wait=0),
        ),
        (ContactWaiting(1, NOW_MS), live_of(contacts_undecided=1)),
        (ContactWaiting(1, NOW_MS - 1), live_of()),
        (InProgress(1, NOW_MS - 5, NOW_MS + 1, NOW_MS, b"a"), live_of(in_progress=1, busy_agents=1)),
        (InProgress(1, NOW_MS - 5, NOW_MS, NOW_MS, b"a"), live_of(stale=1)),
        (WrapUp(1, NOW_MS - 5, NOW_MS + 1, b"a"), live_of(busy_agents=1)),
        (WrapUp(1, NOW_MS - 5, NOW_MS + 1), live_of(busy_agents=1)),
        (WrapUp(1, NOW_MS - 5, NOW_MS, b"a"), live_of()),
        (Callback(1, NOW_MS - 7), live_of(callbacks_pending=1, oldest_callback=7)),
        (
            OpenTicket(1, NOW_MS - 5, True, True, NOW_MS - 1, None),
            live_of(open_on_hold=1, overdue=1, age_under_1h=1, oldest_ticket=5, oldest_unattended=5),
        ),
        (
            OpenTicket(1, NOW_MS - 5, False, True, NOW_MS, None),
            live_of(open_unattended=1, due_soon=1, age_under_1h=1, oldest_ticket=5, oldest_unattended=5),
        ),
        (
            OpenTicket(1, NOW_MS - 5, False, False, None, NOW_MS + HOUR_MS),
            live_of(open_open=1, due_soon=1, age_under_1h=1, oldest_ticket=5),
        ),
        (
            OpenTicket(1, NOW_MS - 5, False, False, None, NOW_MS + HOUR_MS + 1),
            live_of(open_open=1, age_under_1h=1, oldest_ticket=5),
        ),
        (
            OpenTicket(1, NOW_MS - 5, True, False, NOW_MS - 1, NOW_MS + 1, True),
            live_of(open_on_hold=1, awaiting_reply=1, overdue=1, age_under_1h=1, oldest_ticket=5),
        ),
    ],
)
def test_live_entries_at_their_edges(entry: RowEntry, expected: LiveNumbers) -> None:
    """Live numbers of one entry are those of the table, at each limit and one millisecond past it."""
    assert expected == live(entry)


@covers("contact_center_ticket_backlog")
@pytest.mark.parametrize(
    "age_ms,expected",
    [
        (-5_000, "age_under_1h"),
        (HOUR_MS - 1, "age_under_1h"),
        (HOUR_MS, "age_1h_4h"),
        (4 * HOUR_MS - 1, "age_1h_4h"),
        (4 * HOUR_MS, "age_4h_8h"),
        (8 * HOUR_MS - 1, "age_4h_8h"),
        (8 * HOUR_MS, "age_8h_24h"),
        (24 * HOUR_MS - 1, "age_8h_24h"),
        (24 * HOUR_MS, "age_1d_3d"),
        (3 * DAY_MS - 1, "age_1d_3d"),
        (3 * DAY_MS, "age_3d_7d"),
        (7 * DAY_MS - 1, "age_3d_7d"),
        (7 * DAY_MS, "age_over_7d"),
        (800 * DAY_MS, "age_over_7d"),
    ],
)
def test_open_tickets_by_age(age_ms: int, expected: str) -> None:
    """A ticket is in one age only, and moves to the next exactly at the bound."""
    numbers = live(OpenTicket(1, NOW_MS - age_ms, False, False, None, None))
    ages = {measure.value: numbers[measure] for measure in TicketLive if measure.value.startswith("age_")}
    assert {**dict.fromkeys(ages, 0), expected: 1} == ages


@pytest.mark.parametrize("age_ms", [0, HOUR_MS, 23 * HOUR_MS, 6 * DAY_MS, 8 * DAY_MS])
def test_an_age_holds_until_the_next_bound(age_ms: int) -> None:
    """The sums of a group of tickets change when a ticket reaches the next age, and not before."""
    ticket = OpenTicket(1, NOW_MS - age_ms, False, False, None, None)
    state = observed([ticket], NOW_MS, NOW_MS)
    bounds_ms = [HOUR_MS, 4 * HOUR_MS, 8 * HOUR_MS, DAY_MS, 3 * DAY_MS, 7 * DAY_MS]
    next_ms = next((NOW_MS - age_ms + bound_ms for bound_ms in bounds_ms if bound_ms > age_ms), None)
    assert (next_ms is None, True) == (state.holds(NOW_MS + 900 * DAY_MS, NOW_MS), state.holds(NOW_MS + 1, NOW_MS))
    if next_ms is not None:
        assert (True, False) == (state.holds(next_ms - 1, NOW_MS), state.holds(next_ms, NOW_MS))


def test_rows_of_tickets_add_up() -> None:
    """The sum of rows has the tickets of all of them, by age and awaiting a reply, and the age of the oldest."""
    rows = [
        RowNumbers(dict.fromkeys(WINDOWS, NO_COUNTS), live=live_of(age_under_1h=2, awaiting_reply=1)),
        RowNumbers(
            dict.fromkeys(WINDOWS, NO_COUNTS),
            live=live_of(age_under_1h=3, age_over_7d=1, awaiting_reply=4, oldest_ticket=9),
        ),
    ]
    assert live_of(age_under_1h=5, age_over_7d=1, awaiting_reply=5, oldest_ticket=9) == sum_rows(rows).live


@pytest.mark.parametrize("entry", [WAITING, ContactWaiting(1, WAITING.deadline_ms)])
def test_a_deadline_is_a_miss_once_it_is_surely_passed(entry: RowEntry) -> None:
    """A miss counts when everything past its deadline has been seen: strictly later, and never by now alone."""
    at_limit = [sum(observed([entry], NOW_MS, WAITING.deadline_ms + step).misses.values()) for step in (0, 1)]
    assert [0, 1] == at_limit


def test_a_ghost_is_still_a_miss() -> None:
    """Who was forgotten waits no longer, but was not answered in time."""
    state = observed([WAITING], NOW_MS + HOUR_MS, NOW_MS)
    assert (1, 0) == (
        state.misses[ConversationMeasure.REACHED_TARGET, WAITING.deadline_ms],
        state.counts[ConversationLive.WAITING],
    )


def test_a_group_is_looked_at_again_when_a_clock_passes_its_next_moment() -> None:
    """The sums of a group hold until the next deadline, stale or due time, and for no earlier clock."""
    state: Instant = observed([WAITING], NOW_MS, WAITING.deadline_ms)
    held = [
        state.holds(NOW_MS, WAITING.deadline_ms),
        state.holds(NOW_MS + 1, WAITING.deadline_ms),
        state.holds(NOW_MS, WAITING.deadline_ms + 1),
        state.holds(NOW_MS - 1, WAITING.deadline_ms),
    ]
    assert [True, False, False, False] == held


def test_the_groups_of_all_partitions_make_one_row() -> None:
    """Counts of partitions are added, the longest wait is the longest of all."""
    states = [
        observed([Waiting(1, NOW_MS - age_ms, NOW_MS + 1, NOW_MS + 1, NOW_MS)], NOW_MS, NOW_MS) for age_ms in (5, 7)
    ]
    assert live_of(waiting=2, undecided=2, longest_wait=7) == live_numbers(states, NOW_MS)


def status(**values: int | bool | None) -> Status:
    """The status of a healthy partition, but for ``values``."""
    healthy = {"watermark_ms": NOW_MS, "newest_ms": NOW_MS, "wall_ms": NOW_MS, "at_end": True, "log_end": 1}
    return Status(**{**healthy, "formula": 1, "names": 0, "statistics": {}, **values})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "clock,statuses,expected",
    [
        (Clock.WALL, [status(), status()], ChannelHealth(False, "", 0, NOW_MS)),
        (Clock.WALL, [None, None], ChannelHealth(True, "never_started", None, None)),
        (Clock.WALL, [status(), None], ChannelHealth(True, "never_started", 0, NOW_MS)),
        (Clock.WALL, [status(wall_ms=NOW_MS - 10_000)], ChannelHealth(False, "", 0, NOW_MS)),
        (Clock.WALL, [status(wall_ms=NOW_MS - 10_001)], ChannelHealth(True, "heartbeat", 0, NOW_MS)),
        (Clock.WALL, [status(watermark_ms=NOW_MS - 10_000)], ChannelHealth(False, "", 10_000, NOW_MS - 10_000)),
        (
            Clock.WALL,
            [status(), status(watermark_ms=NOW_MS - 10_001)],
            ChannelHealth(True, "behind", 10_001, NOW_MS - 10_001),
        ),
        (Clock.WALL, [status(lost_unacknowledged=1)], ChannelHealth(True, "loss", 0, NOW_MS)),
        (Clock.EVENT, [status(wall_ms=0, watermark_ms=5)], ChannelHealth(False, "", 0, 5)),
        (Clock.EVENT, [status(wall_ms=0, at_end=False)], ChannelHealth(True, "heartbeat", 0, NOW_MS)),
        (
            Clock.EVENT,
            [status(watermark_ms=NOW_MS - 99_999, at_end=False)],
            ChannelHealth(False, "", 99_999, NOW_MS - 99_999),
        ),
    ],
)
def test_when_a_channel_is_blind(clock: Clock, statuses: list[Status | None], expected: ChannelHealth) -> None:
    """A silent, lagging, lossy or never started partition makes its channel blind; a drained log of the past is not."""
    assert expected == replace(channel_health(Topic.CALLS, statuses, Trust(clock, NOW_MS, NOW_MS, LIMIT_MS)), facts={})


BEATS, LATE, SILENT, UNSEEN = Sign(0, True), Sign(0, True, late=True), Sign(10_001, True), Sign(0, False)
AHEAD, OLD = {"wall_ms": NOW_MS + LIMIT_MS + 1}, {"wall_ms": NOW_MS - 10_001}


@pytest.mark.parametrize(
    "clock,values,sign,expected",
    [
        (Clock.WALL, {}, BEATS, ""),
        (Clock.WALL, {}, UNSEEN, "unconfirmed"),
        (Clock.WALL, {}, SILENT, "heartbeat"),
        (Clock.WALL, {"wall_ms": NOW_MS + LIMIT_MS}, BEATS, ""),
        (Clock.WALL, AHEAD, BEATS, "clock"),
        (Clock.WALL, AHEAD, None, "clock"),
        (Clock.WALL, AHEAD, SILENT, "heartbeat"),
        (Clock.WALL, OLD, BEATS, "heartbeat"),
        (Clock.WALL, OLD, LATE, "clock"),
        (Clock.WALL, OLD, UNSEEN, "heartbeat"),
        (Clock.WALL, OLD, None, "heartbeat"),
        (Clock.EVENT, {**AHEAD, "at_end": False}, BEATS, "clock"),
        (Clock.EVENT, {"at_end": False}, UNSEEN, "unconfirmed"),
        (Clock.EVENT, AHEAD, SILENT, ""),
        (Clock.EVENT, OLD, UNSEEN, ""),
        (Clock.WALL, {"partitions_found": 3}, BEATS, "partitions"),
        (Clock.EVENT, {"partitions_found": 3}, UNSEEN, "partitions"),
        (Clock.WALL, {"transaction_offset": 0, "transaction_ms": 5}, BEATS, "transaction"),
        (Clock.EVENT, {"transaction_offset": 7, "at_end": False}, BEATS, "transaction"),
        (Clock.WALL, {"transaction_offset": 7, **OLD}, SILENT, "heartbeat"),
    ],
)
def test_heartbeats_by_two_clocks(
    clock: Clock, values: dict[str, int | bool], sign: Sign | None, expected: str
) -> None:
    """A heartbeat is as old as the reader saw it change last, and of no use where the clocks differ."""
    signs = {} if sign is None else {0: sign}
    health = channel_health(Topic.CALLS, [status(**values)], Trust(clock, NOW_MS, NOW_MS, LIMIT_MS), signs)
    assert (expected, bool(expected)) == (health.blind_reason, health.blind)
    assert clock is Clock.EVENT or health.age_ms == (0 if sign is None else sign.age_ms)


def test_reasons_in_words() -> None:
    """The facts of a reason stand in its sentence, in both languages and in the centre's time."""
    trust = Trust(Clock.WALL, NOW_MS, NOW_MS, LIMIT_MS)
    troubles: list[dict[str, int | bool]] = [
        {"transaction_offset": 31, "transaction_ms": NOW_MS},
        {"partitions_found": 3},
        {"wall_ms": NOW_MS + 1_200_000},
        {"lost_unacknowledged": 1},
    ]
    said = [
        [
            View(
                snapshot(health={Channel.CALL: channel_health(Topic.CALLS, [status(), status(**each)], trust)}), 0
            ).why_blind(Channel.CALL, language, "Europe/Madrid")
            for language in Language
        ]
        for each in troubles
    ]
    assert [
        [
            "a transaction of a producer is open at offset 31 of calls-1 since 09:00:00",
            "una transacción de un productor está abierta en la posición 31 de calls-1 desde las 09:00:00",
        ],
        [
            "calls has 3 partitions, the numbers were made with 2: set partitions to 3 and run `veinte rebuild`",
            "calls tiene 3 particiones y los números se hicieron con 2: ponga partitions a 3 y ejecute "
            "`veinte rebuild`",
        ],
        [
            "the clock of the worker of calls-1 and this one's differ by 1200 s",
            "el reloj del worker de calls-1 y el de aquí difieren en 1200 s",
        ],
        ["events were lost", "se han perdido eventos"],
    ] == said


@pytest.mark.parametrize("reason", BLIND_REASONS)
def test_every_reason_has_words(reason: str) -> None:
    """Without facts too, in both languages, with something to do about it."""
    found = BLIND_REASONS[reason]
    view = View(snapshot(health={Channel.CALL: ChannelHealth(True, reason)}), 0)
    assert list(found.why) == [view.why_blind(Channel.CALL, language, "UTC") for language in Language]
    assert "" not in (*found.why, *found.remedy)


@pytest.mark.parametrize(
    "clock,values,expected",
    [
        (Clock.WALL, {}, NOW_MS - 1000),
        (Clock.WALL, {"watermark_ms": NOW_MS + 5000}, NOW_MS),
        (Clock.EVENT, {}, NOW_MS),
        (Clock.EVENT, {"at_end": False}, NOW_MS - 1000),
    ],
)
def test_how_far_misses_are_certain(clock: Clock, values: dict[str, int], expected: int) -> None:
    """A second less than what was seen, never past now; at the end of a log of the past everything is certain."""
    assert expected == watermark_of(status(**values), clock, NOW_MS)


@pytest.mark.parametrize(
    "of_calls,of_repeats,age_ms,expected",
    [
        (False, False, 0, ("", "")),
        (False, True, 0, ("", "behind")),
        (True, True, 0, ("heartbeat", "heartbeat")),
        (False, True, 5_001, ("unreadable", "unreadable")),
    ],
)
def test_repeats_are_as_blind_as_their_channel_or_the_outcomes(
    of_calls: bool, of_repeats: bool, age_ms: int, expected: tuple[str, str]
) -> None:
    """Repeats are blind with the channel or the outcomes; other numbers of the channel need no outcomes."""
    calls = ChannelHealth(of_calls, "heartbeat" if of_calls else "")
    repeats = ChannelHealth(of_repeats, "behind" if of_repeats else "")
    view = View(replace(snapshot(health={Channel.CALL: calls}), repeats=repeats), age_ms)
    assert expected == (view.blind_reason(Channel.CALL), view.blind_reason_of_repeats(Channel.CALL))


def test_outcomes_move_no_clock() -> None:
    """A topic of outcomes that is ahead of inputs that begin anew does not take now with it; alone it is no clock."""
    ahead = {(Topic.CONTACTS, 0): status(newest_ms=99)}
    assert [5, 7] == [
        now_by(Clock.EVENT, {(Topic.CALLS, 0): status(newest_ms=5), **ahead}, 7),
        now_by(Clock.EVENT, ahead, 7),
    ]


def test_now_by_the_event_clock_is_the_newest_event() -> None:
    """Replayed logs have their own now; before the first event it is the wall's."""
    newest = {
        (Topic.CALLS, 0): status(newest_ms=5),
        (Topic.CHATS, 1): status(newest_ms=9),
        (Topic.TICKETS, 0): status(newest_ms=None),
        (Topic.TICKETS, 1): None,
    }
    none = dict.fromkeys(newest)
    assert [9, 7, 7] == [now_by(Clock.EVENT, newest, 7), now_by(Clock.EVENT, none, 7), now_by(Clock.WALL, newest, 7)]
