"""Server processes of the stack: started under a keeper, recorded in pid files, stopped reliably.

A pid file contains process ids together with start times. So a later process with a recycled id is never mistaken for
the server and never killed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from streams.common.errors import UserError

KEEPER = Path(__file__).with_name("keeper.py")
STOP_TIMEOUT_SECONDS = 20.0
"""Longer than the keeper waits for its server; after it both are killed."""
KILL_TIMEOUT_SECONDS = 5.0
START_TOLERANCE_SECONDS = 0.5
"""Start times are read from the kernel in ticks; an id is not recycled within half a second."""

_keepers: dict[int, subprocess.Popen[bytes]] = {}
"""Our own child processes, waited for once they have ended."""


@dataclass(frozen=True)
class ProcessId:
    """A process: its id and its start time in seconds (since boot on Linux, because the wall clock may be set)."""

    pid: int
    started_seconds: float


def identify(pid: int) -> ProcessId | None:
    """The running process with this id; ``None`` if there is none or it is a zombie."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        started = process.create_time() - (psutil.boot_time() if sys.platform == "linux" else 0)
    except psutil.Error:
        return None
    return ProcessId(pid, started)


def is_running(known: ProcessId) -> bool:
    """True if this very process still runs, not a later one with the same id."""
    now = identify(known.pid)
    return now is not None and abs(now.started_seconds - known.started_seconds) < START_TOLERANCE_SECONDS


@dataclass(frozen=True)
class Server:
    """A started server: its name, process, keeper, address, version, and details of its kind."""

    name: str
    process: ProcessId
    keeper: ProcessId
    address: str
    version: str
    details: dict[str, Any] = field(default_factory=dict)

    def running(self) -> bool:
        """True if the server process itself is alive."""
        return is_running(self.process)


class Launch(NamedTuple):
    """Launch of a server: its command (an absolute program), its working directory, its environment."""

    command: list[str]
    folder: Path
    environment: dict[str, str]


class Lifeline:
    """Writing end of a keeper's pipe: when this process closes it, or ends, the keeper stops the server."""

    def __init__(self, descriptor: int) -> None:
        self._pipe = os.fdopen(descriptor, "wb", buffering=0)

    def detach(self) -> None:
        """Let the server outlive this process."""
        # A broken pipe: the keeper has ended, and its server with it. The next look at the pid file shows that.
        with self._pipe, suppress(BrokenPipeError):
            self._pipe.write(b"d")

    def cut(self) -> None:
        """Make the keeper stop the server."""
        self._pipe.close()


def spawn(launch: Launch, log: Path) -> tuple[ProcessId, ProcessId, Lifeline]:
    """Start a server under its own keeper; the file ``log`` receives its output.

    Returns:
        The server, its keeper and the lifeline.

    Raises:
        UserError: the program ended at once.
    """
    read_end, write_end = os.pipe()
    lifeline = Lifeline(write_end)
    try:
        with log.open("wb") as output:
            keeper = subprocess.Popen(
                [sys.executable, "-I", "-S", str(KEEPER), str(read_end), *launch.command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=output,
                pass_fds=(read_end,),
                start_new_session=True,  # Ctrl-C in the terminal reaches the command only, which stops in good order
                cwd=launch.folder,
                env=launch.environment,
            )
        _keepers[keeper.pid] = keeper
        assert keeper.stdout is not None
        with keeper.stdout as answer:
            line = answer.readline().strip()
        process = identify(int(line)) if line else None
        keeper_id = identify(keeper.pid)
        if process is None or keeper_id is None:
            raise UserError(f"{launch.command[0]} ended as soon as it was started; see {log}")
        return process, keeper_id, lifeline
    except BaseException:
        lifeline.cut()
        raise
    finally:
        os.close(read_end)


def remember(folder: Path, server: Server) -> None:
    """Write the pid file of ``server`` atomically."""
    target = folder / f"{server.name}.json"
    draft = target.with_suffix(".new")
    draft.write_text(json.dumps(asdict(server)) + "\n")
    draft.replace(target)


def recall(folder: Path, name: str) -> Server | None:
    """The server of a pid file, running or not; ``None`` if the file is missing or damaged."""
    try:
        raw = json.loads((folder / f"{name}.json").read_text())
        raw["process"], raw["keeper"] = ProcessId(**raw["process"]), ProcessId(**raw["keeper"])
        return Server(**raw)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def forget(folder: Path, name: str) -> None:
    """Remove the pid file."""
    (folder / f"{name}.json").unlink(missing_ok=True)


def stop(servers: Sequence[Server]) -> None:
    """End the servers and their keepers concurrently, first with SIGTERM, and wait until all have ended.

    Raises:
        UserError: a process survives SIGKILL.
    """
    processes = [known for server in servers for known in (server.process, server.keeper)]
    _signal([server.process for server in servers], kill=False)
    if _wait_gone(processes, STOP_TIMEOUT_SECONDS):
        return
    _signal(processes, kill=True)
    if not _wait_gone(processes, KILL_TIMEOUT_SECONDS):
        left = [known.pid for known in processes if is_running(known)]
        raise UserError(f"processes {left} of the stack do not end; end them yourself with kill -9")


def _signal(processes: Sequence[ProcessId], *, kill: bool) -> None:
    for known in processes:
        if is_running(known):
            try:
                process = psutil.Process(known.pid)
                process.kill() if kill else process.terminate()
            except psutil.NoSuchProcess:
                continue


def _wait_gone(processes: Sequence[ProcessId], timeout_seconds: float) -> bool:
    deadline = time.monotonic() + timeout_seconds
    for keeper in list(_keepers.values()):
        if keeper.poll() is not None:
            del _keepers[keeper.pid]
    while any(is_running(known) for known in processes):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
