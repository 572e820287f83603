"""The numbers of one row in the JSON API: every KPI of the catalogue with its counts and its state. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, NamedTuple

from msgspec import UNSET, Meta, Struct, UnsetType

from metrics.catalog import QUEUE_KPIS
from metrics.catalog.model import (
    AVERAGE,
    PERCENTILES,
    STAT,
    Average,
    Clearance,
    Count,
    Now,
    QueueKpi,
    Ratio,
    Setting,
    Top,
    TopCount,
    TopRatio,
)
from metrics.catalog.quotients import Labels, Series
from metrics.evaluate.values import MILLISECONDS, Divided, clearing, counted, divided, live_value, percentiles_seconds
from metrics.planning.view import View
from metrics.snapshot.opening import Opening
from metrics.snapshot.rows import ALL
from metrics.snapshot.service_level import ratio
from metrics.snapshot.snapshot import Counts, RowKey, RowNumbers
from metrics.snapshot.states import State, divided_state, plain_state
from streams.common.vocabulary import Channel
from streams.config.policy_book import queue_in_force
from streams.config.settings import Settings

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


class RowAnswer(NamedTuple):
    """The numbers of a row by KPI; ``promised`` is empty in sums over queues."""

    windowed: dict[str, list[WindowedSeries]]
    now: dict[str, list[NowSeries]]
    promised: dict[str, float]


class _Row(NamedTuple):
    """A row as its numbers are judged: what is blind, what is closed, what was asked for."""

    channel: Channel
    numbers: RowNumbers
    windows: Mapping[str, Counts]
    blind: bool
    blind_to_repeats: bool
    closed: bool


def row_answer(
    view: View, key: RowKey, numbers: RowNumbers, windows: Collection[str], opening: Opening, settings: Settings
) -> RowAnswer:
    """Every KPI of the row's channel, in the windows asked for. ``settings``: for the promises in force."""
    row = _Row(
        channel=key.channel,
        numbers=numbers,
        windows={window: numbers.windows[window] for window in windows},
        blind=bool(view.blind_reason(key.channel)),
        blind_to_repeats=bool(view.blind_reason_of_repeats(key.channel)),
        closed=not opening.is_open,
    )
    answer = RowAnswer({}, {}, {})
    for kpi in QUEUE_KPIS:
        if key.channel not in kpi.channels:
            continue
        match kpi:
            case Ratio() | Average() | TopRatio():
                answer.windowed[kpi.name] = _divided(kpi, row)
            case Count() | TopCount():
                answer.windowed[kpi.name] = _counted(kpi, row)
            case Clearance():
                answer.windowed[kpi.name] = [_clearance(kpi, row)]
            case Now():
                answer.now[kpi.name] = _now(kpi, row)
            case Setting() if key.queue != ALL:
                promise = queue_in_force(settings, key.channel, key.queue, view.snapshot.now_ms)
                answer.promised[kpi.name] = kpi.read(promise)
    return answer


def _windows(kpi: QueueKpi, row: _Row) -> dict[str, Counts]:
    """The windows in which a KPI is shown."""
    shown = kpi.windows if isinstance(kpi, Top | Clearance) else row.windows
    return {window: counts for window, counts in row.windows.items() if window in shown}


def _in_order(by_window: Mapping[str, Mapping[Labels, Windowed]]) -> Iterator[tuple[Labels, dict[str, Windowed]]]:
    """Series with their windows; what is shown of some values only in the order of the longest window."""
    labels: dict[Labels, None] = {}
    for found in reversed(list(by_window.values())):
        labels |= dict.fromkeys(found)
    for own in labels:
        yield own, {window: found[own] for window, found in by_window.items() if own in found}


def _divided(kpi: Ratio | Average | TopRatio, row: _Row) -> list[WindowedSeries]:
    read = _average if isinstance(kpi, Average) else _ratio
    by_window: dict[str, dict[Labels, Windowed]] = {}
    for window, counts in _windows(kpi, row).items():
        answers = by_window[window] = {}
        for part in divided(kpi, counts):
            answers |= read(part, counts, _state(part, counts, row))
    return [WindowedSeries(dict(labels), windows) for labels, windows in _in_order(by_window)]


def _ratio(part: Divided, _counts: Counts, state: State) -> dict[Labels, Windowed]:
    value = ratio(part.numerator, part.denominator)
    return {part.labels: Windowed(value, state, part.numerator, part.denominator)}


def _average(part: Divided, counts: Counts, state: State) -> dict[Labels, Windowed]:
    """The average with its counts, and the percentiles beside it."""
    seconds, count = part.numerator / MILLISECONDS, part.denominator
    average = Windowed(seconds / count if count else None, state, seconds, count)
    answers = {(*part.labels, (STAT, AVERAGE)): average}
    percentiles = percentiles_seconds(part.series, counts, count)
    for stat in PERCENTILES if part.series.sketch is not None else ():
        answers[*part.labels, (STAT, stat)] = Windowed(percentiles.get(stat), state)
    return answers


def _state(part: Divided, counts: Counts, row: _Row) -> State:
    series = part.series
    return divided_state(
        row.blind_to_repeats if series.across_channels else row.blind,
        part.denominator,
        series.pending(row.numbers.live),
        _is_thin(series, counts, row.channel),
        row.closed,
    )


def _is_thin(series: Series, counts: Counts, channel: Channel) -> bool:
    """Whether too little of what a ratio should cover is known."""
    coverage = series.coverage
    if coverage is None or channel not in coverage.channels:
        return False
    covered = ratio(coverage.covered(counts), coverage.of(counts))
    return covered is not None and covered < coverage.minimum_ratio


def _counted(kpi: Count | TopCount, row: _Row) -> list[WindowedSeries]:
    blind = row.blind_to_repeats if kpi.across_channels else row.blind
    totals = {} if isinstance(kpi, TopCount) else dict(counted(kpi, row.numbers.totals, in_total=True))
    by_window = {window: dict(counted(kpi, counts)) for window, counts in _windows(kpi, row).items()}
    if isinstance(kpi, Count):  # a value that one window or the counter has is a 0 in the others
        known = dict.fromkeys((*totals, *(own for found in by_window.values() for own in found)), 0)
        totals = {**known, **totals}
        by_window = {window: {**known, **found} for window, found in by_window.items()}
    answers = {
        window: {own: Windowed(value, plain_state(blind, value)) for own, value in found.items()}
        for window, found in by_window.items()
    }
    return [WindowedSeries(dict(own), windows, totals.get(own, UNSET)) for own, windows in _in_order(answers)]


def _clearance(kpi: Clearance, row: _Row) -> WindowedSeries:
    windows = {}
    for window, counts in _windows(kpi, row).items():
        open_now, net, seconds = clearing(kpi, row.numbers.live, counts, window)
        judged = plain_state(row.blind, seconds) if not open_now else divided_state(row.blind, max(net, 0))
        windows[window] = Windowed(seconds, judged, open_now, net)
    return WindowedSeries({}, windows)


def _now(kpi: Now, row: _Row) -> list[NowSeries]:
    values = [(dict(part.labels), live_value(kpi, part.read(row.numbers.live))) for part in kpi.parts]
    return [NowSeries(labels, value, plain_state(row.blind, value, row.closed)) for labels, value in values]
