"""Lines of one row for Prometheus, kept as bytes: only the windows that changed are written again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from prometheus_client.utils import floatToGoString

from metrics.catalog import QUEUE_KPIS
from metrics.catalog.model import (
    STAT,
    Average,
    Clearance,
    Count,
    Kpi,
    Now,
    QueueKpi,
    Ratio,
    Setting,
    WindowedKpi,
)
from metrics.catalog.planning import OutlookKpi
from metrics.catalog.quotients import Labels
from metrics.evaluate.evaluator import Number, Row, numbers, totals
from metrics.snapshot.snapshot import NO_COUNTS, Counts, RowKey, RowNumbers
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


def escaped(text: str) -> str:
    """A label's value as the text format has it."""
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def number_text(value: float) -> str:
    """A value as the text format has it."""
    text: str = floatToGoString(value)  # type: ignore[no-untyped-call]
    return text


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


class _Shown(NamedTuple):
    """A KPI with what writes it."""

    kpi: QueueKpi
    families: tuple[Family, ...]
    write: Write


SHOWN = tuple(
    _Shown(kpi, families_of(kpi), _writer(kpi))
    for kpi in QUEUE_KPIS
    if not (isinstance(kpi, WindowedKpi) and kpi.api_only)
)
"""The KPIs of ``/metrics`` in the order of the catalogue."""


def _of(kinds: type[Any] | tuple[type[Any], ...]) -> Mapping[Channel, tuple[_Shown, ...]]:
    """KPIs of a kind by channel."""
    return {
        channel: tuple(shown for shown in SHOWN if isinstance(shown.kpi, kinds) and channel in shown.kpi.channels)
        for channel in Channel
    }


WINDOWED = _of((Ratio, Average, Count))
"""KPIs that depend on the counts of a window alone."""
COUNTERS = _of(Count)
LIVE = _of((Now, Clearance))
PROMISED = _of(Setting)
OUTLOOKS = _of(OutlookKpi)
TOTALS = "totals"


class RowText:
    """The lines of a row. Each part is written again where what it is made of has changed."""

    def __init__(self, key: RowKey) -> None:
        self.key = key
        medium = (("medium", key.medium),) if key.medium else ()
        self._labels: Labels = (("channel", key.channel.value), ("queue", key.queue), *medium)
        self._parts: dict[str, tuple[tuple[object, ...], dict[Family, bytes]]] = {}
        self._series: dict[str, int] = {}

    @property
    def series(self) -> int:
        """Number of lines."""
        return sum(self._series.values())

    def lines(self, of: Family) -> Iterable[bytes]:
        """The lines of a family, by part."""
        for _, lines in self._parts.values():
            if of in lines:
                yield lines[of]

    def update(self, row: Row) -> None:
        """Write the parts that changed."""
        own, channel = row.numbers, self.key.channel
        for window, counts in own.windows.items():
            alone = row._replace(numbers=RowNumbers({window: counts}, NO_COUNTS, own.live))
            self._part(window, (counts,), WINDOWED[channel], alone)
        self._part(TOTALS, (own.totals,), COUNTERS[channel], row)
        clearing = tuple(own.windows.values()) if channel is Channel.TICKET else ()
        self._part("live", (own.live, *clearing), LIVE[channel], row)
        self._part("promised", (row.promise,), PROMISED[channel], row)
        self._part("outlook", (row.outlook,), OUTLOOKS[channel], row)

    def _part(self, name: str, sources: tuple[object, ...], shown: Iterable[_Shown], row: Row) -> None:
        before = self._parts.get(name)
        if before is None or not _same(before[0], sources):
            lines = self._written(name, shown, row)
            self._parts[name] = sources, {of: "".join(own).encode() for of, own in lines.items()}
            self._series[name] = sum(map(len, lines.values()))

    def _written(self, name: str, shown: Iterable[_Shown], row: Row) -> dict[Family, list[str]]:
        lines: defaultdict[Family, list[str]] = defaultdict(list)
        labelled: dict[tuple[str, Labels], str] = {}

        def put(of: Family, window: str, labels: Labels, value: float) -> None:
            text = labelled.get((window, labels))
            if text is None:
                text = labelled[window, labels] = self._labelled(window, labels)
            lines[of].append(f"{of.name}{text}{number_text(value)}\n")

        for kpi, families, write in shown:
            if name != TOTALS:
                write(families, numbers(kpi, row), put)
            elif isinstance(kpi, Count) and not kpi.top:
                for labels, value in totals(kpi, row):
                    put(families[0], "", labels, value)
        return lines

    def _labelled(self, window: str, labels: Labels) -> str:
        own = (*self._labels, *((("window", window),) if window else ()), *labels)
        named = ",".join(f'{name}="{escaped(value)}"' for name, value in sorted(own))
        return f"{{{named}}} "


def _same(before: tuple[object, ...], now: tuple[object, ...]) -> bool:
    # Counts of a window are one object until they change, and comparing their contents costs as much as writing them.
    return len(before) == len(now) and all(
        old is new or (not isinstance(new, Counts) and old == new) for old, new in zip(before, now, strict=True)
    )
