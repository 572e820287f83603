"""The step before every page: known names, small bodies, and a share for everybody behind a proxy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from streams.common.languages import Bilingual
from streams.serving.addresses import Proxies
from streams.serving.bodies import InFlight, InPieces
from streams.serving.headers import add_headers
from streams.serving.hosts import OPEN_PATHS, KnownHosts
from streams.serving.limits import BODY_BYTES, PIECE_BYTES

CLIENT = web.RequestKey("client", str)
"""Whom a request is counted for: an address, or the IPv6 network of one."""
_TOO_LARGE = Bilingual(
    f"the body of a request may have {BODY_BYTES} bytes; send less",
    f"el cuerpo de una petición puede tener {BODY_BYTES} bytes; envíe menos",
)
_TOO_MANY = Bilingual(
    "you have as many requests open as one address may have (connections_per_address); close some",
    "tiene abiertas tantas peticiones como puede tener una dirección (connections_per_address); cierre algunas",
)


class Gate:
    """The outermost step of a web application."""

    def __init__(self, hosts: KnownHosts, proxies: Proxies, of_address: int) -> None:
        """Prepare.

        Args:
            hosts: names that are answered.
            proxies: whose requests are counted by the address that they forward.
            of_address: open requests of one such address.
        """
        self._hosts = hosts
        self._proxies = proxies
        self._most = of_address
        self._open: Counter[str] = Counter()
        self._in_flight = InFlight()

    def guard(self, app: web.Application) -> None:
        """Put the gate before all pages of an application."""
        app.middlewares.insert(0, self._pass())
        app.on_response_prepare.append(add_headers)

    def _pass(self) -> Middleware:
        @web.middleware
        async def gate(request: web.Request, handler: Handler) -> web.StreamResponse:
            client = request[CLIENT] = self._proxies.client(request)
            refusal = self._refusal(request, client)
            if refusal is not None:
                return refusal
            self._open[client] += 1
            try:
                response = await handler(request)
            except BaseException:
                self._close(client)
                raise
            return self._in_pieces(response, partial(self._close, client))

        return gate

    def _refusal(self, request: web.Request, client: str) -> web.Response | None:
        stranger = self._hosts.stranger(asked_hosts(request))
        if stranger is not None and request.path not in OPEN_PATHS:
            return refusal(request, 421, self._hosts.sentence(stranger))
        if (request.content_length or 0) > BODY_BYTES:
            return refusal(request, 413, _TOO_LARGE)
        # Only behind a proxy can one address have more requests than connections.
        if self._open[client] >= self._most and request.path not in OPEN_PATHS:
            return refusal(request, 503, _TOO_MANY)
        return None

    def _close(self, client: str) -> None:
        """Count an open request less."""
        self._open[client] -= 1
        if not self._open[client]:
            del self._open[client]

    def _in_pieces(self, response: web.StreamResponse, sent: Callable[[], None]) -> web.StreamResponse:
        """The answer; ``sent`` is called once it is, or at once where a piece is all of it."""
        if type(response) is web.Response and isinstance(response.body, bytes) and len(response.body) > PIECE_BYTES:
            return InPieces(response.body, response, self._in_flight, sent)
        sent()
        return response


def asked_hosts(request: web.Request) -> list[str]:
    """The names under which a request asks: of every Host header, and of a target that is a whole URL.

    Without any it is no browser's, and so no other site's.
    """
    hosts = request.headers.getall("Host", [])
    target = request.raw_path
    if "://" in target.partition("?")[0]:
        hosts = [*hosts, target.partition("://")[2].partition("/")[0].rpartition("@")[2]]
    return hosts


def refusal(request: web.Request, status: int, sentence: Bilingual) -> web.Response:
    """An answer of one sentence: for programs JSON, for people a text in both languages."""
    if "text/html" in request.headers.get("Accept", ""):
        response = web.Response(status=status, text=f"{sentence.en}\n\n{sentence.es}\n")
    else:
        body = msgspec.json.encode({"error": sentence.en})
        response = web.Response(status=status, body=body, content_type="application/json")
    if status == 503:
        response.headers["Retry-After"] = "5"
    return response
