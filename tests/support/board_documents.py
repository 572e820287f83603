"""Documents of the wallboard from snapshots made by hand, and their parts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from metrics.planning.view import View
from metrics.snapshot.snapshot import Counts, RowKey, Snapshot
from metrics.wallboard.compose import Composer
from metrics.wallboard.model import Document, Figure, Tile
from metrics.wallboard.query import BoardQuery
from streams.common.vocabulary import Channel
from streams.config.calendars import CalendarSettings
from streams.facts.conversations.measures import ConversationMeasure
from tests.support.boards import counts, settings

SALES = RowKey(Channel.CALL, "sales")
CHAT = RowKey(Channel.CHAT, "web")
MAIL = RowKey(Channel.TICKET, "mail", "email")
PHONE = RowKey(Channel.TICKET, "mail", "phone")
OFFICE = CalendarSettings(time_zone="Europe/Madrid", weekdays=("09:00-17:00",))


def shown(
    of: Snapshot | View, folder: Path, query: BoardQuery | None = None, age_ms: int = 0, **values: Any
) -> Document:
    """The document of a fresh board."""
    view = of if isinstance(of, View) else View(of, age_ms)
    return Composer(settings(folder, **values)).document(view, query or BoardQuery())


def only_tile(document: Document) -> Tile:
    """The tile of a document with one."""
    (tile,) = document.tiles
    return tile


def figures(tile: Tile) -> dict[str, Figure]:
    """The figures of a tile by key."""
    return {figure.key: figure for figure in tile.figures}


def level(tile: Tile, window: str = "30m") -> tuple[str, str]:
    """Text and note of a level."""
    return next((found.text, found.note) for found in tile.levels if found.key == window)


def of_today(**amounts: int) -> Counts:
    """Counts of calls by name: ``answered=3``."""
    return counts({ConversationMeasure[name.upper()]: amount for name, amount in amounts.items()})
