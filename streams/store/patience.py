"""Retries of calls to a server that does not serve at the moment, with one line in the log for each of its outages."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, TypeVar

from streams.common.errors import Unavailable

log = logging.getLogger(__name__)
T = TypeVar("T")

RETRY_SECONDS = 30
"""Longest time of retries for a server that does not serve, before the process ends."""
FIRST_WAIT_SECONDS = 0.05
LONGEST_WAIT_SECONDS = 2.0


class Failure(NamedTuple):
    """Kind of an error of a server.

    Attributes:
        says: continues the sentence that begins with the name of the server.
        remedy: what a person can do about it.
        passes: the same call may succeed a moment later though nobody has changed anything.
    """

    says: str
    remedy: str
    passes: bool


class Server:
    """A server that the process talks to: which of its errors pass by themselves, and the log of its outages.

    An outage begins with the first call that fails and ends when the last call that waits has its answer. Each is one
    line, however many partitions and calls notice it. Two threads may share an object: a race costs a line.
    """

    def __init__(self, name: str, failure_of: Callable[[BaseException], Failure | None]) -> None:
        """``failure_of`` gives the kind of an error; ``None`` where it is none of this server's."""
        self.name = name
        self._failure_of = failure_of
        self._waiting = 0
        self._since = 0.0

    def passing(self, error: BaseException) -> Failure | None:
        """The kind of an error that may pass by itself; ``None`` for every other error."""
        if isinstance(error, Unavailable):
            return Failure(f": {error}", "", passes=True)
        failure = self._failure_of(error)
        return failure if failure is not None and failure.passes else None

    def begin(self, failure: Failure, error: BaseException) -> None:
        """Count one more call that waits for the server; the first one is logged."""
        if self._waiting == 0:
            self._since = time.monotonic()
            why = "" if isinstance(error, Unavailable) else f" ({one_line(error)})"
            log.warning("%s%s%s; asking again, for %s s in all", self.name, failure.says, why, RETRY_SECONDS)
        self._waiting += 1

    def end(self, *, answered: bool) -> None:
        """Count one call less; where none waits any more because this one was ``answered``, the outage is over."""
        self._waiting -= 1
        if answered and self._waiting == 0:
            log.warning("%s answers again after %.1f s", self.name, time.monotonic() - self._since)


def one_line(error: BaseException) -> str:
    """Text of an error without line breaks; its type where it has none."""
    return " ".join(str(error).split()) or type(error).__name__


async def patiently(call: Callable[[], Awaitable[Any]], server: Server) -> Any:
    """Result of a call, retried with backoff for ``RETRY_SECONDS`` while it fails with an error that passes."""
    try:
        return await call()
    except Exception as error:
        failure = server.passing(error)
        if failure is None:
            raise
        server.begin(failure, error)
    # Outside of the handler, or each later error would carry the first one as its context.
    return await _again(call, server)


def patiently_waiting(call: Callable[[], T], server: Server) -> T:
    """The same for a program that has nothing else to do: the thread sleeps between two attempts."""
    ends, wait, waiting, answered = time.monotonic() + RETRY_SECONDS, FIRST_WAIT_SECONDS, False, False
    try:
        while True:
            try:
                result = call()
            except Exception as error:
                failure = server.passing(error)
                if failure is None or time.monotonic() >= ends:
                    raise
                if not waiting:
                    server.begin(failure, error)
                waiting = True
            else:
                answered = True
                return result
            time.sleep(wait)
            wait = min(2 * wait, LONGEST_WAIT_SECONDS)
    finally:
        if waiting:
            server.end(answered=answered)


async def _again(call: Callable[[], Awaitable[Any]], server: Server) -> Any:
    ends, wait, answered = time.monotonic() + RETRY_SECONDS, FIRST_WAIT_SECONDS, False
    try:
        while True:
            # Random, so that the partitions of many workers do not come all at once when the server is back.
            await asyncio.sleep(random.uniform(0, wait))
            wait = min(2 * wait, LONGEST_WAIT_SECONDS)
            try:
                result = await call()
            except Exception as error:
                if server.passing(error) is None or time.monotonic() >= ends:
                    raise
            else:
                answered = True
                return result
    finally:
        server.end(answered=answered)
