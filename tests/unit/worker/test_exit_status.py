"""The sentence and the exit status with which a worker ends, by what went wrong."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from aiokafka.errors import KafkaConnectionError, SaslAuthenticationFailed, TopicAuthorizationFailedError
from redis.exceptions import AuthenticationError, BusyLoadingError, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError

from streams.common.errors import EXIT_RESTART, EXIT_USER_ERROR, UserError
from streams.store.commit import Conflict
from streams.worker.exit_status import describe_exit
from tests.support.boards import settings


@pytest.mark.parametrize(
    "error, status, sentence",
    [
        (UserError("do this"), EXIT_USER_ERROR, "do this"),
        (Conflict("another worker"), EXIT_RESTART, "commit refused, starting over is safe: another worker"),
        (TopicAuthorizationFailedError("calls"), EXIT_USER_ERROR, "Kafka does not permit this"),
        (SaslAuthenticationFailed("bad"), EXIT_USER_ERROR, "Kafka refuses the login"),
        (AuthenticationError("WRONGPASS"), EXIT_USER_ERROR, "refuses the user or password"),
        (ResponseError("ERR unknown command"), EXIT_USER_ERROR, "cannot be used (ERR unknown command)"),
        (BusyLoadingError("LOADING"), EXIT_RESTART, "Redis or Kafka does not answer (LOADING)"),
        (RedisConnectionError("gone"), EXIT_RESTART, "Redis or Kafka does not answer (gone)"),
        (KafkaConnectionError(), EXIT_RESTART, "Redis or Kafka does not answer (KafkaConnectionError"),
        (KeyError("row"), EXIT_RESTART, "KeyError: 'row'; start again"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_each_error_has_its_ending(tmp_path: Path, error: Exception, status: int, sentence: str) -> None:
    """An error that a restart can mend ends with 75, one for a person with 2; the sentence names it."""
    said, found = describe_exit(error, settings(tmp_path))
    assert status == found
    assert sentence in said


def test_only_what_nobody_foresaw_is_logged_with_its_traceback(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A bug leaves its traceback in the log; infrastructure that is away does not."""
    with caplog.at_level(logging.ERROR):
        describe_exit(RedisConnectionError("gone"), settings(tmp_path))
        describe_exit(KeyError("row"), settings(tmp_path))
    assert [KeyError] == [record.exc_info[0] for record in caplog.records if record.exc_info]
