"""Clients that do harm, from 127.0.0.2 and up: ``python -m tests.bench.attackers NAME PORT``, until it is ended."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from itertools import count, cycle
from urllib.parse import quote

from streams.sources.simulator.catalogue import QUEUES

HALF = b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: "
SHORT_BUFFER_BYTES = 4_096
PAUSE_SECONDS = 0.2
numbers = count()


def request(path: str, *, last: bool = True) -> bytes:
    """A whole request."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{'Connection: close' if last else 'X-A: b'}\r\n\r\n".encode()


async def connected(port: int, address: str, buffer: int | None = None) -> socket.socket:
    """A connection from an address of the attackers."""
    wire = socket.socket()
    if buffer is not None:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    wire.setblocking(False)
    wire.bind((address, 0))
    await asyncio.wait_for(asyncio.get_running_loop().sock_connect(wire, ("127.0.0.1", port)), 5)
    return wire


async def hold(port: int, address: str, text: bytes) -> None:
    """Send a text, and wait without reading until the server closes; then once more."""
    loop = asyncio.get_running_loop()
    while True:
        with suppress(OSError, TimeoutError), await connected(port, address, SHORT_BUFFER_BYTES) as wire:
            await loop.sock_sendall(wire, text)
            while is_open(wire):
                await asyncio.sleep(PAUSE_SECONDS)
        await asyncio.sleep(PAUSE_SECONDS)


def is_open(wire: socket.socket) -> bool:
    """False where the server has closed or cut the connection; nothing is taken from what it sent."""
    try:
        return not wire.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) and wire.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


async def ask(port: int, address: str, text: Callable[[], bytes]) -> None:
    """Ask again and again, and read each answer."""
    loop = asyncio.get_running_loop()
    while True:
        with suppress(OSError, TimeoutError), await connected(port, address) as wire:
            await loop.sock_sendall(wire, text())
            while await loop.sock_recv(wire, 2**18):
                pass


def odd(base: str) -> Callable[[], bytes]:
    """Requests for views that nobody else looks at."""
    return lambda: request(f"{base}?{odd_queues(next(numbers))}")


def odd_queues(number: int) -> str:
    """The parameters of an odd view: all queues of the centre in an order of its own."""
    names = [quote(queue.name) for queue in QUEUES]
    first = number % len(names)
    return "&".join(f"queue={name}" for name in (*names[first:], *names[:first], f"nobody{number}"))


def addresses(many: int) -> Iterator[str]:
    """Addresses of attackers, again and again."""
    return cycle([f"127.0.{number // 250}.{2 + number % 250}" for number in range(many)])


def start(clients: int, many: int, act: Callable[[str], Awaitable[None]]) -> list[Awaitable[None]]:
    """So many clients from so many addresses."""
    source = addresses(many)
    return [act(next(source)) for _ in range(clients)]


ATTACKS: dict[str, Callable[[int], list[Awaitable[None]]]] = {
    "nobody": lambda port: [],
    "half requests": lambda port: start(1_100, 1, lambda who: hold(port, who, HALF)),
    "half requests of 200": lambda port: start(1_400, 200, lambda who: hold(port, who, HALF)),
    "half requests of 1400": lambda port: start(1_400, 1_400, lambda who: hold(port, who, HALF)),
    "slow readers": lambda port: start(350, 1, lambda who: hold(port, who, request("/metrics"))),
    "slow readers of 10": lambda port: start(800, 10, lambda who: hold(port, who, request("/api/v1/snapshot"))),
    "scrapers": lambda port: start(40, 1, lambda who: ask(port, who, lambda: request("/metrics"))),
    "odd streams": lambda port: start(100, 1, lambda who: ask(port, who, odd("/board/stream"))),
    "odd streams of 48": lambda port: start(480, 48, lambda who: ask(port, who, odd("/board/stream"))),
    "odd pages": lambda port: start(50, 5, lambda who: ask(port, who, odd("/"))),
    "questions": lambda port: start(50, 5, lambda who: ask(port, who, odd("/api/v1/snapshot"))),
    "garbage": lambda port: start(20, 1, lambda who: ask(port, who, lambda: b"\x16\x03\x01 no HTTP\r\n\r\n")),
    "connections": lambda port: start(50, 10, lambda who: ask(port, who, lambda: request("/nothing"))),
}
"""By name, what makes the clients of an attack on a port."""


async def main(name: str, port: int) -> None:
    """Attack until ended."""
    await asyncio.gather(*ATTACKS[name](port))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
