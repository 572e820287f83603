"""Guard in front of Prometheus or Alertmanager: starts it, and lets only this machine's own requests through.

    python -I guard.py LISTEN_ADDRESS LISTEN_PORT INNER_ADDRESS INNER_PORT PROGRAM ARGUMENT...

Both servers answer to any name and tell every web page that it may read their answers. So a page that a person on this
machine opens could read all alerts and numbers: by a name that its owner points at this machine (DNS rebinding), or
simply by asking. The guard lets a request through only if it was sent to a loopback name or address, and by no page
of another origin. The server listens on a loopback address and port drawn at random, which no page can guess.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import Iterable
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

if __name__ == "__main__":  # a script of its own, so that no folder of the user's is searched for modules
    sys.path.insert(0, str(Path(__file__).parents[2]))

from streams.common.loopback import LOOPBACK_NAMES
from streams.serving.hosts import is_address, plain_host
from streams.stack.keeper import die_with_parent
from streams.stack.shown_config import shows_config, without_config

HEAD_BYTES = 32 * 1024
HEAD_SECONDS = 10.0
STOP_SECONDS = 12.0
"""Less than the keeper waits for the guard."""
CONNECTIONS = 100
PIECE_BYTES = 64 * 1024
_CLOSED = re.compile(rb"(?i)(?:connection|keep-alive|proxy-connection|upgrade|te|expect):")
_HEADER = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\x00\r\n]*")


class Refused(Exception):
    """Status and sentence for a request that is not let through."""

    def __init__(self, status: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class Place(NamedTuple):
    """A loopback address and port."""

    host: str
    port: int


def is_loopback(host: str) -> bool:
    """True for a host of a header that is this machine itself."""
    name = plain_host(host)
    return name in LOOPBACK_NAMES or (is_address(name) and ip_address(name).is_loopback)


def checked(head: bytes) -> tuple[str, bytes]:
    """The path of a request and the head to send on, which asks for one answer only.

    Raises:
        Refused: the request was sent to another host, by a page of another origin, or is no plain HTTP/1.1.
    """
    request, *headers = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    words = request.split(b" ")
    if len(words) != 3 or not words[1].startswith(b"/") or not all(map(_HEADER.fullmatch, headers)):
        raise Refused("400 Bad Request", "not a plain HTTP request")
    hosts = list(_values(headers, b"host"))
    if len(hosts) != 1 or not is_loopback(hosts[0]):
        raise Refused("421 Misdirected Request", "ask by a loopback name or address, such as 127.0.0.1")
    for origin in _values(headers, b"origin"):
        if not is_loopback(urlsplit(origin).netloc if "://" in origin else ""):
            raise Refused("403 Forbidden", "pages of other origins may not ask")
    kept = [each for each in headers if not _CLOSED.match(each)]
    return words[1].decode("latin-1"), b"\r\n".join([request, *kept, b"Connection: close", b"", b""])


def _values(headers: Iterable[bytes], name: bytes) -> Iterable[str]:
    for each in headers:
        found, _, value = each.partition(b":")
        if found.lower() == name:
            yield value.strip().decode("latin-1")


class Guard:
    """Server on one loopback port that hands requests on to another; one request a connection."""

    def __init__(self, inner: Place) -> None:
        self._inner = inner
        self._open = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection."""
        self._open += 1
        try:
            with contextlib.suppress(OSError):
                await self._answer(reader, writer)
        finally:
            self._open -= 1
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self._open > CONNECTIONS:
                raise Refused("503 Service Unavailable", "too many connections")
            async with asyncio.timeout(HEAD_SECONDS):
                path, head = checked(await reader.readuntil(b"\r\n\r\n"))
            if shows_config(path):
                body = await without_config(self._inner.host, self._inner.port, path)
                _say(writer, "200 OK", body, "application/json")
            else:
                await self._hand_on(head, reader, writer)
        except Refused as error:
            _say(writer, error.status, f"{error}\n".encode(), "text/plain; charset=utf-8")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            return
        except (OSError, ValueError):
            _say(writer, "502 Bad Gateway", b"the server does not answer\n", "text/plain; charset=utf-8")
        await writer.drain()

    async def _hand_on(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection(*self._inner)
        body = asyncio.create_task(_pump(reader, inner_writer))
        try:
            inner_writer.write(head)
            await _pump(inner_reader, writer)
        finally:
            body.cancel()
            inner_writer.close()


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await source.read(PIECE_BYTES):
            target.write(piece)
            await target.drain()


def _say(writer: asyncio.StreamWriter, status: str, body: bytes, kind: str) -> None:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    safety = "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
    writer.write((head + safety).encode() + body)


async def run(listen: Place, inner: Place, command: list[str]) -> int:
    """Guard a server until it ends or a signal stops both; returns its exit status."""
    server = await asyncio.start_server(Guard(inner).serve, *listen, limit=HEAD_BYTES)
    guard = os.getpid()
    child = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, preexec_fn=lambda: die_with_parent(guard)
    )
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    ended, asked = asyncio.create_task(child.wait()), asyncio.create_task(stopping.wait())
    async with server:
        await asyncio.wait((ended, asked), return_when=asyncio.FIRST_COMPLETED)
    if not ended.done():
        child.terminate()
        await asyncio.wait((ended,), timeout=STOP_SECONDS)
        if not ended.done():
            child.kill()
    asked.cancel()
    code = await ended
    return code if code >= 0 else 128 - code


def main() -> int:
    """Run the guard named by the arguments."""
    address, port, inner_address, inner_port, *command = sys.argv[1:]
    return asyncio.run(run(Place(address, int(port)), Place(inner_address, int(inner_port)), command))


if __name__ == "__main__":
    sys.exit(main())
