"""Exit of a worker: its last sentence and its exit status, by the error. Pure except for the log."""

from __future__ import annotations

import logging

from aiokafka.errors import (
    AuthenticationFailedError,
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    KafkaError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
    UnsupportedSaslMechanismError,
)
from redis.exceptions import AuthenticationError as RedisAuthenticationError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from streams.clients.redis_clients import describe
from streams.common.errors import EXIT_RESTART, EXIT_USER_ERROR, UserError
from streams.config.settings import Settings
from streams.store.commit import Conflict
from streams.store.stored import PASSING
from streams.worker.partition import TooManyRefused

log = logging.getLogger(__name__)

NO_ANSWER = (RedisConnectionError, RedisTimeoutError, KafkaError, OSError, *PASSING)
"""Errors of infrastructure that does not answer: a sentence without a traceback is enough."""
NOT_PERMITTED = (ClusterAuthorizationFailedError, GroupAuthorizationFailedError, TopicAuthorizationFailedError)
NOT_KNOWN = (AuthenticationFailedError, SaslAuthenticationFailed, UnsupportedSaslMechanismError)
"""Kafka refuses user or password: a restart does not help."""


def describe_exit(error: BaseException, settings: Settings) -> tuple[str, int]:
    """Sentence about ``error`` and the exit status, which shows if a restart alone can help.

    An unexpected error is also logged with its traceback. ``settings`` name the Redis in the sentence.
    """
    match error:
        case UserError() | TooManyRefused():
            return str(error), EXIT_USER_ERROR
        case Conflict():
            return f"commit refused, starting over is safe: {error}", EXIT_RESTART
        case _ if isinstance(error, NOT_PERMITTED):
            return f"Kafka does not permit this ({error}); grant the user the right", EXIT_USER_ERROR
        case _ if isinstance(error, NOT_KNOWN):
            return f"Kafka refuses the login ({error}); correct kafka_username and its password", EXIT_USER_ERROR
        case RedisAuthenticationError():
            return str(describe(settings, error)), EXIT_USER_ERROR
        case ResponseError() if not isinstance(error, PASSING):
            return str(describe(settings, error)), EXIT_USER_ERROR
        case _ if isinstance(error, NO_ANSWER):
            why = str(error) or type(error).__name__
            return f"Redis or Kafka does not answer ({why}); start again, nothing was lost", EXIT_RESTART
    log.error("the worker ends after an error it cannot mend", exc_info=error)
    return f"{type(error).__name__}: {error}; start again", EXIT_RESTART
