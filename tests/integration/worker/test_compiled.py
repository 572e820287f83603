"""The packages with hot modules as machine code count the same as the source."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.support.paths import ROOT

PROJECT = ROOT
BOOKS = ("test_ledger.py", "test_ledger_machine.py", "test_contributions_oracle.py", "test_slices.py", "test_intake.py")


def test_compiled_modules_keep_the_books(tmp_path: Path) -> None:
    """Compiled, the modules pass the tests of the ledger, the intake and every contribution against the oracles."""
    folder = tmp_path / "compiled"
    made = subprocess.run(
        [sys.executable, str(PROJECT / "deploy" / "compile.py"), str(folder)],
        env={**os.environ, "MYPYC_OPT_LEVEL": "0"},  # the C compiler's optimiser takes half of the time
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == made.returncode, made.stdout + made.stderr
    where = "import streams.worker.ledger as module; print(module.__file__)"
    found = subprocess.run([sys.executable, "-c", where], cwd=folder, capture_output=True, text=True, check=True)
    assert found.stdout.strip().endswith(".so"), found.stdout
    tests = [str(file) for name in BOOKS for file in (PROJECT / "tests" / "unit").rglob(name)]
    assert len(BOOKS) == len(tests)
    options = ["-q", "-p", "no:cacheprovider", f"--rootdir={PROJECT}", "-c", str(PROJECT / "pyproject.toml")]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *tests],
        cwd=folder,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == ran.returncode, ran.stdout[-4000:] + ran.stderr[-2000:]
