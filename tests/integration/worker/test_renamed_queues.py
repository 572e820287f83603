"""Queues that are renamed between two starts of a worker: one queue with the setting ``was``, two without it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from metrics.explain.contact.lookup import explain_contact
from metrics.exporter.text import MetricsPage
from metrics.planning.view import View
from metrics.read.reader import Reader
from metrics.snapshot.snapshot import RowKey, Snapshot
from streams.common.durations import HOUR_MS, MINUTE_MS, SECOND_MS
from streams.common.vocabulary import Channel, Clock
from streams.config.queue_settings import QueueSettings
from streams.config.settings import Settings
from streams.facts.conversations.measures import ConversationMeasure
from streams.facts.customers.measures import CustomerMeasure
from streams.facts.shared.measures import HandlingMeasure
from streams.facts.tickets.measures import TicketMeasure
from streams.numbers.measures import Measure
from streams.sources.outgoing import cloud_event, outgoing
from streams.sources.publisher import Publisher
from tests.conftest import SettingsFactory
from tests.support.processes import Programs, programs

START_MS = 1_795_251_600_000
"""2026-11-21T09:00:00Z."""
CALLS, TICKETS = RowKey(Channel.CALL, "new"), RowKey(Channel.TICKET, "help", "email")
Step = tuple[str, str, int, dict[str, Any]]
"""Type, contact, milliseconds after the start, data."""

BEFORE: list[Step] = [
    ("call.offered", "c-1", 0, {"queue": "old", "customer": "ana"}),
    ("call.answered", "c-1", 25 * SECOND_MS, {}),
    ("call.offered", "c-2", 10 * SECOND_MS, {"queue": "old"}),
    ("call.abandoned", "c-2", 50 * SECOND_MS, {}),
    ("chat.offered", "h-1", 0, {"queue": "old"}),
    ("ticket.opened", "t-1", 0, {"queue": "desk", "channel": "email"}),
    ("ticket.replied", "t-1", 10 * MINUTE_MS, {}),
]
AFTER: list[Step] = [
    ("call.offered", "c-1", 0, {"queue": "new", "customer": "ana"}),
    ("call.ended", "c-1", 85 * SECOND_MS, {}),
    ("call.offered", "c-3", 5 * MINUTE_MS, {"queue": "new", "customer": "ana"}),
    ("call.answered", "c-3", 5 * MINUTE_MS + 5 * SECOND_MS, {}),
    ("call.ended", "c-3", 6 * MINUTE_MS, {}),
    ("call.offered", "c-4", 7 * MINUTE_MS, {"queue": "old"}),
    ("ticket.transferred", "t-1", 20 * MINUTE_MS, {"queue": "help"}),
    ("ticket.solved", "t-1", HOUR_MS, {}),
    ("ticket.opened", "t-2", 2 * HOUR_MS, {"queue": "help", "channel": "email"}),
]
BY_CALLS: Mapping[Measure, int] = {
    ConversationMeasure.OFFERED: 4,
    ConversationMeasure.ARRIVED: 4,
    ConversationMeasure.ANSWERED: 2,
    ConversationMeasure.ANSWERED_WITHIN: 2,
    ConversationMeasure.ABANDONED: 1,
    ConversationMeasure.TALK_MS: 115 * SECOND_MS,
    CustomerMeasure.REPEAT_BASE: 2,
    CustomerMeasure.REPEATED: 1,
}
BY_TICKETS: Mapping[Measure, int] = {
    TicketMeasure.OPENED: 2,
    TicketMeasure.SOLVED: 1,
    TicketMeasure.FIRST_RESPONSES: 1,
    HandlingMeasure.FCR_FLAGGED: 1,
}


def with_queues(settings: Settings, **queues: QueueSettings) -> Settings:
    """The same installation with other queues."""
    return settings.model_copy(update={"queues": {name: (queue,) for name, queue in queues.items()}})


def happen(settings: Settings, run: Programs, steps: list[Step], environment: Mapping[str, str], part: str) -> None:
    """Send events, and have a worker with these settings apply them; readers take the settings of the last worker."""
    with Publisher(settings) as publisher:
        for number, (kind, subject, after_ms, data) in enumerate(steps):
            body = cloud_event(kind, "/test", f"{part}-{number}", START_MS + after_ms, subject, data)
            publisher.send(outgoing(body, START_MS + after_ms))
    run.drain(**{name: value for name, value in environment.items() if name.startswith("VEINTE_")})


def read(settings: Settings) -> Snapshot:
    """The numbers as the exporter with these settings reads them."""
    reader = Reader(settings)
    try:
        return reader.refresh()
    finally:
        reader.close()


def counted(snapshot: Snapshot, row: RowKey, measures: Mapping[Measure, int]) -> dict[Measure, int]:
    """Counts of a row in 28 days."""
    return {measure: snapshot.rows[row].windows["28d"][measure] for measure in measures}


def queues_of(snapshot: Snapshot) -> set[tuple[str, str]]:
    """Channel and queue of every row."""
    return {(str(row.channel), row.queue) for row in snapshot.rows}


def test_a_renamed_queue_is_one_queue(
    settings_factory: SettingsFactory, environment_of: Callable[[Settings], dict[str, str]], tmp_path: Path
) -> None:
    """Events before and after the rename, contacts in the middle of it, repeats, tickets: one row, judged as they were.

    Without the setting the rows are two again, and nothing is lost.
    """
    patient = QueueSettings(channel=Channel.CALL, target_seconds=30)
    before = with_queues(settings_factory(clock=Clock.EVENT), old=patient)
    renamed = QueueSettings(channel=Channel.CALL, target_seconds=30, was=("old",))
    desk = QueueSettings(channel=Channel.TICKET, was=("desk",))
    after = with_queues(before, new=renamed, help=desk)
    with programs(environment_of(before), tmp_path / "programs") as run:
        happen(before, run, BEFORE, environment_of(before), "before")
        assert {("call", "old"), ("chat", "old"), ("ticket", "desk")} == queues_of(read(before))
        happen(after, run, [], environment_of(after), "renamed")
        first = read(after)
        assert {("call", "new"), ("chat", "old"), ("ticket", "help")} == queues_of(first)
        assert 2 == first.rows[CALLS].windows["28d"][ConversationMeasure.OFFERED]
        happen(after, run, AFTER, environment_of(after), "after")
        snapshot = read(after)
        assert {("call", "new"), ("chat", "old"), ("ticket", "help")} == queues_of(snapshot)
        assert BY_CALLS == counted(snapshot, CALLS, BY_CALLS)
        assert BY_TICKETS == counted(snapshot, TICKETS, BY_TICKETS)
        totals = snapshot.rows[CALLS].totals
        assert (4, 2) == (totals[ConversationMeasure.OFFERED], totals[ConversationMeasure.ANSWERED])
        assert {"calls": 0, "tickets": 0} == {
            topic: snapshot.pipeline.topics[topic].conflicting for topic in ("calls", "tickets")
        }
        page = MetricsPage(after).render(View(snapshot, 0), View(snapshot, 0)).decode()
        others = [line for line in page.splitlines() if "chat" not in line]
        assert [] == [line for line in others if 'queue="old"' in line or 'queue="desk"' in line]
        assert 'contact_center_contacts_offered_total{channel="call",queue="new"} 4.0' in page
        (call,) = explain_contact(after, "c-1")
        assert call.judged is not None
        assert ("new", 30.0, {"new"}) == (
            call.judged.queue,
            call.judged.limits["target_seconds"],
            {*(leg.queue for leg in call.legs), *(added.queue for added in call.added)},
        )
        report = run.veinte(
            *("report", "--from", "2026-11-21", "--to", "2026-11-22", "--by", "queue", "--format", "json"),
            **{name: value for name, value in environment_of(after).items() if name.startswith("VEINTE_")},
        ).succeed()
        offered = {(row["channel"], row["queue"]): row["offered"] for row in json.loads(report)}
        assert (4, None) == (offered["call", "new"], offered.get(("call", "old")))
        apart = with_queues(before, new=patient)
        happen(apart, run, AFTER[:2], environment_of(apart), "after")
        two = read(apart)
        rows = [RowKey(Channel.CALL, queue) for queue in ("old", "new")]
        assert [1, 3] == [two.rows[row].windows["28d"][ConversationMeasure.OFFERED] for row in rows]
