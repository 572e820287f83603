"""Documents of the wallboard, composed from a snapshot. The only state is the minute for which a bad colour is held."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from msgspec import structs

from metrics.evaluate.known_rows import known_rows
from metrics.planning.api.documents import PlanningQuery, week_document
from metrics.planning.view import View
from metrics.snapshot.opening import Openings
from metrics.snapshot.rows import ALL, with_sums
from metrics.snapshot.snapshot import RowKey, RowNumbers
from metrics.wallboard import words
from metrics.wallboard.bands import Held, hold, rules_of
from metrics.wallboard.heatmap import heatmap
from metrics.wallboard.model import Beat, Document, Link, Table, Tile
from metrics.wallboard.query import BoardQuery, ViewName
from metrics.wallboard.queue_tables import queue_tables
from metrics.wallboard.tiles import Row, judgement, row_of, tile
from metrics.web.problems import BadQuery
from streams.common.languages import Language
from streams.common.vocabulary import Channel, Clock
from streams.config.policy_book import calendars_in_force
from streams.config.settings import Settings
from streams.facts.domains import has_medium

DIFFERING_NAMED = 3
"""Settings named in the banner; /api/v1/snapshot has all."""


class Composer:
    """Composes documents; not thread-safe."""

    def __init__(self, settings: Settings) -> None:
        """``settings``: service-level targets, opening hours, bands, and the centre's time zone."""
        self._own = self._settings = settings
        self._rules = rules_of(settings)
        self._held: dict[RowKey, Held] = {}

    def document(self, view: View, query: BoardQuery) -> Document:
        """The document of one link, composed from ``view``."""
        self._settings = view.settings(self._own)
        rows = queue_rows(view, self._settings)
        asked = _asked(rows, query)
        if query.view is ViewName.WEEK:
            return self._week(view, query)
        openings = Openings(calendars_in_force(self._settings, view.snapshot.now_ms), view.snapshot.now_ms)
        shown = [
            row_of(view, key, rows[key], openings.of(key.channel, key.queue), self._settings, query.language)
            for key in asked
        ]
        self._held = {key: held for key, held in self._held.items() if key in rows}
        return Document(
            title=_title(query),
            blind=_blind(view, query, asked),
            problem="" if shown else _nothing(query),
            tiles=[self._tile(row, query) for row in shown],
            tables=self._tables(view, shown) if query.view is ViewName.QUEUE else [],
            links=links(query),
            notices=_notices(view, query),
        )

    def _tile(self, row: Row, query: BoardQuery) -> Tile:
        rules, key = self._rules, row.key
        self._held[key] = held = hold(self._held.get(key), judgement(row, rules), row.now_ms, rules.hold_ms)
        own = replace(query, view=ViewName.QUEUE, queues=(key.queue,), channel=key.channel)
        return tile(row, held.shown, rules, own.link())

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

    def _week(self, view: View, query: BoardQuery) -> Document:
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
        keys = [RowKey(week.channel, week.queue) for week in weeks]
        return Document(
            title=words.WEEK_TITLE.of(query.language),
            blind=_blind(view, query, keys),
            problem=problem,
            heats=[heatmap(week, query.language) for week in weeks],
            links=links(query),
            notices=_notices(view, query),
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


def _asked(rows: Mapping[RowKey, RowNumbers], query: BoardQuery) -> list[RowKey]:
    """The queues of a query, in the order of its link."""
    keys = [key for key in rows if query.channel in (None, key.channel)]
    if not query.queues:
        return keys
    return [key for queue in query.queues for key in keys if key.queue == queue]


def _title(query: BoardQuery) -> str:
    if query.view is ViewName.QUEUE:
        return query.queues[0]
    if query.channel is not None:
        return words.CHANNELS[query.channel].of(query.language)
    return words.TITLE.of(query.language)


def _nothing(query: BoardQuery) -> str:
    if query.queues:
        return words.UNKNOWN_QUEUE.of(query.language).format(queue=", ".join(query.queues))
    return words.NO_QUEUES.of(query.language)


def _blind(view: View, query: BoardQuery, keys: list[RowKey]) -> list[str]:
    """Sentences on why numbers of this page cannot be trusted; empty where all can."""
    channels = dict.fromkeys(key.channel for key in keys)
    reasons = {channel: view.blind_reason(channel) for channel in channels}
    return list(_sentences(reasons, view, query))


def _notices(view: View, query: BoardQuery) -> list[str]:
    """A sentence where the settings of this process are not those of the numbers."""
    found, language = view.differing, query.language
    if not found:
        return []
    parts = [words.SETTING_DIFFERS.of(language).format_map(each._asdict()) for each in found[:DIFFERING_NAMED]]
    if len(found) > DIFFERING_NAMED:
        parts.append(words.MORE_DIFFER.of(language).format(count=len(found) - DIFFERING_NAMED))
    return [words.SETTINGS_DIFFER.of(language).format(differences="; ".join(parts))]


def _sentences(reasons: Mapping[Channel, str], view: View, query: BoardQuery) -> Iterator[str]:
    language = query.language
    found = set(reasons.values())
    if len(reasons) > 1 and len(found) == 1 and "" not in found:
        names = {words.EVERY_CHANNEL.of(language): found.pop()}
    else:
        names = {words.CHANNELS[channel].of(language): reason for channel, reason in reasons.items() if reason}
    for name, reason in names.items():
        yield words.NOT_LIVE.of(language).format(channel=name, why=words.BLIND[reason].of(language))
    if query.view is ViewName.QUEUE and not names and view.outcomes_blind_reason:
        why = words.BLIND[view.outcomes_blind_reason].of(language)
        yield words.REPEATS_NOT_LIVE.of(language).format(why=why)


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
