"""Which errors are faults of our code, and what is said of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from aiokafka.errors import KafkaConnectionError, KafkaTimeoutError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

from streams.common.errors import InvalidEvent, UserError
from streams.store.commit import Conflict
from streams.worker.faults import is_ours, last_line
from streams.worker.portions import TooMuch


def _divide() -> None:
    print(1 // 0)


def _recurse() -> None:
    _recurse()


def _raise(error: BaseException) -> Callable[[], None]:
    def raising() -> None:
        raise error

    return raising


OURS = {
    "arithmetic": _divide,
    "recursion": _recurse,
    "a missing key": _raise(KeyError("queue")),
    "a refusal that nobody expects": _raise(InvalidEvent("too_many", "")),
    "a text that cannot be encoded": lambda: "\ud800".encode(),
}
NOT_OURS = {
    "no memory": MemoryError(),
    "Redis away": RedisConnectionError("gone"),
    "Redis refuses": ResponseError("OOM command not allowed"),
    "Kafka away": KafkaConnectionError(),
    "Kafka slow": KafkaTimeoutError(),
    "a slow answer": TimeoutError(),
    "a broken connection": ConnectionResetError(),
    "a full disk": OSError(28, "No space left on device"),
    "another owner": Conflict("owner"),
    "too much at once": TooMuch(0.5),
    "a setting": UserError("mend it"),
    "a shutdown": asyncio.CancelledError(),
    "Ctrl-C": KeyboardInterrupt(),
}


def raised(call: Callable[[], object]) -> BaseException:
    with pytest.raises(BaseException) as caught:  # noqa: PT011  # any error at all
        call()
    return caught.value


@pytest.mark.parametrize("name", OURS)
def test_faults_of_ours(name: str) -> None:
    """An error of any class raised by our code is ours."""
    assert is_ours(raised(OURS[name]))


@pytest.mark.parametrize("name", NOT_OURS)
def test_what_surrounds_us_is_not_ours(name: str) -> None:
    """Lost connections, missing memory, refusals and signals say nothing about a record."""
    assert not is_ours(raised(_raise(NOT_OURS[name])))


def test_a_client_that_breaks_is_not_ours() -> None:
    """An assertion inside a client's own code, as after a connection broke, is not ours; a value it refuses is."""
    clientlike: dict[str, object] = {"__name__": "aiokafka.conn"}
    exec("def read(value):\n    assert value\n    return int(value)", clientlike)
    read = clientlike["read"]
    assert callable(read)
    assert not is_ours(raised(lambda: read("")))
    assert is_ours(raised(lambda: read("x")))


def test_the_last_line_of_a_traceback() -> None:
    """It has the class, the text and the place."""
    line = last_line(raised(_divide))
    assert line.startswith("ZeroDivisionError: integer division or modulo by zero (")
    assert "tests.unit.worker.test_faults._divide, line " in line
    assert "AssertionError" == last_line(AssertionError())
