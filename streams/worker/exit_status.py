"""Exit of a worker: its last sentence and its exit status, by the error. Pure except for the log."""

from __future__ import annotations

import logging
import sys
import traceback
from pathlib import Path

from streams.clients import kafka_errors
from streams.clients.redis_clients import describe
from streams.common.errors import EXIT_RESTART, EXIT_USER_ERROR, Unavailable, UserError
from streams.config.settings import Settings
from streams.store import redis_errors
from streams.store.commit import Conflict
from streams.store.patience import one_line
from streams.worker.refusal_limit import TooManyRefused

log = logging.getLogger(__name__)

OTHER_OWNER = (": owner:", ": moved:")
"""Reasons of ``commit.lua`` in the text of a conflict: another worker has committed, or still does."""
CLIENTS = ("aiokafka", "faust", "mode")
"""Packages of the Kafka client."""
GENERAL = (redis_errors.AWAY, redis_errors.LOADING, kafka_errors.AWAY)
"""Failures of a server that does not answer at all: its name is not sure, and the error says little."""


def describe_exit(error: BaseException, settings: Settings) -> tuple[str, int]:
    """Sentence about ``error`` and the exit status, which shows if a restart alone can help.

    An unexpected error is also logged with its traceback. ``settings`` name the servers in the sentence.
    """
    match error:
        case Unavailable():
            return str(error), EXIT_RESTART
        case UserError() | TooManyRefused():
            return str(error), EXIT_USER_ERROR
        case Conflict():
            is_owned = any(reason in str(error) for reason in OTHER_OWNER)
            hint = "; where this repeats, two workers may have one --member name" if is_owned else ""
            return f"commit refused, starting over is safe: {error}{hint}", EXIT_RESTART
    if isinstance(error, AssertionError) and _is_of_a_client(error):
        return "the Kafka client lost its place in a log that was cut; start again, nothing else was lost", EXIT_RESTART
    in_kafka, in_redis = kafka_errors.failure_of(error), redis_errors.failure_of(error)
    failure = in_redis if in_kafka is None else in_kafka
    if failure is None:
        log.error("the worker ends after an error it cannot mend", exc_info=error)
        return f"{type(error).__name__}: {error}; start again", EXIT_RESTART
    status = EXIT_RESTART if failure.passes else EXIT_USER_ERROR
    if failure in GENERAL:
        return f"Redis or Kafka does not answer ({one_line(error)}); start again, nothing was lost", status
    if in_kafka is None and isinstance(error, Exception):
        return str(describe(settings, error)), status
    return f"Kafka{failure.says} ({one_line(error)}); {failure.remedy}", status


def _is_of_a_client(error: BaseException) -> bool:
    """True for an error raised inside the Kafka client, which asserts what a log cut behind its back does not keep."""
    frames = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
    return bool(frames) and any(part in CLIENTS for part in Path(frames[-1]).parts)


def say_exit(error: BaseException, settings: Settings) -> int:
    """Print the sentence about the error that ends a command; returns the exit status."""
    sentence, status = describe_exit(error, settings)
    print(f"veinte: {sentence}", file=sys.stderr, flush=True)
    return status
