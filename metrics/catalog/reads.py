"""Series of the catalogue that a PromQL expression reads, and those of them that the lean page lacks. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from metrics.catalog import QUEUE_KPIS
from metrics.catalog.detail import LEAN_MEDIA, Detail
from metrics.catalog.model import AVERAGE, STAT, Average, Count, DividedKpi, Ratio, WindowedKpi
from metrics.catalog.narrowed import narrowed
from metrics.catalog.quotients import Labels

_NAME = re.compile(r"(?<![\w:$])([a-zA-Z_:][\w:]*)(?:\{([^}]*)\})?")
_MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"')
_VALUES = re.compile(r"[\w -]+(\|[\w -]+)*")
_STRING = re.compile(r'\{[^}]*\}|("(?:[^"\\]|\\.)*")')


class Selector(NamedTuple):
    """A metric in an expression, with the values of labels that it selects."""

    metric: str
    wanted: Mapping[str, tuple[str, ...]]

    def takes(self, label: str, value: str) -> bool:
        """True if a series with this value may be selected."""
        return value in self.wanted.get(label, (value,))


def selectors(expression: str) -> Iterator[Selector]:
    """The metrics of an expression, functions and keywords among them. A choice of the reader wants nothing."""
    bare = _STRING.sub(lambda found: '""' if found[1] else found[0], expression)
    for name, matchers in _NAME.findall(bare):
        found = _MATCHER.findall(matchers)
        yield Selector(name, {label: tuple(value.split("|")) for label, how, value in found if _is_plain(how, value)})


def _is_plain(how: str, value: str) -> bool:
    """True for a list of values; any may be one of a pattern or of a choice, such as ``$queue``."""
    return how == "=" or (how == "=~" and _VALUES.fullmatch(value) is not None)


def _metrics() -> Iterator[tuple[str, WindowedKpi]]:
    for kpi in QUEUE_KPIS:
        match kpi:
            case Ratio():
                yield from ((name, kpi) for name in (kpi.name, f"{kpi.base}_numerator", f"{kpi.base}_denominator"))
            case Average():
                yield from ((name, kpi) for name in (kpi.name, f"{kpi.name}_sum", f"{kpi.name}_count"))
            case Count():
                yield kpi.gauge, kpi
            case WindowedKpi():
                yield kpi.name, kpi


WINDOWED: Mapping[str, WindowedKpi] = dict(_metrics())
"""KPIs by the names of their metrics with a window."""


def missing_in_lean(expression: str, recorded: Mapping[str, str] | None = None) -> list[str]:
    """Series that an expression reads and the lean page has not, in words.

    Args:
        expression: PromQL; a window that the reader of a dashboard chooses is already in it.
        recorded: expressions of recording rules by name. They read every window that there is, and an expression that
            selects one of them by a window needs that one of what they read.
    """
    found: list[str] = []
    for selector in selectors(expression):
        if recorded and selector.metric in recorded:
            found += _missing_behind(selector, recorded)
        elif "window" in selector.wanted and selector.metric in WINDOWED:
            found += _missing(selector, WINDOWED[selector.metric])
        media = set(selector.wanted.get("medium", ())) - LEAN_MEDIA
        found += [f"{selector.metric} with medium {medium}" for medium in sorted(media)]
    return list(dict.fromkeys(found))


def _missing_behind(selector: Selector, recorded: Mapping[str, str]) -> Iterator[str]:
    """The same of what a recorded series is made of, in the selected window."""
    for each in selectors(recorded[selector.metric]):
        own = each._replace(wanted={**each.wanted, **selector.wanted})
        if own.metric in recorded:
            yield from _missing_behind(own, recorded)
        elif own.metric in WINDOWED and "window" in own.wanted:
            yield from _missing(own, WINDOWED[own.metric])


def _missing(selector: Selector, kpi: WindowedKpi) -> Iterator[str]:
    """Series that a selector with windows takes from the full page, and the lean one has not."""
    for window in selector.wanted["window"]:
        for channel in (own for own in kpi.channels if selector.takes("channel", own.value)):
            every, lean = (
                set(_series(narrowed(kpi, detail, channel, window), selector)) for detail in (Detail.FULL, Detail.LEAN)
            )
            for labels in sorted(every - lean):
                shown = "".join(f" {label}={value}" for label, value in labels)
                yield f"{selector.metric} of {channel} in {window}{shown}"


def _series(kpi: WindowedKpi | None, selector: Selector) -> Iterator[Labels]:
    """Labels of the declared series of a KPI that a selector takes."""
    if kpi is None:
        return
    declared = [series.labels for series in kpi.series] if isinstance(kpi, DividedKpi) else [()]
    for labels in declared:
        stats = (AVERAGE, *kpi.percentiles) if isinstance(kpi, Average) and selector.metric == kpi.name else ()
        for own in [(*labels, (STAT, stat)) for stat in stats] or [labels]:
            if all(selector.takes(label, value) for label, value in own):
                yield own
