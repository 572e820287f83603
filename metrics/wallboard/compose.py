"""Documents of the wallboard, composed from a snapshot. The only state is the minute for which a bad colour is held."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypedDict

from msgspec import structs

from metrics.evaluate.known_rows import known_rows
from metrics.planning.api.documents import PlanningQuery, week_document
from metrics.planning.view import View
from metrics.snapshot.opening import Openings
from metrics.snapshot.rows import ALL, with_sums
from metrics.snapshot.snapshot import RowKey, RowNumbers
from metrics.wallboard import words
from metrics.wallboard.alertmanager import Alertmanager
from metrics.wallboard.bands import Held, hold, rules_of
from metrics.wallboard.heatmap import heatmap
from metrics.wallboard.model import Beat, Document, Link, Table, Tile
from metrics.wallboard.notices import blind_sentences, clock_sentences, refused_sentences, setting_sentences
from metrics.wallboard.query import BoardQuery, ViewName
from metrics.wallboard.queue_row import Row, row_of
from metrics.wallboard.queue_tables import queue_tables
from metrics.wallboard.reading import HistoryReading
from metrics.wallboard.tile_alerts import TileAlerts
from metrics.wallboard.tiles import judgement, tile
from metrics.web.problems import BadQuery
from streams.common.languages import Language
from streams.common.vocabulary import Channel, Clock
from streams.config.policy_book import calendars_in_force
from streams.config.settings import Settings
from streams.contract.names import printable
from streams.facts.domains import has_medium


class Trust(TypedDict):
    """The fields of a document about how far its numbers can be trusted."""

    blind: list[str]
    reading: bool
    notices: list[str]


class Composer:
    """Composes documents; not thread-safe."""

    def __init__(self, settings: Settings, manager: Alertmanager | None = None) -> None:
        """Prepare the documents.

        Args:
            settings: service-level targets, opening hours, bands, rules, and the centre's time zone.
            manager: the Alertmanager whose alerts stand on the tiles; ``None`` without one.
        """
        self._own = self._settings = settings
        self._rules = rules_of(settings)
        self._held: dict[RowKey, Held] = {}
        self._reading = HistoryReading()
        self._alerts = TileAlerts(settings, manager)

    def document(self, view: View, query: BoardQuery) -> Document:
        """The document of one link, composed from ``view``."""
        self._settings = view.settings(self._own)
        shares = self._reading.shares(view)
        if query.view is ViewName.WEEK:
            return self._week(view, query, shares)
        rows = queue_rows(view, self._settings)
        asked = _asked(rows, query)
        openings = Openings(calendars_in_force(self._settings, view.snapshot.now_ms), view.snapshot.now_ms)
        shown = [
            row_of(
                view,
                key,
                rows[key],
                openings.of(key.channel, key.queue),
                self._settings,
                query.language,
                reading=key.channel in shares,
            )
            for key in asked
        ]
        self._held = {key: held for key, held in self._held.items() if key in rows}
        media = _media(view)
        return Document(
            title=_title(query),
            **self._trust(view, query, [key.channel for key in asked], shares),
            problem="" if shown else _nothing(query),
            tiles=[self._tile(row, query, media.get((row.key.channel, row.key.queue), {})) for row in shown],
            tables=self._tables(view, shown) if query.view is ViewName.QUEUE else [],
            links=links(query),
        )

    def _tile(self, row: Row, query: BoardQuery, media: Mapping[str, RowNumbers]) -> Tile:
        rules, key = self._rules, row.key
        self._held[key] = held = hold(self._held.get(key), judgement(row, rules), row.now_ms, rules.hold_ms)
        own = replace(query, view=ViewName.QUEUE, queues=(key.queue,), channel=key.channel)
        return tile(row, held.shown, rules, own.link(), self._alerts.of(row, media))

    def _tables(self, view: View, rows: list[Row]) -> list[Table]:
        """Tables of each row; their titles name the channel where queues of several channels share a name."""
        return [
            structs.replace(
                table,
                key=f"{row.key.channel}-{table.key}",
                title=f"{row.words(words.CHANNELS[row.key.channel])} · {table.title}",
            )
            if len(rows) > 1
            else table
            for row in rows
            for table in queue_tables(view, row, self._settings)
        ]

    def _week(self, view: View, query: BoardQuery, shares: Mapping[Channel, float | None]) -> Document:
        planning = view.planning
        problem, weeks = "", []
        if planning is None:
            problem = words.NOT_SUMMED.of(query.language)
        else:
            channels = (query.channel,) if query.channel is not None else tuple(Channel)
            asked = PlanningQuery(channels, query.queues[0] if query.queues else ALL)
            try:
                found = week_document(view, planning, self._settings, asked).weeks
            except BadQuery:
                found, problem = [], _nothing(query)
            weeks = [week for week in found if week.medium in (None, ALL)]
        return Document(
            title=words.WEEK_TITLE.of(query.language),
            **self._trust(view, query, [week.channel for week in weeks], shares),
            problem=problem,
            heats=[heatmap(week, query.language) for week in weeks],
            links=links(query),
        )

    def _trust(
        self, view: View, query: BoardQuery, shown: list[Channel], shares: Mapping[Channel, float | None]
    ) -> Trust:
        """``shown``: the channels of the page's rows."""
        channels = list(dict.fromkeys(shown))
        language = query.language
        zone = view.settings(self._settings).time_zone
        blind = blind_sentences(view, channels, shares, language, zone=zone, repeats=query.view is ViewName.QUEUE)
        # Where every event of a channel is refused it has no row, and that is when it must be said.
        chosen = channels if query.queues else [query.channel] if query.channel is not None else list(Channel)
        notices = [
            *clock_sentences(view, chosen or list(Channel), language),
            *refused_sentences(view, chosen or list(Channel), language),
            *setting_sentences(view, language),
        ]
        if self._alerts.manager_fails:
            notices.append(words.MANAGER_FAILS.of(language))
        return Trust(
            blind=blind,
            reading=bool(blind) and all(channel in shares for channel in channels if view.blind_reason(channel)),
            notices=notices,
        )


