"""Records of a partition in buckets on disk."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from streams.reconcile import spill as spill_module
from streams.reconcile.spill import Spill, Spilled


def test_records_come_back_by_contact_in_order(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each contact comes once, whole and in order, from memory as from files, and no file has a name."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(spill_module, "IN_MEMORY_BYTES", 4_096)
    monkeypatch.setattr(spill_module, "BUCKET_BYTES", 8_192)
    sent = [Spilled(f"c{number % 700}", number, None, b"x" * 100) for number in range(7_000)]
    groups = 0
    found: dict[str, list[Spilled]] = {}
    with Spill() as spill:
        for record in sent:
            spill.put(record)
        assert [] == list(tmp_path.iterdir())
        for group in spill.contacts():
            groups += 1
            assert not group.keys() & found.keys()
            found |= group
    assert groups > spill_module.BUCKETS
    assert {f"c{number}" for number in range(700)} == found.keys()
    assert all(sent[int(name[1:]) :: 700] == records for name, records in found.items())
