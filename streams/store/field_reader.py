"""Reading of hash fields in answers of bounded size."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from streams.store.redis_errors import patiently

READ_SCRIPT = Path(__file__).with_name("read_fields.lua").read_text()
READ_FIELDS = 5_000
"""Most fields of one question."""
READ_BYTES = 1 << 20
"""Bytes after which an answer ends, with the value that reached them and at most fifteen more."""


class FieldReader:
    """Reader of the fields of hashes: every answer of Redis is bounded, whatever their values are."""

    def __init__(self, redis: Any) -> None:
        self._script = redis.register_script(READ_SCRIPT)

    async def read(self, key: str, fields: Sequence[str]) -> AsyncIterator[dict[str, bytes | None]]:
        """The values of the fields in their order, an answer at a time."""
        start = 0
        while start < len(fields):
            asked = fields[start : start + READ_FIELDS]
            found = await patiently(partial(self._script, keys=[key], args=[READ_BYTES, *asked]))
            yield dict(zip(asked, found, strict=False))
            start += len(found)
