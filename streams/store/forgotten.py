"""Customers that were forgotten, by keyed hash: a rebuild publishes their tombstones again, which its topic may have
lost to retention."""

from __future__ import annotations

from typing import Any

from streams.store.damage import Unreadable
from streams.store.keys import forgotten_key

REMEDY = "delete that field, and run `veinte forget` for the customer again"


def note_forgotten(client: Any, namespace: str, customer: str, time_ms: int, *, kept_ms: int) -> None:
    """Note the tombstone of a customer (a keyed hash in hex), and drop the notes that are older than ``kept_ms``.

    Raises:
        Exception: one of ``streams.clients.redis_clients.CLIENT_ERRORS``: Redis cannot serve.
    """
    key = forgotten_key(namespace)
    old = [each for each, noted_ms in forgotten(client, namespace).items() if noted_ms < time_ms - kept_ms]
    if old:
        client.hdel(key, *old)
    client.hset(key, customer, str(time_ms))


def forgotten(client: Any, namespace: str) -> dict[str, int]:
    """Time of the tombstone (epoch ms) of each forgotten customer.

    Raises:
        Unreadable: a field is none that `veinte forget` wrote.
        Exception: one of ``streams.clients.redis_clients.CLIENT_ERRORS``: Redis cannot serve.
    """
    key = forgotten_key(namespace)
    found: dict[str, int] = {}
    for customer, time_ms in client.hgetall(key).items():
        try:
            found[customer.decode()] = int(time_ms)
        except ValueError:
            raise Unreadable(key, customer.decode(errors="replace"), "is no time", REMEDY) from None
    return found
