"""Prometheus and Alertmanager from Debian's or Ubuntu's own packages, for this user only.

apt downloads and verifies the packages, `dpkg-deb` unpacks them into the cache: nothing is installed, no service is
started, nobody needs to be root. Debian's programs look for their templates and pages in /usr/share/prometheus, without
which Alertmanager does not start; in our copies that path is relative, so they are started in the folder of the copies.
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
from streams.stack.progress import download_bar

PROMETHEUS_AT_LEAST = (2, 42)
"""The first that knows `keep_firing_for`."""
ALERTMANAGER_AT_LEAST = (0, 22)
"""The first whose routes and inhibitions have matchers."""
PACKAGES = {"prometheus": PROMETHEUS_AT_LEAST, "prometheus-alertmanager": ALERTMANAGER_AT_LEAST}
PROGRAMS = ("prometheus", "promtool", "prometheus-alertmanager", "amtool")
SHARED, OURS = b"/usr/share/prometheus/", b"usr/share/prometheus//"
"""The path in the programs and what takes its place, which is as long: a compiled program is not to be moved inside."""
BY_HAND = "install Prometheus and Alertmanager yourself"
STALL_SECONDS = 30.0
"""A download that has brought nothing for so long is given up."""
POLL_SECONDS = 0.1
LIMITS = ("-q", "-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=10", "-o", "Acquire::https::Timeout=10")
_LISTED = re.compile(r"^'[^']+' (?P<name>[^_ ]+)_(?:\d+(?:%3a|:))?(?P<version>[\d.]+)\S* (?P<size>\d+) ", re.MULTILINE)
"""A line of `apt-get download --print-uris`: address, file, bytes, hash. An epoch may stand before the version."""


class _Failed(Exception):
    """What apt or dpkg said when it failed."""


class _Package(NamedTuple):
    name: str
    version: str
    size_bytes: int


def fetched_programs() -> Path:
    """The folder of the fetched programs, whether or not they are there."""
    return cache_folder() / "debian"


def can_fetch() -> bool:
    """Whether this machine has what it takes."""
    return shutil.which("apt-get") is not None and shutil.which("dpkg-deb") is not None


def fetch() -> None:
    """Download both packages (30 MB) and keep their programs; a bar on a terminal shows how far it is.

    Raises:
        UserError: this is no Debian or Ubuntu, its packages are too old, or apt cannot get them.
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
    """Where a program is started: ``usual``, but a fetched one where it finds its templates and pages."""
    return fetched_programs() if Path(program).parent == fetched_programs() else usual


def relocated(usr: Path, made: Path) -> Path:
    """The folder ``made`` with the programs of ``usr`` and the files they read, which they find where they start."""
    (made / "usr" / "share").mkdir(parents=True)
    (usr / "share" / "prometheus").replace(made / "usr" / "share" / "prometheus")
    for program in PROGRAMS:
        (made / program).write_bytes((usr / "bin" / program).read_bytes().replace(SHARED, OURS))
        (made / program).chmod(0o755)
    return made


def _download(folder: Path) -> None:
    """Both packages into ``folder``, by the system's lists of packages or, where these are missing or old, by new ones.

    A container has no lists, and only root may renew the system's: ours are read for this once.
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
    """What ``command`` prints; ``advance`` is told of the bytes that it brings into ``folder``."""
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
