"""The newest snapshot, and the thread that reads Redis for it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from metrics.planning.plan import History, Planner, Planning
from metrics.planning.view import View
from metrics.snapshot.blindness import NEVER_STARTED
from metrics.snapshot.snapshot import ChannelHealth, PipelineNumbers, Snapshot
from streams.clients.redis_clients import CLIENT_ERRORS, describe
from streams.common.durations import SECOND_MS
from streams.common.errors import UserError
from streams.common.vocabulary import Channel, Clock
from streams.config.settings import Settings
from streams.config.stored_settings import Judging

log = logging.getLogger(__name__)

REFRESH_SECONDS = 0.5
"""Pause between two readings of Redis, the age that the exporter itself adds to a number."""
STUCK_AFTER_SECONDS = 60.0
"""A reading of Redis that takes longer has hung: every call of it has a timeout of about a second."""
STOP_SECONDS = 5.0


class SnapshotReader(Protocol):
    """A reader of Redis. ``history`` is another object after the reader started over."""

    @property
    def judging(self) -> Judging | None:
        """The settings that the numbers are made with, as last read."""

    @property
    def history(self) -> History:
        """The 15-minute slices of the last weeks, as last read."""

    def refresh(self) -> Snapshot:
        """Read the changes since the last reading.

        Raises:
            Exception: any error of the Redis client; the refresher then connects again.
        """


def wall_ms() -> int:
    """Current wall time, epoch milliseconds."""
    return time.time_ns() // 1_000_000


class LatestSnapshot:
    """The newest snapshot and the outcome of the last reading. Written by the refresher's thread, read by all
    others."""

    def __init__(self, wall: Callable[[], int] = wall_ms, monotonic: Callable[[], float] = time.monotonic) -> None:
        """``wall``: the clock, in epoch milliseconds; ``monotonic``: one that nobody sets, in seconds."""
        self.wall_ms = wall
        """The clock that ages are counted by, beside one that nobody sets."""
        self._monotonic = monotonic
        self._newest: tuple[Snapshot, float, Planning | None, Judging | None] | None = None
        self._listeners: list[Callable[[], None]] = []
        self.problem = "Redis has not been read yet"
        """Why the last reading failed, one sentence; "" after a successful one."""
        self.folded_queues = 0
        """Number of queues that /metrics last showed under ``other``."""
        self.refused_requests: Mapping[str, int] = {}
        """Requests that were refused, by reason: counted by whoever guards the pages."""
        health = ChannelHealth(blind=True, blind_reason=NEVER_STARTED)
        self._unread = Snapshot(
            now_ms=wall(),
            wall_ms=wall(),
            clock=Clock.WALL,
            channels=dict.fromkeys(Channel, health),
            rows={},
            pipeline=PipelineNumbers(),
        )

    def publish(self, snapshot: Snapshot, planning: Planning | None = None, judging: Judging | None = None) -> None:
        """Replace the snapshot after a successful reading, and call the listeners."""
        self._newest, self.problem = (snapshot, self._monotonic(), planning, judging), ""
        for tell in tuple(self._listeners):
            tell()

    def listen(self, tell: Callable[[], None]) -> None:
        """Call ``tell`` after each successful reading, in the reading thread; it must be quick and not raise."""
        self._listeners.append(tell)

    def forget(self, tell: Callable[[], None]) -> None:
        """Stop calling ``tell``."""
        self._listeners.remove(tell)

    def fail(self, problem: str) -> None:
        """Record a failed reading; the last numbers stay, and age."""
        self.problem = problem

    def view(self) -> View | None:
        """The newest snapshot with its age; ``None`` before the first."""
        newest = self._newest
        return None if newest is None else self._seen(*newest)

    def unread(self) -> View:
        """The view before any snapshot: every channel is blind."""
        return self._seen(self._unread, self._monotonic())

    def _seen(
        self, snapshot: Snapshot, read_at: float, planning: Planning | None = None, judging: Judging | None = None
    ) -> View:
        """The view of a snapshot at the greater age of two: a wall clock that was set back would make it young."""
        age_ms = round((self._monotonic() - read_at) * SECOND_MS)
        age_ms = max(age_ms, self.wall_ms() - snapshot.wall_ms)
        return View(snapshot, age_ms, planning, judging, self.folded_queues, self.refused_requests)


class Refresher(threading.Thread):
    """The thread that reads Redis every ``REFRESH_SECONDS``, and survives any error of a reading."""

    def __init__(self, board: LatestSnapshot, connect: Callable[[], SnapshotReader], settings: Settings) -> None:
        """Prepare the thread; :meth:`start` begins the readings.

        Args:
            board: receives each snapshot and each problem.
            connect: makes a reader, at first and again after a failure.
            settings: for planning, and to name Redis in messages.
        """
        super().__init__(name="refresher", daemon=True)
        self._board = board
        self._connect = connect
        self._settings = settings
        self._reader: SnapshotReader | None = None
        self._history: History | None = None
        self._planner = Planner(settings)
        self._stopping = threading.Event()
        self._turned = time.monotonic()

    def run(self) -> None:
        """Read until :meth:`stop`."""
        while not self._stopping.is_set():
            self.turn()
            self._turned = time.monotonic()
            self._stopping.wait(REFRESH_SECONDS)

    def stop(self) -> None:
        """End the thread, and wait ``STOP_SECONDS`` for it at most."""
        self._stopping.set()
        if self.is_alive():
            self.join(STOP_SECONDS)

    def works(self) -> bool:
        """The thread is alive and has finished a reading within ``STUCK_AFTER_SECONDS``."""
        return self.is_alive() and time.monotonic() - self._turned < STUCK_AFTER_SECONDS

    def turn(self) -> None:
        """Read Redis once. A failure is recorded on the board, and logged if it is not the one before."""
        try:
            if self._reader is None:
                self._reader = self._connect()
            snapshot = self._reader.refresh()
            judging = self._reader.judging
            planning = self._plan(self._reader.history, snapshot, judging)
        except Exception as error:  # a bug too: the numbers age on every page, and the next turn reads again
            self._say(describe(self._settings, error) if isinstance(error, CLIENT_ERRORS) else error)
            return
        if self._board.problem:
            log.info("Redis is read")
        self._board.publish(snapshot, planning, judging)

    def _plan(self, history: History, snapshot: Snapshot, judging: Judging | None) -> Planning | None:
        """The newest planning; a replaced history, of other keys or settings or after a gap, is planned from its
        beginning."""
        if history is not self._history:
            self._history = history
            self._planner = Planner(self._settings if judging is None else judging.settings)
        return self._planner.turn(history, snapshot.now_ms, snapshot.wall_ms)

    def _say(self, error: Exception) -> None:
        """Record a problem on the board and log it once. An unexpected error is a bug and is logged with its
        traceback."""
        expected = isinstance(error, UserError)
        problem = str(error) if expected else f"the snapshot cannot be made ({error!r})"
        if problem != self._board.problem:
            log.warning("%s; trying again", problem, exc_info=None if expected else error)
        self._board.fail(problem)
