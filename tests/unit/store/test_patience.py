"""Calls to a server that does not serve: which errors are waited for, and what the log says of it."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Coroutine

import pytest
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    ClusterDownError,
    NoPermissionError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisClusterException,
    ResponseError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from streams.common.errors import Unavailable, UserError
from streams.store import patience
from streams.store.patience import patiently, patiently_waiting
from streams.store.redis_errors import REDIS, WRONG_TYPE, failure_of

PASSING: list[Exception] = [
    RedisConnectionError("refused"),
    RedisTimeoutError("no answer"),
    OSError("reset"),
    BusyLoadingError("Redis is loading the dataset in memory"),
    ResponseError("BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE."),
    OutOfMemoryError("command not allowed when used memory > 'maxmemory'. script: 1f, on @user_script:37."),
    ResponseError("MISCONF Errors writing to the AOF file: No space left on device script: 1f, on @user_script:37."),
    ResponseError("ERR Error running script: @user_script:37: -MISCONF Redis is configured to save RDB snapshots"),
    ReadOnlyError("You can't write against a read only replica."),
    ResponseError("NOREPLICAS Not enough good replicas to write."),
    ClusterDownError("CLUSTERDOWN The cluster is down"),
    RedisClusterException("no node"),
    Unavailable("redis = … cannot be reached"),
]
LASTING: list[Exception] = [
    AuthenticationError("invalid username-password pair"),
    NoPermissionError("this user has no permissions to run the 'evalsha' command"),
    ResponseError("WRONGTYPE Operation against a key holding the wrong kind of value"),
    ResponseError("ERR unknown command"),
    NoScriptError("No matching script"),
    UserError("another hash key"),
    KeyError("row"),
]


def failing(times: int, error: Exception) -> Callable[[], Coroutine[None, None, str]]:
    """A call that fails so many times and then has an answer."""
    left = [times]

    async def call() -> str:
        if left[0]:
            left[0] -= 1
            raise error
        return "answer"

    return call


@pytest.mark.parametrize("error", PASSING, ids=str)
def test_an_error_that_passes_is_waited_for(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    """The call is repeated until it has an answer; begin and end are a line each."""
    assert "answer" == asyncio.run(patiently(failing(2, error), REDIS))
    begin, end = caplog.messages
    assert begin.startswith("Redis")
    assert str(error)[:15] in begin
    assert re.fullmatch(r"Redis answers again after \d+\.\d s", end)


@pytest.mark.parametrize("error", LASTING, ids=str)
def test_an_error_for_a_person_is_not(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    """A password, a right, a script, a bug: raised at once and without a word."""
    with pytest.raises(type(error)):
        asyncio.run(patiently(failing(1, error), REDIS))
    with pytest.raises(type(error)):
        patiently_waiting(lambda: asyncio.run(failing(1, error)()), REDIS)
    assert [] == caplog.messages


def test_one_line_an_outage_over_all_calls(caplog: pytest.LogCaptureFixture) -> None:
    """However many calls notice it and however often each fails, an outage is two lines, and the next one two more."""

    async def outage() -> None:
        calls = [failing(times, RedisConnectionError("refused")) for times in (1, 3, 2, 1, 3)]
        await asyncio.gather(*(patiently(call, REDIS) for call in calls), patiently(failing(0, OSError()), REDIS))

    for number in (1, 2):
        asyncio.run(outage())
        assert 2 * number == len(caplog.messages)


def test_an_outage_that_lasts(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """After the last attempt the error is raised as it is; nobody says that the server answers again."""
    monkeypatch.setattr(patience, "RETRY_SECONDS", 0)
    error = RedisConnectionError("refused")
    with caplog.at_level(logging.WARNING), pytest.raises(RedisConnectionError, match="refused"):
        asyncio.run(patiently(failing(9, error), REDIS))
    assert ["Redis cannot be reached (refused); asking again, for 0 s in all"] == caplog.messages


def test_a_blocking_call_waits_too(caplog: pytest.LogCaptureFixture) -> None:
    """A command without an event loop has the same patience and the same two lines."""
    call = failing(2, ReadOnlyError("You can't write against a read only replica."))
    assert "answer" == patiently_waiting(lambda: asyncio.run(call()), REDIS)
    assert 2 == len(caplog.messages)


def test_the_error_of_a_pipeline_is_known() -> None:
    """redis-py puts a text around the errors of a pipeline; errors of others are nobody's of Redis."""
    text = "Command # 1 (HGET k f) of pipeline caused error: WRONGTYPE Operation against a key"
    assert WRONG_TYPE == failure_of(ResponseError(text))
    assert failure_of(ValueError("BUSY is no error of Redis")) is None
