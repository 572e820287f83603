"""The command line under a clock of the campaign's, or without a safeguard."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from streams.store import commit
from tests.faults.campaign.entry import SAFEGUARDS, shift_clock, without_fence, write_offset

HOUR_MS = 3_600_000


def test_the_fence_can_be_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """The text of the fence is that of commit.lua, so that the proof without it removes something."""
    monkeypatch.setattr(commit, "COMMIT_SCRIPT", commit.COMMIT_SCRIPT)
    before = commit.COMMIT_SCRIPT
    without_fence()
    assert before != commit.COMMIT_SCRIPT
    assert "fence" in SAFEGUARDS


def test_a_shifted_clock(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The wall clock is ahead by what the file says at each moment; the monotonic clock is not touched."""
    true_ns, monotonic = time.time_ns, time.monotonic
    monkeypatch.setattr(time, "time", time.time)
    monkeypatch.setattr(time, "time_ns", time.time_ns)
    path = tmp_path / "clock"
    write_offset(path, 0)
    shift_clock(path)
    shifts = []
    for offset_ms in (0, HOUR_MS, -HOUR_MS):
        write_offset(path, offset_ms)
        shifts.append((round((time.time_ns() - true_ns()) / 1e9 / 60), round((time.time() - true_ns() / 1e9) / 60)))
    assert [(0, 0), (60, 60), (-60, -60)] == shifts
    assert monotonic is time.monotonic
