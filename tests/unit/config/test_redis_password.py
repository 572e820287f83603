"""The password of the embedded Redis: found by the data of the stack, and shown to no other server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from streams.common.errors import UserError
from streams.common.folders import DEMO_FOLDER
from streams.config.redis_password import stack_redis_password
from streams.config.settings import Settings


def stack_in(folder: Path, port: int, password: str = "made") -> Path:
    """The files of a stack whose Redis was started with a port."""
    (folder / "redis").mkdir(parents=True)
    (folder / "redis" / "redis.conf").write_text(f"bind 127.0.0.1\nport {port}\n")
    (folder / "redis_password").write_text(f"{password}\n")
    return folder


@pytest.mark.parametrize(
    "values, found",
    [
        ({}, "of the stack"),
        ({"redis": "redis://localhost:6379/0"}, "of the stack"),
        ({"redis": "redis://127.0.0.1:6380/0"}, "of the demo"),
        ({"redis": "redis://127.0.0.1:6381/0"}, None),
        ({"redis": "redis://redis.example.org:6379/0"}, None),
        ({"redis": "rediss://127.0.0.1:6379/0"}, None),
        ({"redis": "redis://somebody@127.0.0.1:6379/0"}, None),
        ({"redis_cluster": True}, None),
    ],
)
def test_a_password_is_for_its_own_server(values: dict[str, Any], found: str | None, tmp_path: Path) -> None:
    """Only the Redis that the stack or the demo was started with is shown its password."""
    data = stack_in(tmp_path / "data", 6379, "of the stack")
    stack_in(data / DEMO_FOLDER, 6380, "of the demo")
    assert found == stack_redis_password(Settings(data=data, **values))


def test_without_a_stack_there_is_none(tmp_path: Path) -> None:
    """A data directory that is not there is no error."""
    assert None is stack_redis_password(Settings(data=tmp_path / "data"))


def test_an_empty_file_is_one_sentence(tmp_path: Path) -> None:
    """No command goes on without the password that Redis asks for."""
    data = stack_in(tmp_path / "data", 6379, "")
    with pytest.raises(UserError, match="redis_password is empty; remove the file"):
        stack_redis_password(Settings(data=data))
