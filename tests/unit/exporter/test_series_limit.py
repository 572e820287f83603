"""The bound on the series of a scrape."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from metrics.catalog.detail import Detail
from metrics.exporter.text import MetricsPage
from metrics.planning.view import View
from metrics.snapshot.snapshot import RowKey, RowNumbers, Snapshot
from streams.common.vocabulary import Channel
from streams.config.queue_settings import QueueSettings
from streams.facts.conversations.measures import ConversationMeasure
from tests.support.boards import counts, row, settings, snapshot
from tests.support.covers import covers

LIMIT = 5_000
OFFERED = "contact_center_contacts_offered"
FOLDED = "veinte_series_folded_queues"
NAMED = ("zeta", "yota")
"""Configured queues, last in the order of names."""


def page_of(folder: Path, limit: int = LIMIT) -> MetricsPage:
    """A page of a centre with two configured queues."""
    queues = {name: QueueSettings(channel=Channel.CALL) for name in NAMED}
    return MetricsPage(
        settings(folder, series_limit=limit, queues={name: [own] for name, own in queues.items()}), Detail.FULL
    )


def busy(*names: str) -> Snapshot:
    """Queues of calls: the n-th had n calls."""
    rows: dict[RowKey, RowNumbers] = {}
    for number, name in enumerate(names, start=1):
        happened = counts({ConversationMeasure.OFFERED: number})
        rows[RowKey(Channel.CALL, name)] = row(happened, totals=happened)
    return snapshot(rows)


def scraped(page: MetricsPage, board: Snapshot) -> tuple[dict[str, float], int, float]:
    """Calls by queue in five minutes, the number of series, and of folded queues."""
    view = View(board, 0)
    found = [
        sample
        for family in text_string_to_metric_families(page.render(view, view).decode())
        for sample in family.samples
    ]
    calls = {s.labels["queue"]: s.value for s in found if s.name == OFFERED and s.labels.get("window") == "5m"}
    (folded,) = (sample.value for sample in found if sample.name == FOLDED)
    return calls, len(found), folded


@covers(FOLDED)
def test_queues_past_the_limit_are_other_and_nothing_is_lost(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Configured queues keep their names, the rest are one row, a metric and one line of log say so, sums are exact."""
    names = [f"queue {number:02}" for number in range(30)] + list(NAMED)
    page = page_of(tmp_path)
    calls, series, folded = scraped(page, busy(*names))
    assert series <= LIMIT + 100  # the pipeline's own come to those of the queues
    assert {*NAMED, "other"} <= calls.keys()
    assert sum(range(1, 33)) == sum(calls.values())
    assert len(names) - (len(calls) - 1) == folded
    assert folded > 0
    assert 1 == len(caplog.messages)
    assert "series_limit = 5000" in caplog.text
    scraped(page, busy(*names))
    assert 1 == len(caplog.messages)


def test_a_folded_queue_stays_folded_while_it_is_there(tmp_path: Path) -> None:
    """Its name does not come back with the next scrape, though there would be room; it does after it was gone."""
    page = page_of(tmp_path)
    names = [f"queue {number:02}" for number in range(30)]
    calls, _, _ = scraped(page, busy(*names))
    last = names[-1]
    assert last not in calls
    calls, _, folded = scraped(page, busy(*NAMED, last))
    assert (False, 1.0) == (last in calls, folded)
    assert 3.0 == calls["other"]
    calls, _, folded = scraped(page, busy(*NAMED))
    assert ("other" in calls, folded) == (False, 0.0)
    assert last in scraped(page, busy(*NAMED, last))[0]


def test_within_the_limit_nothing_is_folded(tmp_path: Path) -> None:
    """The same page with room for all: every queue has its name."""
    calls, series, folded = scraped(page_of(tmp_path, 200_000), busy(*[f"queue {number}" for number in range(30)]))
    assert (32, 0.0) == (len(calls), folded)
    assert series > LIMIT
