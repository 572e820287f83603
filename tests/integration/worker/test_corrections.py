"""Amounts are corrected when later events contradict them: numbers before and after, through Kafka."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from metrics.read.reader import Reader
from metrics.snapshot.snapshot import NO_COUNTS, Counts, RowKey
from streams.common.durations import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from streams.common.vocabulary import Channel, Clock
from streams.config.settings import Settings
from streams.facts.conversations.measures import ConversationMeasure
from streams.facts.customers.measures import CustomerMeasure
from streams.facts.shared.measures import HandlingMeasure
from streams.facts.tickets.measures import TicketMeasure
from streams.numbers.measures import Measure
from streams.sources.outgoing import OutgoingEvent, cloud_event, outgoing
from streams.sources.publisher import Publisher
from tests.conftest import SettingsFactory
from tests.support.processes import eventually, programs

Environment = Callable[[Settings], dict[str, str]]
Expected = Mapping[Measure, int]
START_MS = 1_795_251_600_000
"""2026-11-21T09:00:00Z."""
SALES = RowKey(Channel.CALL, "sales")
BILLING = RowKey(Channel.TICKET, "billing", "email")


class Centre:
    """A running worker, its topics and what a board would show."""

    def __init__(self, settings: Settings, reader: Reader) -> None:
        self._settings, self._reader = settings, reader
        self._sent = 0

    def happens(self, kind: str, subject: str, at_ms: int, **data: Any) -> None:
        """Send one event."""
        self._sent += 1
        body = cloud_event(kind, "/test", f"{subject}-{self._sent}", START_MS + at_ms, subject, data)
        self._publish(outgoing(body, START_MS + at_ms))

    def call(self, subject: str, at_ms: int, customer: str, *, topic: str = "bill") -> None:
        """A whole call: offered, answered after 10 s, ended after a minute, resolved."""
        self.happens("call.offered", subject, at_ms, queue="sales", customer=customer, topic=topic)
        self.happens("call.answered", subject, at_ms + 10 * SECOND_MS)
        self.happens("call.ended", subject, at_ms + MINUTE_MS)
        self.happens("call.classified", subject, at_ms + MINUTE_MS, resolved=True)

    def time_passes(self, to_ms: int) -> None:
        """The clock is that of the newest event: something happens elsewhere."""
        self.happens("call.offered", f"elsewhere-{to_ms}", to_ms, queue="elsewhere")

    def counts(self, row: RowKey, window: str = "28d") -> Counts:
        """The counts of a row now."""
        found = self._reader.refresh().rows.get(row)
        return NO_COUNTS if found is None else found.windows[window]

    def shows(self, row: RowKey, expected: Expected, window: str = "28d") -> None:
        """Wait until the row has these counts."""

        def shown() -> dict[Measure, int]:
            counts = self.counts(row, window)
            return {measure: counts[measure] for measure in expected}

        eventually(f"{expected} in {row}, {window}", lambda: shown() == dict(expected))
        print(f"{row.queue} {window}: {', '.join(f'{measure.name} {n:,}' for measure, n in expected.items())}")

    def _publish(self, event: OutgoingEvent) -> None:
        with Publisher(self._settings) as publisher:
            publisher.send(event)


@contextmanager
def centre(settings: Settings, environment: dict[str, str], folder: Path) -> Iterator[Centre]:
    """A contact centre that runs for the length of the block, on the clock of its events."""
    with programs(environment, folder) as run:
        worker = run.worker()
        worker.wait_until_ready()
        reader = Reader(settings)
        try:
            yield Centre(settings, reader)
        finally:
            reader.close()
        assert 0 == worker.ask_to_stop(), str(worker)


def test_a_reopened_ticket(settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path) -> None:
    """A reopening takes the solve and its time back; the next solve brings them anew, counted from the opening."""
    settings = settings_factory(clock=Clock.EVENT)
    with centre(settings, environment_of(settings), tmp_path / "programs") as desk:
        desk.happens("ticket.opened", "t-1", 0, queue="billing", channel="email")
        desk.happens("ticket.replied", "t-1", 10 * MINUTE_MS)
        desk.happens("ticket.solved", "t-1", HOUR_MS)
        before: dict[Measure, int] = {
            TicketMeasure.OPENED: 1,
            TicketMeasure.SOLVED: 1,
            TicketMeasure.SOLVES: 1,
            TicketMeasure.REOPENED: 0,
            TicketMeasure.FULL_RESOLUTION_MS: HOUR_MS,
            TicketMeasure.FIRST_RESOLUTION_MS: HOUR_MS,
            TicketMeasure.COHORT_SOLVED: 1,
            TicketMeasure.RESOLVED_24H_MET: 1,
            HandlingMeasure.FCR_FLAGGED: 1,
        }
        desk.shows(BILLING, before)
        desk.happens("ticket.reopened", "t-1", 2 * HOUR_MS)
        taken_back: dict[Measure, int] = {
            TicketMeasure.SOLVED: 0,
            TicketMeasure.REOPENED: 1,
            TicketMeasure.FULL_RESOLUTION_MS: 0,
            TicketMeasure.COHORT_SOLVED: 0,
            TicketMeasure.RESOLVED_24H_MET: 0,
            HandlingMeasure.FCR_FLAGGED: 0,
        }
        desk.shows(BILLING, {**before, **taken_back})
        desk.happens("ticket.solved", "t-1", 30 * HOUR_MS)
        again: dict[Measure, int] = {
            TicketMeasure.SOLVED: 1,
            TicketMeasure.SOLVES: 2,
            TicketMeasure.FULL_RESOLUTION_MS: 30 * HOUR_MS,
            TicketMeasure.COHORT_SOLVED: 1,
            TicketMeasure.RESOLVED_24H_JUDGED: 1,
        }
        desk.shows(BILLING, {**before, **taken_back, **again})


def test_a_removed_ticket(settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path) -> None:
    """A removed ticket leaves every number but what the clearance time needs."""
    settings = settings_factory(clock=Clock.EVENT)
    with centre(settings, environment_of(settings), tmp_path / "programs") as desk:
        desk.happens("ticket.opened", "t-1", 0, queue="billing", channel="email")
        desk.happens("ticket.opened", "t-2", MINUTE_MS, queue="billing", channel="email")
        desk.happens("ticket.replied", "t-2", 2 * MINUTE_MS)
        desk.happens("ticket.solved", "t-2", HOUR_MS)
        before: dict[Measure, int] = {
            TicketMeasure.OPENED: 2,
            TicketMeasure.SOLVED: 1,
            TicketMeasure.FIRST_RESPONSES: 1,
            TicketMeasure.REMOVED: 0,
        }
        desk.shows(BILLING, before)
        desk.happens("ticket.removed", "t-2", 2 * HOUR_MS, reason="spam")
        after: dict[Measure, int] = {
            TicketMeasure.OPENED: 1,
            TicketMeasure.SOLVED: 0,
            TicketMeasure.FIRST_RESPONSES: 0,
            TicketMeasure.RESPONSE_15M_JUDGED: 1,
            TicketMeasure.REMOVED_OPENED: 1,
            TicketMeasure.REMOVED: 1,
        }
        desk.shows(BILLING, after)


def test_a_late_answer(settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path) -> None:
    """Who seems to have waited past the target is a miss until her answer, delayed on its way, says otherwise."""
    settings = settings_factory(clock=Clock.EVENT)
    with centre(settings, environment_of(settings), tmp_path / "programs") as desk:
        desk.happens("call.offered", "she", 0, queue="sales")
        desk.time_passes(2 * MINUTE_MS)
        desk.shows(
            SALES,
            {
                ConversationMeasure.OFFERED: 1,
                ConversationMeasure.REACHED_TARGET: 1,
                ConversationMeasure.ANSWERED_WITHIN: 0,
            },
            "15m",
        )
        desk.happens("call.answered", "she", 15 * SECOND_MS)
        desk.shows(
            SALES,
            {
                ConversationMeasure.OFFERED: 1,
                ConversationMeasure.REACHED_TARGET: 0,
                ConversationMeasure.ANSWERED_WITHIN: 1,
            },
            "15m",
        )


def test_repeats_on_the_sixth_and_the_eighth_day(
    settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """A contact on the sixth day takes a resolution back, on another channel too; one on the eighth day does not, and
    what nobody repeated becomes final seven days after its end."""
    settings = settings_factory(clock=Clock.EVENT)
    with centre(settings, environment_of(settings), tmp_path / "programs") as desk:
        desk.call("first-of-ana", 0, "ana")
        desk.call("first-of-bea", HOUR_MS, "bea")
        desk.call("first-of-eva", 2 * HOUR_MS, "eva")
        provisional = {
            HandlingMeasure.HANDLED: 3,
            HandlingMeasure.FCR_FLAGGED: 3,
            CustomerMeasure.FCR_WINDOW_BASE: 3,
            CustomerMeasure.FCR_WINDOW: 3,
            CustomerMeasure.REPEAT_BASE: 3,
            CustomerMeasure.REPEATED: 0,
            CustomerMeasure.FCR_FINAL_BASE: 0,
            CustomerMeasure.FCR_FINAL: 0,
            CustomerMeasure.FCR_GAP: 0,
        }
        desk.shows(SALES, provisional)
        desk.happens(
            "ticket.opened", "of-ana", 6 * DAY_MS, queue="billing", channel="email", customer="ana", topic="bill"
        )
        taken_back: dict[Measure, int] = {
            **provisional,
            CustomerMeasure.FCR_WINDOW: 2,
            CustomerMeasure.REPEATED: 1,
            CustomerMeasure.FCR_GAP: 1,
        }
        desk.shows(SALES, taken_back)
        desk.happens("call.offered", "second-of-eva", 6 * DAY_MS, queue="sales", customer="eva", topic="delivery")
        desk.happens("call.offered", "second-of-bea", 8 * DAY_MS, queue="sales", customer="bea", topic="bill")
        desk.time_passes(8 * DAY_MS + 3 * HOUR_MS)
        final = {**taken_back, CustomerMeasure.FCR_FINAL_BASE: 3, CustomerMeasure.FCR_FINAL: 2}
        desk.shows(SALES, final)
        desk.happens("call.offered", "forgotten-of-bea", 7 * DAY_MS, queue="sales", customer="bea", topic="bill")
        desk.shows(
            SALES,
            {
                **final,
                CustomerMeasure.FCR_WINDOW: 1,
                CustomerMeasure.REPEATED: 2,
                CustomerMeasure.FCR_FINAL: 1,
                CustomerMeasure.FCR_GAP: 2,
            },
        )
