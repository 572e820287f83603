"""The listening end of a server: accepts connections as long as there is room, and makes room where there is none."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import ssl
from collections.abc import Coroutine
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from aiohttp import web

from streams.serving import tls
from streams.serving.addresses import Proxies, owner_of
from streams.serving.certificates import Certificate
from streams.serving.complaints import Complaints
from streams.serving.connections import Connections
from streams.serving.headers import HEADERS
from streams.serving.limits import SEND_BUFFER_BYTES, Limits
from streams.serving.protocol import Connection

log = logging.getLogger(__name__)

BACKLOG = 1_024
"""Connections that the system holds until they are accepted."""
ACCEPTED_A_TURN = 64
"""Then the event loop serves those who are connected; below ``FILES_KEPT``, since closing takes a turn too."""
REFUSED_A_TURN = 500
"""The same for connections that are refused, which costs little."""
CHECK_SECONDS = 1.0
WITHOUT_FILES_SECONDS = 0.1
"""Pause after the system had no file for a connection."""
STOP_SECONDS = 1.0
_OUT_OF_RESOURCES = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_REFUSAL = "you have as many connections as one address may have (connections_per_address); close some\n"


def _refusal() -> bytes:
    status = HTTPStatus.SERVICE_UNAVAILABLE
    lines = [
        f"HTTP/1.1 {status.value} {status.phrase}",
        *(f"{name}: {value}" for name, value in HEADERS.items()),
        "Content-Type: text/plain; charset=utf-8",
        f"Content-Length: {len(_REFUSAL)}",
        "Retry-After: 5",
        "Connection: close",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n" + _REFUSAL).encode()


class Door:
    """Listens for a web application, and keeps its connections within the limits."""

    def __init__(
        self,
        app: web.Application,
        limits: Limits,
        proxies: Proxies | None = None,
        certificate: Certificate | None = None,
    ) -> None:
        """Prepare.

        Args:
            app: answers the requests.
            limits: of connections.
            proxies: not limited by address, since many people come through them.
            certificate: for TLS; without one the door speaks plain HTTP.
        """
        # Without cancellation a page would be made for a client that is gone already.
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=STOP_SECONDS)
        self._proxies = proxies or Proxies()
        self._certificate = certificate
        self._complaints = Complaints(log)
        self._connections = Connections(limits)
        self._sockets: list[socket.socket] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._refusal = _refusal()

    @property
    def connections(self) -> Connections:
        """The connections that are open."""
        return self._connections

    async def start(self, host: str, port: int) -> tuple[str, int]:
        """Listen.

        Args:
            host: a name or an address; all addresses of a name are listened on.
            port: 0 for a free one.

        Returns:
            The first address and its port.

        Raises:
            OSError: the address cannot be listened on.
        """
        await self._runner.setup()
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, address in dict.fromkeys((each[0], each[4][:2]) for each in found):
            self._sockets.append(_listening(family, str(address[0]), port))
            port = port or self._sockets[0].getsockname()[1]
        for listener in self._sockets:
            loop.add_reader(listener, self._accept, listener)
        self._run(self._check())
        first = self._sockets[0].getsockname()
        return str(first[0]), int(first[1])

    async def stop(self) -> None:
        """Stop listening and end what is open."""
        for listener in self._sockets:
            asyncio.get_running_loop().remove_reader(listener)
            listener.close()
        self._sockets.clear()
        for task in self._tasks:
            task.cancel()
        await self._runner.cleanup()
        for each in self._connections.all():
            each.drop()

    def _accept(self, listener: socket.socket) -> None:
        accepted = 0
        for _ in range(REFUSED_A_TURN):
            try:
                wire, address = listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionError):
                return
            except OSError as error:
                if error.errno not in _OUT_OF_RESOURCES:
                    raise
                self._without_files(listener, error)
                return
            accepted += self._admit(wire, str(address[0]))
            if accepted >= ACCEPTED_A_TURN:
                return

    def _admit(self, wire: socket.socket, address: str) -> bool:
        """Serve a connection, or refuse it."""
        owner, limits = owner_of(address), self._connections.limits
        wire.setblocking(False)
        if len(self._connections) >= limits.connections:
            line = (
                f"{limits.connections} connections are open, as many as can be; the busiest address loses its idle ones"
            )
            self._complaints.say("connections", line, most=1)
        now = asyncio.get_running_loop().time()
        if not self._connections.make_room(owner, now, limited=not self._proxies.trust(address)):
            line = f"{owner} has too many connections (connections_per_address = {limits.of_address}); more are refused"
            self._complaints.say(owner, line, most=1)
            _send_and_close(wire, b"" if self._certificate else self._refusal)
            return False
        assert self._runner.server is not None
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        connection = Connection(self._runner.server, owner, self._connections, self._complaints)
        self._run(self._connect(wire, connection))
        return True

    async def _connect(self, wire: socket.socket, connection: Connection) -> None:
        try:
            if self._certificate is None:
                await asyncio.get_running_loop().connect_accepted_socket(lambda: connection, wire)
            else:
                await self._encrypt(wire, connection, self._certificate.context)
        except BaseException:
            self._connections.discard(connection)
            wire.close()
            raise

    async def _encrypt(self, wire: socket.socket, connection: Connection, context: ssl.SSLContext) -> None:
        try:
            await tls.begin(wire, connection, context)
        except ssl.SSLError as error:
            line = f"{connection.owner} could not be served over TLS: {tls.reason_of(error)}"
            self._complaints.say(connection.owner, line)
        except OSError:
            pass  # it went away, or took too long
        if not connection.is_open:
            connection.connection_lost(None)  # nobody else tells it, since it never was made

    def _without_files(self, listener: socket.socket, error: OSError) -> None:
        """Close a connection, and accept again a moment later: the listener stays readable, so the loop would spin."""
        self._connections.drop_one()
        self._complaints.say("files", f"no connection can be accepted ({error.strerror}); raise `ulimit -n`", most=1)
        loop = asyncio.get_running_loop()
        loop.remove_reader(listener)
        loop.call_later(WITHOUT_FILES_SECONDS, self._accept_again, listener)

    def _accept_again(self, listener: socket.socket) -> None:
        if listener in self._sockets:
            asyncio.get_running_loop().add_reader(listener, self._accept, listener)

    async def _check(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            self._complaints.turn()
            self._refresh_certificate()
            now = loop.time()
            for each in self._connections.all():
                if isinstance(each, Connection):
                    each.check(now)

    def _refresh_certificate(self) -> None:
        try:
            if self._certificate is not None:
                self._certificate.refresh()
        except Exception as error:  # whatever it is: without these looks no time limit would hold any more
            self._complaints.say("certificate", f"the certificate could not be read again: {error!r:.200}", most=1)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)  # the loop itself holds tasks weakly
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._complaints.say("door", f"a connection could not be served: {error!r:.100}")


def _listening(family: int, host: str, port: int) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener


def _send_and_close(wire: socket.socket, text: bytes) -> None:
    with wire, suppress(OSError):
        if text:
            wire.send(text)
