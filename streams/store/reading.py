"""Strict decoders of a partition's keys: each gives what a worker writes, or says what is damaged. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from streams.common.vocabulary import Channel
from streams.facts.domains import DOMAIN_OF
from streams.facts.shared.policy import Policy, PolicyBook, decode_book
from streams.numbers.names import DIMENSION_PREFIX, ROW_PREFIX, SEPARATOR
from streams.numbers.tiers import TIER_OF, TOTALS
from streams.store.damage import Damaged, damage_of
from streams.store.keys import (
    HEAD_ACKNOWLEDGED,
    HEAD_KEY_CHECK,
    HEAD_NONCE,
    HEAD_NUMBER,
    HEAD_PARTITIONS,
    HEAD_POSITION,
    HEAD_SOURCE,
    HEAD_STATUS,
    HEAD_TOPIC_ID,
    Status,
    decode_aside,
    decode_status,
)
from streams.store.standing import LET_GO

LARGEST = (1 << 63) - 1
"""Largest offset of Kafka."""
EARLIEST_MS, LATEST_MS = -62_135_596_800_000, 253_402_300_799_999
"""First and last instant of the years 1 to 9999: no event and no clock is outside of them."""
FURTHEST_MS = 1 << 53
"""Bound of a moment that is counted from an event, such as a due time."""

_TEXTS = (HEAD_NONCE, HEAD_TOPIC_ID, HEAD_KEY_CHECK, HEAD_SOURCE)
_NUMBERS = (HEAD_POSITION, HEAD_NUMBER, HEAD_PARTITIONS, HEAD_ACKNOWLEDGED)
_LEAST = {"formula": 1, "transaction_offset": -1, "refused_in_a_row": LET_GO, "internal_in_a_row": LET_GO}
"""Least value of the numbers of a status that are not from 0 up."""
_WHOLE = (HEAD_POSITION, HEAD_NONCE, HEAD_NUMBER, HEAD_STATUS)
"""Fields that every commit writes."""


def whole_number(kind: str, field: bytes | str, raw: bytes) -> int:
    """A number from 0 as written in digits.

    Raises:
        Damaged: anything else.
    """
    if raw.isdigit() and len(raw) <= len(str(LARGEST)) and int(raw) <= LARGEST:
        return int(raw)
    raise Damaged(kind, field, "is no number from 0 up")


def text(kind: str, field: bytes | str, raw: bytes) -> str:
    """A text of UTF-8.

    Raises:
        Damaged: anything else.
    """
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise Damaged(kind, field, "is no text of UTF-8") from None


def read_status(raw: bytes) -> Status:
    """The status in a head.

    Raises:
        Damaged: it cannot be decoded, or a number in it is out of range.
    """
    with damage_of("head", HEAD_STATUS):
        status = decode_status(raw)
        for name in Status.__struct_fields__:
            value = getattr(status, name)
            if isinstance(value, int) and not _in_range(name, value):
                raise Damaged("head", HEAD_STATUS, f"has {name} = {value}, which is out of range")
        for name, count in status.statistics.items():
            if not 0 <= count <= LARGEST:
                raise Damaged("head", HEAD_STATUS, f"has the count {name} = {count}, which is out of range")
    return status


def _in_range(name: str, value: int) -> bool:
    if name.endswith("_ms"):
        return EARLIEST_MS <= value <= LATEST_MS
    if name == "lost_unacknowledged":
        return abs(value) <= LARGEST  # an acknowledgement may be newer than the count, in a Redis that went back
    return _LEAST.get(name, 0) <= value <= LARGEST


def check_head(head: Mapping[bytes, bytes]) -> None:
    """Check the fields of a head that are there.

    Raises:
        Damaged: one of them, or one is missing beside others of the same commit.
    """
    for name in _TEXTS:
        text("head", name, head.get(name.encode(), b""))
    for name in _NUMBERS:
        raw = head.get(name.encode())
        if raw is not None:
            whole_number("head", name, raw)
    present = [name for name in _WHOLE if name.encode() in head]
    if present and len(present) < len(_WHOLE):
        missing = next(name for name in _WHOLE if name not in present)
        raise Damaged("head", missing, "is missing beside what the same commit wrote")
    if HEAD_STATUS.encode() in head:
        read_status(head[HEAD_STATUS.encode()])


def read_names(topic: Any, flat: Iterable[tuple[bytes, bytes]]) -> dict[str, int]:
    """The registry of a partition of ``topic``: ids by name, which are 1, 2, 3 … in some order.

    Raises:
        Damaged: a name that is neither a row nor a dimension, or ids that the registry does not give.
    """
    parts = 2 if DOMAIN_OF[topic].channel is not None else 3
    names: dict[str, int] = {}
    for raw, number in flat:
        name = text("names", raw, raw)
        identity = whole_number("names", raw, number)
        labels = name[1:].split(SEPARATOR)
        is_row = name.startswith(ROW_PREFIX) and len(labels) == parts and (parts < 3 or labels[2] in set(Channel))
        is_dimension = name.startswith(DIMENSION_PREFIX) and all("=" in label for label in labels)
        if not (is_row or is_dimension):
            raise Damaged("names", raw, "is the name neither of a row nor of a dimension")
        names[name] = identity
    count = len(names)
    taken: set[int] = set()
    for name, identity in names.items():
        if not 1 <= identity <= count or identity in taken:
            raise Damaged("names", name, f"has the id {identity}, which is none of its own from 1 to {count}")
        taken.add(identity)
    return names


def read_conflicts(flat: Sequence[bytes]) -> dict[str, int]:
    """Refused commits by reason, from a flat list.

    Raises:
        Damaged: a reason or a count that no script writes.
    """
    counts = zip(flat[::2], flat[1::2], strict=True)
    return {text("conflicts", raw, raw): whole_number("conflicts", raw, count) for raw, count in counts}


def read_books(stored: Mapping[bytes, bytes]) -> dict[int, PolicyBook]:
    """The policy books of a partition by id.

    Raises:
        Damaged: an id or a book that no settings make.
    """
    books = {}
    for raw, packed in stored.items():
        identity = whole_number("policies", raw, raw)
        with damage_of("policies", raw):
            books[identity] = decode_book(packed)
            dated = [policy for policies in books[identity].queues.values() for _, policy in policies]
            for policy in (books[identity].default, *dated):
                _check_policy(raw, policy)
    return books


def _check_policy(field: bytes, policy: Policy) -> None:
    limits = (value for target in policy.targets for value in _integers(target))
    for value in (*_integers(policy), *limits):
        if not 0 <= value <= FURTHEST_MS:
            raise Damaged("policies", field, f"has the limit {value}, which is out of range")
    policy.clock  # noqa: B018  # a calendar that cannot be computed with shows here, and not at its first contact


def _integers(struct: Any) -> list[int]:
    return [value for name in struct.__struct_fields__ if isinstance(value := getattr(struct, name), int)]


def check_aside(stored: Mapping[bytes, bytes]) -> None:
    """Check the events that wait aside.

    Raises:
        Damaged: no worker wrote one of them.
    """
    for field, raw in stored.items():
        whole_number("aside", field, field)
        with damage_of("aside", field):
            entry = decode_aside(raw)
        if not (EARLIEST_MS <= entry.time_ms <= LATEST_MS and 0 <= entry.since_ms <= LATEST_MS):
            raise Damaged("aside", field, "has a time that is out of range")


def check_fields(fields: Iterable[bytes], has_row: Callable[[int], bool]) -> None:
    """Check the names of the fields of ``numbers``; those of live entries need only be texts.

    Raises:
        Damaged: a field of no slice, counter or entry, or of a row that is not in the registry.
    """
    for raw in fields:
        read_field(raw, has_row)
        text("numbers", raw, raw)


def read_field(raw: bytes, has_row: Callable[[int], bool], kind: str = "numbers") -> tuple[str, int, int]:
    """``(letter, number of the slice, row)`` of a field; the numbers are 0 where it has none.

    Raises:
        Damaged: as ``check_fields``. ``kind``: of the key that holds the field.
    """
    letter = chr(raw[0]) if raw else ""
    try:
        if letter in TIER_OF:
            digits, colon, row_digits = raw[1:].partition(b":")
            number, row = int(digits), int(row_digits)
            # `int` is lenient; two fields must not mean one slice.
            is_canonical = colon and not raw[1:].translate(None, b"-:0123456789")
            if is_canonical and abs(number) * TIER_OF[letter].width_ms <= LATEST_MS and has_row(row):
                return letter, number, row
        elif letter == TOTALS:
            row = int(raw[1:])
            if raw[1:].isdigit() and has_row(row):
                return letter, 0, row
        elif letter:
            return letter, 0, 0
    except ValueError:
        pass
    raise Damaged(kind, raw, "is the field of no slice or row that the registry has")
