"""Real certificates for tests, made by openssl: an authority, and what it signs."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import NamedTuple

from tests.support.tools import tool

DAYS = "30"
LOOPBACK = "DNS:localhost,IP:127.0.0.1"


class Pair(NamedTuple):
    """PEM files of a certificate and its key."""

    cert: Path
    key: Path

    def replace_with(self, other: Pair) -> None:
        """Take the content of another pair, as a renewal does: each file at once, one after the other."""
        for mine, new in zip(self, other, strict=True):
            draft = mine.with_suffix(".new")
            draft.write_bytes(new.read_bytes())
            draft.replace(mine)


class Authority:
    """A certificate authority of its own, in a folder of its own."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        """Make its key and certificate."""
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.pair = self._made(name, [])

    @property
    def cert(self) -> Path:
        """Its certificate, by which clients check what it signed."""
        return self.pair.cert

    def issue(self, name: str, names: str = LOOPBACK) -> Pair:
        """A certificate for a server or a client, and its key; ``names``: whom it is for, as openssl writes it."""
        ours = ["-CA", str(self.pair.cert), "-CAkey", str(self.pair.key), "-addext", f"subjectAltName={names}"]
        return self._made(name, [*ours, "-addext", "basicConstraints=critical,CA:FALSE"])

    def _made(self, name: str, more: list[str]) -> Pair:
        pair = Pair(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", DAYS]
        files = ["-subj", f"/CN={name}", "-out", str(pair.cert), "-keyout", str(pair.key)]
        openssl("req", "-x509", *kind, *files, *more)
        return pair


def openssl(*arguments: str) -> None:
    """Run openssl."""
    subprocess.run([tool("openssl"), *arguments], check=True, capture_output=True, timeout=60)
