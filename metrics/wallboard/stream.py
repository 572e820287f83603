"""Server-sent events: each browser gets the newest document of its view, and a beat at least once a second."""

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
"""A browser that hears nothing for several of these takes the connection for lost."""
RETRY_MS = 1_000
"""How long a browser waits before it connects again."""
WRITE_SECONDS = 10.0
"""A browser that takes no data for so long is let go; it will come back."""
MOST_CLIENTS = 500
"""Open streams; a wall has one screen, a centre some hundred desks."""

Compose = Callable[[View, tuple[BoardQuery, ...]], Awaitable[Mapping[BoardQuery, "Message"]]]


class Message(NamedTuple):
    """A document and its beat, as JSON on one line each."""

    document: bytes
    beat: bytes


class Full(Exception):
    """There are too many clients."""


@dataclass(eq=False)
class _Client:
    """One browser. It may miss messages and never queues any: only the newest counts."""

    query: BoardQuery
    message: Message | None = None
    fresh: asyncio.Event = field(default_factory=asyncio.Event)


class Broadcaster:
    """Composes each view once a snapshot, for all browsers that show it; does nothing while nobody does."""

    def __init__(self, board: LatestSnapshot, compose: Compose, build: str) -> None:
        """``compose`` makes the messages of some views, away from the event loop; ``build`` names the page's version:
        a screen that shows another one loads itself anew."""
        self._board = board
        self._compose = compose
        self._hello = b"retry: %d\nevent: hello\ndata: %s\n\n" % (RETRY_MS, build.encode())
        self._clients: set[_Client] = set()
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    async def serve(self, request: web.Request, query: BoardQuery) -> web.StreamResponse:
        """Send events until the browser goes or the server stops.

        Raises:
            Full: there are ``MOST_CLIENTS`` already.
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
            pass  # it went
        except TimeoutError:
            if request.transport is not None:
                request.transport.abort()  # a close would wait for ever for the rest to be taken
        finally:
            self._clients.discard(client)
        return response

    async def close(self) -> None:
        """End all streams."""
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
            client.fresh.clear()
            if client.message is None:
                continue
            document, beat = client.message
            events = [(b"beat", beat)]
            if document != shown:
                events.append((b"board", document))
            await _write(response, b"".join(b"event: %s\ndata: %s\n\n" % event for event in events))
            shown = document

    async def _run(self) -> None:
        """Compose at every reading and at every beat, as long as there are clients."""
        loop = asyncio.get_running_loop()
        read = asyncio.Event()

        def tell() -> None:
            loop.call_soon_threadsafe(read.set)

        self._board.listen(tell)
        try:
            while self._clients:
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
            client.message = messages[client.query]
            client.fresh.set()


def _tell_failure(task: asyncio.Task[None]) -> None:
    """A bug in a document ends the composing; browsers grow stale, connect again, and so begin it anew."""
    if not task.cancelled() and task.exception() is not None:
        log.error("the wallboard cannot be made", exc_info=task.exception())


def _queries(clients: Iterable[_Client]) -> tuple[BoardQuery, ...]:
    return tuple(dict.fromkeys(client.query for client in clients))


async def _either(wait: Awaitable[object], seconds: float) -> None:
    """Until ``wait`` is over, but not longer than so."""
    try:
        await asyncio.wait_for(wait, seconds)
    except TimeoutError:
        return


async def _write(response: web.StreamResponse, data: bytes) -> None:
    async with asyncio.timeout(WRITE_SECONDS):
        await response.write(data)
