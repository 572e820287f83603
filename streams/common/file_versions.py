"""Versions of files: whether one was replaced since it was read."""

from __future__ import annotations

import os
from pathlib import Path

FileVersion = tuple[int, int, int, int] | None
"""Times of change of content and of owner or mode, size and number of a file; ``None`` where it is not there."""


def file_version(path: Path) -> FileVersion:
    """The version of a file; behind a link, of what it leads to."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino
