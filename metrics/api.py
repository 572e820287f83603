"""The JSON of ``/api/v1/snapshot``: every KPI with its counts, its age and its state. Pure; its schema is published.

Numbers are in base units: seconds, ratios from 0 to 1, things counted. Names and labels are those of ``/metrics``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from metrics.catalog import PIPELINE, QUEUE_KPIS
from metrics.catalog.model import Average, Count, Labels, Now, QueueKpi, Ratio, Setting
from metrics.exporter import MILLISECONDS, counted, live_value
from metrics.rows import ALL, known_rows, queue_in_force, with_sums
from metrics.service_level import ratio
from metrics.snapshot import Counts, RowKey, RowNumbers
from metrics.states import REASONS, State, View, divided_state, plain_state
from metrics.windows import WINDOWS
from streams.settings import Channel, Clock, Settings

SCHEMA_TITLE = "Veinte snapshot"
SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema"
Seconds = Annotated[float, Meta(ge=0, description="seconds")]
Instant = Annotated[str, Meta(description="RFC 3339, UTC", extra_json_schema={"format": "date-time"})]
Amount = Annotated[int | float, Meta(description="a count, or a sum of seconds")]


class Windowed(Struct, frozen=True):
    """A number of one window. ``value`` is null where there is none; ratios and averages carry what they divide."""

    value: Annotated[float | None, Meta(description="in base units; null where there is no number")]
    state: State
    numerator: Amount | UnsetType = UNSET
    denominator: Annotated[int, Meta(description="judged, handled, answered …")] | UnsetType = UNSET


class WindowedSeries(Struct, frozen=True):
    """One series of a KPI that has windows. ``total`` is its counter, where it has one: it may go back."""

    labels: dict[str, str]
    windows: Annotated[dict[str, Windowed], Meta(description="by window, the shortest first")]
    total: int | UnsetType = UNSET


class NowSeries(Struct, frozen=True):
    """One series of a KPI that is true now. ``value`` is null where there is nothing that could be old."""

    labels: dict[str, str]
    value: float | None
    state: State


class Row(Struct, frozen=True):
    """The numbers of one queue; ``*`` is the sum over all queues, or over all media of a ticket queue."""

    channel: Channel
    queue: str
    medium: Annotated[str | None, Meta(description="how tickets came; null for calls and chats")]
    age_seconds: Annotated[Seconds | None, Meta(description="how far the numbers are behind; null: never started")]
    unconfirmed: Annotated[int, Meta(ge=0, description="legs counted although no event has come for 15 minutes")]
    windowed: Annotated[dict[str, list[WindowedSeries]], Meta(description="by KPI")]
    now: Annotated[dict[str, list[NowSeries]], Meta(description="by KPI")]
    promised: Annotated[dict[str, float], Meta(description="settings in force, by KPI; empty in sums over queues")]


class Health(Struct, frozen=True):
    """Whether the numbers of a channel can be trusted."""

    blind: bool
    reason: Annotated[str, Meta(extra_json_schema={"enum": ["", *REASONS]}, description='"" while not blind')]
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
    rows: list[Row]
    pipeline: dict[str, list[PipelineSeries]]


class Problem(Struct, frozen=True):
    """Why there is no answer, in one sentence."""

    error: str


class BadQuery(ValueError):
    """A query parameter cannot be; one sentence."""


@dataclass(frozen=True)
class Query:
    """What was asked for; empty means everything."""

    channels: tuple[Channel, ...] = ()
    queues: tuple[str, ...] = ()
    windows: tuple[str, ...] = ()

    @classmethod
    def parse(cls, parameters: Iterable[tuple[str, str]]) -> Query:
        """The query of ``channel=``, ``queue=`` and ``window=``, each any number of times.

        Raises:
            BadQuery: an unknown parameter, channel or window.
        """
        asked: dict[str, list[str]] = {"channel": [], "queue": [], "window": []}
        for name, value in parameters:
            if name not in asked:
                raise BadQuery(f"{name!r} is no parameter of the snapshot; use channel, queue or window")
            asked[name].append(value)
        channels = _known("channel", asked["channel"], [channel.value for channel in Channel])
        windows = _known("window", asked["window"], WINDOWS)
        return cls(tuple(map(Channel, channels)), tuple(asked["queue"]), tuple(w for w in WINDOWS if w in windows))


def _known(name: str, values: list[str], allowed: Collection[str]) -> list[str]:
    for value in values:
        if value not in allowed:
            raise BadQuery(f"{name} = {value!r} is unknown; use one of {', '.join(allowed)}")
    return values


def document(view: View, settings: Settings, query: Query) -> Document:
    """The answer to ``query``.

    Raises:
        BadQuery: a queue is asked for that nobody has seen or configured.
    """
    snapshot = view.snapshot
    channels = query.channels or tuple(Channel)
    windows = query.windows or WINDOWS
    rows = with_sums(known_rows(snapshot, settings), channels)
    queues = {key.queue for key in rows}
    for queue in query.queues:
        if queue not in queues:
            where = f" in channel {', '.join(channels)}" if query.channels else ""
            raise BadQuery(f"queue = {queue!r} is unknown{where}; leave it out to see every queue")
    return Document(
        now=_instant(snapshot.now_ms),
        read_at=_instant(snapshot.wall_ms),
        clock=snapshot.clock,
        age_seconds=view.age_ms / MILLISECONDS,
        windows=list(windows),
        channels={channel: _health(view, channel) for channel in channels},
        rows=[
            _row(view, key, numbers, windows, settings)
            for key, numbers in rows.items()
            if not query.queues or key.queue in query.queues
        ],
        pipeline={
            kpi.name: [PipelineSeries(dict(sample.labels), sample.value) for sample in kpi.read(view)]
            for kpi in PIPELINE
        },
    )


def _instant(at_ms: int) -> str:
    text = datetime.fromtimestamp(at_ms / 1000, tz=UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / MILLISECONDS


def _health(view: View, channel: Channel) -> Health:
    reason = view.blind_reason(channel)
    health = view.snapshot.channels.get(channel)
    seen_ms = None if health is None else health.seen_ms
    return Health(
        blind=bool(reason),
        reason=reason,
        age_seconds=_seconds(view.data_age_ms(channel)),
        seen=None if seen_ms is None else _instant(seen_ms),
    )


def _row(view: View, key: RowKey, numbers: RowNumbers, windows: Collection[str], settings: Settings) -> Row:
    blind = bool(view.blind_reason(key.channel))
    counts = {window: numbers.windows[window] for window in windows}
    windowed: dict[str, list[WindowedSeries]] = {}
    now: dict[str, list[NowSeries]] = {}
    promised: dict[str, float] = {}
    for kpi in QUEUE_KPIS:
        if key.channel not in kpi.channels:
            continue
        match kpi:
            case Ratio() | Average():
                windowed[kpi.name] = _divided(kpi, key.channel, numbers, counts, blind)
            case Count():
                windowed[kpi.name] = _counted(kpi, numbers, counts, blind)
            case Now():
                now[kpi.name] = _now(kpi, numbers, blind)
            case Setting() if key.queue != ALL:
                promise = queue_in_force(settings, key.channel, key.queue, view.snapshot.now_ms)
                promised[kpi.name] = kpi.read(promise)
    return Row(
        channel=key.channel,
        queue=key.queue,
        medium=key.medium if key.channel is Channel.TICKET else None,
        age_seconds=_seconds(view.data_age_ms(key.channel)),
        unconfirmed=numbers.live.unconfirmed,
        windowed=windowed,
        now=now,
        promised=promised,
    )


def _divided(
    kpi: Ratio | Average, channel: Channel, numbers: RowNumbers, windows: Mapping[str, Counts], blind: bool
) -> list[WindowedSeries]:
    scale = MILLISECONDS if isinstance(kpi, Average) else 1
    is_thin = _thinness(kpi, channel)
    answers: list[dict[str, Windowed]] = [{} for _ in kpi.division.series]
    pending = [series.pending(numbers.live) for series in kpi.division.series]
    for window, counts in windows.items():
        thin = is_thin(counts)
        for index, (numerator, denominator) in enumerate(kpi.division.divide(counts)):
            amount = numerator / scale if scale != 1 else numerator
            state = divided_state(blind, denominator, pending[index], thin)
            value = amount / denominator if denominator else None
            answers[index][window] = Windowed(value, state, amount, denominator)
    return [
        WindowedSeries(dict(series.labels), answer) for series, answer in zip(kpi.division.series, answers, strict=True)
    ]


def _thinness(kpi: QueueKpi, channel: Channel) -> Callable[[Counts], bool]:
    """Whether too little of what a ratio should cover is known, in a window's counts."""
    coverage = kpi.coverage if isinstance(kpi, Ratio) else None
    if coverage is None or channel not in coverage.channels:
        return lambda _counts: False

    def is_thin(counts: Counts) -> bool:
        covered = ratio(coverage.covered(counts), coverage.of(counts))
        return covered is not None and covered < coverage.minimum_ratio

    return is_thin


