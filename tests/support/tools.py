"""Programs of the system that tests run: where they are, or one sentence that says what to install."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

DEBIAN = "apt-get install prometheus prometheus-alertmanager redis-tools openssl chromium chromium-driver npm"


def tool(*names: str) -> str:
    """The path of the first of ``names`` that is on PATH; without one the test fails."""
    for name in names:
        if (path := shutil.which(name)) is not None:
            return path
    pytest.fail(f"this test runs {names[0]}, which is not on PATH; install it (Debian: {DEBIAN})")


def own_tool(name: str) -> str:
    """The path of a program that the development dependencies bring."""
    return str(Path(sys.executable).with_name(name))
