"""Work for a thread beside the event loop: one piece at a time, and a bound on how much may wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVarTuple

Ts = TypeVarTuple("Ts")


class TooBusyError(Exception):
    """So much work waits already that more would only make everybody wait longer."""


class Renderer:
    """Makes pages in one thread of its own, so that what one kind of page costs never keeps another waiting."""

    def __init__(self, name: str, most_waiting: int | None = None) -> None:
        """``name`` is the thread's; ``most_waiting``: pieces of work in it or before it, by default any number."""
        self._most_waiting = most_waiting
        self._waiting = 0
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def render(self, work: Callable[[*Ts], bytes], *arguments: *Ts) -> bytes:
        """What ``work(*arguments)`` returns or raises.

        Raises:
            TooBusyError: too much is waiting; nothing was begun.
        """
        if self._most_waiting is not None and self._waiting >= self._most_waiting:
            raise TooBusyError
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Begin nothing more; what is in work ends by itself."""
        self._thread.shutdown(wait=False, cancel_futures=True)
