"""The JSON of ``/api/v1/snapshot``: every KPI with its counts, its age and its state. Pure; its schema is published.

Numbers are in base units: seconds, ratios from 0 to 1, things counted. Names and labels are those of ``/metrics``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from metrics.catalog import PIPELINE
from metrics.catalog.quotients import MILLISECONDS
from metrics.evaluate.known_rows import known_rows
from metrics.evaluate.row_answers import NowSeries, WindowedSeries, row_answer
from metrics.planning.api.outlook import OutlookAnswer, outlook_answer
from metrics.planning.plan import outlook_of
from metrics.planning.reachable import has_service_level
from metrics.planning.view import View
from metrics.snapshot.blindness import BLIND_REASONS
from metrics.snapshot.instants import Instant, instant_text
from metrics.snapshot.opening import Opening, Openings
from metrics.snapshot.rows import ALL, with_sums
from metrics.snapshot.snapshot import RowKey, RowNumbers
from metrics.snapshot.windows import WINDOWS
from metrics.web.differing import DifferingSetting, differing_settings
from metrics.web.openapi import Parameter, one_of
from metrics.web.problems import SCHEMA_DIALECT, BadQuery
from streams.common.languages import Language
from streams.common.vocabulary import Channel, Clock
from streams.config.policy_book import calendars_in_force
from streams.config.settings import Settings
from streams.facts.conversations.live import ConversationLive
from streams.facts.domains import has_medium

SCHEMA_TITLE = "Veinte snapshot"
PARAMETERS = (
    Parameter("channel", "only this channel", one_of([*Channel]), repeated=True),
    Parameter("queue", "only this queue; * is the sum over the queues of a channel", repeated=True),
    Parameter("window", "only this window", one_of(WINDOWS), repeated=True),
)
"""Parameters of the snapshot's query."""
Seconds = Annotated[float, Meta(ge=0, description="seconds")]


class Row(Struct, frozen=True):
    """The numbers of one queue; ``*`` is the sum over all queues, or over all media of a ticket queue."""

    channel: Channel
    queue: str
    medium: Annotated[str | None, Meta(description="how tickets came; null for calls and chats")]
    age_seconds: Annotated[Seconds | None, Meta(description="how far the numbers are behind; null: never started")]
    open: Annotated[bool, Meta(description="by the queue's calendar; without one always; a sum: whether any queue is")]
    next_opening: Annotated[Instant | None, Meta(description="of what is closed; null: open, or none in ten years")]
    unconfirmed: Annotated[int, Meta(ge=0, description="legs counted although no event has come for 15 minutes")]
    windowed: Annotated[dict[str, list[WindowedSeries]], Meta(description="by KPI")]
    now: Annotated[dict[str, list[NowSeries]], Meta(description="by KPI")]
    promised: Annotated[dict[str, float], Meta(description="settings in force, by KPI; empty in sums over queues")]
    outlook: Annotated[OutlookAnswer | None, Meta(description="of today; null for tickets and in sums over queues")]


class Health(Struct, frozen=True):
    """Health of the numbers of a channel, or of those across all contacts of a customer."""

    blind: bool
    reason: Annotated[str, Meta(extra_json_schema={"enum": ["", *BLIND_REASONS]}, description='"" while not blind')]
    why: Annotated[dict[str, str], Meta(description="the reason in words, by language; empty while not blind")]
    age_seconds: Seconds | None
    seen: Annotated[Instant | None, Meta(description="everything up to then is applied")]


class PipelineSeries(Struct, frozen=True):
    """One series of the pipeline about itself."""

    labels: dict[str, str]
    value: float


class Document(Struct, frozen=True):
    """All numbers at one instant."""

    now: Annotated[Instant, Meta(description="what windows and ages are counted from")]
    read_at: Annotated[Instant, Meta(description="when Redis was read, by the wall")]
    clock: Clock
    age_seconds: Annotated[Seconds, Meta(description="since read_at")]
    windows: Annotated[list[str], Meta(description="windows in this answer")]
    channels: dict[Channel, Health]
    repeats: Annotated[Health, Meta(description="of repeats, redials and resolution by repeat window")]
    rows: list[Row]
    pipeline: dict[str, list[PipelineSeries]]
    settings_differ: Annotated[list[DifferingSetting], Meta(description="empty where all is alike")]


@dataclass(frozen=True)
class Query:
    """The filters of a request; empty means everything."""

    channels: tuple[Channel, ...] = ()
    queues: tuple[str, ...] = ()
    windows: tuple[str, ...] = ()

    @classmethod
    def parse(cls, parameters: Iterable[tuple[str, str]]) -> Query:
        """The query of ``channel=``, ``queue=`` and ``window=``, each any number of times.

        Raises:
            BadQuery: a parameter, channel or window is unknown.
        """
        asked: dict[str, list[str]] = {parameter.name: [] for parameter in PARAMETERS}
        for name, value in parameters:
            if name not in asked:
                raise BadQuery(f"{name!r} is no parameter of the snapshot; use channel, queue or window")
            asked[name].append(value)
        channels = _known("channel", asked["channel"], [*Channel])
        windows = _known("window", asked["window"], WINDOWS)
        return cls(tuple(map(Channel, channels)), tuple(asked["queue"]), tuple(w for w in WINDOWS if w in windows))


