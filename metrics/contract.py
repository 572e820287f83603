"""What people who read our numbers may rely on, generated: the schema of the API and the list of KPIs.

``python -m metrics.contract`` writes the files, ``--check`` compares them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from metrics.api import schema_text
from metrics.catalog import CATALOG
from metrics.catalog.model import Average, Count, Kpi, Language, QueueKpi, Ratio
from streams.generated import write_or_compare

CONTRACT = Path("docs/contract")
_INTRODUCTION = """# KPIs · Indicadores

Generated from the catalogue in `metrics/catalog/`. Every series has the labels `channel` and `queue`, those of tickets
`medium`; ratios, averages and counts have `window` (5m, 10m, 15m, 30m, 1h, today, 24h, 7d, 28d). Units are seconds and
ratios from 0 to 1. A ratio `x_ratio` comes with `x_numerator` and `x_denominator`, an average `x_seconds` with
`x_seconds_sum` and `x_seconds_count`, a counter `x_total` with the windowed gauge `x`. Where nothing happened a ratio
or an average has no sample.

"""


def kpis_text() -> str:
    """``docs/kpis.md``: a section a KPI, in both languages."""
    return _INTRODUCTION + "\n".join(_section(kpi) for kpi in CATALOG)


def _section(kpi: Kpi) -> str:
    english, spanish = kpi.text[Language.ENGLISH], kpi.text[Language.SPANISH]
    facts = [f"kind {kpi.kind}", f"unit {kpi.unit}"]
    if isinstance(kpi, QueueKpi):
        facts.append(f"channels {', '.join(kpi.channels)}")
    if kpi.labels:
        facts.append(f"labels {', '.join(f'`{label}`' for label in kpi.labels)}")
    lines = [
        f"## {kpi.name}",
        "",
        f"**{english.title}.** {english.help}",
        "",
        f"**{spanish.title}.** {spanish.help}",
        "",
        f"- {' · '.join(facts)}",
        f"- lands at: {kpi.attribution}; source: {kpi.source}",
        *_formulas(kpi),
    ]
    return "\n".join(lines) + "\n"


def _formulas(kpi: Kpi) -> list[str]:
    if isinstance(kpi, Count):
        return [f"- counts: `{kpi.amount.formula()}`"]
    if isinstance(kpi, Ratio | Average):
        return [
            f"- {' '.join(f'{name}={value}' for name, value in series.labels) or 'formula'}: `{series.formula}`"
            for series in kpi.division.series
        ]
    return []


GENERATED: dict[Path, Callable[[], str]] = {
    CONTRACT / "snapshot.schema.json": lambda: schema_text().decode(),
    Path("docs/kpis.md"): kpis_text,
}

if __name__ == "__main__":
    sys.exit(write_or_compare(GENERATED, sys.argv[1:]))
