"""Expected contributions of a ticket: the definitions of "Tickets" read literally and slowly.

Standard library only, and nothing of the product. Times are milliseconds since 1970 UTC. A policy's ``calendar`` is a
``Desk`` or None; its ``targets`` are dicts with ``medium``, ``priority`` or both, and the limits that they change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from tests.oracles.business_hours_oracle import Desk, kind
from tests.oracles.log_reading import (
    HOUR,
    REPEAT_WINDOW,
    SKEW,
    Event,
    Expected,
    Queues,
    any_customer,
    bucket,
    data,
    latest_note,
    limits,
    time_of,
    verb,
)

DAY = 24 * HOUR
HORIZON = 60 * DAY
"""Search range of due times where a desk has hours."""
ROUTING = 60_000
"""Longest time from an opening without a queue to the transfer that routes it."""
Pauses = list[tuple[int, int | None]]


class Ticket:
    """One ticket, read from its ordered events. ``solves`` and ``reopenings`` are those that changed something."""

    def __init__(self, contact: str, events: list[Event], openings: list[Event], queues: Queues) -> None:
        opening = openings[0]
        self.contact = contact
        self.opened = time_of(opening)
        self.first_queue, routing = first_queue(events, openings)
        self.ordered = [event for event in events if event is not routing]
        self.medium = str(data(opening).get("channel", "other"))
        self.policy = limits(queues, self.first_queue, self.opened)
        self.desk: Desk | None = self.policy["calendar"]
        priority = latest_note(self.ordered, "priority") or data(opening).get("priority") or "normal"
        self.allowed = allowed(self.policy, self.medium, priority)
        self.topic = latest_note(self.ordered, "topic") or data(opening).get("topic") or None
        self.status = "open"
        self.pauses: Pauses = []
        self.solves: list[tuple[int, str, Event]] = []
        self.reopenings: list[tuple[int, str]] = []
        self.replies = [
            event
            for event in self.ordered
            if verb(event) == "replied" and data(event).get("public", True) and not data(event).get("automated")
        ]
        self.responses = [event for event in self.replies if time_of(event) >= self.opened - SKEW]
        for event in self.ordered:
            self._walk(event)

    def _walk(self, event: Event) -> None:
        time, queue = max(time_of(event), self.opened), self.queue_at(event)
        if verb(event) == "held" and self.status == "open":
            self.status = "held"
            self.pauses.append((time, None))
        elif verb(event) == "reopened" and self.status == "solved":
            self.status = "open"
            self.pauses.append((self.solves[-1][0], time))
            self.reopenings.append((time, queue))
        elif verb(event) in ("resumed", "solved", "closed") and self.status != "solved":
            if self.status == "held":
                self.pauses[-1] = (self.pauses[-1][0], time)
            self.status = "open"
            if verb(event) != "resumed":
                self.status = "solved"
                self.solves.append((time, queue, event))

    def queue_at(self, event: Event) -> str:
        """The queue once ``event`` has happened."""
        return self._queue_after(self.ordered[: self.ordered.index(event) + 1])

    def queue_by(self, time: int) -> str:
        """The queue once everything up to ``time`` has happened."""
        return self._queue_after([event for event in self.ordered if time_of(event) <= time])

    def _queue_after(self, some: list[Event]) -> str:
        moves = [data(event)["queue"] for event in some if verb(event) == "transferred"]
        return str(moves[-1] if moves else self.first_queue)

    @property
    def solve(self) -> tuple[int, str, Event] | None:
        """The first solve after the latest reopening; solves that changed nothing are not in the list."""
        return self.solves[-1] if self.status == "solved" else None

    def named(self, *verbs: str) -> list[Event]:
        """The events of some types, in order."""
        return [event for event in self.ordered if verb(event) in verbs]


def first_queue(events: list[Event], openings: list[Event]) -> tuple[str, Event | None]:
    """The queue of a ticket's opening, and the transfer that was only its routing; ``unassigned`` where none came."""
    named = [data(event)["queue"] for event in openings if "queue" in data(event)]
    if named:
        return str(named[0]), None
    first = next((event for event in events if verb(event) == "transferred"), None)
    if first is not None and time_of(first) - time_of(openings[0]) <= ROUTING:
        return str(data(first)["queue"]), first
    return "unassigned", None


