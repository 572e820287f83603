"""A door with TLS: the limits of time, connections and bytes hold there too."""

from __future__ import annotations

import asyncio
import gc
import logging
import socket
import ssl
from asyncio.sslproto import SSLProtocol
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest

from streams.serving import door, protocol, tls
from streams.serving.certificates import Certificate
from streams.serving.complaints import LINES_OF_ONE
from streams.serving.headers import HEADERS
from streams.serving.limits import PIECE_BYTES, Limits
from streams.serving.protocol import Connection
from tests.support.certificates import Authority, Pair
from tests.support.door_without_files import crowded
from tests.support.served import HALF, HOST, LARGE, LIMITS, Served, rest, serve, until

HALF_HELLO = b"\x16\x03\x01\x01\x00\x01\x00"
LIVEZ = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
UNREAD = b"GET /large HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


class Clients:
    """Clients who trust the certificate of a door."""

    def __init__(self, served: Served, authority: Path) -> None:
        self._served = served
        self._context = ssl.create_default_context(cafile=authority)

    async def connect(self, address: str = "127.0.0.3") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection whose handshake is over, with a small buffer for what it is sent."""
        wire = await self._served.connect(address)
        return await asyncio.open_connection(sock=wire, ssl=self._context, server_hostname=HOST, limit=1_024)

    async def send(self, text: bytes, address: str = "127.0.0.3") -> asyncio.StreamWriter:
        """A connection on which ``text`` was sent, and nothing is read."""
        _, writer = await self.connect(address)
        writer.transport.pause_reading()  # type: ignore[attr-defined]  # of a transport that reads
        writer.write(text)
        return writer

    async def answer(self, text: bytes = LIVEZ) -> bytes:
        """Everything that comes back until the server closes."""
        reader, writer = await self.connect()
        with closing(writer):
            writer.write(text)
            return await asyncio.wait_for(reader.read(), 60)


Visit = Callable[[Served, Clients], Awaitable[None]]
Visits = Callable[..., None]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """One authority for all tests."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def pair(authority: Authority) -> Pair:
    """Certificate and key of the server."""
    return authority.issue("server")


