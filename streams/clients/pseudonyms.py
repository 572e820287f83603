"""Keyed hashes of personal identifiers, which replace customers and agents in all stored data."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b

from streams.common.errors import UserError
from streams.common.vocabulary import Pseudonym
from streams.config.setting_sources import ENV_PREFIX
from streams.config.settings import Settings

HASH_BYTES = 12
"""A collision becomes likely at 2**48 identifiers; a longer hash would fill half of the bytes of a state."""
REMEMBERED = 100_000


def key_check(pseudonym: Pseudonym) -> str:
    """Hash of a fixed word, which distinguishes one key from another without revealing the key."""
    return pseudonym("veinte").hex()


def pseudonym_of(settings: Settings) -> Pseudonym:
    """The hash function under the key in force.

    Raises:
        UserError: no key is set.
    """
    if settings.hash_key is None:
        raise UserError(
            f"no key to hash customers and agents with; set {ENV_PREFIX}HASH_KEY or {ENV_PREFIX}HASH_KEY_FILE "
            "(`veinte stack up` makes one)"
        )
    key = blake2b(settings.hash_key.get_secret_value().encode(), digest_size=32).digest()

    @lru_cache(maxsize=REMEMBERED)
    def pseudonym(identifier: str) -> bytes:
        return blake2b(identifier.encode(), key=key, digest_size=HASH_BYTES).digest()

    return pseudonym
