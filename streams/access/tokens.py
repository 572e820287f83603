"""Tokens: random texts of which only the SHA-256 is kept, with a name and roles."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, NamedTuple

from msgspec import Meta, Struct

from streams.access.roles import Role

PREFIX = "veinte_"
"""Begin of every token, by which people and scanners for leaked secrets know it."""
RANDOM_BYTES = 32
MOST_TOKENS = 1_000
"""Tokens of one file: each is compared with what a request brings."""
NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?")


class Refusal(StrEnum):
    """Reasons why a request is not answered."""

    NO_TOKEN = "no_token"
    WRONG_TOKEN = "wrong_token"
    EXPIRED = "expired"
    SESSION = "session"  # of a browser: over, revoked, or not ours
    ROLE = "role"
    TOO_MANY_TRIES = "too_many_tries"
    OTHER_SITE = "other_site"  # whose form it was


class Token(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A token as it is kept."""

    name: Annotated[str, Meta(pattern=f"^(?:{NAME.pattern})$")]
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    roles: Annotated[tuple[Role, ...], Meta(min_length=1)]
    created: Annotated[datetime, Meta(tz=True)]
    expires: Annotated[datetime, Meta(tz=True)] | None = None

    def is_over(self, now: datetime) -> bool:
        """True from the instant of its end on."""
        return self.expires is not None and now >= self.expires


class Found(NamedTuple):
    """Outcome of a look-up: a token, or why there is none."""

    token: Token | None
    refusal: Refusal | None


class TokenBook:
    """The tokens of a file."""

    def __init__(self, tokens: Iterable[Token] = ()) -> None:
        """``tokens``: each with a name of its own."""
        self.tokens = tuple(tokens)
        self._digests = [(bytes.fromhex(token.sha256), token) for token in self.tokens]

    def named(self, name: str) -> Token | None:
        """The token of a name."""
        return next((token for token in self.tokens if token.name == name), None)

    def find(self, digest: bytes, now: datetime) -> Found:
        """The token with a digest. Takes as long for a wrong one as for any right one."""
        found: Token | None = None
        for own, token in self._digests:
            if hmac.compare_digest(own, digest):
                found = token
        if found is None:
            return Found(None, Refusal.WRONG_TOKEN)
        return Found(None, Refusal.EXPIRED) if found.is_over(now) else Found(found, None)


def new_token() -> str:
    """A random token."""
    return PREFIX + secrets.token_urlsafe(RANDOM_BYTES)


def digest_of(token: str) -> bytes:
    """SHA-256 of a token as somebody sent it."""
    return sha256(token.encode("utf-8", "surrogateescape")).digest()
