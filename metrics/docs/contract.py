"""Generated contract for readers of the numbers: JSON schemas and OpenAPI document of the API, the pages of KPIs, in
the pages about events the table of what each KPI needs, and the reasons for blindness in their runbook.

``python -m metrics.docs.contract`` writes the files, ``--check`` compares them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from metrics.docs import blind_reasons, event_needs
from metrics.docs.kpi_page import kpis_text
from metrics.explain.number.answer import explanation_schema_text
from metrics.exporter.api import schema_text
from metrics.exporter.operations import openapi_text
from metrics.planning.api.documents import schema_text as planning_schema_text
from metrics.planning.api.documents import trends_schema, week_schema
from streams.common.generated import EVENT_PAGES, write_or_compare
from streams.common.languages import Language

CONTRACT = Path("docs/contract")

GENERATED: dict[Path, Callable[[], str]] = {
    CONTRACT / "snapshot.schema.json": lambda: schema_text().decode(),
    CONTRACT / "openapi.json": lambda: openapi_text().decode(),
    CONTRACT / "week.schema.json": lambda: planning_schema_text(week_schema()).decode(),
    CONTRACT / "trends.schema.json": lambda: planning_schema_text(trends_schema()).decode(),
    CONTRACT / "explain.schema.json": lambda: explanation_schema_text().decode(),
    Path("docs/kpis.md"): lambda: kpis_text(Language.ENGLISH),
    Path("docs/kpis.es.md"): lambda: kpis_text(Language.SPANISH),
    blind_reasons.RUNBOOK: blind_reasons.runbook_text,
    EVENT_PAGES[Language.ENGLISH]: lambda: event_needs.page_text(Language.ENGLISH),
    EVENT_PAGES[Language.SPANISH]: lambda: event_needs.page_text(Language.SPANISH),
}

if __name__ == "__main__":
    sys.exit(write_or_compare(GENERATED, sys.argv[1:]))
