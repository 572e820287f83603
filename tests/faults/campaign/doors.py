"""TCP ports in front of real servers, whose connections can be slowed down, refused, or cut in mid-commit."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections import deque
from collections.abc import Iterable
from enum import Enum

from streams.stack.addresses import free_port

COMMIT = b"EVALSHA"
"""Redis command of a commit, and of nothing else that a worker sends."""
READ_BYTES = 256 * 1024
STOP_SECONDS = 5.0
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER of zero seconds: closing sends a reset, as a broken network or a firewall does."""


class Cut(Enum):
    """Place at which a commit loses its connection."""

    REQUEST = "half of the request reaches Redis"
    ANSWER = "Redis has committed, nothing of its answer arrives"
    HALF = "Redis has committed, half of its answer arrives"


class Doors(threading.Thread):
    """Thread with the event loop of all doors of a campaign."""

    def __init__(self) -> None:
        super().__init__(name="doors", daemon=True)
        self.loop = asyncio.new_event_loop()
        self._doors: list[Door] = []
        self.start()

    def run(self) -> None:
        """Serve until :meth:`close`."""
        self.loop.run_forever()

    def door(self, server_port: int) -> Door:
        """An open door in front of a server on 127.0.0.1."""
        door = Door(self.loop, server_port)
        asyncio.run_coroutine_threadsafe(door.listen(), self.loop).result(STOP_SECONDS)
        self._doors.append(door)
        return door

    def remove(self, door: Door) -> None:
        """Stop listening, and cut what is connected."""
        self._doors.remove(door)
        asyncio.run_coroutine_threadsafe(door.stop(), self.loop).result(STOP_SECONDS)

    def close(self) -> None:
        """Remove every door and end the thread."""
        for door in list(self._doors):
            self.remove(door)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.join(STOP_SECONDS)


class Door:
    """One port in front of one server.

    ``delay_seconds`` holds back each answer; ``shut`` refuses connections. Both may be set from any thread.
    ``cuts_made``: commits that lost their connection so far.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, server_port: int) -> None:
        self.port = free_port(avoid=frozenset({server_port}))
        self.delay_seconds = 0.0
        self.shut = False
        self.cuts_made = 0
        self._loop = loop
        self._server_port = server_port
        self._cuts: deque[Cut] = deque()
        self._connections: set[_Connection] = set()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def listen(self) -> None:
        """Open the port."""
        self._server = await asyncio.start_server(self._enter, "127.0.0.1", self.port)

    async def stop(self) -> None:
        """Close the port and every connection."""
        assert self._server is not None
        self._server.close()
        self._cut_all()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """Cut every connection there is; new ones are let through unless the door is shut."""
        self._loop.call_soon_threadsafe(self._cut_all)

    def cut_commits(self, cuts: Iterable[Cut]) -> None:
        """Cut the next commits, one a cut, each at its place."""
        self._cuts.extend(cuts)

    def forget_cuts(self) -> None:
        """Let the next commits through after all."""
        self._cuts.clear()

    def _cut_all(self) -> None:
        for connection in list(self._connections):
            connection.reset()

    async def _enter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if self.shut:
            _reset(writer)
            return
        try:
            server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._server_port)
        except OSError:
            _reset(writer)
            return
        connection = _Connection(writer, server_writer)
        self._connections.add(connection)
        try:
            with contextlib.suppress(OSError, asyncio.CancelledError):
                pumps = [
                    asyncio.ensure_future(self._requests(reader, connection)),
                    asyncio.ensure_future(self._answers(server_reader, connection)),
                ]
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
                for pump in pumps:
                    pump.cancel()
                await asyncio.gather(*pumps, return_exceptions=True)
        finally:
            self._connections.discard(connection)
            connection.reset()

    async def _requests(self, reader: asyncio.StreamReader, connection: _Connection) -> None:
        while chunk := await reader.read(READ_BYTES):
            if self._cuts and connection.cut is None and COMMIT in chunk:
                connection.cut = self._cuts.popleft()
                if connection.cut is Cut.REQUEST:
                    connection.server.write(chunk[: len(chunk) // 2])
                    await connection.server.drain()
                    self.cuts_made += 1
                    return
            connection.server.write(chunk)
            await connection.server.drain()

    async def _answers(self, reader: asyncio.StreamReader, connection: _Connection) -> None:
        while chunk := await reader.read(READ_BYTES):
            if self.delay_seconds:
                await asyncio.sleep(self.delay_seconds)
            if connection.cut is not None:
                if connection.cut is Cut.HALF:
                    connection.client.write(chunk[: len(chunk) // 2])
                    await connection.client.drain()
                self.cuts_made += 1
                return
            connection.client.write(chunk)
            await connection.client.drain()


class _Connection:
    """A client's connection and the one to the server; ``cut``: where the commit under way loses both."""

    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self.client = client
        self.server = server
        self.cut: Cut | None = None

    def reset(self) -> None:
        """Break both."""
        _reset(self.client)
        _reset(self.server)


def _reset(writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        plain = writer.get_extra_info("socket")
        if plain is not None:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()
