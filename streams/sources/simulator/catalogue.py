"""Catalogue of the simulated centre: its queues, the subjects of its contacts, and its handle times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from streams.common.vocabulary import Channel

Hours = tuple[float, float] | None
"""Opening and closing hour of one day, local time; ``None``: the queue stays closed."""

CHAT_SLOTS: Final = 3
"""Chats that one agent holds at the same time."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Subject of a contact.

    Attributes:
        name: the event field ``topic``.
        share: part of its line's contacts; the shares of a line sum to 1.
        resolved: probability that one handled contact resolves it.
    """

    name: str
    share: float
    resolved: float


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue and the group of agents that serves it.

    Attributes:
        share: part of all new contacts at the week's busiest hour; all queues sum to 1.
        line: key in ``LINES`` of its subjects.
        hours: opening hours from Monday to Sunday.
        handle_seconds: mean conversation without holds, or mean work on one touch of a ticket.
        wrap_seconds: mean after-contact work.
        overflow_to: queue for contacts that overflow after a long wait, if any.
        team: name of the group.
    """

    name: str
    channel: Channel
    share: float
    line: str
    hours: tuple[Hours, ...]
    handle_seconds: float
    wrap_seconds: float
    team: str
    overflow_to: str | None = None

    def is_open(self, weekday: int, minute: int) -> bool:
        """True if the queue accepts contacts on ``weekday`` (Monday 0) at a local minute of the day."""
        hours = self.hours[weekday]
        return hours is not None and hours[0] * 60 <= minute < hours[1] * 60


OUTAGE_SUBJECT: Final = "averia"
"""Subject of the additional contacts during an outage."""

LINES: Final[dict[str, tuple[Subject, ...]]] = {
    "ventas": (
        Subject("precio", 0.35, 0.88),
        Subject("alta", 0.30, 0.80),
        Subject("portabilidad", 0.20, 0.74),
        Subject("oferta", 0.15, 0.90),
    ),
    "soporte": (
        Subject(OUTAGE_SUBJECT, 0.35, 0.72),
        Subject("router", 0.30, 0.70),
        Subject("app", 0.20, 0.78),
        Subject("clave", 0.15, 0.93),
    ),
    "facturacion": (
        Subject("factura", 0.45, 0.80),
        Subject("pago", 0.25, 0.86),
        Subject("devolucion", 0.18, 0.66),
        Subject("baja", 0.12, 0.75),
    ),
}


def _week(monday_to_friday: Hours, saturday: Hours = None, sunday: Hours = None) -> tuple[Hours, ...]:
    return (monday_to_friday,) * 5 + (saturday, sunday)


QUEUES: Final[tuple[Queue, ...]] = (
    Queue("Ventas", Channel.CALL, 0.16, "ventas", _week((9, 21), (10, 14)), 290, 45, "Ventas", "Facturación"),
    Queue("Soporte", Channel.CALL, 0.22, "soporte", _week((8, 22), (9, 20), (10, 18)), 350, 60, "Soporte N1"),
    Queue("Facturación", Channel.CALL, 0.14, "facturacion", _week((8, 20)), 250, 50, "Facturación", "Soporte"),
    Queue("Chat Ventas", Channel.CHAT, 0.10, "ventas", _week((9, 21), (10, 14)), 480, 30, "Chat", "Chat Soporte"),
    Queue("Chat Soporte", Channel.CHAT, 0.16, "soporte", _week((8, 22), (10, 20), (10, 20)), 620, 40, "Chat"),
    Queue("Correo", Channel.TICKET, 0.08, "facturacion", _week((9, 18)), 420, 0, "Back office"),
    Queue("Web", Channel.TICKET, 0.05, "ventas", _week((9, 18)), 360, 0, "Back office"),
    Queue("Incidencias", Channel.TICKET, 0.09, "soporte", _week((8, 20), (9, 14)), 600, 0, "Soporte N2"),
)

QUEUE_NAMED: Final = {queue.name: queue for queue in QUEUES}
QUEUE_OF: Final = {(queue.channel, queue.line): queue for queue in QUEUES if queue.name != "Chat Soporte"} | {
    (Channel.CHAT, line): QUEUE_NAMED["Chat Soporte"] for line in ("soporte", "facturacion")
}
"""Queue of a contact about a line's subject on a channel."""
LINE_OF: Final = {subject.name: line for line, subjects in LINES.items() for subject in subjects}
RESOLVED: Final = {subject.name: subject.resolved for subjects in LINES.values() for subject in subjects}
"""Probability that one handled contact resolves a subject."""

MEDIA: Final[dict[str, tuple[tuple[str, ...], tuple[float, ...]]]] = {
    "Correo": (("email", "phone"), (0.92, 1.0)),
    "Web": (("web", "social", "chat"), (0.80, 0.93, 1.0)),
    "Incidencias": (("web", "phone", "email", "other"), (0.45, 0.70, 0.95, 1.0)),
}
"""Media of a queue's tickets: the event field ``channel`` with cumulative probabilities."""
