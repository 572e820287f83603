"""Watchdog: a thread that logs once what a worker is doing when it does not move, even where its event loop is stuck.

The page /livez fails by itself: a stuck loop does not answer, and a loop that turns says why. A restart mends it and
destroys the evidence, which is why the stacks are logged before.
"""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0
PAUSE_SECONDS = 5.0
"""A longer time between two ticks means that the process was stopped, not that it does not move."""
STACK_DEPTH = 12
"""Innermost calls shown of a task or a thread."""
MOST_BYTES = 16 * 1024
"""Bytes of the stacks in the log; the rest is left out and counted."""


class Watchdog(threading.Thread):
    """Thread that asks every second whether the worker moves."""

    def __init__(self, loop: asyncio.AbstractEventLoop, trouble: Callable[[], str], limit_seconds: float) -> None:
        """Prepare the thread; :meth:`start` begins the watch.

        Args:
            loop: event loop of the worker.
            trouble: the reason why the worker does not move; "" while it does.
            limit_seconds: time without an answer of the loop, from which on it counts as stuck.
        """
        super().__init__(name="watchdog", daemon=True)
        self._loop = loop
        self._trouble = trouble
        self._limit = limit_seconds
        self._stopping = threading.Event()
        self._answered = time.monotonic()

    def run(self) -> None:
        """Watch until :meth:`stop`."""
        told, before = False, time.monotonic()
        while not self._stopping.wait(TICK_SECONDS):
            now = time.monotonic()
            if now - before > PAUSE_SECONDS:
                self._answered = now
            before = now
            # Armed anew each second, so it prints only where this thread itself cannot run: code that holds the
            # interpreter's lock.
            faulthandler.dump_traceback_later(self._limit + PAUSE_SECONDS, file=sys.__stderr__ or 2)
            trouble = self._loop_trouble(now) or self._trouble()
            if trouble and not told:
                log.error("the worker does not move: %s\n%s", trouble, stacks(self._loop))
            elif told and not trouble:
                log.warning("the worker moves again")
            told = bool(trouble)
        faulthandler.cancel_dump_traceback_later()

    def stop(self) -> None:
        """End the thread."""
        self._stopping.set()
        if self.is_alive():
            self.join(2 * TICK_SECONDS)

    def _loop_trouble(self, now: float) -> str:
        """Ask the loop for an answer; the reason where it has given none for too long."""
        self._loop.call_soon_threadsafe(self._answer)
        silent = now - self._answered
        return f"the event loop has not turned for {silent:.0f} s" if silent > self._limit else ""

    def _answer(self) -> None:
        self._answered = time.monotonic()


def stacks(loop: asyncio.AbstractEventLoop) -> str:
    """The calls in which every thread of the process and every task of a loop are now, innermost last."""
    parts = [*_threads(), *_tasks(loop)]
    shown: list[str] = []
    room = MOST_BYTES
    for part in parts:
        room -= len(part.encode()) + 1
        if room < 0:
            return "\n".join((*shown, f"and {len(parts) - len(shown)} more tasks or threads"))
        shown.append(part)
    return "\n".join(shown)


def _threads() -> Iterator[str]:
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    for ident, frame in sys._current_frames().items():
        if ident != threading.get_ident():
            yield _written(f"thread {names.get(ident, ident)}", _calls_of(frame))


def _calls_of(frame: FrameType | None) -> list[str]:
    calls: list[str] = []
    while frame is not None and len(calls) < STACK_DEPTH:
        calls.append(_call(frame))
        frame = frame.f_back
    return calls[::-1]


def _tasks(loop: asyncio.AbstractEventLoop) -> Iterator[str]:
    for task in asyncio.all_tasks(loop):
        calls: list[str] = []
        waits: Any = task.get_coro()
        # A task knows the outermost of its coroutines only; each knows the one that it awaits.
        while waits is not None:
            frame = _first(waits, "cr_frame", "gi_frame", "ag_frame")
            if frame is not None:
                calls.append(_call(frame))
            waits = _first(waits, "cr_await", "gi_yieldfrom", "ag_await")
        yield _written(f"task {task.get_name()}", calls[-STACK_DEPTH:])


def _first(holder: Any, *names: str) -> Any:
    """The first of the attributes that the coroutine or generator has."""
    return next((found for name in names if (found := getattr(holder, name, None)) is not None), None)


def _call(frame: FrameType) -> str:
    return f"{frame.f_code.co_filename}:{frame.f_lineno} {frame.f_code.co_qualname}"


def _written(title: str, calls: list[str]) -> str:
    return "\n    ".join((title, *calls))
