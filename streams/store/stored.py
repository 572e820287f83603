"""A partition as stored in Redis."""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Concatenate, NamedTuple, ParamSpec, Protocol, TypeVar

from redis.exceptions import ResponseError

from streams.numbers.names import ROW_PREFIX
from streams.store.commit import CommitId, Conflict
from streams.store.damage import Damaged, partition_name, unreadable
from streams.store.judged import read_judged
from streams.store.keys import (
    HEAD_KEY_CHECK,
    HEAD_PARTITIONS,
    HEAD_POSITION,
    HEAD_SOURCE,
    HEAD_STATUS,
    HEAD_TOPIC_ID,
    KINDS,
    SORTED_SETS,
    PartitionKeys,
    decode_status,
)
from streams.store.reading import check_aside, check_fields, check_head, read_books, read_names, read_status
from streams.store.redis_errors import WRONG_TYPE, failure_of, patiently

P = ParamSpec("P")
T = TypeVar("T")
OLDEST_FORMULA = 4
"""Numbers of earlier formulas have other counter codes, or states of another shape: nobody may add to them."""


class Stored(NamedTuple):
    """Content of a partition in Redis that an owner reads at assignment."""

    head: dict[bytes, bytes]
    names: dict[bytes, bytes]
    policies: dict[bytes, bytes]
    fields: list[bytes]
    aside: Mapping[bytes, bytes] = MappingProxyType({})

    @property
    def position(self) -> int | None:
        """Offset of the next record to apply; ``None`` before the first commit."""
        raw = self.head.get(HEAD_POSITION.encode())
        return None if raw is None else int(raw)

    @property
    def formula(self) -> int | None:
        """Version of the contributions that the numbers are made of; ``None`` before the first commit."""
        raw = self.head.get(HEAD_STATUS.encode())
        return None if raw is None else decode_status(raw).formula

    @property
    def topic_id(self) -> str:
        """Id of the topic of the position."""
        return self.head.get(HEAD_TOPIC_ID.encode(), b"").decode()

    @property
    def key_check(self) -> str:
        """Identifies the hash key of the stored identifiers (``streams.clients.pseudonyms.key_check``)."""
        return self.head.get(HEAD_KEY_CHECK.encode(), b"").decode()

    @property
    def source(self) -> str:
        """``source`` of the outcomes published for these numbers; "" if none is stored."""
        return self.head.get(HEAD_SOURCE.encode(), b"").decode()

    @property
    def partitions(self) -> int | None:
        """Number of partitions of the topic when the position was first stored; ``None`` before the first commit."""
        raw = self.head.get(HEAD_PARTITIONS.encode())
        return None if raw is None else int(raw)


async def load(redis: Any, keys: PartitionKeys) -> Stored:
    """Read the data that an owner needs at assignment, in one round trip.

    Raises:
        Unreadable: a key has another type or content than a worker writes.
    """

    async def read() -> list[Any]:
        pipe = redis.pipeline(transaction=True)
        for key in keys:
            pipe.type(key)
        pipe.hgetall(keys.head)
        pipe.hgetall(keys.names)
        pipe.hgetall(keys.policies)
        pipe.hkeys(keys.numbers)
        pipe.hgetall(keys.aside)
        answers = await pipe.execute(raise_on_error=False)
        types = answers[: len(keys)]
        check_types(types)
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        return list(answers[len(keys) :])

    try:
        stored = Stored(*await patiently(read))
        check_stored(keys, stored)
    except Damaged as damage:
        raise unreadable(keys, damage) from damage.__cause__
    return stored


def check_types(types: Sequence[Any]) -> None:
    """Check the types of a partition's keys, as Redis names them; an error in place of a type is passed over.

    Raises:
        Damaged: a key has the type of something else.
    """
    for kind, found in zip(KINDS, types, strict=True):
        wanted = "zset" if kind in SORTED_SETS else "hash"
        if isinstance(found, bytes | str):
            name = found.decode() if isinstance(found, bytes) else found
            if name not in ("none", wanted):
                raise Damaged(kind, None, f"is a {name}, and ours is a {wanted}")


def check_stored(keys: PartitionKeys, stored: Stored) -> None:
    """Check all of it.

    Raises:
        Damaged: no worker wrote a part of it.
    """
    check_head(stored.head)
    read_judged(stored.head)
    if stored.formula is not None and stored.formula < OLDEST_FORMULA:
        return  # numbers of another layout, which nobody reads
    names = read_names(partition_name(keys).rpartition("-")[0], stored.names.items())
    status = stored.head.get(HEAD_STATUS.encode())
    if status is not None and read_status(status).names != len(names):
        raise Damaged("names", None, f"has {len(names)} names, and the head counts {read_status(status).names}")
    read_books(stored.policies)
    rows = {identity for name, identity in names.items() if name.startswith(ROW_PREFIX)}
    check_fields(stored.fields, rows.__contains__)
    check_aside(stored.aside)


class Fence(Protocol):
    """Keys of a partition, and the identity by which Redis knows its owner."""

    keys: PartitionKeys
    redis: Any
    commit_id: CommitId
    nonce: str


class Owner(Protocol):
    """The owner of a partition."""

    @property
    def committer(self) -> Fence:
        """Writer of the owner's commits."""
        ...


Owned = TypeVar("Owned", bound=Owner)


async def _check_ownership(owner: Owner) -> None:
    """Look whether another owner has committed: its rows and policies are unknown here, and no damage.

    Raises:
        Conflict: another one has.
    """
    fence = owner.committer
    try:
        head = await patiently(lambda: fence.redis.hgetall(fence.keys.head))
        found = CommitId.of(head)
    except (ResponseError, UnicodeDecodeError):
        return  # the head itself is damaged
    # One's own nonce: the damage came with the answer of a commit that had worked.
    if found != fence.commit_id and found.nonce != fence.nonce:
        raise Conflict(f"{partition_name(fence.keys)}: owner: found the commit {found}, expected {fence.commit_id}")


def naming_damage(
    method: Callable[Concatenate[Owned, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate[Owned, P], Coroutine[Any, Any, T]]:
    """Decorator of an owner's method: a damage found in it ends in the sentence that names the key."""

    @functools.wraps(method)
    async def named(owner: Owned, *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await method(owner, *args, **kwargs)
        except Damaged as damage:
            await _check_ownership(owner)
            raise unreadable(owner.committer.keys, damage) from damage.__cause__
        except ResponseError as error:
            if failure_of(error) is WRONG_TYPE:
                await load(owner.committer.redis, owner.committer.keys)  # looks at every key, and names the one
            raise

    return named  # type: ignore[return-value]  # mypy gives the owner a name in `wraps`
