"""First-contact resolution, repeats, escalations and topics, on every channel."""

from __future__ import annotations

from metrics.catalog.detail import Lean
from metrics.catalog.model import CALLS_AND_CHATS, EVERY_CHANNEL, LONG_WINDOWS, Count, QueueKpi, Ratio, Unit
from metrics.catalog.quotients import Coverage, quotient
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
    Text,
    texts,
)
from metrics.snapshot.amounts import amount
from streams.facts.customers.measures import CustomerMeasure
from streams.facts.shared.measures import HandlingMeasure

TOPICS_SHOWN = 20
CLASSIFIED_MINIMUM_RATIO = 0.5
"""Coverage below this makes agents' flags a hint and no measurement: less than half of the handled contacts have
one."""
ENOUGH_CLASSIFIED = Coverage(
    covered=amount(HandlingMeasure.CLASSIFIED),
    of=amount(HandlingMeasure.HANDLED),
    minimum_ratio=CLASSIFIED_MINIMUM_RATIO,
    channels=CALLS_AND_CHATS,
)
WEEK_TOO = Lean(more=("7d",))
ESCALATION_KINDS = ("functional", "hierarchical")
"""Kinds of escalation in the contract; others appear with their first escalation."""


RESOLUTION: tuple[QueueKpi, ...] = (
    Ratio(
        name="contact_center_classified_ratio",
        text=texts(
            Text(
                "Classified",
                "Share of handled contacts that agents classified as resolved or not.",
                "Handled: a call or chat whose last leg was answered and has ended, or a solved ticket; never refused"
                " or removed. `resolved = null` is not classified.",
            ),
            Text(
                "Clasificados",
                "Proporción de contactos gestionados que los agentes clasificaron como resueltos o no.",
                "Gestionado: llamada o chat cuyo último tramo se atendió y terminó, o ticket resuelto; nunca"
                " rechazados ni retirados. `resolved = null` no es clasificar.",
            ),
        ),
        channels=EVERY_CHANNEL,
        lean=WEEK_TOO,
        series=(quotient(HandlingMeasure.CLASSIFIED, HandlingMeasure.HANDLED),),
        attribution=HANDLING_END,
        source=VEINTE,
    ),
    Ratio(
        name="contact_center_first_contact_resolution_ratio",
        text=texts(
            Text(
                "First-contact resolution",
                "Share of handled contacts resolved at the first contact: by what agents noted, or by nobody coming"
                " back.",
                "flagged: handled and classified, success without handoff, reopening or escalation; a ticket without a"
                " note by its events. net: the same of eligible contacts. repeat_window: eligible contacts of known"
                " customers without a repeat within the repeat window (by default 7 days), so far (provisional) or for"
                " good (final).",
            ),
            Text(
                "Resolución en el primer contacto",
                "Proporción de contactos resueltos en el primer contacto: según lo que anotó el agente, o porque el"
                " cliente no volvió.",
                "flagged: gestionados y clasificados, con éxito si no hubo traspaso, reapertura ni escalado; un"
                " ticket sin marca, por sus eventos. net: lo mismo, solo elegibles. repeat_window: elegibles de"
                " clientes conocidos sin repetición en la ventana de repetición (por defecto 7 días), hasta ahora"
                " (provisional) o ya cerrada (final).",
            ),
        ),
        channels=EVERY_CHANNEL,
        lean=Lean(windows=("today", "7d")),
        series=(
            quotient(
                HandlingMeasure.FCR_FLAGGED,
                HandlingMeasure.FCR_FLAGGED_BASE,
                coverage=ENOUGH_CLASSIFIED,
                basis="flagged",
            ),
            quotient(HandlingMeasure.FCR_NET, HandlingMeasure.FCR_NET_BASE, coverage=ENOUGH_CLASSIFIED, basis="net"),
            quotient(
                CustomerMeasure.FCR_WINDOW,
                CustomerMeasure.FCR_WINDOW_BASE,
                basis="repeat_window",
                state="provisional",
            ),
            quotient(
                CustomerMeasure.FCR_FINAL,
                CustomerMeasure.FCR_FINAL_BASE,
                pending=(),
                basis="repeat_window",
                state="final",
            ),
        ),
        attribution=HANDLING_END_OR_FINAL,
        source=FCR,
    ),
    Ratio(
        name="contact_center_first_contact_resolution_gap_ratio",
        text=texts(
            Text(
                "Resolved on paper only",
                "Share of classified contacts that agents flagged as resolved and whose customer came back all the"
                " same.",
                "Eligible handled contacts of known customers that were classified; 0 is an honest flag.",
            ),
            Text(
                "Resueltos solo sobre el papel",
                "Proporción de contactos clasificados que el agente dio por resueltos y cuyo cliente volvió"
                " igualmente.",
                "Contactos gestionados, elegibles y clasificados, de clientes conocidos; 0 es una marca honesta.",
            ),
        ),
        channels=EVERY_CHANNEL,
        lean=Lean(windows=("today", "7d")),
        series=(quotient(CustomerMeasure.FCR_GAP, CustomerMeasure.FCR_GAP_BASE),),
        attribution=HANDLING_END,
        source=VEINTE,
    ),
)

