"""Handlers of the pages to sign in and out."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import parse_qsl

from aiohttp import web

from metrics.access import sign_in
from metrics.access.addresses import SIGN_IN, SIGN_OUT
from metrics.access.cookies import drop_session, set_session
from metrics.access.guard import AccessGuard
from metrics.web.languages import language_of_link
from streams.access.tokens import Refusal, digest_of
from streams.serving.gate import CLIENT

FORM_BYTES = 8 * 1024
"""Of the form, which has a token and an address."""
MOST_FIELDS = 8
_SAME_SITE = ("same-origin", "none")


class SignInPages:
    """Makes a session of a token, and ends it."""

    def __init__(self, guard: AccessGuard) -> None:
        """``guard``: knows visitors and counts their tries."""
        self._guard = guard

    def routes(self) -> list[web.RouteDef]:
        """The addresses with their handlers."""
        return [web.get(SIGN_IN, self.show), web.post(SIGN_IN, self.enter), web.post(SIGN_OUT, self.leave)]

    async def show(self, request: web.Request) -> web.Response:
        """The form, or who has signed in already."""
        following = request.query.get("next", "/")
        language = language_of_link(following, request.headers.get("Accept-Language", ""))
        visitor = self._guard.visitor(request)
        refused = self._guard.refused_token(request[CLIENT], visitor)
        if refused is not None:
            return self._guard.refuse(request, refused, None, following)
        page = (
            sign_in.signed_in_page(language, visitor.name) if visitor.name else sign_in.form_page(language, following)
        )
        return web.Response(text=page, content_type="text/html", headers=sign_in.HEADERS)

    async def enter(self, request: web.Request) -> web.Response:
        """Sign in with the token of the form."""
        if not _is_own_form(request):
            return self._guard.refuse(request, Refusal.OTHER_SITE, None, "/")
        form = await _form(request)
        following, token = (form.get(name, "") for name in ("next", "token"))
        digest = digest_of(token.strip())
        found = self._guard.find(digest)
        refused = self._guard.attempt(request[CLIENT], digest, found)
        if found.token is None or refused is not None:
            return self._guard.refuse(request, refused or Refusal.WRONG_TOKEN, None, following)
        response = _led_to(sign_in.local_link(following))
        set_session(request, response, self._guard.visitors, self._guard.visitors.session(found.token))
        return response

    async def leave(self, request: web.Request) -> web.Response:
        """Sign out."""
        if not _is_own_form(request):
            return self._guard.refuse(request, Refusal.OTHER_SITE, None, "/")
        response = _led_to(SIGN_IN)
        drop_session(request, response, self._guard.visitors)
        return response


async def _form(request: web.Request) -> dict[str, str]:
    """The fields of a form; none where it is too long, or no form."""
    body = b""
    async for piece in request.content.iter_any():
        body += piece
        if len(body) > FORM_BYTES:
            return {}
    try:
        fields = parse_qsl(body.decode("utf-8", "replace"), max_num_fields=MOST_FIELDS)
    except ValueError:
        return {}
    return dict(fields)


def _led_to(address: str) -> web.Response:
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": address})


def _is_own_form(request: web.Request) -> bool:
    """True unless the browser says that the form is another site's, which could sign somebody in unasked."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in _SAME_SITE
    origin = request.headers.get("Origin")
    return origin is None or origin.partition("://")[2] == request.headers.get("Host")
