"""Fetched files run only as they were fetched."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from streams.common.errors import UserError
from streams.stack.debian import fetched_programs
from streams.stack.fetched_files import SUMS, changed_file, note_files
from streams.stack.programs import find_prometheus

PROGRAM = "#!/bin/sh\ntouch {ran}\necho 'prometheus, version 2.99.0'\n"


@pytest.fixture
def fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a fetched program and a file that it reads, on a machine without any of its own."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "touch").symlink_to("/usr/bin/touch")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = fetched_programs()
    (folder / "usr").mkdir(parents=True)
    (folder / "usr" / "page").write_text("a page")
    (folder / "prometheus").write_text(PROGRAM.format(ran=tmp_path / "ran"))
    (folder / "prometheus").chmod(0o755)
    note_files(folder)
    return folder


def test_what_is_as_it_was_fetched_runs(fetched: Path) -> None:
    """A fetched program that nobody changed is found."""
    assert changed_file(fetched) is None
    assert ("2.99.0", str(fetched / "prometheus")) == find_prometheus()[::-1]


PAGE = "usr/page"
CHANGES = [("prometheus", False), (PAGE, False), (PAGE, True), ("usr/new", False), (SUMS, False), (SUMS, True)]


@pytest.mark.parametrize("name, gone", CHANGES)
def test_what_was_changed_does_not_run(fetched: Path, tmp_path: Path, name: str, gone: bool) -> None:
    """A program, or a file that it reads, that was changed, added or taken away is named, and nothing of it runs."""
    if gone:
        (fetched / name).unlink()
    else:
        with (fetched / name).open("a") as file:
            file.write("# changed\n")
    with pytest.raises(UserError, match=re.escape(str(fetched))) as refusal:
        find_prometheus()
    assert "--monitoring --fetch" in str(refusal.value)
    assert not (tmp_path / "ran").exists()