def ticket(whole: Expected, contact: str, ordered: list[Event], queues: Queues, hashed: Callable[[str], bytes]) -> None:
    """Add the contributions of one ticket."""
    openings = [event for event in ordered if verb(event) == "opened"]
    decisions = [event for event in ordered if verb(event) in ("removed", "restored")]
    removal = decisions[-1] if decisions and verb(decisions[-1]) == "removed" else None
    if not openings:
        if removal is None:
            whole.live["incomplete", contact, ""] = ()
        return
    one = Ticket(contact, ordered, openings, queues)

    def add(measure: str, queue: str, time: int, amount: int = 1, dimension: str = "") -> None:
        whole.amounts[measure, queue, one.medium, dimension, time] += amount

    if any_customer(ordered):
        whole.outcomes[contact] = outcome(one, removal is not None)
    if removal is not None:
        add("REMOVED_OPENED", one.first_queue, one.opened)
        add("REMOVED", one.queue_at(removal), max(time_of(removal), one.opened))
        return
    flow(one, add)
    responses(one, add)
    resolutions(one, add)
    people(one, add, hashed)
    escalations(one, add)
    if one.solve is None:
        whole.live["open_ticket", contact, ""] = entry(one)
    else:
        first_contact(one, add)


Add = Callable[..., None]


def flow(one: Ticket, add: Add) -> None:
    """Openings, solves, reopenings, and the share of openings solved by now."""
    add("OPENED", one.first_queue, one.opened)
    add("COHORT_SOLVED", one.first_queue, one.opened, int(one.solve is not None))
    if one.topic:
        add("CONTACTS_BY_TOPIC", one.first_queue, one.opened, dimension=f"topic={one.topic}")
    for time, queue, _ in one.solves:
        add("SOLVES", queue, time)
    for time, queue in one.reopenings:
        add("REOPENED", queue, time)


