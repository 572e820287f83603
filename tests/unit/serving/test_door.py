"""A real server at its door: time limits, bounds of connections and memory, headers and log of every answer."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from contextlib import ExitStack
from functools import partial

import pytest

from streams.serving import bodies, door, protocol
from streams.serving.complaints import LINES_OF_ONE
from streams.serving.headers import HEADERS
from streams.serving.limits import HEAD_BYTES, IN_FLIGHT_BYTES, PIECE_BYTES, Limits
from tests.support.door_without_files import crowded
from tests.support.served import HALF, HOST, LARGE, POLLS, Served, rest, serve, until


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time limits of a tenth of a second."""
    monkeypatch.setattr(door, "CHECK_SECONDS", 0.02)
    for name in ("HEAD_SECONDS", "BODY_SECONDS", "STALL_SECONDS"):
        monkeypatch.setattr(protocol, name, 0.1)


@pytest.mark.parametrize("attackers", [["127.0.0.2"], [f"127.0.0.{n}" for n in range(2, 42)]], ids=len)
def test_half_requests_keep_nobody_out(attackers: list[str]) -> None:
    """However many connections wait with half a request, from one address or forty: others are answered, and there are
    never more than may be open."""

    async def visit(served: Served) -> None:
        held = [await served.send(HALF, attackers[n % len(attackers)]) for n in range(150)]
        assert (await served.get("/livez")).endswith(b"ok\n")
        assert len(served.door.connections) <= 40
        for wire in held:
            wire.close()

    serve(visit, Limits(40, 20))


