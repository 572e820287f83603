"""What a page of the wallboard shows, ready to be drawn: texts in one language, and moments for what ages.

A moment (``since_ms``) is on the clock of ``Beat.now_ms``: as long as nothing happens but time passing, a document
stays the same, and only beats are sent.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Band(StrEnum):
    """The colour of a tile or of a number; the words beside it say more."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    PLAIN = "plain"  # nothing to judge: too little, no traffic, nobody judged yet
    CLOSED = "closed"
    BLIND = "blind"


class Figure(Struct, frozen=True):
    """One number of a tile. ``note`` says more about it; an age shows the time since ``since_ms`` in place of text."""

    key: str
    label: str
    text: str
    note: str = ""
    since_ms: int | None = None
    note_since_ms: int | None = None
    band: Band = Band.PLAIN


class Level(Struct, frozen=True):
    """A service level in one window. ``ratio``: whether ``text`` is a percentage; ``note``: what it divides."""

    key: str
    label: str
    text: str
    note: str
    ratio: bool
    band: Band = Band.PLAIN


class Trend(Struct, frozen=True):
    """The last hour. ``points``: service levels from 0 to 1, the oldest first, ``None`` where nobody was judged;
    ``minutes``: how long each lasted; ``way``: up, down, level or "" where too little is known."""

    points: list[float | None]
    minutes: list[int]
    objective: float
    way: str
    text: str


class Tile(Struct, frozen=True):
    """One queue. ``state`` is the band in words, ``opening`` open or closed with the next opening. ``until_ms``: where
    its ages stand, up to which all is known; ``None`` where they go on."""

    id: str
    queue: str
    channel: str
    channel_name: str
    link: str
    band: Band
    state: str
    opening: str
    open: bool
    promise: str
    levels: list[Level]
    figures: list[Figure]
    trend: Trend | None = None
    until_ms: int | None = None


class Cell(Struct, frozen=True):
    """One cell of a table. ``share``: of the greatest in its column, for a bar."""

    text: str
    note: str = ""
    share: float | None = None


class TableRow(Struct, frozen=True):
    """``help`` says how the number is made."""

    label: str
    cells: list[Cell]
    help: str = ""


class Table(Struct, frozen=True):
    """``columns`` are the heads of the cells, ``corner`` that of the labels. ``note`` stands below."""

    key: str
    title: str
    corner: str
    columns: list[str]
    rows: list[TableRow]
    note: str = ""


class HeatCell(Struct, frozen=True):
    """One hour of the week. ``level`` 0 to 9 of the busiest; -1 where nothing was seen."""

    text: str
    level: int
    peak: bool = False


class Heat(Struct, frozen=True):
    """Contacts by hour of the week: seven days of 24 hours."""

    key: str
    title: str
    summary: str
    days: list[str]
    hours: list[str]
    cells: list[list[HeatCell]]


class Link(Struct, frozen=True):
    """A way to another view; ``current`` marks this one."""

    text: str
    href: str
    current: bool = False


class Document(Struct, frozen=True):
    """Everything of one view but the passing of time. ``blind``: why numbers cannot be trusted, a sentence each."""

    title: str
    blind: list[str]
    problem: str = ""
    tiles: list[Tile] = []
    tables: list[Table] = []
    heats: list[Heat] = []
    links: list[Link] = []


class Beat(Struct, frozen=True):
    """Time passing. ``now_ms``: what ages are counted from; ``ticks``: whether it goes on by itself; ``clock_ms``: the
    centre's clock; ``age_ms``: how old the oldest number shown is, ``None`` where there is none."""

    now_ms: int
    ticks: bool
    clock_ms: int
    age_ms: int | None
