"""The hash key that `stack up` makes."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from streams.common.errors import UserError
from streams.config.hash_key import hash_key_file, stack_hash_key
from streams.config.settings import Settings
from streams.stack.hash_key import make_hash_key


def test_a_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    """The first call makes a random key of 32 bytes that only its owner may read; later calls keep it."""
    settings = Settings(data=tmp_path)
    assert stack_hash_key(settings) is None
    assert make_hash_key(settings)
    key = stack_hash_key(settings)
    assert key is not None
    assert len(bytes.fromhex(key.get_secret_value())) == 32
    assert 0o600 == stat.S_IMODE(hash_key_file(settings).stat().st_mode)
    assert not make_hash_key(settings)
    assert key == stack_hash_key(settings)
    assert [hash_key_file(settings)] == list(tmp_path.iterdir())


def test_two_data_directories_have_two_keys(tmp_path: Path) -> None:
    """Keys are random."""
    one, two = (Settings(data=tmp_path / name) for name in ("one", "two"))
    for settings in (one, two):
        settings.data.mkdir()
        make_hash_key(settings)
    assert stack_hash_key(one) != stack_hash_key(two)


def test_a_key_in_the_settings_is_enough(tmp_path: Path) -> None:
    """Where the settings have a key, none is made."""
    assert not make_hash_key(Settings(data=tmp_path, hash_key="given by somebody"))
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe", b"fifteen letters\n"])
def test_an_unusable_key_is_refused(tmp_path: Path, content: bytes) -> None:
    """An empty, short or unreadable key file is refused by name: a new key would split every customer in two."""
    (tmp_path / "hash_key").write_bytes(content)
    with pytest.raises(UserError, match="hash_key"):
        make_hash_key(Settings(data=tmp_path))
