"""One commit: what the script ``commit.lua`` is told, and what it answers."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import NamedTuple

import msgspec

COMMIT_SCRIPT = Path(__file__).with_name("commit.lua").read_text()


class CommitId(NamedTuple):
    """Who committed last, and where. All empty before the first commit."""

    position: str = ""
    nonce: str = ""
    number: str = ""

    @classmethod
    def of(cls, head: dict[bytes, bytes]) -> CommitId:
        """The id stored in a head."""
        return cls(*(head.get(name, b"").decode() for name in (b"position", b"nonce", b"number")))


_pack = msgspec.msgpack.Encoder().encode


class Commit(msgspec.Struct):
    """Everything one commit changes, as the script reads it. Lists that become arguments of a command are flat;
    ``lengths`` are the bytes of each entry of the binary lists that follow as one (numbers, contacts, policies)."""

    position: str
    nonce: str
    number: str
    expected_position: str
    expected_nonce: str
    expected_number: str
    clock: str
    """Event time in ms before which a state's end must lie for it to go, as Redis writes an open bound: "(ms"."""
    sweep: int
    """How many subjects of each kind the answer may name."""
    changed_floor: str
    lengths: list[list[int]] = []
    head: list[str] = []
    deleted: list[str] = []
    contacts_deleted: list[str] = []
    expiry: list[str] = []
    expiry_deleted: list[str] = []
    ghosts: list[str] = []
    ghosts_deleted: list[str] = []
    names: list[str] = []

    def arguments(self, status: bytes, *binary: list[str | bytes]) -> list[str | bytes]:
        """The script's arguments; ``binary`` are the three flat lists that ``lengths`` measures.

        They travel as one string: the client takes longer to send 10,000 arguments than the script to cut them apart.
        """
        entries = [[entry.encode() if isinstance(entry, str) else entry for entry in each] for each in binary]
        self.lengths = [list(map(len, each)) for each in entries]
        return [_pack(self), status, b"".join(chain.from_iterable(entries))]


class Answer(NamedTuple):
    """What the script said."""

    outcome: str
    detail: str
    acknowledged: int
    expired: list[str]
    expired_ghosts: list[str]

    @classmethod
    def of(cls, raw: list[bytes | list[bytes]]) -> Answer:
        """Decode the script's reply."""
        outcome, detail, *rest = raw
        acknowledged, expired, ghosts = rest or (b"0", [], [])
        return cls(
            bytes(outcome).decode(),  # type: ignore[arg-type]
            bytes(detail).decode(),  # type: ignore[arg-type]
            int(acknowledged),  # type: ignore[arg-type]
            [bytes(subject).decode() for subject in expired],
            [bytes(subject).decode() for subject in ghosts],
        )


class Conflict(Exception):
    """The fence refused a commit: another owner moved on, or Redis lost its tail. The process must start over."""
