"""Live entries of tickets: open ones by state, age and due time."""

from __future__ import annotations

from typing import ClassVar

from streams.common.durations import DAY_MS, HOUR_MS
from streams.numbers.live_entries import Instant, LiveMeasure, RowEntry, live_age, live_count

DUE_SOON_MS = HOUR_MS


class TicketLive(LiveMeasure):
    """Numbers of open tickets that are true now. No ticket is both overdue and due soon.

    ``AGE_…``: a ticket exactly as old as the upper end of a range is in the next range.
    """

    OPEN_ON_HOLD = live_count("open_on_hold", "open, on hold", "abiertos, a la espera")
    OPEN_UNATTENDED = live_count("open_unattended", "open, unattended", "abiertos, sin atender")
    OPEN_OPEN = live_count("open_open", "open, attended", "abiertos, atendidos")
    AWAITING_REPLY = live_count("awaiting_reply", "awaiting a reply", "pendientes de respuesta")
    OVERDUE = live_count("overdue", "overdue", "vencidos")
    DUE_SOON = live_count("due_soon", "due within 1 h", "vencen en 1 h")
    AGE_UNDER_1H = live_count("age_under_1h", "open under 1 h", "abiertos menos de 1 h")
    AGE_1H_4H = live_count("age_1h_4h", "open 1 to 4 h", "abiertos de 1 a 4 h")
    AGE_4H_8H = live_count("age_4h_8h", "open 4 to 8 h", "abiertos de 4 a 8 h")
    AGE_8H_24H = live_count("age_8h_24h", "open 8 to 24 h", "abiertos de 8 a 24 h")
    AGE_1D_3D = live_count("age_1d_3d", "open 1 to 3 days", "abiertos de 1 a 3 días")
    AGE_3D_7D = live_count("age_3d_7d", "open 3 to 7 days", "abiertos de 3 a 7 días")
    AGE_OVER_7D = live_count("age_over_7d", "open over 7 days", "abiertos más de 7 días")
    OLDEST_TICKET = live_age("oldest_ticket", "the oldest open ticket", "el ticket abierto más antiguo")
    OLDEST_UNATTENDED = live_age(
        "oldest_unattended", "the oldest unattended ticket", "el ticket sin atender más antiguo"
    )


AGES_MS = (
    (TicketLive.AGE_UNDER_1H, HOUR_MS),
    (TicketLive.AGE_1H_4H, 4 * HOUR_MS),
    (TicketLive.AGE_4H_8H, 8 * HOUR_MS),
    (TicketLive.AGE_8H_24H, DAY_MS),
    (TicketLive.AGE_1D_3D, 3 * DAY_MS),
    (TicketLive.AGE_3D_7D, 7 * DAY_MS),
)
"""Live measures of the backlog by age, each with the age from which a ticket is in the next one."""


class OpenTicket(RowEntry, array_like=True, frozen=True, gc=False):
    """An unsolved ticket. A due time is ``None`` where nothing is due (answered; resolution clock stopped)."""

    letter: ClassVar[str] = "O"
    words: ClassVar[str] = "open"
    keeps_state: ClassVar[bool] = True

    opened_ms: int
    on_hold: bool
    unattended: bool
    first_response_due_ms: int | None
    resolution_due_ms: int | None
    awaiting_reply: bool = False

    @property
    def since_ms(self) -> int:
        """The opening."""
        return self.opened_ms

    @property
    def due_ms(self) -> int | None:
        """The earlier of the due times of first response and resolution."""
        due = (self.first_response_due_ms, self.resolution_due_ms)
        return min((each for each in due if each is not None), default=None)

    def observe(self, at: Instant) -> None:
        """State, age and due time of the ticket."""
        at.count(
            TicketLive.OPEN_ON_HOLD
            if self.on_hold
            else TicketLive.OPEN_UNATTENDED
            if self.unattended
            else TicketLive.OPEN_OPEN
        )
        at.count(TicketLive.AWAITING_REPLY, self.awaiting_reply)
        at.count(self._age(at))
        at.since(TicketLive.OLDEST_TICKET, self.opened_ms)
        if self.unattended:
            at.since(TicketLive.OLDEST_UNATTENDED, self.opened_ms)
        due_ms = self.due_ms
        if due_ms is None:
            return
        if at.passed(due_ms + 1):
            at.count(TicketLive.OVERDUE)
        elif at.passed(due_ms - DUE_SOON_MS):
            at.count(TicketLive.DUE_SOON)

    def _age(self, at: Instant) -> TicketLive:
        for measure, until_ms in AGES_MS:
            if not at.passed(self.opened_ms + until_ms):
                return measure
        return TicketLive.AGE_OVER_7D
