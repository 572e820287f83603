"""The sentence and the exit status with which a worker ends, by what went wrong."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from aiokafka.consumer.subscription_state import Assignment
from aiokafka.errors import (
    KafkaConnectionError,
    KafkaError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)
from redis.exceptions import AuthenticationError, BusyLoadingError, OutOfMemoryError, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError

from streams.clients.kafka_errors import FencedInstanceIdError
from streams.common.errors import EXIT_RESTART, EXIT_USER_ERROR, Unavailable, UserError
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
        (OutOfMemoryError("used memory > 'maxmemory'"), EXIT_RESTART, "has no memory left (used memory > 'maxmemory')"),
        (ResponseError("MISCONF Errors writing"), EXIT_RESTART, "cannot write to its disk (MISCONF Errors writing)"),
        (ResponseError("BUSY Redis is busy"), EXIT_RESTART, "is busy with a script (BUSY Redis is busy)"),
        (Unavailable("redis is away"), EXIT_RESTART, "redis is away"),
        (UnknownTopicOrPartitionError(), EXIT_USER_ERROR, "Kafka lacks a topic"),
        (KafkaError(repr(FencedInstanceIdError())), EXIT_USER_ERROR, "joined the group under the same --member name"),
        (KeyError("row"), EXIT_RESTART, "KeyError: 'row'; start again"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_each_error_has_its_ending(tmp_path: Path, error: Exception, status: int, sentence: str) -> None:
    """An error that a restart can mend ends with 75, one for a person with 2; the sentence names it."""
    said, found = describe_exit(error, settings(tmp_path))
    assert status == found
    assert sentence in said


def test_an_assertion_of_the_kafka_client_is_a_sentence(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The client asserts that its place is in the log; one of ours is a bug and keeps its traceback."""
    with pytest.raises(AssertionError) as lost:
        Assignment(None)
    with pytest.raises(AssertionError) as ours:
        raise AssertionError("a bug")
    said, status = describe_exit(lost.value, settings(tmp_path))
    assert ("the Kafka client lost its place", EXIT_RESTART, []) == (said[:31], status, caplog.records)
    describe_exit(ours.value, settings(tmp_path))
    assert [AssertionError] == [record.exc_info[0] for record in caplog.records if record.exc_info]


def test_only_what_nobody_foresaw_is_logged_with_its_traceback(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A bug leaves its traceback in the log; infrastructure that is away does not."""
    with caplog.at_level(logging.ERROR):
        describe_exit(RedisConnectionError("gone"), settings(tmp_path))
        describe_exit(KeyError("row"), settings(tmp_path))
    assert [KeyError] == [record.exc_info[0] for record in caplog.records if record.exc_info]
