"""Many who scrape at once share one rendering, of the newest snapshot there is when it begins."""

from __future__ import annotations

import asyncio
import gzip
import threading
from pathlib import Path

import pytest

from metrics.exporter.scrapes import Scrapes, takes_gzip
from metrics.exporter.text import MetricsPage
from metrics.planning.view import View
from metrics.snapshot.snapshot import RowKey
from metrics.web.latest import LatestSnapshot
from metrics.web.rendering import Renderer
from streams.common.vocabulary import Channel
from streams.facts.conversations.measures import ConversationMeasure
from tests.support.boards import NOW_MS, counts, row, settings, snapshot

ASKERS = 100
SALES = RowKey(Channel.CALL, "sales")


class SlowPage(MetricsPage):
    """The page, which waits for a sign before each rendering and counts them."""

    def __init__(self, folder: Path) -> None:
        super().__init__(settings(folder))
        self.begun, self.go, self.made = threading.Event(), threading.Event(), 0

    def render(self, view: View | None, unread: View) -> bytes:
        self.made += 1
        body = super().render(view, unread)
        self.begun.set()
        self.go.wait()
        return body


def publish(board: LatestSnapshot, offered: int) -> None:
    """A snapshot with so many calls."""
    board.publish(snapshot({SALES: row(counts({ConversationMeasure.OFFERED: offered}))}))


def shows(body: bytes, offered: int) -> bool:
    """True if a body has so many calls."""
    return (
        f'contact_center_contacts_offered{{channel="call",queue="sales",window="15m"}} {offered}.0\n' in body.decode()
    )


def test_a_hundred_scrapes_are_one_rendering(tmp_path: Path) -> None:
    """All who ask while a page is made get that one, who asks within its second too, and half of them go away."""
    board, page, renderer = LatestSnapshot(lambda: NOW_MS), SlowPage(tmp_path), Renderer("test")

    async def run() -> None:
        publish(board, 1)
        scrapes = Scrapes(page, board, renderer)
        asked = [asyncio.create_task(scrapes.body(packed=bool(n % 2))) for n in range(ASKERS)]
        await asyncio.to_thread(page.begun.wait)
        publish(board, 2)
        for task in asked[: ASKERS // 2]:
            task.cancel()
        asked += [asyncio.create_task(scrapes.body(packed=False)) for _ in range(ASKERS)]
        await asyncio.sleep(0)
        page.go.set()
        found = [body for body in await asyncio.gather(*asked, return_exceptions=True) if isinstance(body, bytes)]
        plain = {gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body for body in found}
        assert ASKERS + ASKERS // 2 == len(found)
        assert [True] == [shows(body, 1) for body in plain]
        assert plain == {await scrapes.body(packed=False)}
        assert 2 == len({id(body) for body in found})
        assert 1 == page.made

    try:
        asyncio.run(run())
    finally:
        renderer.close()


def test_the_newest_snapshot_is_taken_when_the_work_begins(tmp_path: Path) -> None:
    """A scrape that waits for the thread shows what was read meanwhile; a failure is not kept."""
    board, page, renderer = LatestSnapshot(lambda: NOW_MS), SlowPage(tmp_path), Renderer("test")
    page.go.set()

    async def run() -> None:
        publish(board, 1)
        busy = threading.Event()
        before = asyncio.create_task(renderer.render(lambda: b"x" * busy.wait()))
        scrape = asyncio.create_task(Scrapes(page, board, renderer).body(packed=False))
        await asyncio.sleep(0)
        publish(board, 2)
        busy.set()
        assert b"x" == await before
        assert shows(await scrape, 2)

    try:
        asyncio.run(run())
    finally:
        renderer.close()


@pytest.mark.parametrize(
    "header,expected",
    [
        ("gzip", True),
        ("deflate, GZIP;q=0.5", True),
        ("*", True),
        ("", False),
        ("identity", False),
        ("gzip;q=0", False),
        ("gzip; q=0.0, *", False),
        ("*;q=0", False),
        ("gzip;q=nonsense", False),
    ],
)
def test_gzip_is_sent_to_who_takes_it(header: str, expected: bool) -> None:
    """By the header Accept-Encoding: a weight of 0 refuses, and what is not understood too."""
    assert expected is takes_gzip(header)
