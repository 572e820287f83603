"""Doors in front of a server: what passes, and where a commit is cut."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.faults.campaign.doors import COMMIT, Cut, Doors

REQUEST = COMMIT + b" one commit."
ANSWER = b"done and done"


class Server(threading.Thread):
    """A server that answers each request of 19 bytes, and keeps what it got."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.got: list[bytes] = []
        self.ended = threading.Semaphore(0)

    def run(self) -> None:
        """Serve one connection after the other."""
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with closing(connection):
                got = b""
                try:
                    while chunk := connection.recv(100):
                        got += chunk
                        if len(got) % len(REQUEST) == 0:
                            connection.sendall(ANSWER)
                except ConnectionError:
                    pass
                self.got.append(got)
                self.ended.release()


@pytest.fixture
def server() -> Iterator[Server]:
    """A server for one test."""
    server = Server()
    server.start()
    yield server
    server.socket.close()


@pytest.fixture
def doors() -> Iterator[Doors]:
    """Doors for one test."""
    doors = Doors()
    yield doors
    doors.close()


def ask(port: int) -> bytes:
    """Answer to a commit; what arrived of it before the connection broke."""
    got = b""
    try:
        with closing(socket.create_connection(("127.0.0.1", port), timeout=10)) as client:
            client.sendall(REQUEST)
            while len(got) < len(ANSWER) and (chunk := client.recv(100)):
                got += chunk
    except ConnectionError:
        pass
    return got


def test_an_open_door(server: Server, doors: Doors) -> None:
    """Requests and answers pass unchanged."""
    door = doors.door(server.port)
    assert ANSWER == ask(door.port)
    server.ended.acquire()
    assert [REQUEST] == server.got


@pytest.mark.parametrize(
    "cut, got, answered",
    [
        (Cut.REQUEST, REQUEST[: len(REQUEST) // 2], b""),
        (Cut.ANSWER, REQUEST, b""),
    ],
)
def test_a_cut_commit(server: Server, doors: Doors, cut: Cut, got: bytes, answered: bytes) -> None:
    """The commit loses its connection at the place asked for, and the next one passes."""
    door = doors.door(server.port)
    door.cut_commits([cut])
    assert answered == ask(door.port)
    server.ended.acquire()
    assert [got] == server.got
    assert ANSWER == ask(door.port)
    assert 1 == door.cuts_made


def test_half_an_answer(server: Server, doors: Doors) -> None:
    """Of an answer that is cut no more than half arrives."""
    door = doors.door(server.port)
    door.cut_commits([Cut.HALF])
    assert ask(door.port) in (b"", ANSWER[: len(ANSWER) // 2])  # a reset may overtake what was sent before it
    server.ended.acquire()
    assert [REQUEST] == server.got


def test_a_shut_door(server: Server, doors: Doors) -> None:
    """A shut door lets nobody in, and opens again."""
    door = doors.door(server.port)
    door.shut = True
    assert b"" == ask(door.port)
    door.shut = False
    assert ANSWER == ask(door.port)
