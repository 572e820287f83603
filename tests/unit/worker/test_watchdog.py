"""The watchdog of a worker: it says once, and within bounds, what everything was doing."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from streams.worker import watchdog
from streams.worker.watchdog import MOST_BYTES, Watchdog, stacks
from tests.support.processes import eventually

LIMIT_SECONDS = 0.2


async def waits_for_redis(answer: asyncio.Event) -> None:
    """A task that awaits something that awaits."""
    await answers(answer)


async def answers(answer: asyncio.Event) -> None:
    await answer.wait()


def computes(end: threading.Event) -> None:
    """Keep the thread of the loop from turning it."""
    end.wait()


@contextmanager
def turning(trouble: list[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop in a thread of its own, watched; its trouble is the last word of the list."""
    monkeypatch.setattr(watchdog, "TICK_SECONDS", 0.02)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="loop")
    thread.start()
    dog = Watchdog(loop, lambda: trouble[-1], LIMIT_SECONDS)
    dog.start()
    try:
        yield loop
    finally:
        dog.stop()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def count_is(caplog: pytest.LogCaptureFixture, text: str, times: int) -> bool:
    """The log has this text so many times."""
    return caplog.text.count(text) == times


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The errors in the log."""
    return [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]


def test_a_worker_that_does_not_move_says_what_it_does(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every task is in the log with all that it awaits, once for each time that the worker does not move."""
    caplog.set_level(logging.WARNING)
    trouble = [""]
    with turning(trouble, monkeypatch) as loop:
        event = asyncio.Event()
        waiting = asyncio.run_coroutine_threadsafe(waits_for_redis(event), loop)
        for times in (1, 2):
            trouble.append("calls-0 has a lag and has not moved for 61 s")
            eventually("the stacks", partial(count_is, caplog, "does not move", times))
            trouble.append("")
            eventually("its end", partial(count_is, caplog, "the worker moves again", times))
        loop.call_soon_threadsafe(event.set)
        waiting.result()
    for said in errors(caplog):
        assert said.startswith("the worker does not move: calls-0 has a lag")
        assert said.index(" waits_for_redis") < said.index(" answers") < said.index(" Event.wait")


def test_a_loop_that_is_stuck(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Code that never gives the loop back is named by a thread, which needs no loop."""
    caplog.set_level(logging.WARNING)
    end = threading.Event()
    with turning([""], monkeypatch) as loop:
        loop.call_soon_threadsafe(computes, end)
        eventually("the stacks", lambda: errors(caplog))
        end.set()
        eventually("its end", lambda: "the worker moves again" in caplog.text)
    (said,) = errors(caplog)
    assert said.startswith("the worker does not move: the event loop has not turned for")
    assert "thread loop" in said
    assert " computes" in said


def test_the_stacks_have_a_bound() -> None:
    """Thousands of tasks fill no log: what is left out is counted."""

    async def many() -> str:
        event = asyncio.Event()
        tasks = [asyncio.create_task(waits_for_redis(event)) for _ in range(2000)]
        await asyncio.sleep(0)
        found = stacks(asyncio.get_running_loop())
        event.set()
        await asyncio.gather(*tasks)
        return found

    said = asyncio.run(many())
    assert MOST_BYTES / 2 < len(said.encode()) < MOST_BYTES + 100
    assert "more tasks or threads" in said.splitlines()[-1]
