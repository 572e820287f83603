"""Errors of our own code, apart from those of what surrounds it. Pure."""

from __future__ import annotations

from types import TracebackType

from aiokafka.errors import KafkaError
from redis.exceptions import RedisClusterException, RedisError

from streams.common.errors import InvalidEvent

SURROUNDINGS = (RedisError, RedisClusterException, KafkaError, OSError, MemoryError)
"""Errors that say nothing about the record in hand: the same record may do well at another time."""
CLIENTS = frozenset({"redis", "aiokafka", "asyncio"})
"""Packages that raise errors of any class where a connection breaks in the middle of an answer."""
REFUSES_A_VALUE = (TypeError, ValueError)
"""Errors of a client that do come from what our code gave it."""


def is_ours(error: BaseException) -> bool:
    """True for an exception of our code: the same records would raise it again."""
    if not isinstance(error, Exception) or isinstance(error, SURROUNDINGS) or _is_deliberate(error):
        return False
    return isinstance(error, REFUSES_A_VALUE) or _package(error.__traceback__) not in CLIENTS


def _is_deliberate(error: Exception) -> bool:
    """True for an error of a class of ours, such as ``Conflict`` or ``UserError``: it says what is wrong.

    An ``InvalidEvent`` is one only where somebody expects it.
    """
    return type(error).__module__.partition(".")[0] == "streams" and not isinstance(error, InvalidEvent)


def last_line(error: BaseException) -> str:
    """The last line of the traceback, with the place in our code that raised it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    text = str(error)
    line = f"{type(error).__name__}: {text}" if text else type(error).__name__
    if trace is None:
        return line
    code = trace.tb_frame.f_code
    return f"{line} ({trace.tb_frame.f_globals.get('__name__', '?')}.{code.co_name}, line {trace.tb_lineno})"


def _package(trace: TracebackType | None) -> str:
    """Package of the code that raised the error."""
    name = ""
    while trace is not None:
        name = str(trace.tb_frame.f_globals.get("__name__", ""))
        trace = trace.tb_next
    return name.partition(".")[0]
