"""The lean page of /metrics beside the full one."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from grafana.dashboards_src import DASHBOARDS
from metrics.alerts.rule_file import groups
from metrics.catalog import QUEUE_KPIS
from metrics.catalog.detail import LEAN_PERCENTILES, Detail
from metrics.catalog.model import AVERAGE, STAT, Average, Count, DividedKpi, WindowedKpi
from metrics.catalog.quotients import Labels
from metrics.exporter.scrapes import Scrapes
from metrics.exporter.server import Exporter
from metrics.exporter.text import MetricsPage
from metrics.planning.view import View
from metrics.snapshot.snapshot import RowKey, Snapshot
from metrics.snapshot.windows import WINDOWS
from metrics.web.latest import LatestSnapshot
from metrics.web.rendering import Renderer
from streams.common.vocabulary import Channel
from streams.config.settings import Settings
from streams.facts.tickets.measures import TicketMeasure
from tests.support.boards import ICMI, NOW_MS, counts, live_of, row, settings, snapshot
from tests.support.kpi_coverage import BOARD_ROWS, full_board, own_settings

Series = dict[tuple[str, frozenset[tuple[str, str]]], float]
SUPPORT = "support"
OPENED, OVERDUE = "contact_center_tickets_opened", "contact_center_tickets_overdue"


def samples(page: MetricsPage, view: View) -> list[Sample]:
    """The samples of a page as Prometheus' parser reads them."""
    families = text_string_to_metric_families(page.render(view, view).decode())
    return [sample for family in families for sample in family.samples]


def series(own: Settings, view: View, detail: Detail | None = None) -> Series:
    """Values of a page by name and labels."""
    return {(s.name, frozenset(s.labels.items())): s.value for s in samples(MetricsPage(own, detail), view)}


def test_lean_is_the_usual_page_and_a_part_of_the_full_one() -> None:
    """Without a setting the page is lean; each of its numbers is on the full page too, which is over twice as long."""
    own, view = own_settings(), full_board()
    lean, full = series(own, view), series(own, view, Detail.FULL)
    assert lean == series(own, view, Detail.LEAN)
    assert full == series(own.model_copy(update={"metrics_detail": "full"}), view)
    assert lean.items() <= full.items()
    assert 2 * len(lean) < len(full)


@pytest.mark.parametrize("kpi", [kpi for kpi in QUEUE_KPIS if isinstance(kpi, WindowedKpi)], ids=lambda kpi: kpi.name)
def test_windows_are_those_of_the_catalogue(kpi: WindowedKpi) -> None:
    """Where everything happened each series has exactly the windows that its KPI declares for its channel."""
    page = samples(MetricsPage(own_settings(), Detail.LEAN), full_board())
    name = kpi.gauge if isinstance(kpi, Count) else kpi.name
    for key in (key for key in BOARD_ROWS if key.channel in kpi.channels and not kpi.api_only):
        for labels, windows in declared_windows(kpi, key.channel):
            wanted = {"queue": key.queue, "channel": key.channel.value, **dict(labels)}
            found = {s.labels["window"] for s in page if s.name == name and wanted.items() <= s.labels.items()}
            assert (wanted, set(windows)) == (wanted, found)


def declared_windows(kpi: WindowedKpi, channel: Channel) -> Iterator[tuple[Labels, tuple[str, ...]]]:
    """Labels of the series of a KPI, with the windows that the catalogue declares."""
    for labels in [own.labels for own in kpi.series] if isinstance(kpi, DividedKpi) else [()]:
        windows = kpi.lean.of(channel, labels)
        if not isinstance(kpi, Average):
            yield labels, windows
            continue
        for stat, own in {AVERAGE: windows, **LEAN_PERCENTILES[channel]}.items():
            yield (*labels, (STAT, stat)), own


def test_a_declaration_names_windows_and_series_that_there_are() -> None:
    """No KPI has a window on the lean page that it lacks on the full one, or windows of a series that it has not."""
    for kpi in (kpi for kpi in QUEUE_KPIS if isinstance(kpi, WindowedKpi)):
        lean = kpi.lean
        named = {*(lean.windows or ()), *lean.more, *(window for own in lean.series.values() for window in own)}
        assert (set(), kpi.name) == (named - set(kpi.windows) - ({"15m"} if kpi.api_only else set()), kpi.name)
        declared = {own.labels for own in kpi.series} if isinstance(kpi, DividedKpi) else set()
        assert (set(), kpi.name) == (set(lean.series) - declared, kpi.name)


