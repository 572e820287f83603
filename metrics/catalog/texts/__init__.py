"""What people read about each KPI, in English and Spanish, by its name."""

from __future__ import annotations

from collections.abc import Mapping

from metrics.catalog.texts.calls import CALLS
from metrics.catalog.texts.pipeline import PIPELINE
from metrics.catalog.texts.planning import PLANNING
from metrics.catalog.texts.resolution import RESOLUTION
from metrics.catalog.texts.service import SERVICE
from metrics.catalog.texts.tickets import TICKETS
from metrics.catalog.words import Texts

TEXTS: Mapping[str, Texts] = {**CALLS, **SERVICE, **PLANNING, **TICKETS, **RESOLUTION, **PIPELINE}

__all__ = ["TEXTS"]
