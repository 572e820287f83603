"""Legs that events without a leg mean, read literally from "Events without `leg`".

Standard library only, and nothing of the product: see ``tests.oracles.contacts_oracle``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from tests.oracles.log_reading import SKEW, Event, data, leg_name, position, time_of, verb

OUTCOMES = ("answered", "abandoned", "callback_requested", "left_queue")
OF_THE_CONTACT = ("refused", "escalated", "classified", "removed")
"""Types that belong to the contact, whatever leg they name."""


class Visit(NamedTuple):
    """A leg that was offered. ``by_message``: the answer is the agent's first message."""

    name: str
    offer: Event
    via: str
    by_message: bool


class Outcome(NamedTuple):
    """An event that may be the outcome of its leg; at one instant the lesser ``place`` comes first."""

    time: int
    place: int
    event: Event

    @property
    def kind(self) -> str:
        """answered, abandoned, callback_requested or left_queue."""
        return OUTCOMES[self.place]


def from_agent(event: Event) -> bool:
    """A chat message by an agent."""
    return verb(event) == "message" and data(event)["from"] == "agent"


def means_nothing(event: Event) -> bool:
    """A message by the customer or a bot that names no leg."""
    return verb(event) == "message" and not from_agent(event) and "leg" not in data(event)


def is_menu(event: Event, visit: Visit | None) -> bool:
    """A request from the menu: with a queue, of a leg that was never offered, or offered more than 5 s later, or that
    is a returned callback itself."""
    if verb(event) != "callback_requested" or "queue" not in data(event):
        return False
    return visit is None or visit.via == "callback" or time_of(visit.offer) > time_of(event) + SKEW


def outcomes(visit: Visit, own: Iterable[Event]) -> list[Outcome]:
    """The events that may be the outcome of a leg, the earliest first."""
    found = []
    for event in own:
        kind = verb(event)
        if visit.by_message and kind == "answered":
            continue
        if visit.by_message and from_agent(event) and time_of(event) >= time_of(visit.offer):
            kind = "answered"
        if kind in OUTCOMES and not is_menu(event, visit):
            found.append(Outcome(time_of(event), OUTCOMES.index(kind), event))
    return sorted(found, key=lambda each: each[:2])


def end_of(answer: int, ends: Iterable[int]) -> int | None:
    """The earliest end at or after the answer; one of up to 5 s before it is a conversation of no length."""
    after = [time for time in ends if time >= answer]
    if after:
        return min(after)
    return answer if any(time >= answer - SKEW for time in ends) else None


class Meant(NamedTuple):
    """The events of each leg. ``unclear``: an event without a leg fits none or several. ``menu``: requests from the
    menu, each with the leg that it names, or the one leg that was never named."""

    by_leg: dict[str, list[Event]]
    menu: list[tuple[Event, str | None]]
    unclear: bool


def directly(event: Event, offered: list[str]) -> str | None:
    """The leg that an event names, or that it can only mean: leg 0 of a contact without named legs, or the only leg."""
    if "leg" in data(event):
        return leg_name(data(event)["leg"])
    if "0" in offered or not offered:
        return "0"
    return offered[0] if len(offered) == 1 else None


def legs_meant(ordered: list[Event], visits: list[Visit]) -> Meant:
    """Every event of a leg with the leg that it means; ``visits`` in the order in which they were offered."""
    found, unclear = Meant({}, [], False), False
    by_name = {visit.name: visit for visit in visits}
    for event in ordered:
        if verb(event) in OF_THE_CONTACT or means_nothing(event):
            continue
        leg = directly(event, list(by_name))
        if leg is None and verb(event) in ("corrected", "callback_cancelled"):
            unclear = True
            continue
        if leg is None:
            fitting, changes = by_state(event, visits, found.by_leg)
            if len(fitting) == 1 and not changes:
                continue
            if len(fitting) != 1 and from_agent(event) and not any(visit.by_message for visit in visits):
                continue
            if len(fitting) != 1 and (fitting or not is_menu(event, None)):
                unclear = True
                continue
            leg = fitting[0].name if fitting else None
        if is_menu(event, by_name.get(leg or "")):
            found.menu.append((event, leg))
        elif leg is not None:
            found.by_leg.setdefault(leg, []).append(event)
    return Meant(found.by_leg, found.menu, unclear)


def by_state(event: Event, visits: list[Visit], by_leg: dict[str, list[Event]]) -> tuple[list[Visit], bool]:
    """The legs that an event fits by their state, and false where it changes nothing; ``by_leg`` has what came
    before."""
    offered = [visit for visit in visits if position(visit.offer) < position(event)]
    decided = {visit.name: first_outcome(visit, by_leg.get(visit.name, [])) for visit in visits}
    waiting = [visit for visit in offered if decided[visit.name] is None]
    talked = [visit for visit in visits if (found := decided[visit.name]) is not None and found.kind == "answered"]
    ends = {visit.name: first_end(decided[visit.name], by_leg[visit.name]) for visit in talked}
    talking = [visit for visit in talked if not ends[visit.name]]
    ended = [visit for visit in talked if ends[visit.name]]
    if verb(event) == "message":
        fitting = [visit for visit in waiting if visit.by_message]
    elif verb(event) in OUTCOMES:
        fitting = waiting
    elif verb(event) == "wrapped_up":
        fitting = sorted(ended, key=lambda visit: [position(event) for event in ends[visit.name]])[-1:]
    else:
        fitting = talking or waiting
    if fitting:
        return fitting, True
    if offered:
        last = offered[-1]
        stands = decided[last.name] is not None if verb(event) in (*OUTCOMES, "message") else last in ended
        return [last], not (stands and verb(event) in (*OUTCOMES, "message", "ended", "transferred"))
    follows = time_of(visits[0].offer) - time_of(event) <= SKEW
    return visits[:1] if follows else [], True


def first_outcome(visit: Visit, own: list[Event]) -> Outcome | None:
    """The outcome of a leg that came first in the order of all events."""
    return min(outcomes(visit, own), key=lambda each: position(each.event), default=None)


def first_end(answer: Outcome | None, own: list[Event]) -> list[Event]:
    """The first end or transfer after the answer, in the order of all events; one before it does not count."""
    ends = [event for event in own if verb(event) in ("ended", "transferred")]
    return [event for event in ends if answer and position(event) > position(answer.event)][:1]
