"""Prometheus and Alertmanager from Debian's or Ubuntu's own packages, for this user only.

apt downloads and verifies the packages, `dpkg-deb` unpacks them into the cache: nothing is installed, no service is
started, nobody needs to be root.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import platformdirs

from streams.errors import UserError

PACKAGES = ("prometheus", "prometheus-alertmanager")
PROGRAMS = ("prometheus", "promtool", "prometheus-alertmanager", "amtool")
DOWNLOAD_TIMEOUT_SECONDS = 600.0
"""About 30 MB."""


def fetched_programs() -> Path:
    """The folder of the fetched programs, whether or not they are there."""
    return Path(platformdirs.user_cache_dir("veinte")) / "debian"


def can_fetch() -> bool:
    """Whether this machine has what it takes."""
    return shutil.which("apt-get") is not None and shutil.which("dpkg-deb") is not None


def fetch() -> None:
    """Download both packages and keep their programs.

    Raises:
        UserError: this is no Debian or Ubuntu, or apt cannot get them.
    """
    by_hand = f"install {' and '.join(PACKAGES)} yourself"
    if not can_fetch():
        raise UserError(f"Prometheus and Alertmanager can be fetched on Debian and Ubuntu only; {by_hand}")
    target = fetched_programs()
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as name:
        folder = Path(name)
        _run(["apt-get", "download", "-q", *PACKAGES], folder, by_hand)
        for package in folder.glob("*.deb"):
            _run(["dpkg-deb", "-x", package.name, "."], folder, by_hand)
        target.mkdir(exist_ok=True)
        for program in PROGRAMS:
            (folder / "usr" / "bin" / program).replace(target / program)


def _run(command: list[str], folder: Path, by_hand: str) -> None:
    try:
        result = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=DOWNLOAD_TIMEOUT_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UserError(f"{command[0]} failed ({error}); {by_hand}") from None
    if result.returncode:
        said = " / ".join(result.stderr.strip().splitlines()[-3:])
        raise UserError(f"`{' '.join(command)}` failed ({said}); refresh its lists with `apt-get update`, or {by_hand}")
