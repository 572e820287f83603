"""Keeper of one server: starts it and stops it when the starting command is gone; a script of the standard library
only.

    python -I -S keeper.py LIFELINE_FD PROGRAM ARGUMENT...

The keeper is the server's parent. It reads from a pipe whose writing end only the starting command holds: end of file
means that the command has ended, even by SIGKILL, and the server is stopped; one byte means that the server may outlive
the command. SIGTERM stops the server too. On Linux the kernel kills the server if the keeper itself is killed. The
keeper writes the server's process id to standard output, then ends with the server's exit status.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time

STOP_GRACE_SECONDS = 15.0
"""Time for an orderly end of the server before SIGKILL; a broker closes its logs in about a second."""
POLL_SECONDS = 0.05


def die_with_parent(parent: int) -> None:
    """Ask Linux to kill this process when the keeper dies; on other systems the pid file still identifies it."""
    if sys.platform == "linux":
        import ctypes

        pr_set_pdeathsig = 1
        ctypes.CDLL(None, use_errno=True).prctl(pr_set_pdeathsig, signal.SIGKILL, 0, 0, 0)
        # The keeper may have died before prctl took effect; then no signal is sent any more.
        if os.getppid() != parent:
            os._exit(1)


def _start(command: list[str], lifeline: int) -> int:
    keeper = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    try:
        os.close(lifeline)
        os.dup2(2, 1)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        die_with_parent(keeper)
        os.execv(command[0], command)
    except OSError as error:
        os.write(2, f"{command[0]}: {error}\n".encode())
    os._exit(127)


def _exit_code(wait_status: int) -> int:
    code = os.waitstatus_to_exitcode(wait_status)
    return code if code >= 0 else 128 - code


def _stop(pid: int) -> int:
    """End the server with SIGTERM, then with SIGKILL.

    Returns:
        Its exit status.
    """
    deadline = time.monotonic() + STOP_GRACE_SECONDS
    os.kill(pid, signal.SIGTERM)
    while time.monotonic() < deadline:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return _exit_code(status)
        time.sleep(POLL_SECONDS)
    os.kill(pid, signal.SIGKILL)
    return _exit_code(os.waitpid(pid, 0)[1])


def _keep(pid: int, lifeline: int, wakeup: int) -> int:
    watched = [lifeline, wakeup]
    while True:
        readable, _, _ = select.select(watched, [], [])
        if wakeup in readable:
            received = os.read(wakeup, 64)
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                return _exit_code(status)
            if any(number != signal.SIGCHLD for number in received):
                return _stop(pid)
        if lifeline in readable:
            if not os.read(lifeline, 1):
                return _stop(pid)
            watched.remove(lifeline)


def main() -> int:
    """Run and watch the server named by the arguments.

    Returns:
        Its exit status.
    """
    lifeline, command = int(sys.argv[1]), sys.argv[2:]
    os.set_inheritable(lifeline, False)
    wakeup, wakeup_end = os.pipe()
    os.set_blocking(wakeup_end, False)
    signal.set_wakeup_fd(wakeup_end)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)
    pid = _start(command, lifeline)
    os.write(1, f"{pid}\n".encode())
    os.dup2(2, 1)
    return _keep(pid, lifeline, wakeup)


if __name__ == "__main__":
    sys.exit(main())
