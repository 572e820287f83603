"""A short campaign of faults, and the proof that a campaign can fail."""

from __future__ import annotations

import subprocess
import sys

from streams.common.errors import EXIT_USER_ERROR
from tests.support.paths import ROOT

QUICK = "sigkill,redis-cut-in-commit"


def campaign(*options: str) -> subprocess.CompletedProcess[str]:
    """A short campaign; its output has the table."""
    command = [sys.executable, "-m", "tests.faults.campaign", "--short", "--seed", "12", *options]
    return subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)


def test_a_short_campaign() -> None:
    """Killed workers, and commits that lose their connection, leave every number and the board as they must be."""
    done = campaign("--kinds", QUICK)
    assert 0 == done.returncode, done.stdout + done.stderr


def test_a_campaign_can_fail() -> None:
    """Without the fence of a commit, a Redis that was emptied ends with numbers that differ from a quiet run's."""
    done = campaign("--kinds", "redis-emptied", "--without", "fence")
    assert 1 == done.returncode, done.stdout + done.stderr
    assert "after the quiet run" in done.stdout


def test_unknown_kinds_are_refused() -> None:
    """A wrong name is one sentence, before anything is started."""
    done = campaign("--kinds", "sigkil")
    assert (EXIT_USER_ERROR, 1) == (done.returncode, len(done.stderr.splitlines()))
    assert "'sigkil' is no kind; --list shows them" in done.stderr
