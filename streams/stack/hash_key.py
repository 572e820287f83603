"""The secret that turns customers and agents into keyed hashes, made where nobody gave one."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from pydantic import SecretStr

from streams.common.errors import UserError
from streams.config.setting_types import SHORTEST_HASH_KEY
from streams.config.settings import Settings

HASH_KEY_BYTES = 32
_FILE = "hash_key"


def hash_key_file(settings: Settings) -> Path:
    """Where `veinte stack up` keeps the key it makes."""
    return settings.data.expanduser() / _FILE


def stack_hash_key(settings: Settings) -> SecretStr | None:
    """The key that `veinte stack up` made below ``settings.data``, or nothing where it made none.

    Raises:
        UserError: the file is there but cannot be read, or is empty or too short to be a key.
    """
    path = hash_key_file(settings)
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


def make_hash_key(settings: Settings) -> bool:
    """Make the key file, readable by its owner only, unless there is one or the settings have a key; says if it did."""
    if settings.hash_key is not None or stack_hash_key(settings) is not None:
        return False
    path = hash_key_file(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{_FILE}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(HASH_KEY_BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    return True


def with_stack_hash_key(settings: Settings) -> Settings:
    """The settings with the stack's key where none is set; unchanged where there is neither.

    Raises:
        UserError: as ``stack_hash_key``.
    """
    if settings.hash_key is not None:
        return settings
    return settings.model_copy(update={"hash_key": stack_hash_key(settings)})