def beat(view: View) -> Beat:
    """Clock message of a view: the current times, and whether they advance."""
    snapshot = view.snapshot
    ticks = snapshot.clock is Clock.WALL and not view.unreadable
    clock_ms = snapshot.now_ms + (view.age_ms if snapshot.clock is Clock.WALL else 0)
    ages = [view.data_age_ms(channel) for channel in snapshot.channels]
    known = [age for age in ages if age is not None]
    return Beat(
        now_ms=clock_ms if ticks else snapshot.now_ms,
        ticks=ticks,
        clock_ms=clock_ms,
        age_ms=max(known) if known else None,
    )


def queue_rows(view: View, settings: Settings) -> dict[RowKey, RowNumbers]:
    """Numbers of every queue, tickets summed over all media."""
    rows = with_sums(known_rows(view.snapshot, settings))
    return {
        key: numbers
        for key, numbers in rows.items()
        if key.queue != ALL and key.medium == (ALL if has_medium(key.channel) else "")
    }


def _media(view: View) -> Mapping[tuple[Channel, str], Mapping[str, RowNumbers]]:
    """The numbers of each queue by medium, as they are stored."""
    found: dict[tuple[Channel, str], dict[str, RowNumbers]] = {}
    for key, numbers in view.snapshot.rows.items():
        found.setdefault((key.channel, key.queue), {})[key.medium] = numbers
    return found


def _asked(rows: Mapping[RowKey, RowNumbers], query: BoardQuery) -> list[RowKey]:
    """The queues of a query, in the order of its link."""
    keys = [key for key in rows if query.channel in (None, key.channel)]
    if not query.queues:
        return keys
    return [key for queue in query.queues for key in keys if key.queue == queue]


def _title(query: BoardQuery) -> str:
    if query.view is ViewName.QUEUE:
        return printable(query.queues[0])
    if query.channel is not None:
        return words.CHANNELS[query.channel].of(query.language)
    return words.TITLE.of(query.language)


def _nothing(query: BoardQuery) -> str:
    if query.queues:
        return words.UNKNOWN_QUEUE.of(query.language).format(queue=", ".join(map(printable, query.queues)))
    return words.NO_QUEUES.of(query.language)


def links(query: BoardQuery) -> list[Link]:
    """Links to the other views, the other language and the other themes."""
    language = query.language
    other = Language.SPANISH if language is Language.ENGLISH else Language.ENGLISH
    overall = replace(query, view=ViewName.QUEUES, queues=(), channel=None)
    week = replace(query, view=ViewName.WEEK, queues=() if query.view is ViewName.QUEUES else query.queues)
    return [
        Link(words.ALL_QUEUES.of(language), overall.link(), query.view is ViewName.QUEUES),
        Link(words.WEEK.of(language), week.link(), query.view is ViewName.WEEK),
        Link("Español" if other is Language.SPANISH else "English", replace(query, language=other).link()),
        Link(words.LIGHT.of(language), replace(query, theme="light").link(), query.theme == "light"),
        Link(words.DARK.of(language), replace(query, theme="dark").link(), query.theme == "dark"),
    ]
