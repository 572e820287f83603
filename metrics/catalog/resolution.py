"""First-contact resolution, repeats, escalations and topics, on every channel."""

from __future__ import annotations

from metrics.catalog.model import CALLS_AND_CHATS, EVERY_CHANNEL, Count, QueueKpi, Ratio, TopCount, TopRatio, Unit
from metrics.catalog.quotients import Coverage, amount, division, part
from metrics.catalog.words import (
    BEGINNING,
    ESCALATION,
    ESCALATION_RATE,
    FCR,
    HANDLING_END,
    HANDLING_END_OR_FINAL,
    PBX,
    REPEATS,
    VEINTE,
)
from metrics.snapshot.snapshot import LiveNumbers
from streams.numbers.measures import Measure

TOPICS_SHOWN = 20
CLASSIFIED_MINIMUM_RATIO = 0.5
"""With less than half of the handled contacts classified, what agents flagged is a hint and no measurement."""
ENOUGH_CLASSIFIED = Coverage(
    covered=amount(Measure.CLASSIFIED),
    of=amount(Measure.HANDLED),
    minimum_ratio=CLASSIFIED_MINIMUM_RATIO,
    channels=CALLS_AND_CHATS,
)
ESCALATION_KINDS = ("functional", "hierarchical")
"""The kinds that the contract names; others show up with their first escalation."""


def nobody(_live: LiveNumbers) -> int:
    """Who waits now decides nothing about a week ago."""
    return 0


RESOLUTION: tuple[QueueKpi, ...] = (
    Ratio(
        name="contact_center_classified_ratio",
        channels=EVERY_CHANNEL,
        division=division(part(Measure.CLASSIFIED, Measure.HANDLED)),
        attribution=HANDLING_END,
        source=VEINTE,
    ),
    Ratio(
        name="contact_center_first_contact_resolution_ratio",
        channels=EVERY_CHANNEL,
        labels=("basis", "state"),
        division=division(
            part(Measure.FCR_FLAGGED, Measure.FCR_FLAGGED_BASE, coverage=ENOUGH_CLASSIFIED, basis="flagged"),
            part(Measure.FCR_NET, Measure.FCR_NET_BASE, coverage=ENOUGH_CLASSIFIED, basis="net"),
            part(
                Measure.FCR_WINDOW,
                Measure.FCR_WINDOW_BASE,
                across_channels=True,
                basis="repeat_window",
                state="provisional",
            ),
            part(
                Measure.FCR_FINAL,
                Measure.FCR_FINAL_BASE,
                pending=nobody,
                across_channels=True,
                basis="repeat_window",
                state="final",
            ),
        ),
        attribution=HANDLING_END_OR_FINAL,
        source=FCR,
    ),
    Ratio(
        name="contact_center_first_contact_resolution_gap_ratio",
        channels=EVERY_CHANNEL,
        division=division(part(Measure.FCR_GAP, Measure.FCR_GAP_BASE, across_channels=True)),
        attribution=HANDLING_END,
        source=VEINTE,
    ),
)

REPEATS_AND_ESCALATIONS: tuple[QueueKpi, ...] = (
    Count(
        name="contact_center_repeat_contacts_total",
        unit=Unit.CONTACTS,
        channels=EVERY_CHANNEL,
        amount=amount(Measure.REPEATED),
        across_channels=True,
        attribution=HANDLING_END,
        source=REPEATS,
    ),
    Ratio(
        name="contact_center_repeat_contact_ratio",
        channels=EVERY_CHANNEL,
        division=division(part(Measure.REPEATED, Measure.REPEAT_BASE, across_channels=True)),
        attribution=HANDLING_END,
        source=REPEATS,
    ),
    TopRatio(
        name="contact_center_topic_repeat_contact_ratio",
        channels=EVERY_CHANNEL,
        labels=("topic",),
        label="topic",
        limit=TOPICS_SHOWN,
        parts=(part(Measure.REPEATED_BY_TOPIC, Measure.REPEAT_BASE_BY_TOPIC, across_channels=True),),
        attribution=HANDLING_END,
        source=REPEATS,
    ),
    Count(
        name="contact_center_escalations_total",
        unit=Unit.ESCALATIONS,
        channels=EVERY_CHANNEL,
        labels=("kind",),
        amount=amount(Measure.ESCALATIONS),
        known=ESCALATION_KINDS,
        attribution=ESCALATION,
        source=ESCALATION_RATE,
    ),
    Ratio(
        name="contact_center_escalation_ratio",
        channels=EVERY_CHANNEL,
        division=division(part(Measure.ESCALATED, Measure.HANDLED)),
        attribution=HANDLING_END,
        source=ESCALATION_RATE,
    ),
    TopCount(
        name="contact_center_topic_escalations",
        unit=Unit.ESCALATIONS,
        channels=EVERY_CHANNEL,
        labels=("topic",),
        label="topic",
        limit=TOPICS_SHOWN,
        measure=Measure.ESCALATIONS_BY_TOPIC,
        attribution=ESCALATION,
        source=ESCALATION_RATE,
    ),
    TopCount(
        name="contact_center_topic_contacts",
        unit=Unit.CONTACTS,
        channels=EVERY_CHANNEL,
        labels=("topic",),
        label="topic",
        limit=TOPICS_SHOWN,
        measure=Measure.CONTACTS_BY_TOPIC,
        attribution=BEGINNING,
        source=PBX,
    ),
)
