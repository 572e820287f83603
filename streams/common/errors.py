"""Errors with a meaning of their own; every other exception is a bug or an infrastructure failure."""

from __future__ import annotations

EXIT_USER_ERROR = 2
"""Exit status of a command with an unusable input or setting."""
EXIT_RESTART = 75
"""Exit status that asks the supervisor for a restart (``EX_TEMPFAIL``): state was dropped, no event was lost."""


class UserError(Exception):
    """An error that the user can correct: one sentence says what was wrong, where, and what to do."""


class Unavailable(UserError):
    """A server that does not serve at the moment: asked again it may, and nobody has to change anything."""


class MissingTopic(UserError):
    """A topic that does not exist on the broker."""


class InvalidEvent(Exception):
    """A record that can never be applied; the only error that is never retried.

    ``reason`` is a member of a small fixed set (it becomes a label and a header), ``detail`` is one sentence for
    people.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
