"""Remedies: every reason to refuse a record has one."""

from __future__ import annotations

from streams.contract.decoding import REASONS
from streams.contract.remedies import REMEDIES


def test_every_reason_has_a_remedy() -> None:
    """A person who meets a reason finds the repair for it, and none for a reason that does not exist."""
    assert set(REASONS) == set(REMEDIES)
    assert all(remedy and not remedy.endswith(".") for remedy in REMEDIES.values())
