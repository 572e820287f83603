"""History of one partition's judging: from which offset on new contacts came under which policy book and rules.

A contact keeps the policy book of its first commit. Its state says which, but states expire; this history in the head
of the partition does not, so that numbers can be recomputed from the log (``streams.reconcile``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from streams.store.damage import damage_of

HEAD_JUDGED = "judged"
"""Field of the head with the history, JSON."""
ENTRIES_KEPT = 200
"""Changes of settings that a partition remembers; of an older one the range of a recomputation is cut."""


class Judged(msgspec.Struct, array_like=True, frozen=True):
    """A stretch of the log under one policy book and one set of rules.

    Attributes:
        position: offset of its first record.
        clock_ms: the partition's clock then, epoch ms; ``None`` where the numbers begin.
        book: id of the policy book of new contacts.
        rules: digest of the other settings that decide what is counted (``streams.config.counting_rules``).
    """

    position: int
    clock_ms: int | None
    book: int
    rules: str


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[Judged]).decode


def read_judged(head: Mapping[bytes, bytes]) -> list[Judged]:
    """The history in a head, oldest first; empty where an earlier release began it.

    Raises:
        Damaged: no worker wrote what is there.
    """
    packed = head.get(HEAD_JUDGED.encode())
    if packed is None:
        return []
    with damage_of("head", HEAD_JUDGED):
        return _decode(packed)


def judged_fields(head: Mapping[bytes, bytes], position: int, clock_ms: int | None, book: int, rules: str) -> list[str]:
    """Field and value of the head for an owner that begins at ``position``; nothing where its stretch goes on."""
    known = read_judged(head)
    if known and (known[-1].book, known[-1].rules) == (book, rules):
        return []
    # An owner that committed no record in between has judged no contact.
    kept = [each for each in known if each.position < position]
    return [HEAD_JUDGED, _encode([*kept, Judged(position, clock_ms, book, rules)][-ENTRIES_KEPT:]).decode()]


def book_at(history: Sequence[Judged], books: Iterable[int], offset: int) -> int | None:
    """Id of the policy book of a contact whose first record is at ``offset``; ``None`` if that is not known."""
    known = list(books)
    if len(known) == 1:
        return known[0]
    return next((each.book for each in reversed(history) if each.position <= offset), None)
