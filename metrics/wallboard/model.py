"""The documents of the wallboard, ready to be drawn: texts in one language, and start times in place of ages.

A time (``since_ms``) is on the clock of ``Beat.now_ms``. A document therefore stays the same while only time passes,
and only clock messages are sent.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Band(StrEnum):
    """The colour of a tile or of a number; the words beside it say more."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    PLAIN = "plain"  # nothing to judge: too few contacts, no traffic, nobody judged yet
    CLOSED = "closed"
    BLIND = "blind"


class Figure(Struct, frozen=True):
    """One number of a tile. ``note`` explains it. With ``since_ms`` the browser shows the time since then in place of
    ``text``."""

    key: str
    label: str
    text: str
    note: str = ""
    since_ms: int | None = None
    note_since_ms: int | None = None
    band: Band = Band.PLAIN


class Level(Struct, frozen=True):
    """A service level in one window. ``ratio``: ``text`` is a percentage; ``note``: its counts."""

    key: str
    label: str
    text: str
    note: str
    ratio: bool
    band: Band = Band.PLAIN


class Trend(Struct, frozen=True):
    """The service level of the last hour, in steps.

    Attributes:
        points: ratios from 0 to 1, the oldest first; ``None`` where nobody was judged.
        minutes: length of each step.
        objective: the ratio to reach.
        way: up, down, level, or "" with too few contacts.
        text: the change in words.
    """

    points: list[float | None]
    minutes: list[int]
    objective: float
    way: str
    text: str


class TileAlert(Struct, frozen=True):
    """An alert that fires for a queue. ``since_ms``: epoch ms of its beginning."""

    key: str
    text: str
    severity: str
    since_ms: int


class Tile(Struct, frozen=True):
    """One queue. ``state`` is the band in words, ``opening`` open or closed with the next opening.

    ``queue`` is the name as it is shown, with characters that nobody can see escaped. ``until_ms`` is the time at which
    the ages stop, the last one known of a blind queue; ``None`` where they run. ``alerts`` are those that fire, the
    gravest first.
    """

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
    alerts: list[TileAlert] = []


class Cell(Struct, frozen=True):
    """One cell of a table. ``share``: ratio to the greatest number of its column, for a bar."""

    text: str
    note: str = ""
    share: float | None = None


class TableRow(Struct, frozen=True):
    """A row of a table. ``help`` explains the number."""

    label: str
    cells: list[Cell]
    help: str = ""


class Table(Struct, frozen=True):
    """A table. ``columns`` are the headings of the cells, ``corner`` that of the labels; ``note`` is shown below."""

    key: str
    title: str
    corner: str
    columns: list[str]
    rows: list[TableRow]
    note: str = ""


class HeatmapCell(Struct, frozen=True):
    """One hour of the week. ``level``: 0 to 9, relative to the busiest hour; -1 where no such hour was seen."""

    text: str
    level: int
    peak: bool = False


class Heatmap(Struct, frozen=True):
    """A heatmap of contacts by hour of the week: seven days of 24 hours."""

    key: str
    title: str
    summary: str
    days: list[str]
    hours: list[str]
    cells: list[list[HeatmapCell]]


class Link(Struct, frozen=True):
    """A link to another view; ``current`` marks the view that is open."""

    text: str
    href: str
    current: bool = False


class Document(Struct, frozen=True):
    """Everything of one view but the passing of time.

    Attributes:
        blind: why numbers cannot be trusted, a sentence each.
        reading: all that ``blind`` says is that history is being read, which is no alarm.
        notices: what people should know though all numbers can be trusted, a sentence each.
    """

    title: str
    blind: list[str]
    reading: bool = False
    notices: list[str] = []
    problem: str = ""
    tiles: list[Tile] = []
    tables: list[Table] = []
    heats: list[Heatmap] = []
    links: list[Link] = []


class Beat(Struct, frozen=True):
    """The clock message of the stream.

    Attributes:
        now_ms: epoch ms from which ages are counted.
        ticks: whether the browser advances ``now_ms`` by itself.
        clock_ms: epoch ms of the centre's clock.
        age_ms: age of the oldest number shown; ``None`` without any.
    """

    now_ms: int
    ticks: bool
    clock_ms: int
    age_ms: int | None
