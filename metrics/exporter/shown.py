"""KPIs on a page of ``/metrics``, and what writes the samples of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from metrics.catalog import QUEUE_KPIS
from metrics.catalog.detail import Detail
from metrics.catalog.model import STAT, Average, Clearance, Count, Kpi, Now, QueueKpi, Ratio, Setting, WindowedKpi
from metrics.catalog.narrowed import narrowed
from metrics.catalog.planning import OutlookKpi
from metrics.catalog.quotients import Labels
from metrics.evaluate.evaluator import Number
from metrics.snapshot.windows import WINDOWS
from streams.common.languages import Language
from streams.common.vocabulary import Channel

COUNTER, GAUGE, UNTYPED = "counter", "gauge", "untyped"


class Family(NamedTuple):
    """A metric with its samples of all rows. ``head``: its two lines of comment."""

    name: str
    head: bytes


Put = Callable[[Family, str, Labels, float], None]
"""Takes a sample: its family, window, labels and value."""
Write = Callable[[tuple[Family, ...], Iterable[Number], Put], None]


def family(kpi: Kpi, name: str = "", kind: str = GAUGE, prefix: str = "") -> Family:
    """A family of a KPI; ``name`` and ``prefix`` of its help for those beside its main one."""
    name = name or kpi.name
    text = (prefix + kpi.text[Language.ENGLISH].help).replace("\\", r"\\").replace("\n", r"\n")
    return Family(name, f"# HELP {name} {text}\n# TYPE {name} {kind}\n".encode())


def families_of(kpi: QueueKpi) -> tuple[Family, ...]:
    """The families of a KPI in the order of the page.

    Those beside an average have no type: linters keep ``_sum`` and ``_count`` for histograms and summaries, whose sums
    never fall.
    """
    match kpi:
        case Ratio() | OutlookKpi():
            above = family(kpi, f"{kpi.base}_numerator", prefix="Numerator: ")
            return family(kpi), above, family(kpi, f"{kpi.base}_denominator", prefix="Denominator: ")
        case Average():
            above = family(kpi, f"{kpi.name}_sum", UNTYPED, "Seconds in all: ")
            return family(kpi), above, family(kpi, f"{kpi.name}_count", UNTYPED, "How many: ")
        case Count():
            return family(kpi, kind=COUNTER), family(kpi, kpi.gauge)
    return (family(kpi),)


def _write_values(own: tuple[Family, ...], found: Iterable[Number], put: Put) -> None:
    """The values; no sample where there is no number."""
    for number in found:
        if number.value is not None:
            put(own[-1], number.window, number.labels, number.value)


def _write_ratios(own: tuple[Family, ...], found: Iterable[Number], put: Put) -> None:
    """The quotients and, as gauges of their own, numerators and denominators."""
    quotient, above, below = own
    for number in found:
        if number.numerator is not None and number.denominator is not None:
            put(above, number.window, number.labels, number.numerator)
            put(below, number.window, number.labels, number.denominator)
        if number.value is not None:
            put(quotient, number.window, number.labels, number.value)


def _write_averages(own: tuple[Family, ...], found: Iterable[Number], put: Put) -> None:
    """Averages and percentiles and, in families of their own, the sum in seconds and the count."""
    average, above, below = own
    for number in found:
        if number.value is not None:
            put(average, number.window, number.labels, number.value)
        if number.numerator is not None and number.denominator is not None:
            labels = tuple(label for label in number.labels if label[0] != STAT)
            put(above, number.window, labels, number.numerator)
            put(below, number.window, labels, number.denominator)


def _writer(kpi: QueueKpi) -> Write:
    match kpi:
        case Ratio() | OutlookKpi():
            return _write_ratios
        case Average():
            return _write_averages
    return _write_values


class Shown(NamedTuple):
    """A KPI with what writes it."""

    kpi: QueueKpi
    families: tuple[Family, ...]
    write: Write


SHOWN = tuple(
    Shown(kpi, families_of(kpi), _writer(kpi))
    for kpi in QUEUE_KPIS
    if not (isinstance(kpi, WindowedKpi) and kpi.api_only)
)
"""The KPIs of ``/metrics`` in the order of the catalogue."""


def _of(kinds: type[QueueKpi] | tuple[type[QueueKpi], ...]) -> Mapping[Channel, tuple[Shown, ...]]:
    """KPIs of a kind by channel."""
    return {
        channel: tuple(shown for shown in SHOWN if isinstance(shown.kpi, kinds) and channel in shown.kpi.channels)
        for channel in Channel
    }


COUNTERS = _of(Count)
PROMISED = _of(Setting)
OUTLOOKS = _of(OutlookKpi)
_ALONE = _of((Ratio, Average, Count))
"""KPIs that depend on the counts of a window alone."""
_LIVE = _of((Now, Clearance))


class ShownAt(NamedTuple):
    """KPIs of a page on one channel, narrowed to what the page shows of them.

    Attributes:
        windowed: by window, those that depend on its counts alone.
        live: those that depend on what is true now.
        clearing: windows that some of these depend on too.
    """

    windowed: Mapping[str, tuple[Shown, ...]]
    live: tuple[Shown, ...]
    clearing: tuple[str, ...]


def _shown_at(detail: Detail, channel: Channel) -> ShownAt:
    live = tuple(_in_its_windows(own, detail, channel) for own in _LIVE[channel])
    clearing = {window for own in live if isinstance(own.kpi, WindowedKpi) for window in own.kpi.windows}
    windowed = {
        window: tuple(
            own._replace(kpi=kpi)
            for own in _ALONE[channel]
            if isinstance(own.kpi, WindowedKpi) and (kpi := narrowed(own.kpi, detail, channel, window)) is not None
        )
        for window in WINDOWS
    }
    return ShownAt(windowed, live, tuple(window for window in WINDOWS if window in clearing))


def _in_its_windows(own: Shown, detail: Detail, channel: Channel) -> Shown:
    kpi = own.kpi
    if not isinstance(kpi, WindowedKpi):
        return own
    windows = tuple(window for window in WINDOWS if narrowed(kpi, detail, channel, window) is not None)
    return own._replace(kpi=replace(kpi, windows=windows))


SHOWN_AT = {detail: {channel: _shown_at(detail, channel) for channel in Channel} for detail in Detail}
"""What depends on windows or on now, by page and channel; counters, settings and outlooks are on every page."""
