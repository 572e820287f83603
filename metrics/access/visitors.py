"""Visitors: who sent a request, by a trusted proxy's word, a token, or the session of a browser."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple, Protocol

from streams.access.roles import EVERY_SIGHT, NOTHING, Role, Sight, seen_by
from streams.access.rules import AccessRules
from streams.access.sessions import Session, holds, make_session, parse_session
from streams.access.token_file import TokenFile
from streams.access.tokens import Found, Refusal, Token, digest_of
from streams.serving.addresses import Proxies

COOKIE = "veinte"
SECURE_COOKIE = "__Host-veinte"
"""The prefix has browsers refuse a cookie of this name that was not set over TLS, by this very host."""
PROXY_ROLE_PREFIX = "veinte-"
"""May stand before a role in the header of a proxy, where groups of other programs stand beside it."""
_BEARER = "bearer "


class Headers(Protocol):
    """Headers of a request; a name may come more than once."""

    def getall(self, key: str, default: list[str]) -> list[str]:
        """Every value of a header."""


class Visitor(NamedTuple):
    """Who sent a request.

    Attributes:
        name: of the token or the person; "" for anybody.
        sees: content shown to the visitor.
        refusal: why what was sent along gives no role, if so.
        digest: of a token that was sent in a header.
        session: of a browser, that holds.
    """

    name: str
    sees: frozenset[Sight]
    refusal: Refusal | None = None
    digest: bytes | None = None
    session: Session | None = None


class Visitors:
    """Finds out who sent a request. Reads no more than the table of tokens in memory."""

    def __init__(
        self,
        rules: AccessRules,
        proxies: Proxies,
        tokens: TokenFile,
        key: bytes,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Prepare.

        Args:
            rules: of the settings.
            proxies: whose word is taken.
            tokens: in force.
            key: that sessions are signed with.
            clock: the time.
        """
        self._rules = rules
        self._proxies = proxies
        self._tokens = tokens
        self.key = key
        self._clock = clock

    def of(self, remote: str, headers: Headers, session: str) -> Visitor:
        """The visitor that a request comes from.

        Args:
            remote: address of its connection.
            headers: of the request.
            session: text of the cookie; "" without one.
        """
        anybody = self._rules.anonymous_sees(tokens=self._tokens.existed)
        if anybody == EVERY_SIGHT:
            return Visitor("", anybody)
        found = self._of_proxy(headers) if self._proxies.trust(remote) else None
        found = found or self._of_token(headers) or self._of_session(session) or Visitor("", NOTHING)
        return found._replace(sees=found.sees | anybody)

    def is_secure(self, remote: str, headers: Headers) -> bool:
        """True where a trusted proxy says that it was asked over TLS."""
        schemes = headers.getall("X-Forwarded-Proto", [])
        return self._proxies.trust(remote) and [each.strip().lower() for each in schemes] == ["https"]

    def find(self, digest: bytes) -> Found:
        """The token with a digest."""
        return self._tokens.book.find(digest, self._clock())

    def session(self, token: Token) -> tuple[str, int]:
        """The text of a new session, and its life in seconds."""
        return make_session(self.key, token, self._now_s())

    def renewed(self, session: Session | None) -> tuple[str, int] | None:
        """A new session for one that is old."""
        old = session if self.is_old(session) else None
        token = None if old is None else self._tokens.book.named(old.name)
        return None if token is None else self.session(token)

    def is_old(self, session: Session | None) -> bool:
        """True for a session that is to be replaced."""
        return session is not None and session.is_old(self._now_s())

    def _of_proxy(self, headers: Headers) -> Visitor | None:
        # A header that comes twice may be the visitor's own beside the proxy's: neither is believed.
        users, roles = (headers.getall(name, []) for name in (self._rules.user_header, self._rules.role_header))
        if len(users) != 1 or not users[0].strip() or len(roles) > 1:
            return None
        return Visitor(users[0].strip(), seen_by(proxy_roles(roles)))

    def _of_token(self, headers: Headers) -> Visitor | None:
        sent = headers.getall("Authorization", [])
        if not any(each.lower().startswith(_BEARER) for each in sent):
            return None
        if len(sent) > 1:
            return Visitor("", NOTHING, Refusal.WRONG_TOKEN, digest_of(""))
        digest = digest_of(sent[0][len(_BEARER) :].strip())
        token, refusal = self.find(digest)
        if token is None:
            return Visitor("", NOTHING, refusal, digest)
        return Visitor(token.name, seen_by(token.roles), None, digest)

    def _of_session(self, text: str) -> Visitor | None:
        if not text:
            return None
        session = parse_session(text)
        token = None if session is None else self._tokens.book.named(session.name)
        if session is None or token is None or token.is_over(self._clock()):
            return Visitor("", NOTHING, Refusal.SESSION)
        if not holds(self.key, session, token, self._now_s()):
            return Visitor("", NOTHING, Refusal.SESSION)
        return Visitor(token.name, seen_by(token.roles), session=session)

    def _now_s(self) -> float:
        return self._clock().timestamp()


def proxy_roles(values: Sequence[str]) -> list[Role]:
    """The roles in the header of a proxy; groups of other programs are passed over."""
    words = (word.strip().lower().removeprefix(PROXY_ROLE_PREFIX) for value in values for word in value.split(","))
    return [Role(word) for word in words if word in set(Role)]
