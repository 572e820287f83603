"""When a worker is no longer live: its own clock decides, not how often somebody asks."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from streams.common.durations import SECOND_MS
from streams.worker import draining, liveness, log_progress
from streams.worker.liveness import UNREADY_SECONDS
from streams.worker.log_end import Fetched
from streams.worker.runtime import Runtime
from tests.conftest import SettingsFactory

PARTITION = ("calls", 0)
STALLED_SECONDS = 45


def log_of(stable: int, end: int | None = None, at: float = 0) -> Fetched:
    """A log of which ten records are handed out, with this end at this time."""
    return Fetched(position=10, stable=stable, end=stable if end is None else end, at=at, ms=0)


class Bench:
    """A runtime on a clock and a log of the test's making, with one owned partition."""

    def __init__(self, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        self.settings = settings
        self.fetched = log_of(10)
        self.owned = SimpleNamespace(
            position=10, stop=None, expires_next=False, transaction=None, heartbeat=self._nothing
        )
        clock = SimpleNamespace(monotonic=lambda: self.now, time_ns=lambda: round(self.now * 1e9))
        for module in (draining, liveness, log_progress):
            monkeypatch.setattr(module, "time", clock)
        log: Any = SimpleNamespace(
            fetched=lambda _: self.fetched, handed=lambda _: self.owned.position, partition_count=lambda _: 0
        )
        self.runtime = Runtime(
            settings,
            redis=SimpleNamespace(get=self._nothing),
            generation=0,
            topic_ids={},
            pseudonym=str.encode,
            dead_letters=None,  # type: ignore[arg-type]  # nothing is refused here
            outcomes=None,  # type: ignore[arg-type]  # nothing is told here
            log_view=log,
            exit_now=lambda status: pytest.fail(f"the worker ended with {status}"),
        )
        self.runtime.owned[PARTITION] = self.owned  # type: ignore[assignment]  # only its position is asked for
        self.runtime.assigned = True

    def beat(self, seconds: float) -> None:
        """Let time pass, with a heartbeat a second."""
        for _ in range(round(seconds)):
            self.now += 1
            asyncio.run(self.runtime.beat())

    async def _nothing(self, *_: object) -> None:
        return None


@pytest.fixture
def bench(settings_factory: SettingsFactory, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """One owned partition at the end of its log."""
    return Bench(settings_factory(create=False, stall_limit=STALLED_SECONDS * SECOND_MS), monkeypatch)


def test_a_lag_that_does_not_move(bench: Bench) -> None:
    """Behind and standing still for longer than `stall_limit` is no life; one record applied is."""
    bench.fetched = log_of(20)
    bench.beat(STALLED_SECONDS)
    assert "" == bench.runtime.stalled()
    bench.beat(2)
    assert "calls-0 has a lag and has not moved" in bench.runtime.stalled()
    bench.owned.position = 11
    bench.beat(1)
    assert "" == bench.runtime.stalled()


def test_a_quiet_log_is_life(bench: Bench) -> None:
    """A lag that begins after a long quiet is not held against the worker, though nobody asked in between."""
    assert "" == bench.runtime.stalled()
    bench.beat(10 * STALLED_SECONDS)
    bench.fetched = log_of(20)
    assert "" == bench.runtime.stalled()
    bench.beat(2)
    assert "" == bench.runtime.stalled()


def test_records_behind_an_open_transaction_are_no_stall(bench: Bench) -> None:
    """They cannot be read, and a restart would not change that."""
    bench.fetched = log_of(10, end=20)
    bench.beat(2 * STALLED_SECONDS)
    assert "" == bench.runtime.stalled()


def test_a_heart_that_stands_still(bench: Bench) -> None:
    """Without heartbeats the worker is first not ready, then not live."""
    assert "" != bench.runtime.not_ready()
    bench.beat(1)
    assert "" == bench.runtime.not_ready()
    bench.now += UNREADY_SECONDS + 1
    assert "Redis does not answer" in bench.runtime.not_ready()
    assert "" == bench.runtime.stalled()
    bench.now += STALLED_SECONDS
    assert "no heartbeat round" in bench.runtime.stalled()


def test_a_drain_ends_before_an_open_transaction(bench: Bench) -> None:
    """It ends where all that can be read now is applied; a transaction is waited for until it is known to stay open."""
    bench.runtime.claimed = True
    bench.runtime.owned = {(bench.settings.topic("calls"), 0): bench.owned}  # type: ignore[dict-item]
    assert [False, True] == [drained_with(bench, log_of(stable, at=5), since=5) for stable in (20, 10)]
    assert not drained_with(bench, log_of(10, at=6), since=7)  # the broker has not answered since
    assert not drained_with(bench, log_of(20, at=8), since=5)  # a record has come: not before it is applied
    held = [drained_with(bench, log_of(10, end=30, at=at), since=9) for at in (10, 15, 20)]
    assert [False, False, True] == held


def drained_with(bench: Bench, fetched: Fetched, since: float) -> bool:
    """The answer of a drain after this answer of the broker; the log of outcomes has no partition here."""
    bench.fetched = fetched
    return bench.runtime.drained(since)
