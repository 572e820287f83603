"""Damage in Redis: contents that no worker writes, and the sentence about them. No IO."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from streams.common.errors import UserError
from streams.store.keys import PartitionKeys

SHOWN_CHARACTERS = 80
"""Most characters of a field or of a decoder's message in a sentence."""
SETTINGS_REMEDY = "delete the key, then start the worker again, which writes it anew"
"""Way out of damaged settings beside the numbers."""
EXPENDABLE = ("changed", "conflicts")
"""Keys of a partition that hold no numbers: readers of the changes start over with the worker's next start."""


class Damaged(Exception):
    """Content of one key of a partition that no worker writes.

    Attributes:
        kind: of the key, one of ``streams.store.keys.KINDS``.
        field: in the key's hash, or a member of its sorted set; ``None`` where all of the key is meant.
        why: what is wrong with it, the end of a sentence.
        partition: topic and number, where whoever found it knew them.
    """

    def __init__(self, kind: str, field: bytes | str | None, why: str) -> None:
        super().__init__(kind, field, why)
        self.kind, self.field, self.why = kind, field, why
        self.partition: tuple[Any, int] | None = None


class Unreadable(UserError):
    """Redis holds something that no worker writes: nobody can say what the numbers would be without it.

    Attributes:
        key: the key in Redis.
        field: as shown in the sentence, "" where all of the key is meant.
        partition: such as ``calls-3``; "" for a key outside of any partition.
        why: what is wrong with it.
    """

    def __init__(self, key: str, field: bytes | str | None, why: str, remedy: str, partition: str = "") -> None:
        self.key, self.partition, self.why = key, partition, why
        self.field = "" if field is None else shown(field)
        of_field = "" if field is None else f", field '{self.field}'"
        of_partition = f" of {partition}" if partition else ""
        super().__init__(f"the numbers{of_partition} in Redis are damaged: key {key}{of_field} {why}; {remedy}")


def unreadable(keys: PartitionKeys, damage: Damaged) -> Unreadable:
    """The error for a damage in a partition, with its key and the way out."""
    key: str = getattr(keys, damage.kind)
    remedy = (
        f"delete the key (it holds no numbers: `redis-cli DEL '{key}'`), then start the worker again"
        if damage.kind in EXPENDABLE
        else "put the key back from a backup, or run `veinte rebuild`, which counts anew what the topics still hold, "
        "or choose another VEINTE_NAMESPACE"
    )
    return Unreadable(key, damage.field, damage.why, remedy, partition_name(keys))


def partition_name(keys: PartitionKeys) -> str:
    """Topic and number of a partition, from the hash tag of its keys."""
    return keys.head.rpartition("{")[2].partition("}")[0]


def shown(field: bytes | str) -> str:
    """A field in one line: what cannot be printed is escaped, and what is too long is cut."""
    text = field.decode(errors="backslashreplace") if isinstance(field, bytes) else field
    text = "".join(each if each.isprintable() else each.encode("unicode_escape", "replace").decode() for each in text)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"


def undecodable(error: BaseException) -> str:
    """The end of a sentence about bytes that a decoder has refused."""
    return f"cannot be read ({type(error).__name__}: {shown(str(error))})"


@contextmanager
def damage_in(partition: tuple[Any, int]) -> Iterator[None]:
    """Note the partition in a damage that the block finds."""
    try:
        yield
    except Damaged as damage:
        damage.partition = partition
        raise


@contextmanager
def damage_of(kind: str, field: bytes | str | None) -> Iterator[None]:
    """Turn any error of the block, which only reads stored bytes, into :class:`Damaged`.

    A decoder and the constructors behind it raise many kinds of errors for foreign bytes, and none is of use here.
    """
    try:
        yield
    except (Damaged, UserError):
        raise
    except Exception as error:
        raise Damaged(kind, field, undecodable(error)) from error
