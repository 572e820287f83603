"""Open connections of a server by client: who may have one more, and which one is closed to make room."""

from __future__ import annotations

from collections import Counter
from enum import IntEnum
from heapq import nsmallest
from typing import Protocol

from streams.serving.limits import CLOSED_A_SECOND, Limits

IDLE_AT_ONCE = 16
LARGE_SHARE = 10
"""An owner with more than a tenth of all has a large share."""


class Closable(IntEnum):
    """States of a connection, in the order in which they are closed to make room."""

    WAITING = 0  # idle, or with half a request
    STALLED = 1  # does not read what it was sent
    WORKING = 2


class Open(Protocol):
    """An open connection."""

    owner: str

    def state(self) -> tuple[Closable, float]:
        """Its state, and since when."""

    def drop(self) -> None:
        """Close it at once, whatever was not sent."""


class Connections:
    """The open connections. A new one takes the place of the least useful of whoever has most."""

    def __init__(self, limits: Limits) -> None:
        """``limits``: in all and of one owner."""
        self.limits = limits
        self._of: dict[str, dict[Open, None]] = {}
        self._number = 0
        self._second = float("-inf")
        self._closed: Counter[str] = Counter()

    def __len__(self) -> int:
        return self._number

    def all(self) -> list[Open]:
        """Every open connection."""
        return [each for own in self._of.values() for each in own]

    def make_room(self, owner: str, now: float, *, limited: bool = True) -> bool:
        """Close connections until ``owner`` may have one more.

        Args:
            owner: of the new connection.
            now: seconds of any clock.
            limited: by ``connections_per_address``; a proxy brings many people.

        Returns:
            False where the owner has as many as it may and all of them work, or where it opens them too quickly.
        """
        own = self._of.get(owner, {})
        if limited and len(own) >= self.limits.of_address:
            return self._may_close(owner, now) and self._drop_one(own, Closable.STALLED)
        if self._number < self.limits.connections:
            return True
        return self._may_close(owner, now) and self.drop_one()

    def _may_close(self, owner: str, now: float) -> bool:
        """True for the first few times in a second that an owner wants one closed.

        A refusal costs a hundredth of a connection: who opens thousands a second must not keep the server busy.
        """
        if now - self._second >= 1.0:
            self._second = now
            self._closed.clear()
        self._closed[owner] += 1
        return self._closed[owner] <= CLOSED_A_SECOND

    def drop_one(self) -> bool:
        """Close the least useful connection of the owner with most; False where none is open.

        Where no owner has a large share, those that wait longest are closed, whoever has them: screens behind one
        address, and somebody who has just come, do not give way to many addresses with half a request each.
        """
        most = max(self._of.values(), key=len, default=None)
        if most is None:
            return False
        modest = len(most) * LARGE_SHARE <= self.limits.connections
        return (modest and self._drop_idle()) or self._drop_one(most, Closable.WORKING)

    def add(self, connection: Open) -> None:
        """Count a connection."""
        self._of.setdefault(connection.owner, {})[connection] = None
        self._number += 1

    def discard(self, connection: Open) -> None:
        """Count a connection no more; nothing where it is not counted."""
        own = self._of.get(connection.owner)
        if own is None or connection not in own:
            return
        del own[connection]
        self._number -= 1
        if not own:
            del self._of[connection.owner]

    def _drop_idle(self) -> bool:
        """Close the few that waited or stalled longest, whoever has them: to look at all costs more than to close."""
        waiting = (each for each in self.all() if each.state()[0] <= Closable.STALLED)
        idle = nsmallest(IDLE_AT_ONCE, waiting, key=lambda each: each.state())
        for each in idle:
            self.discard(each)
            each.drop()
        return bool(idle)

    def _drop_one(self, own: dict[Open, None], worst: Closable) -> bool:
        """Close the connection that is closed most readily, the oldest of its kind, where it is at most ``worst``."""
        victim = min(own, key=lambda each: each.state(), default=None)
        if victim is None or victim.state()[0] > worst:
            return False
        self.discard(victim)  # at once: its file is closed a turn of the loop later
        victim.drop()
        return True
