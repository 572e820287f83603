"""The key for the hashes of customers and agents: the one in the settings, else the one that the stack made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import SecretStr

from streams.common.errors import UserError
from streams.common.folders import DEMO_FOLDER
from streams.config.setting_sources import ENV_PREFIX
from streams.config.setting_types import SHORTEST_HASH_KEY
from streams.config.settings import Settings

_FILE = "hash_key"


def hash_key_file(settings: Settings) -> Path:
    """Path of the key that `veinte stack up` makes."""
    return settings.data.expanduser() / _FILE


def demo_hash_key_file(settings: Settings) -> Path:
    """Path of the key that `veinte demo` makes."""
    return settings.data.expanduser() / DEMO_FOLDER / _FILE


def stack_hash_key(settings: Settings) -> SecretStr | None:
    """The key that `veinte stack up` made below ``settings.data``, or ``None`` if it made none.

    Raises:
        UserError: the file exists but cannot be read, or is empty or too short to be a key.
    """
    return _key_in(hash_key_file(settings))


def _key_in(path: Path) -> SecretStr | None:
    try:
        key = path.read_text().strip()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"the hash key in {path} cannot be read ({error}); mend its permissions") from None
    if not key:
        raise UserError(f"the hash key in {path} is empty; put the key back, or remove the file to have a new one made")
    if len(key) < SHORTEST_HASH_KEY:
        raise UserError(
            f"the hash key in {path} has less than {SHORTEST_HASH_KEY} characters; put the key back, or remove the "
            "file to have a new one made"
        )
    return SecretStr(key)


def with_stack_hash_key(settings: Settings) -> Settings:
    """The settings with the stack's key if none is set; unchanged if the stack has no key either.

    Raises:
        UserError: as ``stack_hash_key``.
    """
    if settings.hash_key is not None:
        return settings
    return settings.model_copy(update={"hash_key": stack_hash_key(settings)})


def hash_keys(settings: Settings) -> Iterator[tuple[str, SecretStr]]:
    """``(where, key)`` of each key that the numbers of these settings may have been made with, the likeliest first.

    A key in the settings is the only one. Without it, those that `veinte stack up` and `veinte demo` made.

    Raises:
        UserError: as ``stack_hash_key``.
    """
    if settings.hash_key is not None:
        yield f"{ENV_PREFIX}HASH_KEY", settings.hash_key
        return
    for path in (hash_key_file(settings), demo_hash_key_file(settings)):
        key = _key_in(path)
        if key is not None:
            yield str(path), key