def responses(one: Ticket, add: Add) -> None:
    """First and next responses, and the events of the limits."""
    reply = one.responses[0] if one.responses else None
    if reply is not None:
        time, queue = time_of(reply), one.queue_at(reply)
        add("FIRST_RESPONSES", queue, time)
        took(add, "FIRST_RESPONSE", queue, time, max(time - one.opened, 0))
        took(add, "FIRST_RESPONSE_BUSINESS", queue, time, elapsed(one.desk, one.opened, time, []))
    target = due(one.desk, one.opened, one.allowed["first_response"], [])
    for name, deadline in (
        ("RESPONSE_15M", one.opened + HOUR // 4),
        ("RESPONSE_24H", one.opened + DAY),
        ("RESPONSE_TARGET", target),
    ):
        replied = reply is not None and (deadline is None or time_of(reply) <= deadline)
        unanswered = not one.solves or (reply is not None and time_of(reply) <= one.solves[0][0])
        if reply is not None and replied and unanswered:
            add(f"{name}_JUDGED", one.queue_at(reply), time_of(reply))
            add(f"{name}_MET", one.queue_at(reply), time_of(reply))
        elif deadline is not None and not replied and (unanswered or one.solves[0][0] >= deadline):
            add(f"{name}_JUDGED", one.queue_by(deadline), deadline)
    for question, answer in exchanges(one):
        if answer is not None:
            time, queue = time_of(answer), one.queue_at(answer)
            add("NEXT_RESPONSES", queue, time)
            took(add, "NEXT_RESPONSE", queue, time, time - time_of(question))


def exchanges(one: Ticket) -> list[tuple[Event, Event | None]]:
    """Each message of the customer with none unanswered before it, and the next reply."""
    found: list[tuple[Event, Event | None]] = []
    for event in one.ordered:
        if verb(event) == "customer_replied" and (not found or found[-1][1] is not None):
            found.append((event, None))
        elif event in one.replies and found and found[-1][1] is None:
            found[-1] = (found[-1][0], event)
    return found


def resolutions(one: Ticket, add: Add) -> None:
    """First and full resolution by the three clocks, and resolutions within 24 h."""
    for time, queue, _ in one.solves[:1]:
        add("FIRST_RESOLUTIONS", queue, time)
        resolution(one, add, "FIRST_RESOLUTION", queue, time)
    limit = one.opened + DAY
    if one.solve is not None:
        time, queue, _ = one.solve
        add("SOLVED", queue, time)
        resolution(one, add, "FULL_RESOLUTION", queue, time)
    if one.solve is not None and one.solve[0] <= limit:
        add("RESOLVED_24H_JUDGED", one.solve[1], one.solve[0])
        add("RESOLVED_24H_MET", one.solve[1], one.solve[0])
    else:
        add("RESOLVED_24H_JUDGED", one.queue_by(limit), limit)


def resolution(one: Ticket, add: Add, name: str, queue: str, time: int) -> None:
    """Duration of a solve, by the three clocks."""
    took(add, name, queue, time, time - one.opened)
    took(add, f"{name}_BUSINESS", queue, time, elapsed(one.desk, one.opened, time, []))
    took(add, f"{name}_NET", queue, time, elapsed(one.desk, one.opened, time, one.pauses))


def took(add: Add, name: str, queue: str, time: int, duration: int) -> None:
    """A duration, in its sum and its bucket."""
    add(f"{name}_MS", queue, time, duration)
    if duration > 0:
        add(f"{name}_SKETCH", queue, time, dimension=str(bucket(duration)))


def people(one: Ticket, add: Add, hashed: Callable[[str], bytes]) -> None:
    """Contributions by team and by agent."""
    teams = [data(event)["team"] for event in one.named("assigned", "solved") if data(event).get("team")]
    for team in teams[-1:]:
        add("TEAM_OPENED", one.first_queue, one.opened, dimension=f"team={team}")
        if one.solve is not None:
            add("TEAM_SOLVED", one.solve[1], one.solve[0], dimension=f"team={team}")
            add("TEAM_COHORT_SOLVED", one.first_queue, one.opened, dimension=f"team={team}")
    assigned = [event for event in one.named("assigned") if data(event).get("agent")]
    seen = set()
    for event in assigned:
        agent = data(event)["agent"]
        if agent not in seen:
            seen.add(agent)
            time = max(time_of(event), one.opened)
            add("AGENT_ASSIGNED", one.queue_at(event), time, dimension=f"agent={hashed(agent).hex()}")
    if one.solve is not None:
        time, queue, event = one.solve
        earlier = [each for each in assigned if one.ordered.index(each) < one.ordered.index(event)]
        by = data(event).get("agent") or (data(earlier[-1])["agent"] if earlier else None)
        if by:
            add("AGENT_SOLVED", queue, time, dimension=f"agent={hashed(by).hex()}")


def escalations(one: Ticket, add: Add) -> None:
    """Every escalation by kind and by topic, in the queue of that time."""
    for event in one.named("escalated"):
        time, queue = time_of(event), one.queue_at(event)
        add("ESCALATIONS", queue, time, dimension=f"kind={data(event)['kind']}")
        topic = data(event).get("topic") or one.topic
        if topic:
            add("ESCALATIONS_BY_TOPIC", queue, time, dimension=f"topic={topic}")


def first_contact(one: Ticket, add: Add) -> None:
    """Handled, classified, escalated and resolved at first contact, at the solve that counts."""
    assert one.solve is not None
    time, queue, _ = one.solve
    resolved, success = latest_note(one.ordered, "resolved"), int(resolved_at_first_contact(one))
    add("HANDLED", queue, time)
    add("ESCALATED", queue, time, int(bool(one.named("escalated"))))
    add("CLASSIFIED", queue, time, int(resolved is not None))
    add("FCR_FLAGGED_BASE", queue, time)
    add("FCR_FLAGGED", queue, time, success)
    if latest_note(one.ordered, "fcr_eligible") is not False:
        add("FCR_NET_BASE", queue, time)
        add("FCR_NET", queue, time, success)


def handoffs(one: Ticket) -> int:
    """Transfers at or after the first response."""
    moves = [time_of(event) for event in one.named("transferred")]
    return len([time for time in moves if one.responses and time >= time_of(one.responses[0])])


def resolved_at_first_contact(one: Ticket) -> bool:
    """A solved ticket needed one contact only."""
    if one.reopenings or one.named("escalated"):
        return False
    resolved = latest_note(one.ordered, "resolved")
    if resolved is None:
        return len(one.replies) <= 1 and not one.named("transferred")
    return bool(resolved) and handoffs(one) == 0


def outcome(one: Ticket, removed: bool) -> dict[str, Any]:
    """The ticket's outcome, as published for the customer's other contacts."""
    told: dict[str, Any] = {
        "channel": "ticket",
        "queue": one.first_queue,
        "begun_ms": one.opened,
        "window_ms": REPEAT_WINDOW,
        "medium": one.medium,
        "first_queue": one.first_queue,
        "via": "",
        "topic": one.topic,
        "removed": removed,
        "handled": False,
        "ended_ms": None,
        "abandoned_ms": None,
        "resolved": None,
        "flagged": None,
        "fcr_eligible": True,
        "handoffs": 0,
    }
    if removed:
        return told
    told |= {
        "queue": one.solve[1] if one.solve else one.queue_at(one.ordered[-1]),
        "resolved": latest_note(one.ordered, "resolved"),
        "fcr_eligible": latest_note(one.ordered, "fcr_eligible") is not False,
        "handoffs": handoffs(one),
    }
    if one.solve:
        told |= {"handled": True, "ended_ms": one.solve[0], "flagged": resolved_at_first_contact(one)}
    return told


def entry(one: Ticket) -> tuple[Any, ...]:
    """An open ticket, as its entry in the live set."""
    pending = any(answer is None for _, answer in exchanges(one))
    response_due = None if one.responses else due(one.desk, one.opened, one.allowed["first_response"], [])
    resolution_due = due(one.desk, one.opened, one.allowed["resolution"], one.pauses)
    return (
        one.queue_at(one.ordered[-1]), one.medium, one.opened, one.status == "held", not one.responses, response_due,
        resolution_due, pending,
    )  # fmt: skip


def allowed(policy: dict[str, Any], medium: str, priority: str) -> dict[str, int]:
    """The limits of a ticket: those of its policy, changed by its medium, then by its priority, then by both."""
    found = {name: policy[name] for name in ("first_response", "next_response", "resolution")}
    for wanted in ((medium, None), (None, priority), (medium, priority)):
        for target in policy["targets"]:
            if (target.get("medium"), target.get("priority")) == wanted:
                found |= {name: target[name] for name in found if name in target}
    return found


def elapsed(desk: Desk | None, begin: int, end: int, pauses: Pauses) -> int:
    """Milliseconds in ``[begin, end]`` while the desk is open and nothing is paused."""
    return sum(right - left for left, right in counted(desk, begin, end, pauses))


def due(desk: Desk | None, start: int, wait: int, pauses: Pauses) -> int | None:
    """The first instant by which ``wait`` ms have counted since ``start``; ``None`` where there is none."""
    if wait <= 0:
        return start
    for left, right in counted(desk, start, start + HORIZON, pauses):
        if right - left >= wait:
            return left + wait
        wait -= right - left
    return None


def counted(desk: Desk | None, begin: int, end: int, pauses: Pauses) -> Iterator[tuple[int, int]]:
    """The pieces of ``[begin, end]`` that count, in order."""
    ends = [end if until is None else until for _, until in pauses]
    inner = {*opening_times(desk, begin, end), *(since for since, _ in pauses), *ends}
    borders = [begin, *sorted(time for time in inner if begin < time < end), end]
    for left, right in pairwise(borders):
        paused = any(since <= left and (until is None or left < until) for since, until in pauses)
        if left < right and not paused and (desk is None or kind(desk, left // 60_000) == "counted"):
            yield left, right


def opening_times(desk: Desk | None, begin: int, end: int) -> Iterator[int]:
    """Possible opening and closing times of the desk, from the day before ``begin`` to the day after ``end``."""
    if desk is None:
        return
    zone = ZoneInfo(desk.zone)
    day = datetime.fromtimestamp(begin / 1000, zone).date() - timedelta(days=1)
    while day <= datetime.fromtimestamp(end / 1000, zone).date() + timedelta(days=1):
        hours = desk.special.get(str(day), desk.week[day.weekday()])
        for text in (time for period in hours for time in period):
            yield instant(desk.zone, day, text)
        day += timedelta(days=1)


@cache
def instant(zone: str, day: date, text: str) -> int:
    """A time of the wall clock, such as 09:00, of a day: remembered, for tickets ask about the same days."""
    hour, minute = (int(part) for part in text.split(":"))
    wall = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)) + timedelta(hours=hour, minutes=minute)
    return round(wall.astimezone(UTC).timestamp() * 1000)
