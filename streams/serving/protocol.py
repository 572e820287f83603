"""One HTTP connection with limits of time and size, on top of aiohttp's."""

from __future__ import annotations

import asyncio
import re
from http import HTTPStatus
from typing import Any

import msgspec
from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from streams.serving.complaints import Complaints
from streams.serving.connections import Closable, Connections
from streams.serving.headers import HEADERS
from streams.serving.limits import (
    BODY_SECONDS,
    HEAD_BYTES,
    HEAD_SECONDS,
    IDLE_SECONDS,
    LINGER_SECONDS,
    PIECE_BYTES,
    READ_BYTES,
    STALL_SECONDS,
)

STALLED_SECONDS = 1.0
"""Without progress for so long a connection is closed before working ones, where room is needed."""
_WHAT_WAS_SENT = re.compile(r"[:'\"\n]")
"""Behind it the library's sentence repeats what it could not read, which may be a token."""
BAD_REQUEST = "this is no HTTP request that can be understood; it was not answered"
BROKEN = "the page could not be made; the log of the server says why"


class Connection(RequestHandler):
    """A connection that is closed when its client takes too long: to ask, to send a body, or to read the answer."""

    def __init__(self, server: web.Server, owner: str, connections: Connections, complaints: Complaints) -> None:
        """Prepare the connection; it is counted from now on.

        Args:
            server: handler of its requests.
            owner: whom it is counted for.
            connections: all that are open.
            complaints: log of bad requests.
        """
        options: dict[str, Any] = {
            "keepalive_timeout": IDLE_SECONDS,
            "lingering_time": LINGER_SECONDS,
            "read_bufsize": READ_BYTES,
            "access_log": None,
        }
        loop = asyncio.get_running_loop()
        super().__init__(server, loop=loop, **options)
        self.owner = owner
        self._connections = connections
        self._complaints = complaints
        self._wire: asyncio.Transport | None = None
        self._socket: asyncio.Transport | None = None
        self._dropped = False
        self._head_bytes = 0
        self._since = loop.time()
        self._unsent = 0
        self._unsent_since = self._since
        connections.add(self)

    @property
    def is_open(self) -> bool:
        """True between the end of the handshake and the end of the connection."""
        return self._wire is not None

    def socket_made(self, transport: asyncio.Transport) -> None:
        """Take the transport below that of TLS, before the handshake."""
        self._socket = transport
        if self._dropped:
            transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; the time for the first request runs from now on."""
        assert isinstance(transport, asyncio.Transport)
        self._wire = transport
        transport.set_write_buffer_limits(high=PIECE_BYTES)
        super().connection_made(transport)
        self._since = self._loop.time()
        if self._dropped:
            transport.abort()

    def connection_lost(self, exc: BaseException | None) -> None:
        """End."""
        self._connections.discard(self)
        self._wire = self._socket = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes of a request, and refuse a head that grows without end."""
        requests, waits = self._request_count, self._waits()
        if waits:
            if self._head_bytes == 0:
                self._since = self._loop.time()
            self._head_bytes += len(data)
        super().data_received(data)
        if self._request_count != requests:
            self._head_bytes, self._since = 0, self._loop.time()
        elif waits and self._head_bytes > HEAD_BYTES:
            self._complaints.say(
                self.owner, f"{self.owner} sent headers of more than {HEAD_BYTES} bytes; it was cut off"
            )
            self.drop()

    def state(self) -> tuple[Closable, float]:
        """State of the connection, and since when."""
        if self._wire is None or self._waits():
            return Closable.WAITING, self._since
        if self._unsent and self._loop.time() - self._unsent_since > STALLED_SECONDS:
            return Closable.STALLED, self._unsent_since
        return Closable.WORKING, self._since

    def drop(self) -> None:
        """Close at once, whatever was not sent."""
        self._dropped = True
        wire = self._wire or self._socket
        if wire is not None:
            wire.abort()

    def unsent_bytes(self) -> int:
        """Bytes that the client did not take yet, encrypted ones included."""
        return sum(wire.get_write_buffer_size() for wire in (self._wire, self._socket) if wire is not None)

    def check(self, now: float) -> None:
        """Close the connection where its client has taken too long; called every second."""
        if self._wire is None:
            return
        unsent = self.unsent_bytes()
        if unsent != self._unsent or not unsent:
            self._unsent, self._unsent_since = unsent, now
        stalls = now - self._unsent_since > STALL_SECONDS
        # A new connection owes its first request; one that has been served may be idle for longer.
        asks = self._waits() and (self._head_bytes > 0 or self._request_count == 0)
        late = asks and now - self._since > HEAD_SECONDS
        request = self._current_request
        sends = request is not None and not request.content.is_eof() and now - self._since > BODY_SECONDS
        if stalls or late or sends:
            self.drop()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to a request that is not HTTP, or whose page failed: one sentence, and a line in the log."""
        if status < HTTPStatus.INTERNAL_SERVER_ERROR:
            reason = _WHAT_WAS_SENT.split(message or type(exc).__name__, maxsplit=1)[0].strip()
            self._complaints.say(self.owner, f"{self.owner} sent a bad request: {reason!r:.100}")
        else:
            self._complaints.say(f"{type(exc).__name__} {request.path}", f"{request.path:.100} failed", error=exc)
        if request.writer.output_size > 0:
            raise ConnectionError("a part of the answer was sent already")
        sentence = BAD_REQUEST if status < HTTPStatus.INTERNAL_SERVER_ERROR else BROKEN
        body = msgspec.json.encode({"error": sentence})
        response = web.Response(status=status, body=body, content_type="application/json", headers=HEADERS)
        response.force_close()
        return response

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """Log an error of the library, a few a minute."""
        error = kw.get("exc_info")
        self._complaints.say("server", str(args[0]) if args else "", error=error if error is not True else None)

    def _waits(self) -> bool:
        """No request is being answered or waits for it."""
        return self._waiter is not None and not self._messages
