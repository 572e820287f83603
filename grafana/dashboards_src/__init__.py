"""The dashboards, a module each, in the order of their list."""

from __future__ import annotations

from grafana.dashboards_src.pipeline import PIPELINE
from grafana.dashboards_src.planning import PLANNING
from grafana.dashboards_src.queue import QUEUE
from grafana.dashboards_src.remaining import with_remaining
from grafana.dashboards_src.resolution import RESOLUTION
from grafana.dashboards_src.slo import SLO
from grafana.dashboards_src.tickets import TICKETS
from grafana.dashboards_src.wallboard import WALLBOARD
from grafana.panels.spec import Dashboard

DASHBOARDS: tuple[Dashboard, ...] = with_remaining(
    (WALLBOARD, QUEUE, TICKETS, RESOLUTION, SLO, PLANNING, PIPELINE), calls=QUEUE, tickets=TICKETS
)

__all__ = ["DASHBOARDS"]