def of_media(**opened: int) -> Snapshot:
    """A queue of tickets: so many were opened by each medium, and as many are overdue."""
    return snapshot(
        {
            RowKey(Channel.TICKET, SUPPORT, medium): row(
                counts({TicketMeasure.OPENED: number}), live_of(overdue=number), counts({TicketMeasure.OPENED: number})
            )
            for medium, number in opened.items()
        }
    )


def by_medium(page: MetricsPage, board: Snapshot, name: str) -> dict[str | None, float]:
    """Values of a metric by medium, of the window today where it has windows; ``None`` for a series without."""
    return {
        s.labels.get("medium"): s.value
        for s in samples(page, View(board, 0))
        if s.name == name and s.labels.get("window", "today") == "today"
    }


@pytest.mark.parametrize(
    "named,expected",
    [
        ((), {"email": 5.0, None: 7.0}),
        (("web",), {"email": 5.0, "web": 4.0, None: 3.0}),
        (("web", "phone", "social"), {"email": 5.0, "web": 4.0, "phone": 2.0, "social": 1.0}),
    ],
)
def test_a_medium_has_a_row_where_a_target_or_a_rule_names_it(
    tmp_path: Path, named: tuple[str, ...], expected: dict[str | None, float]
) -> None:
    """The rules name e-mail; all that nobody names is one row without a medium, so that sums stay exact."""
    targets = [{"medium": medium, "first_response": "4h"} for medium in named]
    own = settings(tmp_path, queues={SUPPORT: {"channel": "ticket", "targets": targets}})
    board = of_media(email=5, phone=2, social=1, web=4)
    page = MetricsPage(own, Detail.LEAN)
    for name in (OPENED, f"{OPENED}_total", OVERDUE):
        assert expected == by_medium(page, board, name)
    full = by_medium(MetricsPage(own, Detail.FULL), board, OPENED)
    assert {"email": 5.0, "phone": 2.0, "social": 1.0, "web": 4.0} == full


def test_the_row_of_the_rest_follows_what_it_is_made_of(tmp_path: Path) -> None:
    """A later scrape has new counts and media, and none that went; a single medium that nobody names is the rest."""
    page = MetricsPage(settings(tmp_path), Detail.LEAN)
    for opened, rest in (({"web": 4, "phone": 2}, 6.0), ({"web": 5, "phone": 2, "chat": 1}, 8.0), ({"web": 5}, 5.0)):
        assert {None: rest} == by_medium(page, of_media(**opened), OPENED)
        assert {None: rest} == by_medium(page, of_media(**opened), OVERDUE)


