"""A short campaign of faults: some quick kinds, and the proof that the campaign can fail."""

from __future__ import annotations

import subprocess
import sys

from tests.support.paths import ROOT

QUICK = "sigkill,redis-emptied,redis-cut-in-commit"


def campaign(*options: str) -> subprocess.CompletedProcess[str]:
    """A short campaign; its output has the table."""
    command = [sys.executable, "-m", "tests.faults.campaign", "--short", "--seed", "12", *options]
    return subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)


def test_a_short_campaign() -> None:
    """Killed workers, an emptied Redis and commits that lose their connection leave every number as it must be."""
    done = campaign("--kinds", QUICK)
    assert 0 == done.returncode, done.stdout + done.stderr
