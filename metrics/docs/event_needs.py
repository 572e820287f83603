"""Events that each KPI needs: the table in docs/events.md and docs/events.es.md."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from metrics.catalog import QUEUE_KPIS
from metrics.catalog.model import QueueKpi
from streams.common.generated import EVENT_PAGES, with_part
from streams.common.languages import Bilingual, Language

PART = "needs"
"""Name of the part of the pages that is generated."""
_HEADER = Bilingual("| KPI | needs | uses too |", "| indicador | necesita | usa además |")
_NOTHING = Bilingual("–", "–")


class Need(NamedTuple):
    """KPIs that need the same events.

    ``events``: each of them is needed for a value, with the fields in brackets. ``more``: what refines it.
    """

    kpis: tuple[str, ...]
    events: tuple[str, ...]
    more: Bilingual = _NOTHING


def _live(*names: str) -> tuple[str, ...]:
    return tuple(f"contact_center_{name}" for name in names)


_LEFT = Bilingual("`….left_queue`, `….callback_requested`", "`….left_queue`, `….callback_requested`")
_HANDLED = ("….offered", "….answered", "….ended")
_WHO_WAITS = Bilingual(
    "`….answered`, `….abandoned`, `….left_queue`, `….callback_requested`: no longer waiting",
    "`….answered`, `….abandoned`, `….left_queue`, `….callback_requested`: ya no espera",
)
_REPEATS = Bilingual(
    "`….ended` or `ticket.solved` for what was handled; `topic`",
    "`….ended` o `ticket.solved` para lo atendido; `topic`",
)

CONVERSATIONS = (
    Need(_live("contacts_arrived_total", "contacts_offered_total"), ("….offered",)),
    Need(_live("contacts_waiting", "contacts_waiting_past_target", "longest_wait_seconds"), ("….offered",), _WHO_WAITS),
    Need(
        _live("contacts_answered_total", "speed_of_answer_seconds", "service_level_met_total"),
        ("….offered", "….answered"),
    ),
    Need(
        _live("contacts_abandoned_total", "contacts_short_abandoned_total", "time_to_abandon_seconds"),
        ("….offered", "….abandoned"),
    ),
    Need(
        _live(
            "service_level_ratio",
            "service_level_events_total",
            "contact_service_level_ratio",
            "abandonment_ratio",
        ),
        ("….offered", "….answered", "….abandoned"),
        _LEFT,
    ),
    Need(
        _live("contacts_in_progress"),
        ("….offered", "….answered"),
        Bilingual("`….ended`, `….transferred`: over", "`….ended`, `….transferred`: acabó"),
    ),
    Need(
        _live("handle_time_seconds", "short_contacts_total"),
        _HANDLED,
        Bilingual(
            "`….held`, `….resumed`; `….wrapped_up` where the queue has `wrap_up = true`; `….transferred` ends too",
            "`….held`, `….resumed`; `….wrapped_up` donde la cola tiene `wrap_up = true`; `….transferred` también acaba",
        ),
    ),
    Need(_live("transferred_ratio"), ("….offered", "….answered", "….transferred"), Bilingual("`….ended`", "`….ended`")),
    Need(_live("contacts_refused_total"), ("….refused",)),
    Need(_live("contacts_left_queue_total"), ("….offered", "….left_queue")),
    Need(_live("contacts_callback_requested_total"), ("….offered", "….callback_requested")),
    Need(
        _live("callbacks_cancelled_total"),
        ("….offered", "….callback_requested", "….callback_cancelled"),
    ),
    Need(
        _live("callbacks_pending", "oldest_callback_seconds"),
        ("….callback_requested (`queue`)",),
        Bilingual(
            "`….offered` (`via: callback`) returns it, `….callback_cancelled` takes it off the list",
            "`….offered` (`via: callback`) la devuelve, `….callback_cancelled` la quita de la lista",
        ),
    ),
    Need(
        _live("callback_reached_ratio"),
        ("….offered (`via: callback`)", "….answered"),
        Bilingual("`….abandoned`, `….left_queue`", "`….abandoned`, `….left_queue`"),
    ),
    Need(_live("redial_ratio"), ("….offered (`customer`)", "….abandoned")),
)
"""KPIs of calls and chats."""

TICKETS = (
    Need(
        _live(
            "tickets_opened_total",
            "tickets_open",
            "ticket_backlog",
            "oldest_ticket_seconds",
            "oldest_unattended_seconds",
            "tickets_overdue",
            "tickets_due_soon",
        ),
        ("ticket.opened",),
        Bilingual(
            "`ticket.replied`, `ticket.solved`, `ticket.closed`, `ticket.held`, `ticket.resumed`",
            "`ticket.replied`, `ticket.solved`, `ticket.closed`, `ticket.held`, `ticket.resumed`",
        ),
    ),
    Need(_live("first_response_seconds", "first_response_within_ratio"), ("ticket.opened", "ticket.replied")),
    Need(
        _live("next_response_seconds"),
        ("ticket.opened", "ticket.customer_replied", "ticket.replied"),
    ),
    Need(
        _live("tickets_awaiting_reply"),
        ("ticket.opened", "ticket.customer_replied"),
        Bilingual("`ticket.replied`: answered", "`ticket.replied`: respondido"),
    ),
    Need(
        _live(
            "tickets_solved_total",
            "resolution_seconds",
            "resolution_ratio",
            "resolved_within_24h_ratio",
            "backlog_clearance_seconds",
        ),
        ("ticket.opened", "ticket.solved"),
        Bilingual(
            "`ticket.closed` solves too; `ticket.held`, `ticket.resumed`, `ticket.reopened`",
            "`ticket.closed` también resuelve; `ticket.held`, `ticket.resumed`, `ticket.reopened`",
        ),
    ),
    Need(
        _live("team_resolution_ratio"),
        ("ticket.opened", "ticket.solved (`team`)"),
        Bilingual("`ticket.assigned` (`team`)", "`ticket.assigned` (`team`)"),
    ),
    Need(_live("agent_resolution_ratio"), ("ticket.opened", "ticket.assigned (`agent`)", "ticket.solved (`agent`)")),
    Need(_live("tickets_reopened_total", "reopened_ratio"), ("ticket.opened", "ticket.solved", "ticket.reopened")),
)
"""KPIs of tickets."""

EVERYWHERE = (
    Need(
        _live("classified_ratio", "first_contact_resolution_ratio"),
        ("….offered", "….answered", "….ended", "….classified (`resolved`)"),
        Bilingual(
            "tickets: `ticket.opened`, `ticket.solved`, `ticket.classified`; by repeat window: `customer`",
            "tickets: `ticket.opened`, `ticket.solved`, `ticket.classified`; por ventana de repetición: `customer`",
        ),
    ),
    Need(
        _live("first_contact_resolution_gap_ratio"),
        ("….offered (`customer`)", "….answered", "….ended", "….classified (`resolved`)"),
    ),
    Need(
        _live("repeat_contacts_total", "repeat_contact_ratio", "topic_repeat_contact_ratio"),
        ("….offered (`customer`)",),
        _REPEATS,
    ),
    Need(
        _live("escalations_total", "topic_escalations"),
        ("….offered", "….escalated"),
        Bilingual("tickets: `ticket.opened`, `ticket.escalated`", "tickets: `ticket.opened`, `ticket.escalated`"),
    ),
    Need(
        _live("escalation_ratio"),
        ("….offered", "….answered", "….ended", "….escalated"),
        Bilingual(
            "tickets: `ticket.opened`, `ticket.solved`, `ticket.escalated`",
            "tickets: `ticket.opened`, `ticket.solved`, `ticket.escalated`",
        ),
    ),
    Need(_live("topic_contacts"), ("….offered (`topic`)",), Bilingual("`….classified`", "`….classified`")),
)
"""KPIs of all channels, in words of calls and chats."""

NEEDS = (*CONVERSATIONS, *TICKETS, *EVERYWHERE)


def page_text(language: Language) -> str:
    """The page of a language with its table made anew and the text around it unchanged."""
    return with_part(EVENT_PAGES[language], PART, "\n".join(_lines(language)))


def _lines(language: Language) -> Iterator[str]:
    titles = {kpi.name: kpi.text[language].title for kpi in QUEUE_KPIS}
    page = "kpis.md" if language is Language.ENGLISH else "kpis.es.md"
    yield _HEADER.of(language)
    yield "|---|---|---|"
    for need in NEEDS:
        known = [name for name in need.kpis if name in titles]
        if not known:
            continue
        named = ", ".join(f"[{titles[name]}]({page}#{name})" for name in known)
        yield f"| {named} | {', '.join(_code(event) for event in need.events)} | {need.more.of(language)} |"


def _code(event: str) -> str:
    """``….offered (`customer`)`` with the type as code."""
    kind, space, rest = event.partition(" ")
    return f"`{kind}`{space}{rest}"


def unlisted(kpis: tuple[QueueKpi, ...] = QUEUE_KPIS) -> list[str]:
    """KPIs that are in no row: those that come from settings and forecasts, and any that was forgotten."""
    listed = {name for need in NEEDS for name in need.kpis}
    return [kpi.name for kpi in kpis if kpi.name not in listed]