@pytest.fixture
def visits(authority: Authority, pair: Pair) -> Visits:
    """``visits(visit, limits)`` serves with TLS and runs ``visit``."""

    def run(visit: Visit, limits: Limits = LIMITS, certificate: Certificate | None = None) -> None:
        async def with_clients(served: Served) -> None:
            await visit(served, Clients(served, authority.cert))

        serve(with_clients, limits, certificate=certificate or Certificate(*pair))

    return run


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time limits of a fraction of a second."""
    monkeypatch.setattr(door, "CHECK_SECONDS", 0.02)
    monkeypatch.setattr(tls, "HANDSHAKE_SECONDS", 0.2)
    for name in ("HEAD_SECONDS", "BODY_SECONDS", "STALL_SECONDS"):
        monkeypatch.setattr(protocol, name, 0.2)


def test_an_answer_over_tls(visits: Visits) -> None:
    """A page over TLS, small or large, is the same as without, headers included."""

    async def visit(_served: Served, clients: Clients) -> None:
        small, large = await clients.answer(), await clients.answer(LIVEZ.replace(b"/livez", b"/large"))
        head, _, body = small.partition(b"\r\n\r\n")
        assert b"ok\n" == body
        assert large.endswith(LARGE)
        found = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        assert dict(HEADERS) == {name: found.get(name) for name in HEADERS}

    visits(visit)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("text", [b"", HALF_HELLO], ids=["nothing", "half a hello"])
def test_a_handshake_without_end_is_cut_off(text: bytes, visits: Visits) -> None:
    """A client that does not end its handshake counts as a connection, and no longer once its time is over."""

    async def visit(served: Served, clients: Clients) -> None:
        with await served.send(text) as wire:
            await until("the connection", lambda: len(served.door.connections) == 1)
            assert [] == served.wires()
            assert b"" == await asyncio.wait_for(asyncio.get_running_loop().sock_recv(wire, 100), 60)
            await until("the end of the connection", lambda: len(served.door.connections) == 0)
        assert (await clients.answer()).endswith(b"ok\n")

    visits(visit)


@pytest.mark.parametrize("attackers", [["127.0.0.2"], [f"127.0.0.{n}" for n in range(4, 44)]], ids=len)
def test_handshakes_without_end_keep_nobody_out(attackers: list[str], visits: Visits) -> None:
    """However many connections stand in their handshake, from one address or forty: others are answered, there are
    never more than may be open, and those that made room are closed."""

    async def visit(served: Served, clients: Clients) -> None:
        held = [await served.send(HALF_HELLO, attackers[n % len(attackers)]) for n in range(150)]
        assert (await clients.answer()).endswith(b"ok\n")
        assert len(served.door.connections) <= 40
        for wire in held:
            wire.close()
        await until("the end of all", lambda: len(served.door.connections) == 0)

    visits(visit, Limits(40, 20))


def test_a_connection_is_cut_off_in_its_handshake(visits: Visits) -> None:
    """A handshake that makes room for another client ends at once: its client sees the end long before its time."""

    async def visit(served: Served, _clients: Clients) -> None:
        with await served.send(HALF_HELLO, "127.0.0.2") as wire:
            await until("the connection", lambda: len(served.door.connections) == 1)
            await asyncio.sleep(0)
            assert served.door.connections.drop_one()
            assert 0 == len(served.door.connections)
            with pytest.raises(ConnectionResetError):
                await asyncio.wait_for(asyncio.get_running_loop().sock_recv(wire, 100), 60)

    visits(visit)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("text", [b"", HALF, UNREAD], ids=["nothing", "half", "unread"])
def test_who_is_too_slow_after_the_handshake_is_cut_off(text: bytes, visits: Visits) -> None:
    """A connection that asks nothing, half a request, or does not read its answer, ends after its time."""

    async def visit(served: Served, clients: Clients) -> None:
        writer = await clients.send(text)
        await until("the end of the connection", lambda: len(served.door.connections) == 0)
        writer.transport.abort()
        assert (await clients.answer()).endswith(b"ok\n")

    visits(visit)


def test_unread_answers_cost_pieces_and_not_copies(visits: Visits) -> None:
    """Clients who do not read an answer of 8 MB leave a few pieces each in memory, encrypted ones included."""

    async def visit(served: Served, clients: Clients) -> None:
        held = [await clients.send(UNREAD, "127.0.0.2") for _ in range(20)]
        found = [each for each in served.door.connections.all() if isinstance(each, Connection)]
        await until("full buffers", lambda: all(each.unsent_bytes() > PIECE_BYTES for each in found))
        assert 20 == len(found)
        assert max(each.unsent_bytes() for each in found) <= 5 * PIECE_BYTES
        for writer in held:
            writer.transport.abort()

    visits(visit)


def test_who_speaks_something_else_costs_few_lines(visits: Visits, caplog: pytest.LogCaptureFixture) -> None:
    """Hundreds who ask without TLS, or by one that we do not speak, cost a few lines, none with a traceback; the first
    says what to do."""

    async def visit(served: Served, clients: Clients) -> None:
        for number in range(200):
            await served.answer([LIVEZ, b"\x16\x03\x01\x00\x05hello", b"\x80" * 50][number % 3])
        assert (await clients.answer()).endswith(b"ok\n")

    with caplog.at_level(logging.INFO):
        visits(visit)
    lines = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert LINES_OF_ONE == len(lines)
    assert not [record for record in lines if record.exc_info]
    assert "127.0.0.1 could not be served over TLS: it speaks plain HTTP" in lines[0].getMessage()


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("text", [LIVEZ, HALF_HELLO, b""], ids=["plain HTTP", "half a hello", "gone"])
def test_a_failed_handshake_leaves_nothing_behind(text: bytes, visits: Visits) -> None:
    """The memory of a handshake is free as soon as it fails, not at the next collection of garbage."""

    async def visit(served: Served, _clients: Clients) -> None:
        gc.collect()
        gc.disable()
        for _ in range(20):
            wire = await served.send(text)
            if text:
                await rest(wire)
            wire.close()
        await until("the end of all", lambda: len(served.door.connections) == 0)
        await asyncio.sleep(0)
        left = [each for each in gc.get_objects() if isinstance(each, SSLProtocol | Connection)]
        assert len(left) <= 2

    try:
        visits(visit)
    finally:
        gc.enable()


@pytest.mark.usefixtures("quick")
def test_a_renewed_certificate_is_shown_while_it_runs(authority: Authority, tmp_path: Path, visits: Visits) -> None:
    """New clients see the new certificate, open connections go on, and nobody restarts anything."""
    mine = Pair(tmp_path / "cert.pem", tmp_path / "key.pem")
    mine.replace_with(authority.issue("first"))
    renewed = authority.issue("renewed")

    async def shown(clients: Clients) -> bytes:
        _, writer = await clients.connect()
        with closing(writer):
            found: bytes = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
            return found

    async def visit(served: Served, clients: Clients) -> None:
        old = ssl.PEM_cert_to_DER_cert(mine.cert.read_text())
        assert old == await shown(clients)
        reader, writer = await clients.connect()
        writer.write(UNREAD)
        assert await reader.readexactly(12) == b"HTTP/1.1 200"
        mine.replace_with(renewed)
        new = ssl.PEM_cert_to_DER_cert(renewed.cert.read_text())
        for _ in range(500):
            if await shown(clients) == new:
                break
        else:
            pytest.fail("the old certificate is still shown")
        assert (await asyncio.wait_for(reader.readexactly(len(LARGE)), 60)).endswith(bytes(1000))
        writer.close()

    visits(visit, certificate=Certificate(*mine))


def test_without_files_it_goes_on(authority: Authority, pair: Pair) -> None:
    """A server that may open twenty files is asked by fifty clients who stand in their handshake: others are answered,
    in one line of log."""
    context = ssl.create_default_context(cafile=authority.cert)
    with (
        crowded(HALF_HELLO, pair.cert, pair.key) as port,
        socket.create_connection((HOST, port), 30) as honest,
        context.wrap_socket(honest, server_hostname=HOST) as secure,
    ):
        secure.sendall(LIVEZ)
        assert secure.recv(12) == b"HTTP/1.1 200"
