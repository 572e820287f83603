"""Answers sent in pieces, so that a client who does not read costs no copy of the whole."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

from streams.serving.limits import IN_FLIGHT_BYTES, PIECE_BYTES, SLOWEST_BYTES_PER_SECOND, STALL_SECONDS


class InFlight:
    """The large answers that are being sent. Many clients share one; different ones have a bound in bytes."""

    def __init__(self, limit_bytes: int = IN_FLIGHT_BYTES) -> None:
        """``limit_bytes``: of different answers together."""
        self._limit = limit_bytes
        self._sent: dict[int, tuple[bytes, dict[asyncio.Transport, None]]] = {}

    @property
    def held_bytes(self) -> int:
        """Bytes of the different answers."""
        return sum(len(body) for body, _ in self._sent.values())

    @contextmanager
    def sending(self, body: bytes, wire: asyncio.Transport) -> Iterator[None]:
        """Hold an answer while it is sent; the clients of the oldest others are cut off to make room for it."""
        _, wires = self._sent.setdefault(id(body), (body, {}))
        wires[wire] = None
        self._make_room(body)
        try:
            yield
        finally:
            wires.pop(wire, None)
            held = self._sent.get(id(body))
            if not wires and held is not None and held[1] is wires:
                del self._sent[id(body)]

    def _make_room(self, newest: bytes) -> None:
        held = self.held_bytes
        for key, (body, wires) in list(self._sent.items()):
            if held <= self._limit:
                return
            if body is not newest:
                held -= len(body)
                del self._sent[key]
                for wire in wires:
                    wire.abort()


class InPieces(web.StreamResponse):
    """A complete answer that is sent a piece at a time, each after the client took the one before."""

    def __init__(self, body: bytes, like: web.Response, in_flight: InFlight, sent: Callable[[], None]) -> None:
        """Prepare the answer.

        Args:
            body: all of it.
            like: the response that it takes the place of, for status and headers.
            in_flight: the answers that are being sent.
            sent: called once it was sent, or cannot be.
        """
        super().__init__(status=like.status, headers=like.headers)
        self.content_length = len(body)
        self._whole = body
        self._in_flight = in_flight
        self._sent: Callable[[], None] | None = sent

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Send the headers."""
        try:
            return await super().prepare(request)
        except BaseException:
            self._end()
            raise

    async def write_eof(self, data: bytes = b"") -> None:
        """Send all that is not sent yet.

        Raises:
            ConnectionError: the client is gone, or reads too slowly.
        """
        try:
            await self._write_all()
            await super().write_eof(data)
        finally:
            self._end()

    def _end(self) -> None:
        sent, self._sent = self._sent, None
        if sent is not None:
            sent()

    async def _write_all(self) -> None:
        request = self._req
        if request is not None and request.method != "HEAD" and request.transport is not None:
            wire, whole = request.transport, memoryview(self._whole)
            seconds = STALL_SECONDS + len(whole) / SLOWEST_BYTES_PER_SECOND
            try:
                with self._in_flight.sending(self._whole, wire):
                    async with asyncio.timeout(seconds):
                        for begin in range(0, len(whole), PIECE_BYTES):
                            await self.write(whole[begin : begin + PIECE_BYTES])
                            await request.writer.drain()
            except TimeoutError:
                wire.abort()
                raise ConnectionError("the client reads too slowly") from None