def test_a_client_at_its_limit_is_told_so() -> None:
    """Where all connections of an address work, one more gets a status and a sentence; another address is served."""

    async def visit(served: Served) -> None:
        held = [await served.send(b"GET /large HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "127.0.0.2") for _ in range(4)]
        for wire in held:
            assert await asyncio.get_running_loop().sock_recv(wire, 12) == b"HTTP/1.1 200"
        refused = await served.get("/livez", address="127.0.0.2")
        assert refused.startswith(b"HTTP/1.1 503")
        assert b"connections_per_address" in refused
        assert (await served.get("/livez")).endswith(b"ok\n")
        for wire in held:
            wire.close()

    serve(visit, Limits(40, 4))


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    "text",
    [
        b"",
        HALF,
        b"G",
        b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nGET /livez HT",
        b"GET /large HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    ],
    ids=["nothing", "half", "a letter", "half a second one", "unread"],
)
def test_who_is_too_slow_is_cut_off(text: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that sends nothing, half a request, or does not read its answer, ends after its time."""
    monkeypatch.setattr(protocol, "IDLE_SECONDS", 0.1)

    async def visit(served: Served) -> None:
        with await served.send(text):
            await until("the connection", lambda: len(served.door.connections) == 1)
            await until("the end of the connection", lambda: len(served.door.connections) == 0)
        assert (await served.get("/livez")).endswith(b"ok\n")

    serve(visit)


def test_who_reads_a_byte_now_and_then_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer has a time as a whole, so that nobody can hold it by reading a little."""
    monkeypatch.setattr(bodies, "STALL_SECONDS", 0.2)
    monkeypatch.setattr(bodies, "SLOWEST_BYTES_PER_SECOND", 2**40)

    async def visit(served: Served) -> None:
        with await served.send(b"GET /large HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n") as wire:
            for _ in range(POLLS):
                try:
                    if not await asyncio.get_running_loop().sock_recv(wire, 2_000):
                        return
                except ConnectionError:
                    return
                await asyncio.sleep(0.01)
        pytest.fail("the answer is held")

    serve(visit)


def test_unread_answers_cost_pieces_and_not_copies() -> None:
    """Thirty clients who do not read an answer of 8 MB leave a few pieces each in memory, and one answer."""

    async def visit(served: Served) -> None:
        held = [await served.send(b"GET /large HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "127.0.0.2") for _ in range(30)]
        for wire in held:
            assert await asyncio.get_running_loop().sock_recv(wire, 12) == b"HTTP/1.1 200"
        assert (await served.get("/large", address="127.0.0.3")).endswith(LARGE)
        buffered = [wire.get_write_buffer_size() for wire in served.wires()]
        assert 30 <= len(buffered)
        assert max(buffered) <= 3 * PIECE_BYTES
        for wire in held:
            wire.close()

    serve(visit)


def test_different_answers_in_flight_have_a_bound() -> None:
    """Past the bound in bytes those who still read the oldest answer are cut off, and nobody else."""

    async def visit(served: Served) -> None:
        kept = [bytes(number + 8 * 2**20) for number in range(2 * IN_FLIGHT_BYTES // (8 * 2**20))]
        flight, sending, held, wires = bodies.InFlight(), ExitStack(), ExitStack(), []
        for body in kept:
            name = held.enter_context(await served.send(HALF)).getsockname()
            await until("the connection", partial(served.has, name))
            wires.append(next(wire for wire in served.wires() if wire.get_extra_info("peername") == name))
            sending.enter_context(flight.sending(body, wires[-1]))
            assert flight.held_bytes <= IN_FLIGHT_BYTES
        closing = [wire.is_closing() for wire in wires]
        assert sorted(closing, reverse=True) == closing
        assert [True, False] == [closing[0], closing[-1]]
        sending.close()
        held.close()
        assert 0 == flight.held_bytes

    serve(visit)


STRANGE = {
    "no HTTP": b"\x16\x03\x01\x02\x00 hello\r\n\r\n",
    "a header without end": b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"a" * 9_000 + b"\r\n\r\n",
    "two lengths": b"POST /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "nothing there": b"GET /nothing HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
    "wrong method": b"PUT /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
    "an expectation": b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: wonders\r\nConnection: close\r\n\r\n",
    "a large body": b"POST /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000\r\nConnection: close\r\n\r\n",
    "a bug": b"GET /broken HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "another name": b"GET /large HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
    "a page": b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
    "a large page": b"GET /large HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
}


@pytest.mark.parametrize("case", STRANGE)
def test_every_answer_has_the_headers(case: str) -> None:
    """Policy, nosniff, referrer policy and a server without versions stand on each answer, the library's own
    included."""

    async def visit(served: Served) -> None:
        head, _, _ = (await served.answer(STRANGE[case])).partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        found = dict(line.split(": ", 1) for line in lines[1:])
        assert lines[0].startswith("HTTP/1.")
        assert dict(HEADERS) == {name: found.get(name) for name in HEADERS}
        for word in ("aiohttp", "Python", "Traceback"):
            assert word not in head.decode()

    serve(visit)


def test_bad_requests_cost_few_lines(caplog: pytest.LogCaptureFixture) -> None:
    """Hundreds of them, of any kind, cost a few lines in all, none with a traceback."""

    async def visit(served: Served) -> None:
        for number in range(200):
            await served.answer(STRANGE[["no HTTP", "a header without end", "two lengths"][number % 3]])
        huge = b"GET /livez HTTP/1.1\r\n" + b"X-A: b\r\n" * (HEAD_BYTES // 4)
        await served.answer(huge)

    with caplog.at_level(logging.INFO):
        serve(visit)
    lines = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert LINES_OF_ONE == len(lines)
    assert not [record for record in lines if record.exc_info]


@pytest.mark.parametrize(
    "headers,target",
    [
        (["Host: evil.example"], "/large"),
        (["Host: 127.0.0.1", "Host: evil.example"], "/large"),
        (["Host: evil.example:8020", "Accept: text/html"], "/large"),
        (["Host: 127.0.0.1"], "http://evil.example/large"),
    ],
)
def test_a_strange_name_gets_no_numbers(headers: list[str], target: str) -> None:
    """A name that nobody allowed is refused in one sentence; health is answered under any."""

    async def visit(served: Served) -> None:
        answer = await served.get(target, *headers)
        status = answer.split(b" ", 2)[1]
        assert status in (b"421", b"400")
        assert len(answer) < 2_000
        if status == b"421":
            assert b"allowed_hosts" in answer
        else:
            assert 2 == len(headers)  # the library itself refuses two names
        assert (await served.get("/livez", "Host: evil.example")).endswith(b"ok\n")
        assert (await served.get("/large", "Host: board.example:8020")).endswith(LARGE)
        assert (await served.get("/large", "X-A: b", version="1.0")).endswith(LARGE)

    serve(visit)


def test_behind_a_proxy_each_client_has_its_share() -> None:
    """Connections of a trusted proxy are not limited by address, but the requests of each client behind it are."""

    async def visit(served: Served) -> None:
        held = []
        for client in ("192.0.2.1", "192.0.2.2"):
            for _ in range(5):
                text = f"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: {client}\r\nX-A: "
                held.append(await served.send(text.encode(), "127.0.0.9"))
        await until("ten connections of one address", lambda: len(served.door.connections) == 10)
        for wire in held:
            wire.close()

    serve(visit, Limits(40, 4), "127.0.0.9")


def test_behind_a_proxy_an_answer_counts_until_it_is_sent() -> None:
    """Who does not read large answers through a proxy gets no more of them than one address may, and others do; a place
    is free again once an answer is sent or given up."""

    async def visit(served: Served) -> None:
        text = b"GET /large HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: 192.0.2.%d\r\nConnection: close\r\n\r\n"
        loop, held = asyncio.get_running_loop(), []
        for _ in range(4):
            held.append(await served.send(text % 1, "127.0.0.9"))
            assert (await loop.sock_recv(held[-1], 12)).endswith(b"200")
        assert b" 503 " in (await served.answer(text % 1, "127.0.0.9"))[:20]
        assert (await served.answer(text % 2, "127.0.0.9")).endswith(LARGE)
        with held.pop() as wire:
            assert (await rest(wire)).endswith(LARGE)
        assert (await served.answer(text % 1, "127.0.0.9")).endswith(LARGE)
        held.pop().close()
        await until("a connection that is gone", lambda: len(served.door.connections) == 2)
        assert (await served.answer(text % 1, "127.0.0.9")).endswith(LARGE)
        for wire in held:
            wire.close()

    serve(visit, Limits(40, 4), "127.0.0.9")


def test_without_files_it_goes_on_and_says_so_once() -> None:
    """A server that may open twenty files is asked by fifty clients who wait: others are answered, in one line of
    log."""
    with crowded(HALF) as port, socket.create_connection((HOST, port), 30) as honest:
        honest.sendall(b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert honest.recv(12) == b"HTTP/1.1 200"


def test_a_refusal_is_json_for_programs_and_two_languages_for_people() -> None:
    """The same sentence, in the form that the client reads."""

    async def visit(served: Served) -> None:
        _, _, body = (await served.get("/large", "Host: evil.example")).partition(b"\r\n\r\n")
        sentence = json.loads(body)["error"]
        assert "evil.example" in sentence
        _, _, page = (await served.get("/large", "Host: evil.example", "Accept: text/html")).partition(b"\r\n\r\n")
        english, spanish = page.decode().strip().split("\n\n")
        assert sentence == english
        assert spanish.startswith("no se muestra nada con el nombre 'evil.example'")

    serve(visit)
