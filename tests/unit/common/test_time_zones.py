"""The machine's time zone: every way in which a system names it."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.common.time_zones import machine_time_zone


@pytest.fixture
def system(tmp_path: Path) -> Path:
    """A folder with a database of zones; ``localtime`` and ``timezone`` are missing."""
    zone = tmp_path / "usr/share/zoneinfo/Europe/Madrid"
    zone.parent.mkdir(parents=True)
    zone.write_bytes(b"TZif2")
    return tmp_path


def found(system: Path, **environment: str) -> str | None:
    return machine_time_zone(environment, system / "localtime", system / "timezone")


@pytest.mark.parametrize(
    "given, expected",
    [
        ("America/Bogota", "America/Bogota"),
        (":America/Bogota", "America/Bogota"),
        ("/usr/share/zoneinfo/America/Bogota", "America/Bogota"),
        ("", "UTC"),
        ("Etc/UTC", "UTC"),
        (":Zulu", "UTC"),
        ("CET-1CEST,M3.5.0,M10.5.0/3", None),
        ("Europe", None),
        ("../etc/passwd", None),
    ],
)
def test_the_variable_tz_wins(given: str, expected: str | None, system: Path) -> None:
    """TZ is a name, a path or a rule; a rule has no name, and the system's zone would be another one."""
    (system / "localtime").symlink_to(system / "usr/share/zoneinfo/Europe/Madrid")
    assert expected == found(system, TZ=given)


def test_the_link_localtime(system: Path) -> None:
    """Without TZ the link of the system names the zone, also by a path through other links."""
    (system / "other").symlink_to(system / "usr/share/zoneinfo/Europe/Madrid")
    (system / "localtime").symlink_to(system / "other")
    assert "Europe/Madrid" == found(system)


@pytest.mark.parametrize(
    "text, expected", [("Europe/Madrid\n", "Europe/Madrid"), ("Mars/Olympus\n", None), ("\n", None), (None, None)]
)
def test_a_copy_without_a_name(text: str | None, expected: str | None, system: Path) -> None:
    """Where localtime is a copy, the file timezone may name it; else there is no name, and no guess is made."""
    (system / "localtime").write_bytes(b"TZif2")
    if text is not None:
        (system / "timezone").write_text(text)
    assert expected == found(system)


def test_a_system_without_any(system: Path) -> None:
    """A container without the files has no zone."""
    assert None is found(system)
