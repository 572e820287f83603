"""Rendering beside the event loop: one thread a kind of page, a bounded queue, and each body made once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVarTuple

ANSWERS_KEPT = 64
"""Bodies kept for one snapshot; people poll the same few."""
ANSWERS_KEPT_BYTES = 32 * 2**20
"""The same in bytes; a body about hundreds of queues has megabytes."""

Ts = TypeVarTuple("Ts")


class TooBusyError(Exception):
    """The queue of work is full; one more request would only make all of them slower."""


class Renderer:
    """Renders pages in a thread of its own, so that one kind of page never delays another."""

    def __init__(self, name: str, most_waiting: int | None = None) -> None:
        """Start the thread.

        Args:
            name: of the thread.
            most_waiting: bound of the pieces of work queued or running; ``None`` for no bound.
        """
        self._most_waiting = most_waiting
        self._waiting = 0
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def render(self, work: Callable[[*Ts], bytes], *arguments: *Ts) -> bytes:
        """Run ``work(*arguments)`` in the thread, and return or raise as it does.

        Raises:
            TooBusyError: the queue is full; the work was not begun.
        """
        # Refused, not queued: a piece that waits here delays all behind it, and a polling client asks again anyway.
        if self._most_waiting is not None and self._waiting >= self._most_waiting:
            raise TooBusyError
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Drop the queued work and take no more; the running piece ends by itself."""
        self._thread.shutdown(wait=False, cancel_futures=True)


class Answers:
    """Bodies rendered from one snapshot, each made once for all identical requests."""

    def __init__(self, renderer: Renderer) -> None:
        """``renderer``: runs the work."""
        self._renderer = renderer
        self._about: object = None
        self._made: dict[Hashable, asyncio.Task[bytes]] = {}
        self._bytes = 0
        self._askers: Counter[asyncio.Task[bytes]] = Counter()

    async def of(self, snapshot: object, question: Hashable, work: Callable[[*Ts], bytes], *arguments: *Ts) -> bytes:
        """Body of ``question``, rendered by ``work(*arguments)`` for the first request; a failure is not kept.

        Args:
            snapshot: the source of the body; another snapshot drops all bodies of the one before.
            question: all that distinguishes this body from others of the same snapshot.
            work: renders the body, in the renderer's thread.
            arguments: of ``work``.

        Raises:
            TooBusyError: the renderer's queue is full.
        """
        # Compared by identity: snapshots are immutable and replaced whole, and a comparison of contents would be slow.
        # Past the bound all are dropped; choosing a victim is not worth its code for the life of one snapshot.
        if self._about is not snapshot or len(self._made) >= ANSWERS_KEPT or self._bytes >= ANSWERS_KEPT_BYTES:
            self._made.clear()
            self._about, self._bytes = snapshot, 0
        task = self._made.get(question)
        if task is None:
            # A task, not a finished body, so that requests which arrive during the rendering wait for it too.
            task = self._made[question] = asyncio.create_task(self._renderer.render(work, *arguments))
            task.add_done_callback(partial(self._note, question))
        self._askers[task] += 1
        try:
            # One client that disconnects cancels its own request only; without the shield it would cancel the task of
            # all.
            return await asyncio.shield(task)
        finally:
            self._askers[task] -= 1
            if not self._askers[task]:
                del self._askers[task]
                # Nobody waits any more: what is not begun is dropped from the queue. Nothing happens where it is done.
                if not task.done() and self._made.get(question) is task:
                    del self._made[question]  # at once: who asks before it is cancelled must not wait for it
                task.cancel()

    def _note(self, question: Hashable, task: asyncio.Task[bytes]) -> None:
        """Count the bytes of a body, and forget a failure."""
        # The same question may already have a newer task, made for the next snapshot; that one stays.
        current = self._made.get(question) is task
        if task.cancelled() or task.exception() is not None:
            if current:
                del self._made[question]
        elif current:
            self._bytes += len(task.result())