def _known(name: str, values: list[str], allowed: Collection[str]) -> list[str]:
    for value in values:
        if value not in allowed:
            raise BadQuery(f"{name} = {value!r} is unknown; use one of {', '.join(allowed)}")
    return values


def document(view: View, settings: Settings, query: Query, *, persons: bool = True) -> Document:
    """The answer to ``query``. ``persons``: with the numbers of single agents.

    Raises:
        BadQuery: a queue of the query is neither in the events nor in the settings.
    """
    snapshot = view.snapshot
    channels = query.channels or tuple(Channel)
    windows = query.windows or WINDOWS
    rows = with_sums(known_rows(snapshot, settings), channels)
    queues = {key.queue for key in rows}
    openings = Openings(calendars_in_force(settings, snapshot.now_ms), snapshot.now_ms)
    for queue in query.queues:
        if queue not in queues:
            where = f" in channel {', '.join(channels)}" if query.channels else ""
            raise BadQuery(f"queue = {queue!r} is unknown{where}; leave it out to see every queue")
    return Document(
        now=instant_text(snapshot.now_ms),
        read_at=instant_text(snapshot.wall_ms),
        clock=snapshot.clock,
        age_seconds=view.age_ms / MILLISECONDS,
        windows=list(windows),
        channels={channel: _health(view, channel, settings) for channel in channels},
        repeats=_health(view, None, settings),
        rows=[
            _row(view, key, numbers, windows, _opening(openings, key, rows), settings, persons)
            for key, numbers in rows.items()
            if not query.queues or key.queue in query.queues
        ],
        pipeline={
            kpi.name: [PipelineSeries(dict(sample.labels), sample.value) for sample in kpi.read(view)]
            for kpi in PIPELINE
        },
        settings_differ=differing_settings(view.differing),
    )


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / MILLISECONDS


def _health(view: View, channel: Channel | None, settings: Settings) -> Health:
    """Health of a channel, or of the outcomes of all contacts."""
    health = view.snapshot.repeats if channel is None else view.snapshot.channels.get(channel)
    reason = view.outcomes_blind_reason if channel is None else view.blind_reason(channel)
    age_ms = view.outcomes_age_ms if channel is None else view.data_age_ms(channel)
    watermark_ms = None if health is None else health.watermark_ms
    return Health(
        blind=bool(reason),
        reason=reason,
        why={language.value: view.why_blind(channel, language, settings.time_zone) for language in Language}
        if reason
        else {},
        age_seconds=_seconds(age_ms),
        seen=None if watermark_ms is None else instant_text(watermark_ms),
    )


def _opening(openings: Openings, key: RowKey, rows: Iterable[RowKey]) -> Opening:
    """Opening state of a queue, or of all queues of a channel together."""
    if key.queue != ALL:
        return openings.of(key.channel, key.queue)
    return openings.of_all(key.channel, {row.queue for row in rows if row.channel is key.channel and row.queue != ALL})


def _row(
    view: View,
    key: RowKey,
    numbers: RowNumbers,
    windows: Collection[str],
    opening: Opening,
    settings: Settings,
    persons: bool,
) -> Row:
    answer = row_answer(view, key, numbers, windows, opening, settings, persons=persons)
    return Row(
        channel=key.channel,
        queue=key.queue,
        medium=key.medium if has_medium(key.channel) else None,
        age_seconds=_seconds(view.data_age_ms(key.channel)),
        open=opening.is_open,
        next_opening=None if opening.next_ms is None else instant_text(opening.next_ms),
        unconfirmed=numbers.live[ConversationLive.UNCONFIRMED],
        windowed=answer.windowed,
        now=answer.now,
        promised=answer.promised,
        outlook=_outlook(view, key, numbers, settings),
    )


def _outlook(view: View, key: RowKey, numbers: RowNumbers, settings: Settings) -> OutlookAnswer | None:
    if key.queue == ALL or not has_service_level(key.channel):
        return None
    found = outlook_of(view.planning, key, numbers, view.snapshot.now_ms, settings)
    return outlook_answer(found, bool(view.blind_reason(key.channel)))


def snapshot_schema() -> dict[str, Any]:
    """The JSON Schema of :class:`Document`."""
    (reference,), definitions = msgspec.json.schema_components([Document], ref_template="#/$defs/{name}")
    return {"$schema": SCHEMA_DIALECT, "title": SCHEMA_TITLE, **reference, "$defs": definitions}


def schema_text() -> bytes:
    """The published schema, as committed and served."""
    return msgspec.json.format(msgspec.json.encode(snapshot_schema()), indent=2) + b"\n"
