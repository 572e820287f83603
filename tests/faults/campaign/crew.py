"""Workers of a case under a supervisor that restarts them as systemd does, and the other programs of the case."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from streams.common.errors import EXIT_RESTART, EXIT_USER_ERROR
from tests.faults.campaign.entry import CLOCK, WITHOUT, write_offset
from tests.support.paths import ROOT
from tests.support.processes import VEINTE, Program, Worker

TICK_SECONDS = 0.05
RESTART_SECONDS = 0.3
"""Pause of the supervisor before it starts a worker again."""
END_SECONDS = 30.0
ENTRY = (sys.executable, "-P", "-m", "tests.faults.campaign.entry")


class Post:
    """One place in the crew: the worker that holds it now, and how the next one is started.

    ``offset_ms`` of its clock is set by :meth:`set_clock`. ``wanted``: the supervisor keeps it filled. ``refused``: the
    worker ended with status 2, so that a person must start the next one.
    """

    def __init__(self, options: Sequence[str], environment: Mapping[str, str], clock: Path) -> None:
        self.options = tuple(options)
        self.environment = dict(environment)
        self.worker: Worker | None = None
        self.wanted = True
        self.refused = False
        self.restart_at = 0.0
        self._clock = clock
        self.set_clock(0)

    def set_clock(self, offset_ms: int) -> None:
        """Set the wall clock of its worker, also of later ones, so far ahead (negative: behind)."""
        write_offset(self._clock, offset_ms)

    @property
    def pid(self) -> int:
        """Process id of its worker; 0 without one."""
        return self.worker.pid if self.worker is not None and self.worker.status is None else 0


class Crew(threading.Thread):
    """All programs of a case. ``statuses``: exit statuses of workers, as text; ``ended``: what else went wrong."""

    def __init__(self, environment: Mapping[str, str], folder: Path, without: Sequence[str], shifted: bool) -> None:
        """``shifted``: programs run under clocks of the campaign's."""
        super().__init__(name="crew", daemon=True)
        folder.mkdir(parents=True, exist_ok=True)
        self.environment = dict(environment)
        self.posts: list[Post] = []
        self.statuses: Counter[str] = Counter()
        self._folder = folder
        self._shifted = shifted
        self._without = tuple(without)
        self._programs: list[Program] = []
        self._lock = threading.RLock()
        self._stopping = threading.Event()

    def run(self) -> None:
        """Keep every wanted post filled until :meth:`close`."""
        while not self._stopping.wait(TICK_SECONDS):
            with self._lock:
                for post in self.posts:
                    self._tend(post)

    def add(self, *options: str, **variables: str) -> Post:
        """A post with a worker; ``variables`` are added to the environment."""
        with self._lock:
            clock = self._folder / f"clock-{len(self.posts)}"
            post = Post(options, {**self.environment, **variables}, clock)
            self.posts.append(post)
            self._start(post)
            return post

    def program(self, *arguments: str, clock: Path | None = None, **variables: str) -> Program:
        """Start any other command."""
        with self._lock:
            own = {**self.environment, **variables}
            launcher, own = self._launcher(own, clock)
            program = Program(arguments, own, self._folder, len(self._programs), launcher=launcher)
            self._programs.append(program)
            return program

    def kill(self, post: Post) -> None:
        """SIGKILL the worker of a post; the supervisor starts the next one."""
        self.send(post, signal.SIGKILL)

    def send(self, post: Post, number: signal.Signals) -> None:
        """Send a signal to the worker of a post, if it runs."""
        with self._lock:
            if post.pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(post.pid, number)

    def dismiss(self, post: Post, number: signal.Signals = signal.SIGTERM) -> int | None:
        """End the worker of a post and fill it no more; gives its exit status, ``None`` if none ran."""
        with self._lock:
            post.wanted = False
            worker = post.worker
        if worker is None:
            return None
        if worker.status is None:
            worker.send(number)
        status = worker.wait_for_end(END_SECONDS)
        if status is None:
            self.statuses["did not end"] += 1
            worker.kill()
        with self._lock:
            self._note_end(post)
        return status

    def recall(self, post: Post) -> None:
        """Fill a dismissed post again."""
        with self._lock:
            post.wanted, post.refused, post.restart_at = True, False, 0.0

    def start_refused_again(self) -> None:
        """Start what ended with status 2, as a person does who has mended the cause."""
        with self._lock:
            for post in self.posts:
                post.refused, post.restart_at = False, 0.0

    def said(self) -> str:
        """Everything that all programs have said on standard error."""
        return "".join(program.stderr for program in self._programs)

    def close(self) -> None:
        """End the supervisor and kill what still runs."""
        self._stopping.set()
        if self.is_alive():
            self.join(END_SECONDS)
        for program in self._programs:
            if program.status is None:
                program.kill()

    def _tend(self, post: Post) -> None:
        if post.worker is not None and post.worker.status is not None:
            self._note_end(post)
        if post.worker is None and post.wanted and not post.refused and time.monotonic() >= post.restart_at:
            self._start(post)

    def _note_end(self, post: Post) -> None:
        if post.worker is None or post.worker.status is None:
            return
        status = post.worker.status
        self.statuses[_status_text(status)] += 1
        post.worker = None
        post.restart_at = time.monotonic() + RESTART_SECONDS
        post.refused = status == EXIT_USER_ERROR

    def _start(self, post: Post) -> None:
        launcher, own = self._launcher(post.environment, post._clock)
        post.worker = Worker(post.options, own, self._folder, len(self._programs), launcher=launcher)
        self._programs.append(post.worker)

    def _launcher(self, environment: dict[str, str], clock: Path | None) -> tuple[Sequence[str], dict[str, str]]:
        if not self._shifted and not self._without:
            return (VEINTE,), environment
        own = {**environment, "PYTHONPATH": str(ROOT)}
        if self._shifted and clock is not None:
            own[CLOCK] = str(clock)
        if self._without:
            own[WITHOUT] = ",".join(self._without)
        return ENTRY, own


def _status_text(status: int) -> str:
    """An exit status, or the signal that ended the process."""
    return signal.Signals(-status).name if status < 0 else str(status)


def status_words(statuses: Mapping[str, int]) -> str:
    """Exit statuses in one text, such as ``75 ×3, SIGKILL ×8``; those that a supervisor restarts first."""
    order = {str(EXIT_RESTART): 0, "0": 1}
    named = sorted(statuses.items(), key=lambda each: (order.get(each[0], 2), each[0]))
    return ", ".join(f"{status} ×{count}" for status, count in named) or "—"