SELECTOR = re.compile(r"(?<![\w:])((?:contact_center|veinte)_\w+)(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)(=~|!~|!=|=)"([^"]*)"')


def expressions() -> Iterator[tuple[str, str]]:
    """Every expression of every rule, and of every dashboard with each of its choices of a window."""
    for group in groups(Settings.model_construct()):
        yield from ((alert.name, alert.expr) for alert in group.alerts)
        yield from ((recording.name, recording.expr) for recording in group.recordings)
    for dashboard in DASHBOARDS:
        chosen = {variable.name: variable.value or variable.all_value for variable in dashboard.variables}
        for query in dashboard.expressions():
            expression = query.expr
            for name, value in chosen.items():
                expression = expression.replace(f"${name}", value)
            yield dashboard.name, expression


def selected(page: list[Sample], metric: str, matchers: str) -> bool:
    """True if a series of a page meets all matchers."""
    wanted = MATCHER.findall(matchers)

    def meets(labels: dict[str, str], label: str, how: str, value: str) -> bool:
        own = labels.get(label, "")
        same = re.fullmatch(value, own) is not None if "~" in how else own == value
        return same is not how.startswith("!")

    return any(sample.name == metric and all(meets(sample.labels, *one) for one in wanted) for sample in page)


def test_every_expression_finds_its_series() -> None:
    """Each metric that a rule or a dashboard selects is on the lean page of a centre where everything happened."""
    view = full_board()
    web = {key._replace(medium="web"): own for key, own in view.snapshot.rows.items() if key.medium}
    view = replace(view, snapshot=replace(view.snapshot, rows={**view.snapshot.rows, **web}))
    page = samples(MetricsPage(own_settings(), Detail.LEAN), view)
    asked = {(name, *found) for name, text in expressions() for found in SELECTOR.findall(text)}
    assert len(asked) > 200
    assert [] == sorted(each for each in asked if not selected(page, each[1], each[2]))


def ask(folder: Path, *addresses: str, **own: object) -> list[tuple[int, str]]:
    """Status and text of pages of an exporter."""

    async def run() -> list[tuple[int, str]]:
        board = LatestSnapshot(lambda: NOW_MS)
        board.publish(snapshot({RowKey(Channel.CALL, "sales"): row(counts(ICMI))}))
        app = Exporter(settings(folder, **own), board, lambda: True).app()
        async with TestClient[Any, Any](TestServer(app)) as client:
            found = []
            for address in addresses:
                async with client.get(address) as response:
                    found.append((response.status, await response.text()))
            return found

    return asyncio.run(run())


def windows(page: str) -> set[str]:
    """Windows of the calls offered on a page."""
    return set(re.findall(r'contact_center_contacts_offered\{.*window="(\w+)"', page))


def test_a_request_says_which_page_it_wants(tmp_path: Path) -> None:
    """``detail`` gives either page whatever the setting is, and the setting decides where it is missing."""
    few, all_ = {"15m", "30m", "1h", "today", "24h"}, set(WINDOWS)
    addresses = ("/metrics", "/metrics?detail=lean", "/metrics?detail=full", "/metrics?detail=full&detail=full")
    assert [few, few, all_, all_] == [windows(page) for _, page in ask(tmp_path, *addresses)]
    assert [all_, few, all_, all_] == [windows(page) for _, page in ask(tmp_path, *addresses, metrics_detail="full")]


@pytest.mark.parametrize(
    "query,sentence",
    [
        ("detail=all", "detail = 'all' is unknown to /metrics; use detail=lean or detail=full"),
        ("detail=", "detail = '' is unknown to /metrics; use detail=lean or detail=full"),
        ("detail=FULL", "detail = 'FULL' is unknown to /metrics; use detail=lean or detail=full"),
        ("detail=lean&detail=full", "detail is given twice with different values; use detail=lean or detail=full"),
        (
            "details=full",
            "'details' is no parameter of /metrics; use detail=lean or detail=full, or none for detail=lean",
        ),
    ],
)
def test_a_wrong_value_gets_a_sentence(tmp_path: Path, query: str, sentence: str) -> None:
    """Status 400, and which values are right."""
    ((status, text),) = ask(tmp_path, f"/metrics?{query}")
    assert (400, {"error": sentence}) == (status, json.loads(text))


class CountingPage(MetricsPage):
    """The page, which counts how often its memory was given back."""

    forgotten = 0

    def forget(self) -> bytes:
        self.forgotten += 1
        return super().forget()


@pytest.mark.parametrize("usual,expected", [(True, 0), (False, 1)])
def test_a_page_that_nobody_asks_for_keeps_no_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, usual: bool, expected: int
) -> None:
    """The page beside the usual one gives its lines back after the last request, and is the same when asked again."""
    monkeypatch.setattr("metrics.exporter.scrapes.IDLE_SECONDS", 0.0)
    board, page, renderer = LatestSnapshot(lambda: NOW_MS), CountingPage(settings(tmp_path)), Renderer("test")
    board.publish(snapshot({RowKey(Channel.CALL, "sales"): row(counts(ICMI))}))

    async def run() -> None:
        scrapes = Scrapes(page, board, renderer, usual=usual)
        first = await scrapes.body(packed=False)
        for _ in range(3):  # the timer, its task, and the thread's answer
            await asyncio.sleep(0)
            await renderer.render(bytes)
        assert expected == page.forgotten
        assert first == await scrapes.body(packed=False)
        scrapes.close()

    try:
        asyncio.run(run())
    finally:
        renderer.close()
