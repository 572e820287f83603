"""Encoding, schema dialect and error body of every JSON page."""

from __future__ import annotations

import msgspec
from msgspec import Struct

SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema"
encode = msgspec.json.Encoder().encode


class Problem(Struct, frozen=True):
    """Why there is no answer, in one sentence."""

    error: str


class BadQuery(ValueError):
    """A query parameter is not valid; the message is one sentence."""
