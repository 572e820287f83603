"""Changes of a ledger in the form in which a commit takes them."""

from __future__ import annotations

from typing import NamedTuple


class Writes(NamedTuple):
    """Flat lists of a commit (``streams.store.commit.Commit``)."""

    set: list[str | bytes]
    deleted: list[str]
    contacts: list[str | bytes]
    contacts_deleted: list[str]
    expiry: list[str]
    expiry_deleted: list[str]
    live_expiry: list[str]
    live_expiry_deleted: list[str]

    @classmethod
    def empty(cls) -> Writes:
        """No change."""
        return cls([], [], [], [], [], [], [], [])
