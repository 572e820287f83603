"""Keyed hashes of personal identifiers, which replace customers and agents in all stored data."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from pydantic import SecretStr

from streams.clients.redis_clients import SyncClient
from streams.common.errors import UserError
from streams.common.vocabulary import Pseudonym
from streams.config.hash_key import hash_keys, with_stack_hash_key
from streams.config.setting_sources import ENV_PREFIX
from streams.config.settings import Settings
from streams.contract.topics import FOLDED
from streams.store.damage import Damaged, unreadable
from streams.store.keys import HEAD_KEY_CHECK, partition_keys
from streams.store.reading import text
from streams.store.redis_errors import WRONG_TYPE, failure_of
from streams.store.single_keys import generation_of

HASH_BYTES = 12
"""A collision becomes likely at 2**48 identifiers; a longer hash would fill half of the bytes of a state."""
REMEMBERED = 100_000


def key_check(pseudonym: Pseudonym) -> str:
    """Hash of a fixed word, which distinguishes one key from another without revealing the key."""
    return pseudonym("veinte").hex()


def pseudonym_of(settings: Settings) -> Pseudonym:
    """The hash function under the key in force: that of the settings, else the one that the stack made.

    For a worker, which compares the key with every partition it takes. Whoever only reads the numbers takes
    ``pseudonym_of_numbers``.

    Raises:
        UserError: there is no key, or the stack's cannot be read.
    """
    key = with_stack_hash_key(settings).hash_key
    if key is None:
        raise _missing()
    return _hashes(key)


def pseudonym_of_numbers(settings: Settings, client: SyncClient) -> Pseudonym:
    """The hash function under the key that the numbers in Redis were made with.

    Without a key in the settings it is that key of the stack or of the demo that the numbers were made with.

    Raises:
        UserError: there is no key, the numbers were made with another one, or their heads are damaged.
        Exception: one of ``streams.clients.redis_clients.CLIENT_ERRORS``: Redis cannot serve.
    """
    stored = set(_stored_key_checks(settings, client))
    known = list(hash_keys(settings))
    if not known:
        raise _missing()
    for _, key in known:
        pseudonym = _hashes(key)
        if stored <= {key_check(pseudonym)}:
            return pseudonym
    raise UserError(
        f"redis = {settings.redis_display()} holds numbers made with another hash key than that of "
        f"{' or '.join(where for where, _ in known)}: no hash would be one of theirs; set {ENV_PREFIX}HASH_KEY or "
        f"{ENV_PREFIX}HASH_KEY_FILE, or {ENV_PREFIX}DATA where the stack made it, as their worker has it"
    )


def _missing() -> UserError:
    return UserError(
        f"no key to hash customers and agents with; set {ENV_PREFIX}HASH_KEY or {ENV_PREFIX}HASH_KEY_FILE "
        "(`veinte stack up` makes one)"
    )


def _hashes(secret: SecretStr) -> Pseudonym:
    key = blake2b(secret.get_secret_value().encode(), digest_size=32).digest()

    @lru_cache(maxsize=REMEMBERED)
    def pseudonym(identifier: str) -> bytes:
        return blake2b(identifier.encode(), key=key, digest_size=HASH_BYTES).digest()

    return pseudonym


def _stored_key_checks(settings: Settings, client: SyncClient) -> Iterator[str]:
    """The ``key_check`` in the head of every partition that has an owner's commit."""
    generation = generation_of(client, settings.namespace)
    partitions = [(topic, number) for topic in FOLDED for number in range(settings.partitions)]
    keys = [partition_keys(settings.namespace, generation, *partition) for partition in partitions]
    with client.pipeline(transaction=False) as pipeline:
        for each in keys:
            pipeline.hget(each.head, HEAD_KEY_CHECK)
        answers: list[Any] = pipeline.execute(raise_on_error=False)
    for each, found in zip(keys, answers, strict=True):
        if isinstance(found, Exception):
            if failure_of(found) is WRONG_TYPE:
                raise unreadable(each, Damaged("head", None, "is no hash"))
            raise found
        if found:
            try:
                yield text("head", HEAD_KEY_CHECK, found)
            except Damaged as damage:
                raise unreadable(each, damage) from None
