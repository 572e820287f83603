"""Logging of the long-running commands: one line per message on standard error."""

from __future__ import annotations

import logging

from aiohttp.http_exceptions import HttpProcessingError

from streams.common.errors import UserError

OURS = ("streams", "metrics")
LEVELS = ("debug", "info", "warning", "error")


def configure_logging(level: str) -> None:
    """Log messages of ``level`` and above.

    Details of other packages are never logged: clients of Kafka write passwords and whole events there.

    Raises:
        UserError: there is no such level.
    """
    if level not in LEVELS:
        raise UserError(f"--log-level {level!r} is unknown; choose one of {', '.join(LEVELS)}")
    logging.basicConfig(level=level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    if level == "debug":
        logging.getLogger().setLevel(logging.INFO)
        for ours in OURS:
            logging.getLogger(ours).setLevel(logging.DEBUG)
    # The clients log every reconnect and rebalance as an error; our own messages report the important ones.
    clients_level = logging.WARNING if level == "debug" else logging.CRITICAL
    for client in ("kafka", "aiokafka", "faust", "mode"):
        logging.getLogger(client).setLevel(clients_level)
    logging.getLogger("aiohttp.server").addFilter(in_one_line)


def in_one_line(record: logging.LogRecord) -> bool:
    """Let every record pass; an invalid HTTP request is its sender's fault, so its traceback is removed."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, HttpProcessingError):
        said = f"{record.getMessage()}: {' '.join(error.message.split())}"
        record.msg, record.args, record.exc_info = said, None, None
    return True
