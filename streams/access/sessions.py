"""Sessions of browsers: a signed text in a cookie that names a token and ends with it."""

from __future__ import annotations

import hmac
import re
from hashlib import sha256
from typing import NamedTuple

from streams.access.tokens import Token

SESSION_SECONDS = 30 * 24 * 3600
"""Life of a session; one that is used begins anew when half of it is over, so that a wall stays signed in."""
KEY_BYTES = 32
_SESSION = re.compile(r"1\.([A-Za-z0-9._-]{1,64})\.([1-9][0-9]{0,11})\.([0-9a-f]{64})")


class Session(NamedTuple):
    """A session as a browser sent it; nothing in it is proved."""

    name: str
    until_s: int
    signature: str

    def is_old(self, now_s: float) -> bool:
        """True once half of its life is over."""
        return self.until_s - now_s < SESSION_SECONDS / 2


def make_session(key: bytes, token: Token, now_s: float) -> tuple[str, int]:
    """The text of a session, and its life in seconds: until the end of the token at most."""
    until_s = int(now_s) + SESSION_SECONDS
    if token.expires is not None:
        until_s = min(until_s, int(token.expires.timestamp()))
    return f"1.{token.name}.{until_s}.{_signature(key, token, until_s)}", max(0, until_s - int(now_s))


def parse_session(text: str) -> Session | None:
    """The parts of a session; ``None`` where it is none."""
    match = _SESSION.fullmatch(text)
    return None if match is None else Session(match[1], int(match[2]), match[3])


def holds(key: bytes, session: Session, token: Token, now_s: float) -> bool:
    """True where the session was signed by us for this very token, and is not over."""
    own = _signature(key, token, session.until_s)
    return hmac.compare_digest(own, session.signature) and now_s < session.until_s


def _signature(key: bytes, token: Token, until_s: int) -> str:
    # With the digest of the token, so that one made anew under the same name does not revive sessions of the old one.
    return hmac.digest(key, f"session {token.sha256} {token.name} {until_s}".encode(), sha256).hex()
