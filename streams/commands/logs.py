"""Logging of the long-running commands: one line a message on standard error."""

from __future__ import annotations

import logging

from streams.errors import UserError

LEVELS = ("debug", "info", "warning", "error")


def configure_logging(level: str) -> None:
    """Log from ``level`` on.

    Raises:
        UserError: there is no such level.
    """
    if level not in LEVELS:
        raise UserError(f"--log-level {level!r} is unknown; choose one of {', '.join(LEVELS)}")
    logging.basicConfig(level=level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # The clients report every reconnect as an error of their own; ours say what it means.
    for noisy in ("kafka", "aiokafka", "faust", "mode"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLevelName(level.upper())))
