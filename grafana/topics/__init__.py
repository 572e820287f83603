"""The dashboards, a module a topic, in the order in which they are listed."""

from __future__ import annotations

from grafana.spec import Topic
from grafana.topics.pipeline import PIPELINE
from grafana.topics.planning import PLANNING
from grafana.topics.queue import QUEUE
from grafana.topics.resolution import RESOLUTION
from grafana.topics.slo import SLO
from grafana.topics.tickets import TICKETS
from grafana.topics.wallboard import WALLBOARD

TOPICS: tuple[Topic, ...] = (WALLBOARD, QUEUE, TICKETS, RESOLUTION, SLO, PLANNING, PIPELINE)

__all__ = ["TOPICS"]
