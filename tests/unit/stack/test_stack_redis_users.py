"""Users of Redis: their rights are those that our scripts need, their passwords are made once and kept."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from streams.common.errors import UserError
from streams.config.settings import Settings
from streams.stack.redis_users import PASSWORD_FILE, USERS_FILE, write_users
from tests.support.paths import ROOT

USERS = ["veinte-worker", "veinte-reader", "veinte-operator"]
SHIPPED = (ROOT / "deploy" / USERS_FILE).read_text()
CHANGES = {"set", "del", "unlink", "expire", "hset", "hsetnx", "hdel", "hincrby", "zadd", "zrem", "zremrangebyscore"}
"""Commands of the file that change keys."""
DANGEROUS = {"acl", "client", "config", "debug", "eval", "flushall", "keys", "migrate", "monitor", "shutdown"}
STORE, READ = "streams/store", "metrics/read"
"""Folders of scripts."""
SCRIPTS = [("veinte-worker", STORE), ("veinte-operator", STORE), ("veinte-operator", READ), ("veinte-reader", READ)]


def rights(user: str) -> set[str]:
    """Commands that a user of the shipped file may give."""
    (line,) = re.findall(rf"^user {user} (.*)$", SHIPPED, flags=re.MULTILINE)
    return set(re.findall(r"\+(\S+)", line))


@pytest.mark.parametrize("user, folder", SCRIPTS)
def test_a_user_may_do_what_its_scripts_do(user: str, folder: str) -> None:
    """Redis checks each command of a script against the rights of whoever runs it."""
    text = "".join(path.read_text() for path in sorted((ROOT / folder).glob("*.lua")))
    called = {name.lower() for name in re.findall(r"'([A-Z]{3,})'", text)} - {"limit"}
    assert len(called) >= 4
    assert set() == called - rights(user)


def test_nobody_may_do_more() -> None:
    """A reader changes nothing, nobody has a command of administrators or a category, all are kept to our keys."""
    assert set() == rights("veinte-reader") & CHANGES
    assert {"ping"} == rights("default")
    for user in USERS:
        assert set() == rights(user) & DANGEROUS
        assert not [name for name in rights(user) if name.startswith("@")]
    assert len(USERS) == SHIPPED.count(" ~veinte:* ")
    assert len(USERS) == SHIPPED.count("~")
    assert ">" not in SHIPPED
    assert "#" not in SHIPPED


def test_passwords_are_made_once_and_kept(tmp_path: Path) -> None:
    """Each user gets a password of its own in a file for its owner only; the file of users has hashes, and follows the
    namespace."""
    assert USERS == write_users(Settings(), tmp_path)
    files = [tmp_path / user / PASSWORD_FILE for user in USERS]
    before = [file.read_text().strip() for file in files]
    assert [0o600] * len(files) == [file.stat().st_mode & 0o777 for file in files]
    assert len(USERS) == len(set(before))
    assert min(map(len, before)) >= 40
    files[1].unlink()
    assert [USERS[1]] == write_users(Settings(namespace="madrid"), tmp_path)
    now = [file.read_text().strip() for file in files]
    assert [True, False, True] == [old == new for old, new in zip(before, now, strict=True)]
    text = (tmp_path / USERS_FILE).read_text()
    for user, password in zip(USERS, now, strict=True):
        hashed = hashlib.sha256(password.encode()).hexdigest()
        assert f"user {user} reset on #{hashed} ~madrid:* +ping" in text
        assert password not in text


def test_a_folder_that_cannot_be_written_to_is_one_sentence(tmp_path: Path) -> None:
    """The sentence names the folder."""
    (tmp_path / "file").write_text("a file")
    with pytest.raises(UserError, match=re.escape(str(tmp_path / "file"))):
        write_users(Settings(), tmp_path / "file")
