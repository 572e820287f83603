"""The numbers of one row in the JSON API: every KPI of the catalogue with its counts and its state. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, NamedTuple

from msgspec import UNSET, Meta, Struct, UnsetType

from metrics.catalog import QUEUE_KPIS
from metrics.catalog.model import Count, Now, Setting, WindowedKpi
from metrics.catalog.quotients import Labels
from metrics.evaluate.evaluator import Number, Row, numbers, totals
from metrics.planning.view import View
from metrics.snapshot.opening import Opening
from metrics.snapshot.rows import ALL
from metrics.snapshot.snapshot import RowKey, RowNumbers
from metrics.snapshot.states import State, plain_state
from streams.config.policy_book import queue_in_force
from streams.config.settings import Settings

Amount = Annotated[int | float, Meta(description="a count, or a sum of seconds")]


class Windowed(Struct, frozen=True):
    """A number of one window. ``value`` is null where there is none; ratios and averages have numerator and
    denominator."""

    value: Annotated[float | None, Meta(description="in base units; null where there is no number")]
    state: State
    numerator: Amount | UnsetType = UNSET
    denominator: Annotated[int, Meta(description="judged, handled, answered …")] | UnsetType = UNSET


class WindowedSeries(Struct, frozen=True):
    """One series of a KPI that has windows. ``total`` is its counter, where it has one; it can decrease."""

    labels: dict[str, str]
    windows: Annotated[dict[str, Windowed], Meta(description="by window, the shortest first")]
    total: int | UnsetType = UNSET


class NowSeries(Struct, frozen=True):
    """One series of a KPI that is true now. ``value`` is null for an age without an entry."""

    labels: dict[str, str]
    value: float | None
    state: State


class RowAnswer(NamedTuple):
    """The numbers of a row by KPI; ``promised`` (the settings in force) is empty in sums over queues."""

    windowed: dict[str, list[WindowedSeries]]
    now: dict[str, list[NowSeries]]
    promised: dict[str, float]


def evaluated_row(view: View, key: RowKey, row: RowNumbers, opening: Opening, settings: Settings) -> Row:
    """A row of a view, ready for the evaluator. ``settings``: for the targets in force."""
    of_queue = key.queue != ALL
    return Row(
        channel=key.channel,
        numbers=row,
        blind=bool(view.blind_reason(key.channel)),
        blind_derived=bool(view.blind_reason_of_repeats(key.channel)),
        closed=not opening.is_open,
        promise=queue_in_force(settings, key.channel, key.queue, view.snapshot.now_ms) if of_queue else None,
    )


def row_answer(
    view: View,
    key: RowKey,
    row: RowNumbers,
    windows: Collection[str],
    opening: Opening,
    settings: Settings,
    *,
    persons: bool = True,
) -> RowAnswer:
    """Every KPI of the row's channel, in the windows asked for.

    Args:
        view: that the row is of.
        key: of the row.
        row: its numbers.
        windows: those asked for.
        opening: of its queue.
        settings: for the targets in force.
        persons: with KPIs of single persons.
    """
    judged = evaluated_row(view, key, row, opening, settings)
    answer = RowAnswer({}, {}, {})
    for kpi in QUEUE_KPIS:
        if key.channel not in kpi.channels or (kpi.is_of_persons and not persons):
            continue
        if isinstance(kpi, WindowedKpi):
            answer.windowed[kpi.name] = list(_windowed(kpi, judged, windows))
        elif isinstance(kpi, Now):
            answer.now[kpi.name] = [NowSeries(dict(n.labels), n.value, n.state) for n in numbers(kpi, judged)]
        elif isinstance(kpi, Setting):
            for number in numbers(kpi, judged):
                assert number.value is not None
                answer.promised[kpi.name] = number.value
    return answer


def _windowed(kpi: WindowedKpi, row: Row, windows: Collection[str]) -> Iterator[WindowedSeries]:
    by_window: dict[str, dict[Labels, Windowed]] = {
        window: {} for window in row.numbers.windows if window in windows and window in kpi.windows
    }
    for number in numbers(kpi, row, windows):
        by_window[number.window][number.labels] = _number(number)
    counters: dict[Labels, int] = {}
    if isinstance(kpi, Count) and not kpi.top:  # a value known to one window or the counter is 0 in the others
        counters = dict(totals(kpi, row))
        known = dict.fromkeys((*counters, *(labels for found in by_window.values() for labels in found)))
        blind = row.blind_derived if kpi.is_derived else row.blind
        nothing = Windowed(0, plain_state(blind, 0))
        counters = {labels: counters.get(labels, 0) for labels in known}
        by_window = {
            window: {labels: found.get(labels, nothing) for labels in known} for window, found in by_window.items()
        }
    for labels, found_in in _in_order(by_window):
        yield WindowedSeries(dict(labels), found_in, counters.get(labels, UNSET))


def _number(number: Number) -> Windowed:
    numerator: Amount | UnsetType = UNSET if number.numerator is None else number.numerator
    denominator = UNSET if number.denominator is None else int(number.denominator)
    return Windowed(number.value, number.state, numerator, denominator)


def _in_order(by_window: Mapping[str, Mapping[Labels, Windowed]]) -> Iterator[tuple[Labels, dict[str, Windowed]]]:
    """Series with their windows; a top KPI's in the order of the longest window."""
    labels: dict[Labels, None] = {}
    for found in reversed(list(by_window.values())):
        labels |= dict.fromkeys(found)
    for own in labels:
        yield own, {window: found[own] for window, found in by_window.items() if own in found}
