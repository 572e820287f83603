"""Any time that may be stored, on a real Redis: nothing that shows numbers fails by it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from metrics.exporter.api import Query, document
from metrics.exporter.text import MetricsPage
from metrics.planning.plan import plan
from metrics.planning.view import View
from metrics.read.reader import Reader
from metrics.wallboard.compose import Composer
from metrics.wallboard.query import BoardQuery
from metrics.web.problems import encode
from streams.common.vocabulary import Clock
from streams.config.calendars import CalendarSettings
from streams.config.queue_settings import QueueSettings
from streams.config.settings import Settings
from streams.contract.times import EARLIEST_MS, LATEST_MS
from streams.facts.conversations.measures import ConversationMeasure
from streams.numbers.tiers import TIERS, slice_field
from tests.support.writers import NOW_MS, Writer, waiting, waiting_field

Factory = Callable[..., Settings]
EDGES = (EARLIEST_MS, LATEST_MS, LATEST_MS + 1, EARLIEST_MS - 1, 0, NOW_MS, -(2**53), 2**53, -(2**62), 2**62)
TIMES = st.sampled_from(EDGES) | st.integers(-(2**62), 2**62) | st.integers(EARLIEST_MS, LATEST_MS)
OFFICE = CalendarSettings(time_zone="Europe/Madrid", weekdays=("09:00-17:00",))


def shown(settings: Settings) -> tuple[bytes, bytes, bytes]:
    """The three documents of an exporter that starts now."""
    reader = Reader(settings)
    try:
        for _ in range(2):
            snapshot = reader.refresh(NOW_MS)
        view = View(snapshot, 0, plan(reader.history, snapshot.now_ms, settings))
        return (
            MetricsPage(settings).render(view, view),
            encode(document(view, settings, Query())),
            encode(Composer(settings).document(view, BoardQuery())),
        )
    finally:
        reader.close()


@hypothesis_settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(newest_ms=TIMES, at_ms=TIMES, offered_ms=TIMES, watermark_ms=TIMES, zone=st.sampled_from(["UTC", "Asia/Tokyo"]))
@example(LATEST_MS, LATEST_MS, LATEST_MS, LATEST_MS, "Pacific/Kiritimati")
@example(EARLIEST_MS, EARLIEST_MS, EARLIEST_MS, EARLIEST_MS, "America/Los_Angeles")
def test_every_stored_time_can_be_shown(
    settings_factory: Factory, newest_ms: int, at_ms: int, offered_ms: int, watermark_ms: int, zone: str
) -> None:
    """Whatever times a partition holds, there are numbers for Prometheus, for programs and for the wallboard."""
    queue: dict[str, Any] = {"channel": "call", "calendar": "office", "day_starts": "04:00", "time_zone": zone}
    settings = settings_factory(
        create=False,
        partitions=1,
        clock=Clock.EVENT,
        namespace=f"t{uuid.uuid4().hex[:12]}",
        calendars={"office": OFFICE},
        queues={"sales": [QueueSettings(**queue)]},
    )
    writer = Writer(settings)
    row = writer.row("sales")
    writer.commit(
        {
            waiting_field("call-1"): waiting(row, offered_ms),
            **{slice_field(tier, at_ms, row): {ConversationMeasure.OFFERED: 1} for tier in TIERS},
        },
        newest_ms=newest_ms,
        watermark_ms=watermark_ms,
        refused_ms=abs(at_ms),
    )
    for found in shown(settings):
        assert b"sales" in found
