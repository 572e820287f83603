"""Work for a thread beside the event loop: one piece at a time, a bound on how much may wait, and each answer once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVarTuple

ANSWERS_KEPT = 64
"""Bodies kept for one snapshot; people poll the same few."""

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


class Answers:
    """Bodies about one snapshot, made once for all who ask the same."""

    def __init__(self, renderer: Renderer) -> None:
        """``renderer`` makes them."""
        self._renderer = renderer
        self._about: object = None
        self._made: dict[Hashable, asyncio.Task[bytes]] = {}

    async def of(self, snapshot: object, question: Hashable, work: Callable[[*Ts], bytes], *arguments: *Ts) -> bytes:
        """What ``work(*arguments)`` makes for ``question``, by whoever asked first; a failure is not kept.

        Raises:
            TooBusyError: too much is waiting.
        """
        if self._about is not snapshot or len(self._made) >= ANSWERS_KEPT:
            self._made.clear()
            self._about = snapshot
        task = self._made.get(question)
        if task is None:
            task = self._made[question] = asyncio.create_task(self._renderer.render(work, *arguments))
            task.add_done_callback(partial(self._forget_failure, question))
        return await asyncio.shield(task)

    def _forget_failure(self, question: Hashable, task: asyncio.Task[bytes]) -> None:
        failed = task.cancelled() or task.exception() is not None
        if failed and self._made.get(question) is task:
            del self._made[question]
