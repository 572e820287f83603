"""Generator of the dashboards in both languages, and of the table in docs/grafana.md.

``python -m grafana.generator.generate`` writes the files, ``--check`` compares them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from grafana.dashboards_src import DASHBOARDS
from grafana.generator.boards import dashboard_text
from grafana.generator.tables import page_text
from streams.common.generated import write_or_compare
from streams.common.languages import Language

DASHBOARDS_FOLDER = Path("grafana/dashboards")

GENERATED: dict[Path, Callable[[], str]] = {
    **{
        DASHBOARDS_FOLDER / language / f"{dashboard.name}.json": partial(dashboard_text, dashboard, language)
        for language in Language
        for dashboard in DASHBOARDS
    },
    Path("docs/grafana.md"): page_text,
}

if __name__ == "__main__":
    sys.exit(write_or_compare(GENERATED, sys.argv[1:]))
