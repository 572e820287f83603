"""The cookie of a session: out of reach of scripts and of other sites, and under TLS never sent without it."""

from __future__ import annotations

from aiohttp import web

from metrics.access.visitors import COOKIE, SECURE_COOKIE, Visitors


def session_sent(request: web.BaseRequest, visitors: Visitors) -> str:
    """The session that a browser sent, over TLS by its name there only; "" without one."""
    return request.cookies.get(SECURE_COOKIE if is_secure(request, visitors) else COOKIE, "")


def set_session(
    request: web.BaseRequest, response: web.StreamResponse, visitors: Visitors, session: tuple[str, int]
) -> None:
    """Have the browser keep a session.

    Args:
        request: that is answered.
        response: the answer.
        visitors: knows the proxies that speak TLS for us.
        session: its text and its life in seconds.
    """
    secure = is_secure(request, visitors)
    name, (text, seconds) = SECURE_COOKIE if secure else COOKIE, session
    _add(response, name, text, seconds, secure=secure)


def drop_session(request: web.BaseRequest, response: web.StreamResponse, visitors: Visitors) -> None:
    """Have the browser forget its session."""
    secure = is_secure(request, visitors)
    for name in (COOKIE, SECURE_COOKIE) if secure else (COOKIE,):
        _add(response, name, "", 0, secure=secure)


def _add(response: web.StreamResponse, name: str, text: str, seconds: int, *, secure: bool) -> None:
    # Not by set_cookie: an answer that is being sent, such as a stream's, has written those before its signal.
    attributes = f"Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{'; Secure' if secure else ''}"
    response.headers.add("Set-Cookie", f"{name}={text}; {attributes}")


def is_secure(request: web.BaseRequest, visitors: Visitors) -> bool:
    """True where the browser speaks TLS, with us or with a trusted proxy."""
    return request.secure or visitors.is_secure(request.remote or "", request.headers)
