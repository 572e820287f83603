"""First-contact resolution, on every channel."""

from __future__ import annotations

from metrics.catalog.model import Coverage, QueueKpi, Ratio, amount, division, texts
from streams.measures import Measure
from streams.settings import Channel

EVERY_CHANNEL = (Channel.CALL, Channel.CHAT, Channel.TICKET)
END = "the end of handling"
CLASSIFIED_MINIMUM_RATIO = 0.5
"""With less than half of the handled contacts classified, what agents flagged is a hint and no measurement."""

RESOLUTION: tuple[QueueKpi, ...] = (
    Ratio(
        name="contact_center_classified_ratio",
        channels=EVERY_CHANNEL,
        division=division(((), amount(Measure.CLASSIFIED), amount(Measure.HANDLED))),
        attribution=END,
        source="Veinte: classified resolved true or false / handled",
        text=texts(
            "Classified",
            "Share of handled contacts that agents classified as resolved or not.",
            "Clasificados",
            "Proporción de contactos atendidos que los agentes clasificaron como resueltos o no.",
        ),
    ),
    Ratio(
        name="contact_center_first_contact_resolution_ratio",
        channels=EVERY_CHANNEL,
        labels=("basis",),
        division=division(
            ((("basis", "flagged"),), amount(Measure.FCR_FLAGGED), amount(Measure.FCR_FLAGGED_BASE)),
            ((("basis", "net"),), amount(Measure.FCR_NET), amount(Measure.FCR_NET_BASE)),
        ),
        coverage=Coverage(
            covered=amount(Measure.CLASSIFIED),
            of=amount(Measure.HANDLED),
            minimum_ratio=CLASSIFIED_MINIMUM_RATIO,
            channels=(Channel.CALL, Channel.CHAT),
        ),
        attribution=END,
        source="first-contact resolution (FCR): flagged by agents; net: eligible contacts only",
        text=texts(
            "First-contact resolution",
            "Share of handled contacts resolved at the first contact, without handoff, reopening or escalation.",
            "Resolución en el primer contacto",
            "Proporción de contactos resueltos en el primer contacto, sin traspaso, reapertura ni escalado.",
        ),
    ),
)
