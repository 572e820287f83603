"""Child processes that run our own commands and never outlive us, each with its own log.

Every child runs under the stack's keeper: it is stopped when we stop it and when this process ends, even by SIGKILL.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from streams.common.errors import EXIT_RESTART, UserError
from streams.stack.keeper import STOP_GRACE_SECONDS
from streams.stack.processes import KEEPER

log = logging.getLogger(__name__)

VEINTE = (sys.executable, "-P", "-c", "from metrics.commands.cli import main; main()")
"""The command ``veinte`` of this very installation."""
RESTARTS_AT_MOST = 20
"""Restarts that a child may ask for; more of them mean a fault."""
RESTART_SECONDS = 1.0
STOP_TIMEOUT_SECONDS = STOP_GRACE_SECONDS + 5.0
LOG_TAIL_LINES = 5


class Child:
    """One command: started, restarted on its request, stopped reliably."""

    def __init__(self, name: str, arguments: Sequence[str], log_file: Path, environment: Mapping[str, str]) -> None:
        """Prepare ``veinte`` with these ``arguments``; nothing is started yet."""
        self.name = name
        self.log_file = log_file
        self._command = [*VEINTE, *arguments]
        self._environment = dict(environment)
        self._keeper: subprocess.Popen[bytes] | None = None
        self._lifeline: int | None = None
        self._restarts = 0
        self._due: float | None = None

    def start(self) -> None:
        """Start the command; its output is appended to the log file."""
        read_end, self._lifeline = os.pipe()
        try:
            with self.log_file.open("ab") as output:
                self._keeper = subprocess.Popen(
                    [sys.executable, "-I", "-S", str(KEEPER), str(read_end), *self._command],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=output,
                    pass_fds=(read_end,),
                    start_new_session=True,  # Ctrl-C reaches us only, and we stop all in order
                    env=self._environment,
                )
        finally:
            os.close(read_end)

    def check(self) -> None:
        """Watch the child and restart it a second after it asked for that (exit status 75).

        Raises:
            UserError: it ended with any other status, or asked too often.
        """
        if self._due is not None:
            if time.monotonic() >= self._due:
                self._due = None
                self.start()
            return
        status = None if self._keeper is None else self._keeper.poll()
        if status is None:
            return
        self._cut()
        if status == EXIT_RESTART and self._restarts < RESTARTS_AT_MOST:
            self._restarts += 1
            self._due = time.monotonic() + RESTART_SECONDS
            log.warning("%s asks for a restart", self.name)
            return
        raise UserError(f"the {self.name} ended with exit status {status}: {self._last_words()}")

    def stop(self) -> None:
        """End the command and wait until it has ended."""
        self._due = None
        self._cut()
        if self._keeper is None:
            return
        try:
            self._keeper.wait(STOP_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            self._keeper.kill()  # on Linux its command goes with it
            self._keeper.wait()
        self._keeper = None

    def _cut(self) -> None:
        """Close our end of the pipe, upon which the keeper stops the command."""
        lifeline, self._lifeline = self._lifeline, None
        if lifeline is not None:
            os.close(lifeline)

    def _last_words(self) -> str:
        """End of the log on one line, and the path of the rest."""
        try:
            lines = self.log_file.read_text(errors="replace").strip().splitlines()[-LOG_TAIL_LINES:]
        except OSError:
            lines = []
        return f"{' / '.join(lines) or 'it said nothing'} (see {self.log_file})"
