"""One `veinte stack` command at a time on a data directory."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.common.errors import UserError
from streams.stack import data_lock
from streams.stack.data_lock import only_command


def test_a_second_command_is_told_to_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one command holds the directory another gives up with a sentence; after its end it goes on."""
    monkeypatch.setattr(data_lock, "LOCK_TIMEOUT_SECONDS", 0.2)
    folders = (tmp_path / "run", tmp_path / "logs")
    with (
        only_command(tmp_path, folders),
        pytest.raises(UserError, match="another `veinte stack` command works on"),
        only_command(tmp_path, folders),
    ):
        pass
    with only_command(tmp_path, folders):
        assert ["logs", "run"] == sorted(path.name for path in tmp_path.iterdir())


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """A file where the data directory should be is answered with a sentence."""
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(UserError, match="name a directory of yours"), only_command(file, (file / "run",)):
        pass
