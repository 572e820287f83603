"""Folders of this user; of the machine where the user has no home, as an unknown user in a container."""

from __future__ import annotations

from pathlib import Path

import platformdirs

_NAME = "veinte"


def data_folder() -> Path:
    """Where data is kept unless the settings say otherwise."""
    try:
        return Path(platformdirs.user_data_dir(_NAME))
    except RuntimeError:
        return Path("/var/lib") / _NAME


def cache_folder() -> Path:
    """Where downloads are kept."""
    try:
        return Path(platformdirs.user_cache_dir(_NAME))
    except RuntimeError:
        return Path("/var/cache") / _NAME
