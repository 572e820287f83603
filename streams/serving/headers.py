"""Headers of every answer, those of the HTTP library itself included."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
"""Content security policy of answers that are no page: nothing in them may run, load or be framed by other sites."""
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Server": "veinte",
}
"""``Server`` is named without versions; a page with a policy of its own keeps that one."""


async def add_headers(_request: web.BaseRequest, response: web.StreamResponse) -> None:
    """Add what a response lacks of ``HEADERS``; a signal of ``on_response_prepare``."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["Server"] = HEADERS["Server"]  # the library has written its versions there
