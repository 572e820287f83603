"""Events without a leg in a contact whose legs have names: the leg that each of them means (events.md)."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import NamedTuple

from streams.contract.events import Rank
from streams.facts.conversations.facts import LEGLESS, SETS, VIA, Leg, Offer, add_events
from streams.facts.shared.contributions import SKEW_MS
from streams.facts.shared.marks import EventStamp, QueueStamp, insert

CALLBACK = "callback"
RANK_OF = {name: Rank["MESSAGE" if name == "agent_messages" else name.upper()] for name in SETS}
"""Rank of the events in each set of a leg."""
WAIT_ENDS = ("answered", "abandoned", "left_queue", "callback_requested", "agent_messages")
"""Events that mean the leg that waits."""
CHANGES = (*WAIT_ENDS, "transferred", "ended")
"""Events after which another leg may be meant."""


class Assigned(NamedTuple):
    """Legs with the events that were meant for them.

    ``menu``: requests for a callback that mean no leg. ``unclear``: true where an event could mean several legs, or
    none.
    """

    legs: dict[str, Leg]
    menu: list[QueueStamp]
    unclear: bool


def via_of(leg: Leg) -> str:
    """The origin of an offered leg, as corrected last."""
    assert leg.offered is not None
    via: str = leg.offered.via
    for note in leg.corrected:
        via = note.values.get(VIA, via)
    return via


def is_from_menu(request: QueueStamp, leg: Leg) -> bool:
    """True for a request that was made in the menu and not in the queue of the leg."""
    offered = leg.offered
    if not request.queue:
        return False
    return offered is None or offered.time_ms > request.time_ms + SKEW_MS or via_of(leg) == CALLBACK


def assigned(legs: dict[str, Leg], legless: Leg, answers_by_message: Callable[[Offer], bool]) -> Assigned:
    """The legs with the ``legless`` events of the contact, looked at in their order.

    Args:
        legs: legs by name; leg 0 was not offered.
        legless: the events without a leg.
        answers_by_message: true for a leg that is answered by the first message of an agent.
    """
    offered = {name: leg for name, leg in legs.items() if leg.offered is not None}
    if not offered:
        leg = copy(legs.get(LEGLESS, Leg()))
        add_events(leg, legless)
        return Assigned({**legs, LEGLESS: leg}, [], False)
    if len(offered) == 1:
        ((name, leg),) = offered.items()
        leg = copy(leg)
        add_events(leg, legless)
        return Assigned({**legs, name: leg}, [], False)
    return _Walk(legs, offered, legless, answers_by_message).assigned()


_Step = tuple[tuple[object, ...], str, str, EventStamp]
"""Position, leg ("" for none), verb and stamp of an event."""


class _Walk:
    """Walk through the events of several legs in their order, with the state of each leg at that moment."""

    def __init__(
        self, legs: dict[str, Leg], offered: dict[str, Leg], legless: Leg, answers_by_message: Callable[[Offer], bool]
    ) -> None:
        self._legs = {**legs, **{name: copy(leg) for name, leg in offered.items()}}
        self._legless = legless
        self._menu: list[QueueStamp] = []
        self._unclear = bool(legless.corrected or legless.callback_cancelled)
        self._offers = {name: leg.offered for name, leg in offered.items() if leg.offered is not None}
        self._by_message = {name for name, offer in self._offers.items() if answers_by_message(offer)}
        self._first = min(self._offers, key=lambda name: (self._offers[name].order, name))
        self._came: list[str] = []
        self._waiting: set[str] = set()
        self._talking: set[str] = set()
        self._over: set[str] = set()
        self._finished: list[str] = []

    def assigned(self) -> Assigned:
        """The legs after all events."""
        steps: list[_Step] = [
            (self._position(offer, Rank.OFFERED), name, "offered", offer) for name, offer in self._offers.items()
        ]
        for name in self._offers:
            steps += self._steps(name, self._legs[name], CHANGES)
        steps += self._steps("", self._legless, [name for name in SETS if name != "callback_cancelled"])
        steps.sort(key=lambda step: step[0])
        for _, leg, verb, stamp in steps:
            if leg:
                self._happens(leg, verb, stamp)
            else:
                self._assign(verb, stamp)
        return Assigned(self._legs, self._menu, self._unclear)

    def _steps(self, name: str, leg: Leg, verbs: list[str] | tuple[str, ...]) -> list[_Step]:
        return [
            (self._position(stamp, RANK_OF[verb]), name, verb, stamp) for verb in verbs for stamp in getattr(leg, verb)
        ]

    @staticmethod
    def _position(stamp: EventStamp, rank: Rank) -> tuple[object, ...]:
        return (stamp.time_ms, stamp.sequence, rank, stamp.source, stamp.id)

    def _happens(self, name: str, verb: str, stamp: EventStamp) -> None:
        """Change the state of a leg by one of its events."""
        if verb == "offered":
            self._came.append(name)
            if name not in self._talking | self._over:
                self._waiting.add(name)
        elif verb in ("transferred", "ended"):
            if name in self._talking:
                self._talking.discard(name)
                self._over.add(name)
                self._finished.append(name)
        elif verb in WAIT_ENDS and name not in self._talking | self._over and self._counts(name, verb, stamp):
            self._waiting.discard(name)
            (self._talking if verb in ("answered", "agent_messages") else self._over).add(name)

    def _counts(self, name: str, verb: str, stamp: EventStamp) -> bool:
        """True if the event ends the wait of the leg."""
        if verb == "callback_requested":
            assert isinstance(stamp, QueueStamp)
            return not is_from_menu(stamp, self._legs[name])
        if verb == "agent_messages":
            return name in self._by_message and stamp.time_ms >= self._offers[name].time_ms
        return verb != "answered" or name not in self._by_message

    def _stands(self, name: str, verb: str) -> bool:
        """True if a leg has the outcome or end already that an event would be."""
        if verb in WAIT_ENDS:
            return name in self._talking | self._over
        return verb in ("transferred", "ended") and name in self._finished

    def _assign(self, verb: str, stamp: EventStamp) -> None:
        """Give an event to the leg that it means."""
        if verb in WAIT_ENDS:
            fitting = self._waiting & self._by_message if verb == "agent_messages" else self._waiting
        elif verb == "wrapped_up":
            fitting = set(self._finished[-1:])
        else:
            fitting = self._talking or self._waiting
        if len(fitting) > 1:
            self._unclear = True
            return
        name = next(iter(fitting), None)
        if name is None:
            if self._came and self._stands(self._came[-1], verb):
                return
            soon = self._offers[self._first].time_ms - stamp.time_ms <= SKEW_MS
            name = self._came[-1] if self._came else self._first if soon else None
        if name is None:
            if isinstance(stamp, QueueStamp) and stamp.queue:
                self._menu.append(stamp)
            elif verb != "agent_messages" or self._by_message:
                self._unclear = True
            return
        leg = self._legs[name]
        stamps, _ = insert(getattr(leg, verb), stamp, verb)
        setattr(leg, verb, stamps)
        self._happens(name, verb, stamp)
