"""Lines of one row for Prometheus, kept as bytes: only the windows that changed are written again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from prometheus_client.utils import floatToGoString

from metrics.catalog.detail import Detail
from metrics.catalog.model import Count
from metrics.catalog.quotients import Labels
from metrics.evaluate.evaluator import Row, numbers, totals
from metrics.exporter.shown import COUNTERS, OUTLOOKS, PROMISED, SHOWN_AT, Family, Shown
from metrics.snapshot.snapshot import NO_COUNTS, Counts, RowKey, RowNumbers

TOTALS = "totals"


def escaped(text: str) -> str:
    """A label's value as the text format has it."""
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def number_text(value: float) -> str:
    """A value as the text format has it."""
    text: str = floatToGoString(value)  # type: ignore[no-untyped-call]  # prometheus_client has no type for it
    return text


class RowText:
    """The lines of a row. Each part is written again where what it is made of has changed."""

    def __init__(self, key: RowKey, detail: Detail) -> None:
        self.key = key
        self._shown = SHOWN_AT[detail][key.channel]
        medium = (("medium", key.medium),) if key.medium else ()
        self._labels: Labels = (("channel", key.channel.value), ("queue", key.queue), *medium)
        self._parts: dict[str, tuple[tuple[object, ...], dict[Family, bytes]]] = {}
        self._series: dict[str, int] = {}

    @property
    def series(self) -> int:
        """Number of lines."""
        return sum(self._series.values())

    def add_lines(self, to: Mapping[Family, list[bytes]]) -> None:
        """Append the lines of each family, by part."""
        for _, lines in self._parts.values():
            for of, own in lines.items():
                to[of].append(own)

    def update(self, row: Row) -> None:
        """Write the parts that changed."""
        own, channel = row.numbers, self.key.channel
        for window, shown in self._shown.windowed.items():
            counts = own.windows.get(window)
            if counts is not None:
                alone = row._replace(numbers=RowNumbers({window: counts}, NO_COUNTS, own.live))
                self._part(window, (counts,), shown, alone)
        self._part(TOTALS, (own.totals,), COUNTERS[channel], row)
        clearing = tuple(own.windows.get(window) for window in self._shown.clearing)
        self._part("live", (own.live, *clearing), self._shown.live, row)
        self._part("promised", (row.promise,), PROMISED[channel], row)
        self._part("outlook", (row.outlook,), OUTLOOKS[channel], row)

    def _part(self, name: str, sources: tuple[object, ...], shown: Iterable[Shown], row: Row) -> None:
        before = self._parts.get(name)
        if before is None or not _same(before[0], sources):
            lines = self._written(name, shown, row)
            self._parts[name] = sources, {of: "".join(own).encode() for of, own in lines.items()}
            self._series[name] = sum(map(len, lines.values()))

    def _written(self, name: str, shown: Iterable[Shown], row: Row) -> dict[Family, list[str]]:
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
