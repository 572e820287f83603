"""Servers under a keeper: none is left behind, and no stranger is ever killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from streams.common.errors import UserError
from streams.stack.processes import (
    Launch,
    ProcessId,
    Server,
    forget,
    identify,
    is_running,
    recall,
    remember,
    spawn,
    stop,
)

DEADLINE_SECONDS = 60.0
SERVER = "import signal; signal.pause()"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); signal.pause()"
PARENT = """
import os, pathlib, sys, time
from streams.stack.processes import Launch, spawn
folder = pathlib.Path(sys.argv[1])
server, keeper, lifeline = spawn(Launch([sys.executable, "-c", sys.argv[2]], folder, dict(os.environ)), folder / "log")
if sys.argv[3] == "detach":
    lifeline.detach()
print(server.pid, keeper.pid, flush=True)
sys.stdin.read()
"""


def _eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _launch(folder: Path, code: str = SERVER) -> Launch:
    return Launch([sys.executable, "-c", code], folder, dict(os.environ))


def _parent(folder: Path, how: str) -> tuple[subprocess.Popen[str], list[ProcessId]]:
    """A process that starts a server as `stack up` does, and the ids of server and keeper."""
    command = [sys.executable, "-c", PARENT, str(folder), SERVER, how]
    parent = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    known = [identify(int(pid)) for pid in parent.stdout.readline().split()]
    return parent, [process for process in known if process is not None]


def _end(parent: subprocess.Popen[str], how: signal.Signals) -> None:
    parent.send_signal(how)
    parent.communicate(timeout=DEADLINE_SECONDS)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_the_server_ends_with_the_command_that_started_it(tmp_path: Path, how: signal.Signals) -> None:
    """However the starting process dies, its server and the keeper are gone soon after."""
    parent, started = _parent(tmp_path, "stay")
    assert [True, True] == [is_running(process) for process in started]
    _end(parent, how)
    assert _eventually(lambda: not any(is_running(process) for process in started))


def test_a_detached_server_outlives_the_command(tmp_path: Path) -> None:
    """After a detach the death of the starting process changes nothing, and `stop` still ends both processes."""
    parent, started = _parent(tmp_path, "detach")
    _end(parent, signal.SIGKILL)
    process, keeper = started
    assert [True, True] == [is_running(process), is_running(keeper)]
    stop([Server("kafka", process, keeper, "127.0.0.1:1", "1")])
    assert [False, False] == [is_running(process), is_running(keeper)]


if sys.platform == "linux":  # elsewhere no kernel does this, and the pid file has to do

    def test_a_killed_keeper_takes_its_server_along(tmp_path: Path) -> None:
        """Even SIGKILL of the keeper leaves no server."""
        process, keeper, lifeline = spawn(_launch(tmp_path), tmp_path / "log")
        psutil.Process(keeper.pid).kill()
        assert _eventually(lambda: not is_running(process))
        lifeline.cut()


def test_cutting_the_lifeline_stops_the_server(tmp_path: Path) -> None:
    """A start that fails half-way stops what it had started by letting go of the pipe."""
    process, keeper, lifeline = spawn(_launch(tmp_path), tmp_path / "log")
    lifeline.cut()
    assert _eventually(lambda: not is_running(process) and not is_running(keeper))


def test_a_keeper_ends_with_its_server(tmp_path: Path) -> None:
    """When the server dies by itself, its keeper does not stay."""
    process, keeper, lifeline = spawn(_launch(tmp_path), tmp_path / "log")
    psutil.Process(process.pid).kill()
    assert _eventually(lambda: not is_running(process) and not is_running(keeper))
    lifeline.detach()


def test_a_server_that_ignores_the_request_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that does not end when asked is killed when patience is over."""
    monkeypatch.setattr("streams.stack.processes.STOP_TIMEOUT_SECONDS", 0.2)
    log = tmp_path / "log"
    process, keeper, lifeline = spawn(_launch(tmp_path, STUBBORN), log)
    assert _eventually(lambda: log.read_bytes() == b"up\n")
    stop([Server("kafka", process, keeper, "127.0.0.1:1", "1")])
    assert [False, False] == [is_running(process), is_running(keeper)]
    lifeline.cut()


def test_a_program_that_cannot_run_says_so(tmp_path: Path) -> None:
    """A program that is not there leaves no process, and its reason in the log, however late that is noticed."""
    log = tmp_path / "log"
    with suppress(UserError):
        process, keeper, lifeline = spawn(Launch(["/nonexistent/server"], tmp_path, {}), log)
        assert _eventually(lambda: not is_running(process) and not is_running(keeper))
        lifeline.cut()
    assert _eventually(lambda: "No such file" in log.read_text())


def test_a_recycled_process_id_is_not_taken_for_the_server(tmp_path: Path) -> None:
    """A process with the remembered id but another start time is neither running nor killed."""
    me = identify(os.getpid())
    assert me is not None
    assert is_running(me)
    stranger = replace(me, started_seconds=me.started_seconds - 60)
    server = Server("kafka", stranger, stranger, "127.0.0.1:1", "1")
    assert not server.running()
    stop([server])
    assert is_running(me)


def test_a_pid_file_gives_back_what_was_written(tmp_path: Path) -> None:
    """A remembered server is recalled as it was, and forgotten for good."""
    server = Server("kafka", ProcessId(1, 2.5), ProcessId(3, 4.5), "127.0.0.1:9092", "4.4.0")
    remember(tmp_path, server)
    assert server == recall(tmp_path, "kafka")
    forget(tmp_path, "kafka")
    assert recall(tmp_path, "kafka") is None


@pytest.mark.parametrize("damage", ["", "{}", "[1]", '{"name": "kafka"}', '{"process": 1, "keeper": 2}', "\x00"])
def test_a_damaged_pid_file_counts_as_none(tmp_path: Path, damage: str) -> None:
    """Half a pid file, or one of another program, names no server."""
    (tmp_path / "kafka.json").write_text(damage)
    assert recall(tmp_path, "kafka") is None
