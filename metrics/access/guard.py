"""The step before the pages of the exporter that asks whom they are for, and counts who is refused."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import Counter
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from metrics.access import sign_in, words
from metrics.access.addresses import ADDRESSES, unlisted
from metrics.access.cookies import session_sent, set_session
from metrics.access.visitors import Visitor, Visitors
from metrics.web.languages import language_of_link
from streams.access.roles import Sight, roles_that_see
from streams.access.sessions import KEY_BYTES
from streams.access.token_file import TokenFile, session_key
from streams.access.tokens import Found, Refusal
from streams.access.tries import TRIES, Tries
from streams.common.errors import UserError
from streams.config.access_settings import access_rules, token_file
from streams.config.settings import Settings
from streams.serving.addresses import Proxies
from streams.serving.complaints import Complaints
from streams.serving.gate import CLIENT, refusal

log = logging.getLogger(__name__)

VISITOR = web.RequestKey("visitor", Visitor)
"""Who sent a request, on pages that are not for everybody."""
LOOK_SECONDS = 1.0
"""Interval at which the file of tokens is looked at."""
AGAIN_SECONDS = 5.0
"""Interval at which the visitor of an answer that goes on, such as a stream, is looked at again."""
STATUS = {
    Refusal.ROLE: HTTPStatus.FORBIDDEN,
    Refusal.OTHER_SITE: HTTPStatus.FORBIDDEN,
    Refusal.TOO_MANY_TRIES: HTTPStatus.TOO_MANY_REQUESTS,
}
"""Status of a refusal; that of all others is 401."""
_CHALLENGE = {
    Refusal.ROLE: 'Bearer error="insufficient_scope"',
    Refusal.WRONG_TOKEN: 'Bearer error="invalid_token"',
    Refusal.EXPIRED: 'Bearer error="invalid_token"',
}


class AccessGuard:
    """Lets each visitor see what the visitor's roles show, and nothing else."""

    def __init__(self, settings: Settings, proxies: Proxies) -> None:
        """Read the file of tokens.

        Args:
            settings: of access.
            proxies: whose word is taken.

        Raises:
            UserError: the file of tokens cannot be used.
        """
        path = token_file(settings)
        self.rules = access_rules(settings)
        self.tokens = TokenFile(path, log.warning)
        self._path = path
        # A random one, for the life of this process, until a key can be read.
        self.visitors = Visitors(self.rules, proxies, self.tokens, session_key(path) or secrets.token_bytes(KEY_BYTES))
        self.refused: Counter[str] = Counter(dict.fromkeys(Refusal, 0))
        """Number of refusals by reason."""
        self._tries = Tries()
        self._complaints = Complaints(log)
        self._looked = float("-inf")

    def check(self) -> None:
        """Log what everybody may see.

        Raises:
            UserError: others could read everything, and nobody has said so.
        """
        refused = self.rules.refusal(tokens=bool(self.tokens.book.tokens))
        if refused:
            raise UserError(refused)
        log.info("%s", self.rules.sentence(tokens=self.tokens.existed))

    def guard(self, app: web.Application) -> None:
        """Put the guard before all pages of an application.

        Raises:
            LookupError: nobody has said who may see one of the pages.
        """
        missing = unlisted(route.resource.canonical for route in app.router.routes() if route.resource is not None)
        if missing:
            raise LookupError(f"metrics/access/addresses.py does not say who may see {', '.join(missing)}")
        app.middlewares.append(self._step())
        app.on_response_prepare.append(self._renew)

    def visitor(self, request: web.BaseRequest) -> Visitor:
        """Who sent a request, by the tokens in force."""
        self._look()
        return self.visitors.of(request.remote or "", request.headers, session_sent(request, self.visitors))

    def find(self, digest: bytes) -> Found:
        """The token in force with a digest."""
        self._look()
        return self.visitors.find(digest)

    def attempt(self, client: str, digest: bytes, found: Found) -> Refusal | None:
        """Count the try of a token; why it is refused, or ``None`` where it is right.

        Args:
            client: that sent it.
            digest: of the token.
            found: the outcome of its look-up.
        """
        if not self._tries.may_try(client, digest):
            return Refusal.TOO_MANY_TRIES
        if found.refusal is Refusal.WRONG_TOKEN and self._tries.fail(client):
            line = f"{client} sent {TRIES} wrong tokens in a minute; it is heard again in {self._tries.seconds_left} s"
            self._complaints.say(client, line, most=1)
        if found.refusal is None:
            self._tries.succeed(client, digest)
        return found.refusal

    def refuse(
        self, request: web.Request, reason: Refusal, sight: Sight | None, following: str | None = None
    ) -> web.Response:
        """The answer to a request that is refused: for people the page to sign in, for programs a sentence.

        Args:
            request: that is refused.
            reason: why.
            sight: content that was asked for, if any.
            following: address to be led to after signing in; by default that of the request.
        """
        self.refused[reason] += 1
        status = STATUS.get(reason, HTTPStatus.UNAUTHORIZED)
        sentence = words.refused(reason, roles_that_see(sight or Sight.WALL))
        if "text/html" in request.headers.get("Accept", ""):
            link = following or request.path_qs
            language = language_of_link(link, request.headers.get("Accept-Language", ""))
            problem = "" if reason is Refusal.NO_TOKEN else sentence.of(language)
            # A browser keeps a strict cookie back when another site leads here; asked by this page, it sends it.
            again = request.headers.get("Sec-Fetch-Site") == "cross-site" and session_sent(request, self.visitors) == ""
            page = sign_in.form_page(language, link, problem, again=again)
            response = web.Response(status=status, text=page, content_type="text/html", headers=sign_in.HEADERS)
        else:
            response = refusal(request, status, sentence)
        if status is HTTPStatus.TOO_MANY_REQUESTS:
            response.headers["Retry-After"] = str(self._tries.seconds_left)
        elif reason is not Refusal.OTHER_SITE:
            response.headers["WWW-Authenticate"] = _CHALLENGE.get(reason, "Bearer")
        return response

    def _look(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._looked >= LOOK_SECONDS:
            self._looked = now
            if self.tokens.look():
                self.visitors.key = session_key(self._path) or self.visitors.key

    def _step(self) -> Middleware:
        @web.middleware
        async def access(request: web.Request, handler: Handler) -> web.StreamResponse:
            resource = request.match_info.route.resource
            sight = None if resource is None else ADDRESSES[resource.canonical]
            if sight is None:  # for everybody, or no page at all
                return await handler(request)
            visitor = request[VISITOR] = self.visitor(request)
            reason = self._reason(request[CLIENT], visitor, sight)
            if reason is not None:
                return self.refuse(request, reason, sight)
            watch = _Watch(self, request, visitor, sight)
            try:
                return await handler(request)
            finally:
                watch.end()

        return access

    def refused_token(self, client: str, visitor: Visitor) -> Refusal | None:
        """Count the try of a token that a request brought along; why it is refused, if it is."""
        if visitor.digest is None:
            return None
        return self.attempt(client, visitor.digest, Found(None, visitor.refusal))

    def _reason(self, client: str, visitor: Visitor, sight: Sight) -> Refusal | None:
        """Why a visitor is refused; a wrong token is, even where nobody would need one."""
        refused = self.refused_token(client, visitor)
        if refused is not None:
            return refused
        if sight in visitor.sees:
            return None
        return visitor.refusal or (Refusal.ROLE if visitor.name else Refusal.NO_TOKEN)

    async def _renew(self, request: web.BaseRequest, response: web.StreamResponse) -> None:
        """Replace a session that is used and half over."""
        visitor = request.get(VISITOR)
        session = None if visitor is None else self.visitors.renewed(visitor.session)
        if session is not None:
            set_session(request, response, self.visitors, session)


class _Watch:
    """Cuts off an answer that goes on, such as a stream, when its visitor has lost the role."""

    def __init__(self, guard: AccessGuard, request: web.Request, before: Visitor, sight: Sight) -> None:
        self._guard = guard
        self._request = request
        self._sight = sight
        # A browser connects anew at once, and with that renews a session that has grown old meanwhile.
        self._renewed = guard.visitors.is_old(before.session)
        self._next = self._later()

    def end(self) -> None:
        self._next.cancel()

    def _later(self) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(AGAIN_SECONDS, self._look)

    def _look(self) -> None:
        now = self._guard.visitor(self._request)
        aged = self._guard.visitors.is_old(now.session) and not self._renewed
        if (self._sight not in now.sees or aged) and self._request.transport is not None:
            self._request.transport.abort()
            return
        self._next = self._later()
