"""Log lines about bad requests: a few a minute an address, so that nobody can fill the log."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable

PERIOD_SECONDS = 60.0
LINES_OF_ONE = 3
"""Lines a period about one subject, such as an address."""
LINES_OF_ALL = 30
"""The same about all subjects together: there are more addresses than lines anybody reads."""


class Complaints:
    """A log that takes a few lines a minute about each subject, and counts those it leaves out."""

    def __init__(self, log: logging.Logger, clock: Callable[[], float] = time.monotonic) -> None:
        """``clock``: seconds of any origin."""
        self._log = log
        self._clock = clock
        self._began = clock()
        self._lines: Counter[str] = Counter()
        self._left_out = 0

    def say(self, subject: str, line: str, *, error: BaseException | None = None, most: int = LINES_OF_ONE) -> None:
        """Log a line about a subject, as an error with its traceback where there is one, unless there were ``most``."""
        self.turn()
        # Past the bound of all no further subject is noted either, so that the counter is bounded too.
        if self._lines.total() >= LINES_OF_ALL or self._lines[subject] >= most:
            self._left_out += 1
            return
        self._lines[subject] += 1
        self._log.log(logging.ERROR if error else logging.WARNING, "%s", line, exc_info=error)

    def turn(self) -> None:
        """Begin a new period where one is over, with a line about what was left out of the last."""
        now = self._clock()
        if now - self._began < PERIOD_SECONDS:
            return
        if self._left_out:
            self._log.warning("%d more lines about bad requests were left out in the last minute", self._left_out)
        self._began, self._left_out = now, 0
        self._lines.clear()
