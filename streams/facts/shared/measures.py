"""Measures of handled contacts, on every channel."""

from __future__ import annotations

from streams.numbers.codes import CompositeCounter
from streams.numbers.measures import Measure, count


class HandlingMeasure(Measure):
    """Counts of handled contacts: classification, flagged first-contact resolution, escalations, topics."""

    HANDLED = count(30, "handled", "gestionados", column="handled_contacts")
    CLASSIFIED = count(31, "classified", "clasificados", column="classified")
    FCR_FLAGGED = count(32, "flagged as resolved at once", "marcados como resueltos a la primera")
    FCR_FLAGGED_BASE = count(33, "judged by the flag", "evaluados por la marca")
    FCR_NET = count(34, "eligible and flagged as resolved at once", "elegibles y marcados a la primera")
    FCR_NET_BASE = count(35, "eligible and judged by the flag", "elegibles evaluados por la marca")
    ESCALATIONS = count(36, "escalations", "escalados", by=("kind",))
    ESCALATIONS_BY_TOPIC = count(37, "escalations by topic", "escalados por tema", by=("topic",))
    # handled contacts that were escalated
    ESCALATED = count(38, "handled and escalated", "gestionados y escalados", column="escalated")
    # arrivals and openings whose topic is known
    CONTACTS_BY_TOPIC = count(39, "contacts by topic", "contactos por tema", by=("topic",))


HANDLING = CompositeCounter(
    1,
    (
        HandlingMeasure.HANDLED,
        HandlingMeasure.CLASSIFIED,
        HandlingMeasure.FCR_FLAGGED_BASE,
        HandlingMeasure.FCR_FLAGGED,
        HandlingMeasure.FCR_NET_BASE,
        HandlingMeasure.FCR_NET,
        HandlingMeasure.ESCALATED,
    ),
)
