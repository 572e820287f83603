"""Bodies of ``/metrics``: one rendering at a time, which all who ask share for a second."""

from __future__ import annotations

import asyncio
import zlib

from metrics.exporter.text import MetricsPage
from metrics.web.latest import LatestSnapshot
from metrics.web.rendering import Renderer

KEPT_MS = 1_000
"""A body is given to all who ask within this time of the beginning of its rendering."""
IDLE_SECONDS = 300.0
"""A page that nobody has asked for in this time keeps no lines: those of 500 queues in full take 200 MB."""
GZIP_LEVEL = 4
GZIP_WINDOW_BITS = 16 + zlib.MAX_WBITS


class _Body:
    """A rendered page, and its compressed form once somebody wanted that."""

    def __init__(self, plain: bytes) -> None:
        self.plain = plain
        self.packing: asyncio.Task[bytes] | None = None


class Scrapes:
    """Renders the page for many. Without anybody who asks nothing is rendered, and nobody ever waits for more than the
    rendering that is under way."""

    def __init__(self, page: MetricsPage, board: LatestSnapshot, renderer: Renderer, *, usual: bool = True) -> None:
        """Prepare; nothing is rendered before somebody asks.

        Args:
            page: renders a view.
            board: has the newest one, and is told how many queues the page folds.
            renderer: runs the work, off the event loop.
            usual: the page is that of Prometheus; another one says nothing to the board, and gives its memory back
                where nobody asks for it for ``IDLE_SECONDS``.
        """
        self._page = page
        self._usual = usual
        self._idle: asyncio.TimerHandle | None = None
        self._board = board
        self._renderer = renderer
        self._begun: tuple[int, int] = (-KEPT_MS, -KEPT_MS)
        self._made: _Body | None = None
        self._making: asyncio.Task[_Body] | None = None

    async def body(self, *, packed: bool) -> bytes:
        """The page; ``packed`` with gzip."""
        self._wait_until_idle()
        made = await self._newest()
        if not packed:
            return made.plain
        if made.packing is None:
            made.packing = asyncio.create_task(self._renderer.render(_gzip, made.plain))
        # Shielded: a client that disconnects must not take the body from all others.
        return await asyncio.shield(made.packing)

    async def _newest(self) -> _Body:
        if self._making is None:
            if self._made is not None and all(
                0 <= now - begun < KEPT_MS for now, begun in zip(self._clocks(), self._begun, strict=True)
            ):
                return self._made
            self._making = asyncio.create_task(self._make())
        return await asyncio.shield(self._making)

    async def _make(self) -> _Body:
        self._begun = self._clocks()
        self._made = None  # one body less in memory while the next is made
        try:
            made = _Body(await self._renderer.render(self._render))
            # Before the first reading there is nothing that would cost to make again.
            self._made = made if self._board.view() is not None else None
            return made
        finally:
            self._making = None

    def _clocks(self) -> tuple[int, int]:
        """Milliseconds of the event loop and of the wall: a page says how old its numbers are by the wall's clock."""
        return round(asyncio.get_running_loop().time() * 1_000), self._board.wall_ms()

    def _render(self) -> bytes:
        # The snapshot is taken here, when the work begins, and not when somebody asked for it.
        body = self._page.render(self._board.view(), self._board.unread())
        if self._usual:
            self._board.folded_queues = self._page.folded_queues
        return body

    def _wait_until_idle(self) -> None:
        if self._usual:
            return
        self.close()
        self._idle = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._forget)

    def _forget(self) -> None:
        self._made = None
        self._forgetting = asyncio.create_task(self._renderer.render(self._page.forget))

    def close(self) -> None:
        """Stop waiting for somebody to ask."""
        if self._idle is not None:
            self._idle.cancel()


def _gzip(body: bytes) -> bytes:
    packer = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, GZIP_WINDOW_BITS)
    return packer.compress(body) + packer.flush()


def takes_gzip(accepted: str) -> bool:
    """True if an ``Accept-Encoding`` header allows gzip."""
    weights: dict[str, str] = {}
    for item in accepted.lower().split(","):
        name, _, parameters = item.partition(";")
        weights[name.strip()] = parameters.replace(" ", "").removeprefix("q=")
    weight = weights.get("gzip", weights.get("x-gzip", weights.get("*")))
    try:
        return weight is not None and float(weight or 1) > 0
    except ValueError:
        return False
