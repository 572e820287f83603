"""Measures of repeats and redials among the contacts of a known customer."""

from __future__ import annotations

from streams.numbers.codes import CompositeCounter
from streams.numbers.measures import Measure, count

FORMULA = 4
"""Number of the rules that these measures are counted by. Raise it, once a release, where any of them changes."""


class CustomerMeasure(Measure):
    """Repeats at the end of the handled contact, redials at the abandonment."""

    # abandoned inbound contacts of known customers, at the abandonment
    REDIAL_BASE = count(28, "abandoned contacts of known customers", "contactos abandonados de clientes conocidos")
    # those that were followed by another within the hour
    REDIALED = count(29, "followed by another within 1 h", "seguidos de otro en 1 h")
    REPEAT_BASE = count(
        80, "handled contacts of known customers", "contactos gestionados de clientes conocidos", column="repeat_base"
    )
    REPEATED = count(81, "repeated contacts", "contactos repetidos", column="repeated")
    REPEAT_BASE_BY_TOPIC = count(
        82,
        "handled contacts of known customers, of the topic",
        "contactos gestionados de clientes conocidos, del tema",
        by=("topic",),
    )
    REPEATED_BY_TOPIC = count(83, "repeated contacts, of the topic", "contactos repetidos, del tema", by=("topic",))
    FCR_WINDOW_BASE = count(
        84,
        "eligible handled contacts of known customers",
        "contactos elegibles gestionados de clientes conocidos",
        column="fcr_window_base",
    )
    FCR_WINDOW = count(85, "without a repeat so far", "sin repetición hasta ahora", column="fcr_window")
    # at the end of the repeat window
    FCR_FINAL_BASE = count(
        86, "eligible handled contacts whose window has ended", "contactos elegibles cuya ventana ha terminado"
    )
    FCR_FINAL = count(87, "without a repeat in the whole window", "sin repetición en toda la ventana")
    # eligible and classified
    FCR_GAP_BASE = count(88, "eligible and classified", "elegibles y clasificados")
    # flagged as resolved at the first contact, and repeated
    FCR_GAP = count(89, "flagged as resolved and repeated", "marcados como resueltos y repetidos")


REPEAT = CompositeCounter(
    5,
    (
        CustomerMeasure.REPEAT_BASE,
        CustomerMeasure.REPEATED,
        CustomerMeasure.FCR_WINDOW_BASE,
        CustomerMeasure.FCR_WINDOW,
        CustomerMeasure.FCR_GAP_BASE,
        CustomerMeasure.FCR_GAP,
    ),
)
FINAL = CompositeCounter(6, (CustomerMeasure.FCR_FINAL_BASE, CustomerMeasure.FCR_FINAL))

COMPOSITES = (REPEAT, FINAL)
