"""Series that a dashboard reads and the lean page of ``/metrics`` lacks, and the windows of its choice. Pure."""

from __future__ import annotations

from grafana.panels.spec import Dashboard
from metrics.catalog.reads import missing_in_lean
from metrics.snapshot.windows import WINDOWS

WINDOW = "window"


def missing(dashboard: Dashboard, window: str) -> list[str]:
    """Series that expressions want with everything chosen and this window, in words."""
    chosen = {variable.name: variable.all_value for variable in dashboard.variables if variable.source}
    found = []
    for query in dashboard.expressions():
        expression = query.expr
        for name, value in {**chosen, WINDOW: window}.items():
            expression = expression.replace(f"${name}", value)
        found += missing_in_lean(expression)
    return found


def windows_of(dashboard: Dashboard) -> tuple[str, ...]:
    """The windows in which every expression has its numbers on the lean page.

    Raises:
        LookupError: one has none in the window with which the dashboard opens.
    """
    first = next((variable.value for variable in dashboard.variables if not variable.source), WINDOWS[0])
    lacking = missing(dashboard, first)
    if lacking:
        raise LookupError(
            f"{dashboard.name} reads what the lean page of /metrics has not: {lacking[0]}; choose another window, or"
            " give the KPI a `lean` that has it"
        )
    return tuple(window for window in WINDOWS if not missing(dashboard, window))
