"""Starts, watches and ends the real `veinte` processes of a test; none of them outlives its ``with`` block."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import psutil

from streams.common.errors import EXIT_RESTART
from streams.stack.addresses import free_port
from tests.support.tools import tool

VEINTE = str(Path(sys.executable).with_name("veinte"))
POLL_SECONDS = 0.02
DEADLINE_SECONDS = 60.0
"""For anything a test waits for; only a failing test takes so long."""

RESTARTS = 10
MEMBER = ("--member", "one")
"""A static member: the broker gives its partitions back at once, not when the session of a killed one ends."""

T = TypeVar("T")


def eventually(what: str, condition: Callable[[], T], poll_seconds: float = POLL_SECONDS) -> T:
    """The first true value of ``condition``; fails with ``what`` when none comes before the deadline."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"waited {DEADLINE_SECONDS:g} s in vain for {what}"
        time.sleep(poll_seconds)


def confined(command: Sequence[str]) -> list[str]:
    """The command without root's power to read and write what permissions forbid, and without a way back to it."""
    if os.geteuid() != 0:
        return list(command)
    return [tool("setpriv"), "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs", *command]


class Program:
    """One `veinte` process. Its output is in files, so that no pipe can fill up.

    With ``jail`` it runs in that folder and is confined to what permissions allow. ``launcher`` is the program whose
    command line takes the arguments.
    """

    def __init__(
        self,
        arguments: tuple[str, ...],
        environment: Mapping[str, str],
        folder: Path,
        number: int,
        jail: Path | None = None,
        launcher: Sequence[str] = (VEINTE,),
    ) -> None:
        self.arguments = arguments
        command = [*launcher, *arguments]
        self._out, self._err = folder / f"{number}.out", folder / f"{number}.err"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self._process = subprocess.Popen(
                command if jail is None else confined(command),
                cwd=jail or folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def stdout(self) -> str:
        """Standard output so far."""
        return self._out.read_text(errors="replace")

    @property
    def stderr(self) -> str:
        """Standard error so far."""
        return self._err.read_text(errors="replace")

    @property
    def status(self) -> int | None:
        """Its exit status; ``None`` while it runs, negative where a signal ended it."""
        return self._process.poll()

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it at once, as a crash would, and wait until it is gone."""
        self._process.kill()
        self._process.wait(DEADLINE_SECONDS)

    def end(self, deadline_seconds: float = DEADLINE_SECONDS) -> int:
        """Wait for its end; gives the exit status."""
        try:
            return self._process.wait(deadline_seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self} did not end within {deadline_seconds:g} s") from None

    def wait_for_end(self, seconds: float) -> int | None:
        """Give it so long to end by itself; its exit status, ``None`` while it runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return self.status

    def ask_to_stop(self) -> int:
        """SIGTERM, as a supervisor does; gives the exit status."""
        self.send(signal.SIGTERM)
        return self.end()

    def succeed(self) -> str:
        """Wait for an end without an error; gives what was printed."""
        assert 0 == self.end(), f"{self}"
        return self.stdout

    def __str__(self) -> str:
        return f"veinte {' '.join(self.arguments)} (status {self.status}) said:\n{self.stderr}"


class Worker(Program):
    """A `veinte worker` with health pages on a port of its own."""

    def __init__(
        self,
        options: tuple[str, ...],
        environment: Mapping[str, str],
        folder: Path,
        number: int,
        jail: Path | None = None,
        launcher: Sequence[str] = (VEINTE,),
    ) -> None:
        self.port = free_port()
        own = {**environment, "VEINTE_WORKER_PORT": str(self.port)}
        super().__init__(("worker", *options), own, folder, number, jail, launcher)

    def health(self, page: str) -> tuple[int, str]:
        """Status and text of /livez or /readyz; status 0 where nobody answers."""
        from urllib.error import HTTPError, URLError
        from urllib.request import urlopen

        try:
            with urlopen(f"http://127.0.0.1:{self.port}/{page}", timeout=2) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            return error.code, error.read().decode()
        except (URLError, OSError):
            return 0, ""

    @property
    def owned(self) -> int:
        """Number of partitions that it owns and has committed to; 0 while it is not ready."""
        status, text = self.health("readyz")
        return int(json.loads(text)["partitions"]) if status == 200 else 0

    def wait_until_ready(self) -> None:
        """Wait until it has partitions (or none to have) and says so."""

        def ready() -> bool:
            assert self.status is None, str(self)
            return self.health("readyz")[0] == 200

        eventually("a ready worker", ready)


class Programs:
    """Starts the programs of one test, all with one environment, in ``jail`` where one is given."""

    def __init__(self, environment: Mapping[str, str], folder: Path, jail: Path | None = None) -> None:
        self.environment = dict(environment)
        self._folder = folder
        self._jail = jail
        self._started: list[Program] = []

    def veinte(self, *arguments: str, **variables: str) -> Program:
        """Start any subcommand; ``variables`` are added to the environment."""
        program = Program(arguments, {**self.environment, **variables}, self._folder, len(self._started), self._jail)
        self._started.append(program)
        return program

    def worker(self, *options: str, launcher: Sequence[str] = (VEINTE,), **variables: str) -> Worker:
        """Start a worker; ``launcher`` is the command in place of `veinte`."""
        own = {**self.environment, **variables}
        worker = Worker(options, own, self._folder, len(self._started), self._jail, launcher)
        self._started.append(worker)
        return worker

    def drain(self, **variables: str) -> None:
        """Run `veinte worker --drain` as ``MEMBER``; as a supervisor does, again where it asks for a restart."""
        for _ in range(RESTARTS):
            worker = self.worker("--drain", *MEMBER, **variables)
            status = worker.end()
            if status == 0:
                return
            assert EXIT_RESTART == status, str(worker)
        raise AssertionError(f"the worker asked for a restart {RESTARTS} times in a row")

    def said(self) -> str:
        """Everything that all programs have said on standard error."""
        return "".join(program.stderr for program in self._started)

    def end_all(self) -> None:
        """Kill what still runs; a stopped process is woken by that too."""
        for program in self._started:
            if program.status is None:
                program.kill()


@contextlib.contextmanager
def programs(
    environment: Mapping[str, str], folder: Path, jail: Path | None = None, *, tracebacks: bool = False
) -> Iterator[Programs]:
    """Programs of a test, all gone at the end; no traceback may have reached a person unless a fault is provoked."""
    folder.mkdir(parents=True, exist_ok=True)
    own = Programs(environment, folder, jail)
    try:
        yield own
    finally:
        own.end_all()
    assert tracebacks or "Traceback" not in own.said()


@contextlib.contextmanager
def frozen(pid: int) -> Iterator[None]:
    """SIGSTOP a process for the length of the block."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def children() -> list[psutil.Process]:
    """Processes of this test run that are alive."""
    alive = []
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.status() != psutil.STATUS_ZOMBIE:
                alive.append(process)
    return alive
