"""Live entries: states of a contact that are true now, and their sums at an instant. Pure.

An entry is one field in Redis while it holds. The reader calls ``observe`` of each entry, which adds its counts, age
and misses to an ``Instant``. So a live number is declared by the entries that count in it, and nowhere else.
"""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import ClassVar, NamedTuple, Self

import msgspec

from streams.common.languages import Bilingual
from streams.numbers.measures import Measure
from streams.numbers.names import SEPARATOR

NEVER_MS = 1 << 62
"""Later than any clock (epoch ms)."""


class _Row(NamedTuple):
    """Declaration of one live measure, as an enum member is written."""

    name: str
    words: Bilingual
    is_age: bool


class LiveMeasure(StrEnum):
    """A number that is true now: a count, or the age of the oldest entry. Each domain has a subclass with its own."""

    words: Bilingual
    is_age: bool

    def __new__(cls, name: str, words: Bilingual, is_age: bool) -> Self:
        """A member from its declaration (``live_count``, ``live_age``)."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.words, member.is_age = words, is_age
        return member


def live_count(name: str, english: str, spanish: str) -> _Row:
    """Declaration of a live count, summed over rows."""
    return _Row(name, Bilingual(english, spanish), is_age=False)


def live_age(name: str, english: str, spanish: str) -> _Row:
    """Declaration of the age of the oldest entry, the greatest over rows."""
    return _Row(name, Bilingual(english, spanish), is_age=True)


class Instant:
    """Sums of live entries at ``now_ms``, with misses before ``watermark_ms``, and the clocks up to which they hold.

    Attributes:
        now_until_ms: the sums of the same entries change when now reaches this.
        watermark_until_ms: the same for the watermark.
        counts: live measure → count.
        members: live measure → keyed hashes of persons, each counted once.
        oldest_ms: live measure of an age → the earliest beginning.
        misses: (measure, deadline) → number of entries past that deadline.
    """

    __slots__ = (
        "counts",
        "members",
        "misses",
        "now_ms",
        "now_until_ms",
        "oldest_ms",
        "watermark_ms",
        "watermark_until_ms",
    )

    def __init__(self, now_ms: int, watermark_ms: int) -> None:
        """``watermark_ms``: the partition has applied every event up to this time."""
        self.now_ms = now_ms
        self.watermark_ms = watermark_ms
        self.now_until_ms = NEVER_MS
        self.watermark_until_ms = NEVER_MS
        self.counts: Counter[LiveMeasure] = Counter()
        self.members: dict[LiveMeasure, set[bytes]] = {}
        self.oldest_ms: dict[LiveMeasure, int] = {}
        self.misses: Counter[tuple[Measure, int]] = Counter()

    def holds(self, now_ms: int, watermark_ms: int) -> bool:
        """True if the same entries add up to the same at these clocks."""
        return self.now_ms <= now_ms < self.now_until_ms and self.watermark_ms <= watermark_ms < self.watermark_until_ms

    def passed(self, moment_ms: int) -> bool:
        """True once now has reached ``moment_ms``; until then it bounds how long this instant holds."""
        if moment_ms <= self.now_ms:
            return True
        self.now_until_ms = min(self.now_until_ms, moment_ms)
        return False

    def missed(self, deadline_ms: int) -> bool:
        """True once the watermark is past ``deadline_ms``; until then it bounds how long this instant holds."""
        if deadline_ms < self.watermark_ms:
            return True
        self.watermark_until_ms = min(self.watermark_until_ms, deadline_ms + 1)
        return False

    def count(self, measure: LiveMeasure, amount: int = 1) -> None:
        """Add to a live count."""
        self.counts[measure] += amount

    def count_person(self, measure: LiveMeasure, person: bytes | None) -> None:
        """Count a person once however many entries name them; an entry without a name counts as one."""
        if person is None:
            self.counts[measure] += 1
        else:
            self.members.setdefault(measure, set()).add(person)

    def since(self, measure: LiveMeasure, since_ms: int) -> None:
        """Age of an entry that began at ``since_ms``; the oldest one counts."""
        self.oldest_ms[measure] = min(self.oldest_ms.get(measure, NEVER_MS), since_ms)

    def miss(self, measure: Measure, deadline_ms: int) -> None:
        """Count a miss in the slice of its deadline."""
        self.misses[measure, deadline_ms] += 1


class LiveEntry(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Base of every live entry; ``letter`` begins its field in Redis and identifies its type within a domain."""

    letter: ClassVar[str]
    words: ClassVar[str]
    keeps_state: ClassVar[bool] = False
    """True where the state of the contact must be kept for as long as the entry holds."""


class RowEntry(LiveEntry, array_like=True, frozen=True, gc=False):
    """A live entry that belongs to a row."""

    row: int

    @property
    def since_ms(self) -> int | None:
        """Beginning of the state, epoch ms; ``None`` where the entry does not keep it."""
        return None

    @property
    def due_ms(self) -> int | None:
        """The next moment at which the contact becomes a miss or overdue, epoch ms."""
        return None

    def observe(self, at: Instant) -> None:
        """Add the counts, age and misses of the entry at an instant."""
        raise NotImplementedError


class Incomplete(LiveEntry, array_like=True, frozen=True, gc=False):
    """A contact whose events add nothing until another event arrives."""

    letter: ClassVar[str] = "I"
    words: ClassVar[str] = "incomplete: an event is missing"


def live_field(key: str, subject: str) -> str:
    """The field of a live entry in the ``numbers`` hash; ``key`` is its letter and the leg."""
    return f"{key[0]}{subject}{SEPARATOR}{key[1:]}"