def _counted(kpi: Count, numbers: RowNumbers, windows: Mapping[str, Counts], blind: bool) -> list[WindowedSeries]:
    totals = dict(counted(kpi, numbers.totals, in_total=True))
    by_window = {window: dict(counted(kpi, counts)) for window, counts in windows.items()}
    labels: dict[Labels, None] = dict.fromkeys(totals)
    for values in by_window.values():
        labels |= dict.fromkeys(values)
    return [
        WindowedSeries(
            dict(own),
            {
                window: Windowed(values.get(own, 0), plain_state(blind, values.get(own, 0)))
                for window, values in by_window.items()
            },
            totals.get(own, 0),
        )
        for own in labels
    ]


def _now(kpi: Now, numbers: RowNumbers, blind: bool) -> list[NowSeries]:
    values = [(dict(part.labels), live_value(kpi, part.read(numbers.live))) for part in kpi.parts]
    return [NowSeries(labels, value, plain_state(blind, value)) for labels, value in values]


def snapshot_schema() -> dict[str, Any]:
    """The JSON Schema of :class:`Document`."""
    (reference,), definitions = msgspec.json.schema_components([Document], ref_template="#/$defs/{name}")
    return {"$schema": SCHEMA_DIALECT, "title": SCHEMA_TITLE, **reference, "$defs": definitions}


def schema_text() -> bytes:
    """The published schema, as it is committed and served."""
    return msgspec.json.format(msgspec.json.encode(snapshot_schema()), indent=2) + b"\n"


encode = msgspec.json.Encoder().encode
