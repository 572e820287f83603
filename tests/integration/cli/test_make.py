"""`make` in a clone: an interrupted run leaves nothing behind that the next one cannot go on from."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tests.support.processes import eventually

MADE = ".venv/.made"
"""Written once the environment is whole."""


def command(*arguments: str) -> list[str]:
    """A command line of make with the Python of these tests."""
    return ["make", *arguments, f"PYTHONS={sys.executable}"]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with what make reads to set a clone up."""
    for name in ("Makefile", "requirements.lock", "requirements-uv.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.mark.parametrize("interruption", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_environment_is_made_anew(clone: Path, interruption: signal.Signals) -> None:
    """Ctrl-C, or a kill, while .venv is half made: the same command then makes it whole, with a pip that works."""
    interrupted = subprocess.Popen(
        command(MADE), cwd=clone, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    eventually("a half made environment", (clone / ".venv/bin/python").exists)
    os.killpg(interrupted.pid, interruption)  # as a terminal does: make, its shell and Python
    assert 0 != interrupted.wait(60)
    assert not (clone / MADE).exists()
    again = subprocess.run(command(MADE), cwd=clone, capture_output=True, text=True, timeout=300, check=False)
    assert (0, True) == (again.returncode, (clone / MADE).exists()), again.stderr
    version = subprocess.run([clone / ".venv/bin/uv", "--version"], capture_output=True, text=True, check=True)
    assert version.stdout.startswith("uv ")


def test_a_clone_that_was_set_up_before_stays_as_it_is(clone: Path) -> None:
    """An environment that is whole and older than this rule is kept, not made anew."""
    (clone / ".venv").mkdir()
    (clone / ".venv/.installed").touch()
    (clone / ".venv/own.txt").touch()
    done = subprocess.run(command(MADE), cwd=clone, capture_output=True, text=True, timeout=60, check=False)
    assert (0, [".installed", ".made", "own.txt"]) == (
        done.returncode,
        sorted(path.name for path in (clone / ".venv").iterdir()),
    )
