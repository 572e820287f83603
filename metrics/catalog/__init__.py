"""Every KPI, declared once: name, unit, labels, formula, clock, attribution, empty rule, texts in both languages."""

from __future__ import annotations

from metrics.catalog.blindness import BLINDNESS
from metrics.catalog.data_quality import DATA_QUALITY
from metrics.catalog.demand import DEMAND
from metrics.catalog.event_flow import EVENT_FLOW
from metrics.catalog.handling import NOW_WAITING, WAITS_AND_HANDLING
from metrics.catalog.model import Kpi, Pipeline, QueueKpi
from metrics.catalog.open_tickets import OPEN_TICKETS
from metrics.catalog.planning import PLANNING
from metrics.catalog.resolution import REPEATS_AND_ESCALATIONS, RESOLUTION
from metrics.catalog.service import SERVICE_LEVEL
from metrics.catalog.tickets import TICKETS

QUEUE_KPIS: tuple[QueueKpi, ...] = (
    *DEMAND,
    *SERVICE_LEVEL,
    *PLANNING,
    *WAITS_AND_HANDLING,
    *NOW_WAITING,
    *TICKETS,
    *OPEN_TICKETS,
    *RESOLUTION,
    *REPEATS_AND_ESCALATIONS,
)
"""KPIs of queues, in the order in which they are shown."""
PIPELINE: tuple[Pipeline, ...] = (*EVENT_FLOW, *BLINDNESS, *DATA_QUALITY)
"""Numbers of the pipeline about itself, in the order in which they are shown."""
CATALOG: tuple[Kpi, ...] = (*QUEUE_KPIS, *PIPELINE)

__all__ = ["CATALOG", "PIPELINE", "QUEUE_KPIS"]
