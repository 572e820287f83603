"""Folders of the current user, or of the machine if the user has no home (an unknown user in a container)."""

from __future__ import annotations

from pathlib import Path

import platformdirs

_NAME = "veinte"
DEMO_FOLDER = "demo"
"""Folder of the demo, below that of the data."""


def data_folder() -> Path:
    """Default folder of the data, used unless the settings name another."""
    try:
        return Path(platformdirs.user_data_dir(_NAME))
    except RuntimeError:
        return Path("/var/lib") / _NAME


def cache_folder() -> Path:
    """Folder of the downloads."""
    try:
        return Path(platformdirs.user_cache_dir(_NAME))
    except RuntimeError:
        return Path("/var/cache") / _NAME
