"""Reads of the keys outside of any partition; what no program of ours writes is refused by its key."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from redis.exceptions import ResponseError

from streams.store.damage import Unreadable
from streams.store.keys import generation_key
from streams.store.redis_errors import WRONG_TYPE, failure_of

GENERATION_REMEDY = "delete it, or choose another VEINTE_NAMESPACE"


def parse_generation(namespace: str, raw: bytes | None) -> int:
    """The number of the key namespace in force; 0 where none is stored.

    Raises:
        Unreadable: the key has something else.
    """
    if raw is None:
        return 0
    if raw.isdigit() and len(raw) < 10:
        return int(raw)
    raise Unreadable(generation_key(namespace), None, "holds no number", GENERATION_REMEDY)


def generation_of(client: Any, namespace: str) -> int:
    """The same, read with a synchronous client.

    Raises:
        Unreadable: the key has something else.
        Exception: one of ``streams.clients.redis_clients.CLIENT_ERRORS``: Redis cannot serve.
    """
    key = generation_key(namespace)
    with whole_key(key, GENERATION_REMEDY):
        return parse_generation(namespace, client.get(key))


@contextmanager
def whole_key(key: str, remedy: str) -> Iterator[None]:
    """Name the key, where a command of the block finds something of another type in it."""
    try:
        yield
    except ResponseError as error:
        if failure_of(error) is WRONG_TYPE:
            raise Unreadable(key, None, "is of another type than ours", remedy) from None
        raise
