"""Server-sent events: each browser gets the newest document of its view, and a clock message at least once a second."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from aiohttp import web

from metrics.planning.view import View
from metrics.wallboard.query import BoardQuery
from metrics.web.latest import LatestSnapshot

log = logging.getLogger(__name__)

BEAT_SECONDS = 1.0
"""Interval of clock messages; a browser without any for several intervals reports a lost connection."""
RETRY_MS = 1_000
"""Pause of a browser before it connects again."""
WRITE_SECONDS = 10.0
"""A browser that accepts no data for this long is disconnected; it connects again by itself."""
MOST_CLIENTS = 500
"""Bound of open streams; a wall has one screen, a centre some hundred desks."""

Compose = Callable[[View, tuple[BoardQuery, ...]], Awaitable[Mapping[BoardQuery, "Message"]]]


class Message(NamedTuple):
    """A document and its clock message, each as JSON on one line."""

    document: bytes
    beat: bytes


class Full(Exception):
    """The bound of open streams is reached."""


@dataclass(eq=False)
class _Client:
    """One browser's stream: the newest message only, never a queue of them."""

    query: BoardQuery
    # One slot, not a queue: a document is complete in itself, so a slow browser skips to the newest one,
    # and never holds more than one message in memory.
    message: Message | None = None
    fresh: asyncio.Event = field(default_factory=asyncio.Event)


class Broadcaster:
    """Composes each view once a reading, for all browsers that show it; idle without any browser."""

    def __init__(self, board: LatestSnapshot, compose: Compose, build: str) -> None:
        """Prepare the stream; composing begins with the first browser.

        Args:
            board: the newest snapshot, which also announces each reading.
            compose: makes the messages of some views, off the event loop.
            build: version of the page's files; a screen with another one reloads itself.
        """
        self._board = board
        self._compose = compose
        self._hello = b"retry: %d\nevent: hello\ndata: %s\n\n" % (RETRY_MS, build.encode())
        self._clients: set[_Client] = set()
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    async def serve(self, request: web.Request, query: BoardQuery) -> web.StreamResponse:
        """Send events until the browser disconnects or the server stops.

        Raises:
            Full: ``MOST_CLIENTS`` streams are open.
        """
        if len(self._clients) >= MOST_CLIENTS:
            raise Full
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
        await response.prepare(request)
        client = _Client(query)
        self._clients.add(client)
        if self._task is None:
            self._task = asyncio.create_task(self._run())
            self._task.add_done_callback(_tell_failure)
        try:
            await self._send(response, client)
        except ConnectionError:
            pass  # the browser disconnected
        except TimeoutError:
            if request.transport is not None:
                request.transport.abort()  # a close would wait for the unsent rest, which this browser never takes
        finally:
            self._clients.discard(client)
        return response

    async def close(self) -> None:
        """End all streams and stop composing."""
        self._closed = True
        for client in self._clients:
            client.fresh.set()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _send(self, response: web.StreamResponse, client: _Client) -> None:
        await _write(response, self._hello)
        shown = b""
        while not self._closed:
            await client.fresh.wait()
            # Cleared before the message is read: a message that arrives during the write sets it again and is not
            # missed.
            client.fresh.clear()
            if client.message is None:
                continue
            document, beat = client.message
            events = [(b"beat", beat)]
            # The document is repeated only where it changed; most seconds change nothing but the time.
            if document != shown:
                events.append((b"board", document))
            await _write(response, b"".join(b"event: %s\ndata: %s\n\n" % event for event in events))
            shown = document

    async def _run(self) -> None:
        """Compose at every reading and at every interval of clock messages, as long as there are clients."""
        loop = asyncio.get_running_loop()
        read = asyncio.Event()

        def tell() -> None:
            # The reading thread must not touch an asyncio event: only this call of the loop is safe from another
            # thread.
            loop.call_soon_threadsafe(read.set)

        self._board.listen(tell)
        try:
            while self._clients:
                # Cleared before composing: a reading during it starts the next turn at once.
                read.clear()
                await self._turn()
                await _either(read.wait(), BEAT_SECONDS)
        finally:
            self._board.forget(tell)
            self._task = None

    async def _turn(self) -> None:
        clients = tuple(self._clients)
        view = self._board.view() or self._board.unread()
        messages = await self._compose(view, _queries(clients))
        for client in clients:
            # Handed over without waiting: the slowest browser must not delay the others, nor the next reading.
            client.message = messages[client.query]
            client.fresh.set()


def _tell_failure(task: asyncio.Task[None]) -> None:
    """Log a failure of composing. Browsers then see no messages, connect again, and so start it anew."""
    if not task.cancelled() and task.exception() is not None:
        log.error("the wallboard cannot be made", exc_info=task.exception())


def _queries(clients: Iterable[_Client]) -> tuple[BoardQuery, ...]:
    return tuple(dict.fromkeys(client.query for client in clients))


async def _either(wait: Awaitable[object], seconds: float) -> None:
    """Wait for ``wait``, but ``seconds`` at most."""
    try:
        await asyncio.wait_for(wait, seconds)
    except TimeoutError:
        return


async def _write(response: web.StreamResponse, data: bytes) -> None:
    async with asyncio.timeout(WRITE_SECONDS):
        await response.write(data)
