"""Measures and sketches of calls and chats."""

from __future__ import annotations

from streams.numbers.codes import CompositeCounter, SharedSketch
from streams.numbers.measures import Measure, Sketch, count, duration

FORMULA = 4
"""Number of the rules that these measures are counted by. Raise it, once a release, where any of them changes."""


class ConversationMeasure(Measure):
    """Counts and sums of legs and contacts; kpis.md has the slice of each."""

    ARRIVED = count(1, "arrived", "recibidos", column="arrived")
    OFFERED = count(2, "offered", "ofrecidos", column="offered")
    REFUSED = count(3, "refused", "rechazados", by=("reason",), column="refused")
    ANSWERED = count(4, "answered", "atendidos", column="answered")
    WAIT_MS = duration(5, "wait of the answered", "espera de los atendidos", column="wait_seconds_sum")
    ABANDONED = count(6, "abandoned", "abandonados", column="abandoned")
    SHORT_ABANDONED = count(7, "short abandons", "abandonos cortos", column="short_abandoned")
    ABANDON_WAIT_MS = duration(
        8, "wait of the abandoned", "espera de los abandonados", column="abandon_wait_seconds_sum"
    )
    CALLBACK_REQUESTED = count(9, "callbacks requested", "devoluciones pedidas", column="callbacks")
    LEFT_QUEUE = count(10, "taken out of the queue", "sacados de la cola", by=("reason",), column="left_queue")
    # A
    ANSWERED_WITHIN = count(11, "answered within target", "atendidos a tiempo", column="answered_within_target")
    # B
    ABANDONED_WITHIN = count(
        12, "abandoned within target", "abandonados antes del objetivo", column="abandoned_within_target"
    )
    # b
    SHORT_WITHIN = count(13, "short abandons within target", "abandonos cortos antes del objetivo")
    # F
    LEFT_WITHIN = count(
        14, "taken out by timeout or empty within target", "sacados por tiempo o cola vacía antes del objetivo"
    )
    # L
    REACHED_TARGET = count(15, "reached the target", "alcanzaron el objetivo", column="reached_target")
    CONTACT_ANSWERED_WITHIN = count(16, "contacts answered within target", "contactos atendidos a tiempo")
    CONTACT_ABANDONED_WITHIN = count(17, "contacts abandoned within target", "contactos abandonados antes del objetivo")
    CONTACT_SHORT_WITHIN = count(
        18, "short-abandoned contacts within target", "contactos de abandono corto antes del objetivo"
    )
    CONTACT_LEFT_WITHIN = count(
        19, "contacts taken out within target", "contactos sacados de la cola antes del objetivo"
    )
    CONTACT_REACHED_TARGET = count(20, "contacts that reached the target", "contactos que alcanzaron el objetivo")
    HANDLED_LEGS = count(21, "handled legs", "tramos gestionados", column="handled")
    TALK_MS = duration(22, "talk", "conversación", column="talk_seconds_sum")
    HOLD_MS = duration(23, "hold", "retención", column="hold_seconds_sum")
    WRAP_MS = duration(24, "wrap-up", "trabajo posterior", column="wrap_seconds_sum")
    SHORT_CONTACTS = count(25, "short contacts", "contactos cortos")
    CALLBACK_LEGS_ANSWERED = count(26, "callback legs answered", "devoluciones atendidas")
    CALLBACK_LEGS_DECIDED = count(27, "callback legs with an outcome", "devoluciones con desenlace")
    CALLBACKS_CANCELLED = count(92, "callbacks cancelled", "devoluciones canceladas")
    # inbound, transfer and overflow legs, at their end
    ENDED_LEGS = count(90, "answered legs that ended", "tramos atendidos terminados")
    TRANSFERRED_LEGS = count(91, "of them transferred", "de ellos traspasados")


class ConversationSketch(Sketch):
    """Durations of calls and chats with percentiles."""

    WAIT = 0
    ABANDON_WAIT = 1
    HANDLE = 2
    TALK = 3
    HOLD = 4
    WRAP = 5


ANSWER = CompositeCounter(0, (ConversationMeasure.ANSWERED, ConversationMeasure.ANSWERED_WITHIN))
HANDLED_AT_ITS_END = CompositeCounter(7, (ConversationMeasure.HANDLED_LEGS, ConversationMeasure.ENDED_LEGS))
"""A counted leg without wrap-up, handled at its end: the usual one."""
HANDLE_AND_TALK = SharedSketch(6, (ConversationSketch.HANDLE, ConversationSketch.TALK))
"""Handle time and talk of a leg without hold and wrap-up: one duration for both."""

COMPOSITES = (ANSWER, HANDLED_AT_ITS_END)
SHARED_SKETCHES = (HANDLE_AND_TALK,)