REPEATS_AND_ESCALATIONS: tuple[QueueKpi, ...] = (
    Count(
        name="contact_center_repeat_contacts_total",
        text=texts(
            Text(
                "Repeated contacts",
                "Handled contacts whose customer came back about the same within the repeat window.",
                "The window is 7 days unless set. Counted on the contact that was repeated. A repeat is any later"
                " contact of the customer, answered or not, on any channel, on the same topic (any, where one is"
                " missing); callbacks and outbound are none.",
            ),
            Text(
                "Contactos repetidos",
                "Contactos gestionados cuyo cliente volvió por lo mismo dentro de la ventana de repetición.",
                "La ventana es de 7 días si no se configura. Se cuenta en el contacto que se repitió. Repetición es"
                " cualquier contacto posterior del cliente, atendido o no, por cualquier canal y por el mismo tema"
                " (cualquiera, si falta); no las devoluciones ni las salientes.",
            ),
        ),
        unit=Unit.CONTACTS,
        channels=EVERY_CHANNEL,
        lean=WEEK_TOO,
        amount=amount(CustomerMeasure.REPEATED),
        attribution=HANDLING_END,
        source=REPEATS,
    ),
    Ratio(
        name="contact_center_repeat_contact_ratio",
        text=texts(
            Text(
                "Repeat contact rate",
                "Share of handled contacts whose customer came back about the same within the repeat window.",
                "Handled contacts of known customers; the latest days still change, because their customers may come"
                " back.",
            ),
            Text(
                "Tasa de contactos repetidos",
                "Proporción de contactos gestionados cuyo cliente volvió por lo mismo dentro de la ventana de"
                " repetición.",
                "Contactos gestionados de clientes conocidos; los últimos días aún cambian, porque el cliente puede"
                " volver.",
            ),
        ),
        channels=EVERY_CHANNEL,
        lean=WEEK_TOO,
        series=(quotient(CustomerMeasure.REPEATED, CustomerMeasure.REPEAT_BASE),),
        attribution=HANDLING_END,
        source=REPEATS,
    ),
    Ratio(
        name="contact_center_topic_repeat_contact_ratio",
        text=texts(
            Text(
                "Repeat contact rate by topic",
                "The repeat contact rate of each topic, of the 20 with most contacts.",
                "Handled contacts of known customers with a known topic; `other` gathers topics past the limit.",
            ),
            Text(
                "Tasa de contactos repetidos por tema",
                "La tasa de contactos repetidos de cada tema, de los 20 con más contactos.",
                "Contactos gestionados de clientes conocidos con tema conocido; `other` reúne los temas que superan el"
                " límite.",
            ),
        ),
        channels=EVERY_CHANNEL,
        lean=Lean(windows=("24h", "28d")),
        by="topic",
        top=TOPICS_SHOWN,
        windows=LONG_WINDOWS,
        series=(quotient(CustomerMeasure.REPEATED_BY_TOPIC, CustomerMeasure.REPEAT_BASE_BY_TOPIC),),
        attribution=HANDLING_END,
        source=REPEATS,
    ),
    Count(
        name="contact_center_escalations_total",
        text=texts(
            Text(
                "Escalations",
                "Escalations by kind: to another function, or up the hierarchy.",
                "Every distinct escalation of a contact at its own time.",
            ),
            Text(
                "Escalados",
                "Escalados por tipo: a otra función (functional) o a un superior (hierarchical).",
                "Cada escalado distinto de un contacto, en su momento.",
            ),
        ),
        unit=Unit.ESCALATIONS,
        channels=EVERY_CHANNEL,
        lean=WEEK_TOO,
        by="kind",
        amount=amount(HandlingMeasure.ESCALATIONS),
        known=ESCALATION_KINDS,
        attribution=ESCALATION,
        source=ESCALATION_RATE,
    ),
    Ratio(
        name="contact_center_escalation_ratio",
        text=texts(
            Text(
                "Escalation rate",
                "Share of handled contacts that were escalated at least once.",
                "Handled contacts; one with several escalations counts once.",
            ),
            Text(
                "Tasa de escalado",
                "Proporción de contactos gestionados que se escalaron al menos una vez.",
                "Contactos gestionados; uno con varios escalados cuenta una vez.",
            ),
        ),
        channels=EVERY_CHANNEL,
        lean=WEEK_TOO,
        series=(quotient(HandlingMeasure.ESCALATED, HandlingMeasure.HANDLED),),
        attribution=HANDLING_END,
        source=ESCALATION_RATE,
    ),
    Count(
        name="contact_center_topic_escalations",
        text=texts(
            Text(
                "Escalations by topic",
                "Escalations of each topic, of the 20 with most.",
                "By the escalation's own topic, else the contact's; escalations without any topic are left out.",
            ),
            Text(
                "Escalados por tema",
                "Escalados de cada tema, de los 20 con más.",
                "Según el tema del escalado o, si no, el del contacto; los que no tienen tema quedan fuera.",
            ),
        ),
        unit=Unit.ESCALATIONS,
        channels=EVERY_CHANNEL,
        lean=Lean(windows=("24h",)),
        by="topic",
        top=TOPICS_SHOWN,
        windows=LONG_WINDOWS,
        amount=amount(HandlingMeasure.ESCALATIONS_BY_TOPIC),
        attribution=ESCALATION,
        source=ESCALATION_RATE,
    ),
    Count(
        name="contact_center_topic_contacts",
        text=texts(
            Text(
                "Contacts by topic",
                "Contacts that came about each topic, of the 20 with most.",
                "Arrived contacts and opened tickets whose topic is known: what was noted last, else what they came"
                " with.",
            ),
            Text(
                "Contactos por tema",
                "Contactos recibidos por cada tema, de los 20 con más.",
                "Contactos recibidos y tickets abiertos con tema conocido: el último anotado o, si no, el de entrada.",
            ),
        ),
        unit=Unit.CONTACTS,
        channels=EVERY_CHANNEL,
        lean=Lean(windows=("24h",)),
        by="topic",
        top=TOPICS_SHOWN,
        windows=LONG_WINDOWS,
        amount=amount(HandlingMeasure.CONTACTS_BY_TOPIC),
        attribution=BEGINNING,
        source=PBX,
    ),
)
