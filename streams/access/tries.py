"""Failed tries of clients: after a few in a minute a client is heard no more until the next."""

from __future__ import annotations

import time
from collections import Counter, OrderedDict
from collections.abc import Callable

PERIOD_SECONDS = 60.0
TRIES = 10
"""Wrong tokens of one client in a period."""
CLIENTS_COUNTED = 10_000
"""Clients whose tries are counted in a period; a token has 256 random bits, so those beyond guess nothing either."""
KNOWN_KEPT = 1_000
"""Right tokens that are remembered with the client that sent them."""


class Tries:
    """Failed tries of each client in the present period."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """``clock``: seconds of any origin."""
        self._clock = clock
        self._began = clock()
        self._failed: Counter[str] = Counter()
        # Others may share the address of who guesses; a token that was right from there before is no guess.
        self._known: OrderedDict[tuple[str, bytes], None] = OrderedDict()

    def may_try(self, client: str, digest: bytes) -> bool:
        """False for a client that has failed too often, unless it sends what was right before."""
        self._turn()
        return self._failed[client] < TRIES or (client, digest) in self._known

    def fail(self, client: str) -> bool:
        """Count a failed try; True for the one that exhausts them."""
        self._turn()
        if client in self._failed or len(self._failed) < CLIENTS_COUNTED:
            self._failed[client] += 1
        return self._failed[client] == TRIES

    def succeed(self, client: str, digest: bytes) -> None:
        """Remember a right token with its client."""
        self._known[client, digest] = None
        self._known.move_to_end((client, digest))
        if len(self._known) > KNOWN_KEPT:
            self._known.popitem(last=False)

    @property
    def seconds_left(self) -> int:
        """Seconds until the next period."""
        return max(1, round(PERIOD_SECONDS - (self._clock() - self._began)))

    def _turn(self) -> None:
        now = self._clock()
        if now - self._began >= PERIOD_SECONDS:
            self._began = now
            self._failed.clear()
