"""Prometheus and Alertmanager from Debian's or Ubuntu's own packages, for this user only.

apt downloads and verifies the packages, `dpkg-deb` unpacks them into the cache: nothing is installed, no service is
started, no root is needed. Debian's programs read their templates and pages from /usr/share/prometheus, and
Alertmanager does not start without them. In our copies that path is relative, so the copies are started in their own
folder.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from streams.common.errors import UserError
from streams.common.folders import cache_folder
from streams.stack.fetched_files import note_files
from streams.stack.progress import download_bar

PROMETHEUS_AT_LEAST = (2, 42)
"""The first version with `keep_firing_for`."""
ALERTMANAGER_AT_LEAST = (0, 22)
"""The first version with matchers in routes and inhibitions."""
PACKAGES = {"prometheus": PROMETHEUS_AT_LEAST, "prometheus-alertmanager": ALERTMANAGER_AT_LEAST}
PROGRAMS = ("prometheus", "promtool", "prometheus-alertmanager", "amtool")
SHARED, OURS = b"/usr/share/prometheus/", b"usr/share/prometheus//"
"""The path inside the programs and its replacement of equal length: a compiled program's bytes must not move."""
BY_HAND = "install Prometheus and Alertmanager yourself"
STALL_SECONDS = 30.0
"""A download without new bytes for so long is aborted."""
POLL_SECONDS = 0.1
LIMITS = ("-q", "-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=10", "-o", "Acquire::https::Timeout=10")
_LISTED = re.compile(r"^'[^']+' (?P<name>[^_ ]+)_(?:\d+(?:%3a|:))?(?P<version>[\d.]+)\S* (?P<size>\d+) ", re.MULTILINE)
"""A line of `apt-get download --print-uris`: address, file, bytes, hash. An epoch may precede the version."""


class _Failed(Exception):
    """Failure of apt or dpkg, with its message."""


class _Package(NamedTuple):
    name: str
    version: str
    size_bytes: int


def fetched_programs() -> Path:
    """Folder of the fetched programs, which need not exist."""
    return cache_folder() / "debian"


def can_fetch() -> bool:
    """True if this machine has apt-get and dpkg-deb."""
    return shutil.which("apt-get") is not None and shutil.which("dpkg-deb") is not None


def fetch() -> None:
    """Download both packages (30 MB) and keep their programs, with a progress bar on a terminal.

    Raises:
        UserError: this is not Debian or Ubuntu, its packages are too old, or apt cannot download them.
    """
    if not can_fetch():
        raise UserError(f"Prometheus and Alertmanager can be fetched on Debian and Ubuntu only; {BY_HAND}")
    target = fetched_programs()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as name:
            folder = Path(name)
            _download(folder)
            for package in folder.glob("*.deb"):
                _run(["dpkg-deb", "-x", package.name, "."], folder)
            made = relocated(folder / "usr", folder / "made")
            shutil.rmtree(target, ignore_errors=True)
            made.replace(target)
    except _Failed as error:
        raise UserError(f"Prometheus and Alertmanager cannot be fetched: {error}; {BY_HAND}") from None
    except OSError as error:
        raise UserError(f"Prometheus and Alertmanager cannot be kept in {target} ({error}); {BY_HAND}") from None


def start_folder(program: str, usual: Path) -> Path:
    """Working directory of a program: ``usual``, but for a fetched program the folder of its templates and pages."""
    return fetched_programs() if Path(program).parent == fetched_programs() else usual


def relocated(usr: Path, made: Path) -> Path:
    """Move the programs of ``usr`` and the files they read to the folder ``made``, with paths relative to that
    folder."""
    (made / "usr" / "share").mkdir(parents=True)
    (usr / "share" / "prometheus").replace(made / "usr" / "share" / "prometheus")
    for program in PROGRAMS:
        (made / program).write_bytes((usr / "bin" / program).read_bytes().replace(SHARED, OURS))
        (made / program).chmod(0o755)
    note_files(made)
    return made


def _download(folder: Path) -> None:
    """Download both packages into ``folder``, with the system's package lists or, if these are missing or old, with new
    ones.

    A container has no lists, and only root may update the system's. So our own lists are fetched, for this download
    only.
    """
    try:
        _download_by((), folder)
    except _Failed:
        lists, cache = folder / "lists", folder / "cache"
        for made in (lists / "partial", cache / "archives" / "partial"):
            made.mkdir(parents=True)
        own = ("-o", f"Dir::State::lists={lists}", "-o", f"Dir::Cache={cache}")
        _run(["apt-get", *LIMITS, *own, "-o", "APT::Update::Error-Mode=any", "update"], folder)
        _download_by(own, folder)


def _download_by(options: tuple[str, ...], folder: Path) -> None:
    command = ["apt-get", *LIMITS, *options, "download"]
    listed = _run([*command, "--print-uris", *PACKAGES], folder)
    packages = [_Package(found["name"], found["version"], int(found["size"])) for found in _LISTED.finditer(listed)]
    for package in packages:
        _require_new_enough(package)
    with download_bar("Prometheus and Alertmanager", sum(package.size_bytes for package in packages)) as advance:
        _run([*command, *PACKAGES], folder, advance)


def _require_new_enough(package: _Package) -> None:
    at_least = PACKAGES.get(package.name, ())
    if tuple(map(int, re.findall(r"\d+", package.version))) < at_least:
        oldest = ".".join(map(str, at_least))
        raise UserError(f"this system's package {package.name} is {package.version}, but {oldest} is needed; {BY_HAND}")


def _run(command: list[str], folder: Path, advance: Callable[[int], None] = lambda _: None) -> str:
    """Output of ``command``; ``advance`` is called with the number of new bytes in ``folder`` while it runs."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env={**os.environ, "LC_ALL": "C"}
        )
        try:
            _follow(process, folder, advance)
        finally:
            process.kill()
            process.wait()
        out.seek(0)
        err.seek(0)
        if process.returncode:
            lines = err.read().decode(errors="replace").splitlines()
            errors = [line for line in lines if line.startswith("E: ")] or lines
            raise _Failed(f"{command[0]} says {errors[0].removeprefix('E: ') if errors else 'nothing'}")
        return out.read().decode(errors="replace")


def _follow(process: subprocess.Popen[bytes], folder: Path, advance: Callable[[int], None]) -> None:
    done, moved = _bytes_in(folder), time.monotonic()
    while True:
        with suppress(subprocess.TimeoutExpired):
            process.wait(POLL_SECONDS)
            return
        now = _bytes_in(folder)
        if now != done:
            advance(now - done)
            done, moved = now, time.monotonic()
        elif time.monotonic() - moved > STALL_SECONDS:
            raise _Failed(f"nothing came for {STALL_SECONDS:g} s")


def _bytes_in(folder: Path) -> int:
    total = 0
    for file in folder.rglob("*"):
        with suppress(FileNotFoundError):  # apt moves its files about
            total += file.stat().st_size
    return total
