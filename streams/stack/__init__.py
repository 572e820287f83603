"""The embedded stack: one real Kafka and one real Redis as child processes, on loopback."""

from __future__ import annotations

from streams.config.hash_key import stack_hash_key, with_stack_hash_key
from streams.stack.embedded import ServerStatus, Stack, Started

__all__ = ["ServerStatus", "Stack", "Started", "stack_hash_key", "with_stack_hash_key"]
