"""The formulas of a KPI in words, a line for each of its series."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from metrics.catalog.model import AVERAGE, PERCENTILES, STAT, Average, Count, Kpi, Ratio, TopCount, TopRatio
from metrics.catalog.quotients import Labels, amount
from streams.common.languages import Bilingual, Language

_COUNTER = Bilingual("the counter: ", "el contador: ")


def formulas(kpi: Kpi, language: Language) -> Iterator[str]:
    """The formula of each series of a KPI, in Markdown."""
    match kpi:
        case Ratio():
            yield from _of_series(((s.labels, s.formula) for s in kpi.division.series), language)
        case Average():
            stats = "|".join((AVERAGE, *PERCENTILES))
            series = (((*s.labels, (STAT, stats)), s.formula) for s in kpi.division.series)
            yield from _of_series(series, language)
        case TopRatio():
            yield from _of_series(((part.series.labels, part.series.formula) for part in kpi.parts), language)
        case Count():
            yield f"`{kpi.amount.formula().of(language)}`"
            if kpi.total is not None:
                yield f"{_COUNTER.of(language)}`{kpi.total.formula().of(language)}`"
        case TopCount():
            yield f"`{amount(kpi.measure).formula().of(language)}`"
        case _:
            yield f"`{kpi.text[language].formula}`"


def _of_series(series: Iterable[tuple[Labels, Bilingual]], language: Language) -> Iterator[str]:
    for labels, formula in series:
        named = ", ".join(f"{name}={value}" for name, value in labels)
        yield f"{f'{named}: ' if named else ''}`{formula.of(language)}`"
