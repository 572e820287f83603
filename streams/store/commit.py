"""One commit: arguments and answer of the script ``commit.lua``."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from streams.store.damage import Damaged
from streams.store.keys import HEAD_ACKNOWLEDGED, KINDS, SORTED_SETS
from streams.store.reading import text, whole_number

COMMIT_SCRIPT = Path(__file__).with_name("commit.lua").read_text()


class CommitId(NamedTuple):
    """Identity of the last commit: its position, the nonce of its owner, its number. All empty before the first
    commit."""

    position: str = ""
    nonce: str = ""
    number: str = ""

    @classmethod
    def of(cls, head: dict[bytes, bytes]) -> CommitId:
        """The id stored in a head."""
        return cls(*(head.get(name, b"").decode() for name in (b"position", b"nonce", b"number")))


_pack = msgspec.msgpack.Encoder().encode


class Commit(msgspec.Struct):
    """All changes of one commit, in the form that the script reads. A list that becomes the arguments of a command is
    flat; ``lengths`` are the bytes of each entry of the binary lists joined into one string (numbers, contacts,
    policies)."""

    position: str
    nonce: str
    number: str
    # The expected id is that of this owner's last commit (or of its assignment), never one read again before a commit:
    # an id read again would also match the commit of another owner, and the fence would let both write.
    expected_position: str
    expected_nonce: str
    expected_number: str
    clock: str
    """Open upper bound of the event times at which a state expires, in ms, as Redis writes it: "(ms"."""
    sweep: int
    """Largest number of subjects of each kind in the answer."""
    changed_floor: str
    lengths: list[list[int]] = []
    head: list[str] = []
    deleted: list[str] = []
    contacts_deleted: list[str] = []
    expiry: list[str] = []
    expiry_deleted: list[str] = []
    live_expiry: list[str] = []
    live_expiry_deleted: list[str] = []
    names: list[str] = []
    aside: list[str] = []
    aside_deleted: list[str] = []

    def arguments(self, status: bytes, *binary: list[str | bytes]) -> list[str | bytes]:
        """Arguments of the script; ``binary`` are the three flat lists measured by ``lengths``.

        They are sent as one string: the client takes longer to send 10,000 arguments than the script to cut the string.
        """
        entries = [[entry.encode() if isinstance(entry, str) else entry for entry in each] for each in binary]
        self.lengths = [list(map(len, each)) for each in entries]
        return [_pack(self), status, b"".join(chain.from_iterable(entries))]


class Answer(NamedTuple):
    """Answer of the script."""

    outcome: str
    detail: str
    acknowledged: int
    expired: list[str]
    expired_live: list[str]

    @classmethod
    def of(cls, raw: list[Any]) -> Answer:
        """Decode the script's reply.

        Raises:
            Damaged: a key of the partition has another type, or holds what no worker writes.
        """
        outcome, detail, *rest = raw
        if outcome == b"damaged":
            kind = KINDS[int(detail) - 1]
            raise Damaged(kind, None, "is no sorted set" if kind in SORTED_SETS else "is no hash")
        acknowledged, expired, live_expiry = rest or (b"0", [], [])
        return cls(
            outcome.decode(),
            detail.decode(),
            whole_number("head", HEAD_ACKNOWLEDGED, acknowledged),
            [text("expiry", subject, subject) for subject in expired],
            [text("live_expiry", subject, subject) for subject in live_expiry],
        )


class Conflict(Exception):
    """A commit refused by the fence: another owner has committed, or Redis lost its last commits. The process must
    restart."""
