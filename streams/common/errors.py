"""The two errors that have a meaning of their own; everything else is a bug or an infrastructure failure."""

from __future__ import annotations

EXIT_USER_ERROR = 2
"""Exit status of a command whose input or setting cannot work."""
EXIT_RESTART = 75
"""Exit status that asks the supervisor for a restart (``EX_TEMPFAIL``): state was dropped, nothing was lost."""


class UserError(Exception):
    """Something the person at the keyboard can mend: one sentence with what was wrong, where, and what to do."""


class InvalidEvent(Exception):
    """A record that can never be applied; the only error that is never retried.

    ``reason`` is a member of a small fixed set (it becomes a label and a header), ``detail`` one sentence for people.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
