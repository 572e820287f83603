"""Digests of fetched files, noted when they came and compared before they run."""

from __future__ import annotations

import hashlib
from pathlib import Path

SUMS = "SHA256SUMS"
"""In the form that `sha256sum --check` reads."""


def note_files(folder: Path) -> None:
    """Note the digest of every file in a folder."""
    lines = [f"{_digest(path)}  {path.relative_to(folder)}\n" for path in _files(folder)]
    (folder / SUMS).write_text("".join(lines))


def changed_file(folder: Path) -> Path | None:
    """The first file of a folder that is changed, gone or new; the note itself where that is gone."""
    try:
        lines = (folder / SUMS).read_text().splitlines()
    except (OSError, UnicodeDecodeError):
        return folder / SUMS
    noted = {folder / name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    for path in sorted({*noted, *_files(folder)}):
        if path not in noted or _digest(path) != noted[path]:
            return path
    return None


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / SUMS)


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError:
        return ""
