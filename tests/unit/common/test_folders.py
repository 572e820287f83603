"""Where data and downloads go."""

from __future__ import annotations

import pwd
from pathlib import Path

import pytest

from streams.common.folders import cache_folder, data_folder


def test_they_are_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Who says where such things belong is obeyed."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert (tmp_path / "data" / "veinte", tmp_path / "cache" / "veinte") == (data_folder(), cache_folder())


def test_a_user_without_a_home_has_the_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container's user whom the system does not know starts all the same; a traceback would be all it ever said."""

    def nobody(_uid: int) -> pwd.struct_passwd:
        raise KeyError

    for name in ("HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    assert (Path("/var/lib/veinte"), Path("/var/cache/veinte")) == (data_folder(), cache_folder())
