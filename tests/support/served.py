"""A small application behind a real door, and raw connections to it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web

from streams.serving.addresses import Proxies
from streams.serving.certificates import Certificate
from streams.serving.door import Door
from streams.serving.gate import Gate
from streams.serving.hosts import KnownHosts
from streams.serving.limits import Limits
from streams.serving.protocol import Connection

HOST = "127.0.0.1"
LARGE = bytes(8 * 2**20)
LIMITS = Limits(100, 50)
POLLS = 3_000
Visit = Callable[["Served"], Awaitable[None]]


class Served:
    """A small application behind a door."""

    def __init__(self, limits: Limits, proxies: Proxies, certificate: Certificate | None = None) -> None:
        app = web.Application()
        app.add_routes([web.get("/livez", self.livez), web.get("/large", self.large), web.get("/broken", self.broken)])
        Gate(KnownHosts(("board.example",), "veinte exporter"), proxies, limits.of_address).guard(app)
        self.door = Door(app, limits, proxies, certificate)
        self.port = 0

    async def livez(self, _request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def large(self, _request: web.Request) -> web.Response:
        return web.Response(body=LARGE)

    async def broken(self, _request: web.Request) -> web.Response:
        raise LookupError("a bug")

    def wires(self) -> list[asyncio.Transport]:
        """The open connections."""
        found = (each.transport for each in self.door.connections.all() if isinstance(each, Connection))
        return [wire for wire in found if wire is not None]

    def has(self, name: tuple[str, int]) -> bool:
        """True where a client's connection is open."""
        return any(wire.get_extra_info("peername") == name for wire in self.wires())

    async def connect(self, address: str = HOST) -> socket.socket:
        """A connection from an address, with a small buffer for what it is sent."""
        wire = socket.socket()
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        wire.setblocking(False)
        wire.bind((address, 0))
        await asyncio.get_running_loop().sock_connect(wire, (HOST, self.port))
        return wire

    async def send(self, text: bytes, address: str = HOST) -> socket.socket:
        """A connection on which ``text`` was sent."""
        wire = await self.connect(address)
        await asyncio.get_running_loop().sock_sendall(wire, text)
        return wire

    async def answer(self, text: bytes, address: str = HOST) -> bytes:
        """Everything that comes back until the server closes."""
        with await self.send(text, address) as wire:
            return await rest(wire)

    async def get(self, path: str, *headers: str, address: str = HOST, version: str = "1.1") -> bytes:
        """The answer to a request; the connection is closed afterwards."""
        lines = [f"GET {path} HTTP/{version}", "Connection: close", *(headers or ("Host: 127.0.0.1",))]
        return await self.answer(("\r\n".join(lines) + "\r\n\r\n").encode(), address)


async def rest(wire: socket.socket) -> bytes:
    """The bytes that a server sends until it closes or cuts the connection."""
    found = bytearray()
    while True:
        try:
            data = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(wire, 2**16), 60)
        except ConnectionError:
            return bytes(found)
        if not data:
            return bytes(found)
        found += data


def serve(visit: Visit, limits: Limits = LIMITS, *trusted: str, certificate: Certificate | None = None) -> None:
    """Serve, and run ``visit``."""

    async def run() -> None:
        served = Served(limits, Proxies(trusted), certificate)
        _, served.port = await served.door.start(HOST, 0)
        try:
            await visit(served)
        finally:
            await served.door.stop()

    asyncio.run(run())


async def until(what: str, condition: Callable[[], bool]) -> None:
    """Wait for a condition of the server."""
    for _ in range(POLLS):
        if condition():
            return
        await asyncio.sleep(0.01)
    pytest.fail(f"waited in vain for {what}")


HALF = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: "
"""Half a request."""
