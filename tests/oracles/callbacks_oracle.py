"""Requested callbacks of a contact and their cancellations, read literally from the table of calls and chats.

Standard library only, and nothing of the product: see ``tests.oracles.contacts_oracle``.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.oracles.legless_oracle import Meant
from tests.oracles.legs_oracle import Leg
from tests.oracles.log_reading import Event, data, time_of, verb


@dataclass
class Request:
    """A request for a callback. ``leg``: the leg that it names; ``menu``: from the menu, not the outcome of a leg."""

    time: int
    queue: str
    leg: str | None
    menu: bool
    cancelled: int | None = None

    def same(self, other: Request) -> bool:
        """Both are of one leg, or from the menu of one queue."""
        return self.menu == other.menu and (self.queue == other.queue if self.menu else self.leg == other.leg)


class Callbacks:
    """The requests that were on the list. ``unknown``: a cancellation had no request."""

    def __init__(self, legs: list[Leg], meant: Meant) -> None:
        self.returned = [leg.offered for leg in legs if leg.via == "callback"]
        self.requests: list[Request] = []
        self.unknown = False
        self.legs, self.meant = legs, meant
        steps: list[tuple[int, int, Request | tuple[int, str]]] = [(each.time, 0, each) for each in self._candidates()]
        for name, own in meant.by_leg.items():
            steps += [(time_of(event), 1, (time_of(event), name)) for event in own if is_cancellation(event)]
        for _, _, step in sorted(steps, key=lambda each: each[:2]):
            if isinstance(step, Request):
                self._request(step)
            else:
                self._cancel(*step)

    def _candidates(self) -> list[Request]:
        found = []
        for leg in self.legs:
            if leg.outcome == "callback_requested" and leg.sound and leg.counted:
                again = [time for time in leg.times("callback_requested") if time > leg.at]
                found += [Request(time, leg.queue, leg.name, False) for time in (leg.at, *again)]
        return found + [Request(time_of(event), data(event)["queue"], leg, True) for event, leg in self.meant.menu]

    def _request(self, new: Request) -> None:
        """While a request is on the list, another of the same leg or queue changes nothing."""
        for old in self.requests:
            returned = any(old.time <= time <= new.time for time in self.returned)
            if old.same(new) and old.cancelled is None and not returned:
                return
        self.requests.append(new)

    def _cancel(self, time: int, name: str) -> None:
        """The latest request of the leg; of a callback leg without one, the latest of the contact."""
        leg = next((leg for leg in self.legs if leg.name == name), None)
        own = [each for each in self.requests if each.leg == name]
        if not own and any(each <= time for each in self._asked(name)):
            return
        if not own and leg is not None and leg.via == "callback":
            own = self.requests
        if not own:
            self.unknown = True
            return
        latest = own[-1]
        if latest.cancelled is None:
            latest.cancelled = time

    def _asked(self, name: str) -> list[int]:
        """Times at which the customer of a leg asked to be called back, counted or not."""
        own = [event for event in self.meant.by_leg.get(name, []) if verb(event) == "callback_requested"]
        return [time_of(event) for event in [*own, *(event for event, leg in self.meant.menu if leg == name)]]

    def pending(self) -> list[Request]:
        """Requests on the list now: neither cancelled nor returned."""
        return [
            each
            for each in self.requests
            if each.cancelled is None and not any(time >= each.time for time in self.returned)
        ]


def is_cancellation(event: Event) -> bool:
    """A callback was called off."""
    return verb(event) == "callback_cancelled"
