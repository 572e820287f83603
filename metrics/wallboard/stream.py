"""Server-sent events: each browser gets the newest document of its view, and a clock message at least once a second."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from dataclasses import dataclass, field

import msgspec
from aiohttp import web

from metrics.wallboard.compose import beat
from metrics.wallboard.model import Beat
from metrics.wallboard.query import BoardQuery
from metrics.wallboard.screens import Made, Screens, either
from metrics.web.latest import LatestSnapshot
from metrics.web.problems import encode
from streams.serving.gate import CLIENT

log = logging.getLogger(__name__)

BEAT_SECONDS = 1.0
"""Interval of clock messages; a browser without any for several intervals reports a lost connection."""
RETRY_MS = 1_000
"""Pause of a browser before it connects again."""
WRITE_SECONDS = 10.0
"""A browser that accepts no data for this long is disconnected; it connects again by itself."""
MOST_CLIENTS = 500
"""Bound of open streams; a wall has one screen, a centre some hundred desks."""
LATE_MS = 2_500
"""A view that is made more rarely shows the age of its own numbers, not of the newest."""


class Full(Exception):
    """The bound of open streams is reached."""


@dataclass(eq=False)
class _Client:
    """One browser's stream: the newest beat and document only, never a queue of them."""

    query: BoardQuery
    owner: str
    wire: asyncio.Transport | None
    # One slot, not a queue: a document is complete in itself, so a slow browser skips to the newest one,
    # and never holds more than one in memory.
    made: Made | None = None
    beat: bytes | None = None
    fresh: asyncio.Event = field(default_factory=asyncio.Event)
    ended: bool = False

    def hear(self, made: Made | None) -> None:
        """Take the newest document. Without one the stream ends: a beat would make old numbers look new."""
        self.made, self.ended = made, self.ended or made is None
        self.fresh.set()


class Broadcaster:
    """Sends the time to all browsers at every reading and every second, and to each the documents of its view as they
    are made; idle without any browser."""

    def __init__(self, board: LatestSnapshot, screens: Screens, build: str) -> None:
        """Prepare the stream; it begins with the first browser.

        Args:
            board: the newest snapshot, which also announces each reading.
            screens: makes the documents.
            build: version of the page's files; a screen with another one reloads itself.
        """
        self._board = board
        self._screens = screens
        self._hello = b"retry: %d\nevent: hello\ndata: %s\n\n" % (RETRY_MS, build.encode())
        self._clients: dict[_Client, None] = {}
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    async def serve(self, request: web.Request, query: BoardQuery) -> web.StreamResponse:
        """Send events until the browser disconnects or the server stops.

        Raises:
            Full: ``MOST_CLIENTS`` streams are open, and no address has more of them than this one.
        """
        owner = request[CLIENT]
        self._make_room(owner)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
        client = _Client(query, owner, request.transport)
        self._clients[client] = None
        try:
            await response.prepare(request)
            if self._task is None:
                self._task = asyncio.create_task(self._run())
                self._task.add_done_callback(_tell_failure)
            client.beat = encode(beat(self._board.view() or self._board.unread()))
            self._screens.watch(query, owner, client.hear)
            await self._send(response, client)
        except ConnectionError:
            pass  # the browser disconnected
        except TimeoutError:
            if request.transport is not None:
                request.transport.abort()  # a close would wait for the unsent rest, which this browser never takes
        finally:
            self._clients.pop(client, None)
            self._screens.unwatch(query, client.hear)
        return response

    async def close(self) -> None:
        """End all streams and stop."""
        self._closed = True
        for client in self._clients:
            client.fresh.set()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._screens.close()

    def _make_room(self, owner: str) -> None:
        """Where all streams are taken, end the newest of the address with most, if that has more than ``owner``."""
        if len(self._clients) < MOST_CLIENTS:
            return
        streams = Counter(client.owner for client in self._clients)
        busiest, most = streams.most_common(1)[0]
        if most <= streams[owner] + 1:
            raise Full
        last = next(client for client in reversed(self._clients) if client.owner == busiest)
        del self._clients[last]
        last.ended = True
        last.fresh.set()
        if last.wire is not None:
            last.wire.abort()

    async def _send(self, response: web.StreamResponse, client: _Client) -> None:
        await _write(response, self._hello)
        shown = b""
        while True:
            await client.fresh.wait()
            if self._closed or client.ended:
                return
            # Cleared before the slots are read: what arrives during the write sets it again and is not missed.
            client.fresh.clear()
            events = []
            if client.beat is not None:
                events.append((b"beat", client.beat))
                client.beat = None
            # The document is repeated only where it changed; most seconds change nothing but the time.
            if client.made is not None and client.made.document != shown:
                shown = client.made.document
                events.append((b"board", shown))
            if events:
                await _write(response, b"".join(b"event: %s\ndata: %s\n\n" % event for event in events))

    async def _run(self) -> None:
        """Beat at every reading and at every interval of clock messages, as long as there are clients."""
        loop = asyncio.get_running_loop()
        read = asyncio.Event()

        def tell() -> None:
            # The reading thread must not touch an asyncio event: only this call of the loop is safe from another
            # thread.
            loop.call_soon_threadsafe(read.set)

        self._board.listen(tell)
        try:
            while self._clients:
                # Cleared before the beat: a reading during it starts the next turn at once.
                read.clear()
                self._beat()
                self._screens.turn()
                await either(read.wait(), BEAT_SECONDS)
        finally:
            self._board.forget(tell)
            self._task = None

    def _beat(self) -> None:
        """Hand the time to every client, without waiting for a document or a browser."""
        view = self._board.view() or self._board.unread()
        newest = beat(view)
        usual = encode(newest)
        for client in self._clients:
            late_ms = 0 if client.made is None else view.snapshot.wall_ms - client.made.read_ms
            client.beat = usual if late_ms <= LATE_MS else encode(_late(newest, late_ms))
            client.fresh.set()


def _late(newest: Beat, late_ms: int) -> Beat:
    """The beat for a document that is older than the newest reading."""
    return newest if newest.age_ms is None else msgspec.structs.replace(newest, age_ms=newest.age_ms + late_ms)


def _tell_failure(task: asyncio.Task[None]) -> None:
    """Log a failure. Browsers then hear nothing, connect again, and so start it anew."""
    if not task.cancelled() and task.exception() is not None:
        log.error("the wallboard cannot be sent", exc_info=task.exception())


async def _write(response: web.StreamResponse, data: bytes) -> None:
    async with asyncio.timeout(WRITE_SECONDS):
        await response.write(data)
