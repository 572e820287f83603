"""The formulas of a KPI in words, a line for each of its series."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog.model import AVERAGE, PERCENTILES, STAT, Average, Count, DividedKpi, Kpi
from streams.common.languages import Bilingual, Language

_COUNTER = Bilingual("the counter: ", "el contador: ")


def formulas(kpi: Kpi, language: Language) -> Iterator[str]:
    """The formula of each series of a KPI, in Markdown."""
    match kpi:
        case DividedKpi():
            stats = ((STAT, "|".join((AVERAGE, *PERCENTILES))),) if isinstance(kpi, Average) else ()
            for series in kpi.series:
                named = ", ".join(f"{name}={value}" for name, value in (*series.labels, *stats))
                yield f"{f'{named}: ' if named else ''}`{series.formula().of(language)}`"
        case Count():
            yield f"`{kpi.amount.words().of(language)}`"
            if kpi.total is not None:
                yield f"{_COUNTER.of(language)}`{kpi.total.words().of(language)}`"
        case _:
            yield f"`{kpi.text[language].formula}`"
