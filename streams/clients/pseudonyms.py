"""Keyed hashes of personal identifiers: what stands for a customer or an agent in everything that is stored."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b

from streams.common.errors import UserError
from streams.common.vocabulary import Pseudonym
from streams.config.setting_sources import ENV_PREFIX
from streams.config.settings import Settings

HASH_BYTES = 12
"""2**48 identifiers before a collision is likely; half of the bytes of a state would be hashes otherwise."""
REMEMBERED = 100_000


def key_check(pseudonym: Pseudonym) -> str:
    """What tells one key from another without telling the key: the hash of a fixed word."""
    return pseudonym("veinte").hex()


def pseudonym_of(settings: Settings) -> Pseudonym:
    """The hash under the key in force.

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
