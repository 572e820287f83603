"""Time zone of this machine by its IANA name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

LOCALTIME = Path("/etc/localtime")
TIMEZONE = Path("/etc/timezone")
DATABASE = "zoneinfo/"
"""Part of a path to a zone after which its name begins."""
NAMES_OF_UTC = {"Etc/UTC", "Etc/UCT", "Etc/Universal", "Etc/Zulu", "UCT", "Universal", "Zulu"}


def machine_time_zone(
    environment: Mapping[str, str], localtime: Path = LOCALTIME, timezone: Path = TIMEZONE
) -> str | None:
    """Name of the zone: the variable TZ, else the link ``/etc/localtime``, else the text of ``/etc/timezone``.

    Returns:
        ``UTC`` for every name of it. ``None`` where none of them names a zone of the IANA database: TZ may be a rule
        such as ``CET-1CEST``, and ``/etc/localtime`` a copy without a name. Then no guess by the offset is made: zones
        that agree today differ in summer time.
    """
    if "TZ" in environment:
        given = environment["TZ"].removeprefix(":")
        return _known(given.rpartition(DATABASE)[2] if given.startswith("/") else given or "UTC")
    try:
        linked = localtime.resolve(strict=True).as_posix()
    except OSError:
        linked = ""
    if DATABASE in linked:
        found = _known(linked.rpartition(DATABASE)[2])
        if found is not None:
            return found
    try:
        return _known(timezone.read_text().strip())
    except (OSError, UnicodeDecodeError):
        return None


def _known(name: str) -> str | None:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # not found, a folder of the database, no name at all
        return None
    return "UTC" if name in NAMES_OF_UTC else name or None
