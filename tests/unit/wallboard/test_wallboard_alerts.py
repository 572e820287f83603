"""Alerts on the tiles: the board's own, and how those of an Alertmanager are read."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from metrics.planning.view import View
from metrics.snapshot.snapshot import ChannelHealth, RowKey, RowNumbers
from metrics.wallboard.alertmanager import Alertmanager, ManagedAlert, by_queue
from metrics.wallboard.compose import Composer
from metrics.wallboard.model import Tile, TileAlert
from metrics.wallboard.query import BoardQuery
from streams.common.languages import Language
from streams.common.vocabulary import Channel
from streams.config.queue_settings import QueueSettings
from tests.support.board_documents import MAIL, OFFICE, PHONE, SALES, of_today, only_tile, shown
from tests.support.boards import NOW_MS, live_of, row, settings, snapshot
from tests.support.slices_of_weeks import ms

LATE = row(of_today(answered_within=10, answered=10, reached_target=40, refused=0))
ADDRESS = "http://127.0.0.1:9"


def managed(name: str, severity: str = "page", **more: Any) -> ManagedAlert:
    """An alert of the queue ``sales`` that has fired since the epoch."""
    labels = {"alertname": name, "severity": severity, "channel": "call", "queue": "sales", **more.pop("labels", {})}
    return ManagedAlert(labels, starts_at=datetime.fromtimestamp(0, UTC), **more)


def with_manager(folder: Path, *alerts: ManagedAlert, language: Language = Language.ENGLISH) -> Tile:
    """The tile of a late queue on a board whose Alertmanager has just answered with ``alerts``."""
    manager = Alertmanager(ADDRESS)
    manager.firing = by_queue(alerts)
    document = Composer(settings(folder), manager).document(
        View(snapshot({SALES: LATE}), 0), BoardQuery(language=language)
    )
    assert [] == document.notices
    return only_tile(document)


@pytest.mark.parametrize(
    "language,texts",
    [
        (Language.ENGLISH, ["Too many late: 15 min"]),
        (Language.SPANISH, ["Demasiadas esperas: 15 min"]),
    ],
)
def test_the_boards_own_alerts_stand_on_the_tile(language: Language, texts: list[str], tmp_path: Path) -> None:
    """Without Alertmanager a tile has what the conditions of the rules say, each name once with its shortest window."""
    tile = only_tile(shown(snapshot({SALES: LATE}), tmp_path, BoardQuery(language=language)))
    assert texts == [alert.text for alert in tile.alerts]
    assert [TileAlert("ContactCenterServiceLevelBurn", texts[0], "page", NOW_MS)] == tile.alerts


def test_blind_and_closed_queues_have_no_alerts_of_their_own(tmp_path: Path) -> None:
    """Numbers that nobody can trust fire nothing, and neither does a queue outside its opening hours."""
    blind = snapshot({SALES: LATE}, {Channel.CALL: ChannelHealth(True, "heartbeat", 60_000)})
    assert [] == only_tile(shown(blind, tmp_path)).alerts
    sunday = replace(snapshot({SALES: LATE}), now_ms=ms("2026-11-22T12:00:00+00:00"))
    queue = QueueSettings(channel=Channel.CALL, calendar="office")
    values: dict[str, Any] = {"queues": {"sales": (queue,)}, "calendars": {"office": OFFICE}}
    assert [] == only_tile(shown(sunday, tmp_path, **values)).alerts


def test_tickets_are_added_over_their_media(tmp_path: Path) -> None:
    """Overdue tickets of two media together reach the limit of one alert, after its 15 minutes."""
    rows: dict[RowKey, RowNumbers] = {key: row(live=live_of(open_open=5, overdue=5)) for key in (MAIL, PHONE)}
    composer = Composer(settings(tmp_path))
    for minute in range(15):
        at = replace(snapshot(rows), now_ms=NOW_MS + minute * 60_000)
        assert [] == only_tile(composer.document(View(at, 0), BoardQuery())).alerts
    at = replace(snapshot(rows), now_ms=NOW_MS + 15 * 60_000)
    tile = only_tile(composer.document(View(at, 0), BoardQuery()))
    assert ["Too many overdue"] == [alert.text for alert in tile.alerts]


def test_an_alertmanager_decides_where_it_answers(tmp_path: Path) -> None:
    """Its alerts stand on the tile and the board's own do not, though the queue is late: a silence is a decision."""
    assert [] == with_manager(tmp_path).alerts
    found = with_manager(tmp_path, managed("ContactCenterTurnedAway", "ticket"), managed("ContactCenterQueueFrozen"))
    assert [
        ("ContactCenterQueueFrozen", "Nobody answered for 3 min", "page", 0),
        ("ContactCenterTurnedAway", "Turned away in 15 min", "ticket", 0),
    ] == [(alert.key, alert.text, alert.severity, alert.since_ms) for alert in found.alerts]


@pytest.mark.parametrize(
    "language,text",
    [(Language.ENGLISH, "Trunk 3 is down"), (Language.SPANISH, "Enlace 3 caído")],
)
def test_a_rule_of_somebody_else_speaks_for_itself(language: Language, text: str, tmp_path: Path) -> None:
    """An alert of another rule with a channel and a queue has its own summary, in the language if it has one."""
    summaries = {"summary": "Trunk 3 is down", "summary_es": "Enlace 3 caído"}
    (alert,) = with_manager(tmp_path, managed("TrunkDown", annotations=summaries), language=language).alerts
    assert (text, "TrunkDown") == (alert.text, alert.key)
    (bare,) = with_manager(tmp_path, managed("Trunk\u202eDown", "loud"), language=language).alerts
    assert ("Trunk\\u202eDown", "loud") == (bare.text, bare.severity)


def test_windows_of_one_alert_stand_once(tmp_path: Path) -> None:
    """Of the burn rates of a queue the gravest stands on the tile."""
    burn = "ContactCenterServiceLevelBurn"
    found = with_manager(
        tmp_path,
        managed(burn, "ticket", labels={"window": "today"}),
        managed(burn, "page", labels={"window": "1h"}),
    )
    assert ["Too many late: 1 h"] == [alert.text for alert in found.alerts]


@pytest.mark.parametrize("labels", [{}, {"channel": "call"}, {"channel": "fax", "queue": "sales"}, {"queue": "sales"}])
def test_alerts_of_no_queue_are_on_no_tile(labels: dict[str, str]) -> None:
    """An alert without a known channel and a queue is none of a tile."""
    assert {} == by_queue([ManagedAlert({"alertname": "x", **labels})])
