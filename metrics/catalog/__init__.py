"""Every KPI, declared once: name, unit, labels, formula, attribution, empty rule, texts in English and Spanish."""

from __future__ import annotations

from metrics.catalog.demand import DEMAND
from metrics.catalog.handling import NOW_WAITING, WAITS_AND_HANDLING
from metrics.catalog.model import Kpi, QueueKpi
from metrics.catalog.pipeline import PIPELINE
from metrics.catalog.resolution import RESOLUTION
from metrics.catalog.service import SERVICE_LEVEL
from metrics.catalog.tickets import TICKETS

QUEUE_KPIS: tuple[QueueKpi, ...] = (
    *DEMAND,
    *SERVICE_LEVEL,
    *WAITS_AND_HANDLING,
    *NOW_WAITING,
    *TICKETS,
    *RESOLUTION,
)
"""KPIs of queues, in the order in which they are shown."""
CATALOG: tuple[Kpi, ...] = (*QUEUE_KPIS, *PIPELINE)

__all__ = ["CATALOG", "PIPELINE", "QUEUE_KPIS"]
