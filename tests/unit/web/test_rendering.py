"""A thread for pages: what waits for it is bounded, and its errors reach who asked."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from metrics.web.rendering import Renderer, TooBusyError


@contextmanager
def renderer(most_waiting: int | None = None) -> Iterator[Renderer]:
    """A renderer that is closed at the end."""
    made = Renderer("test", most_waiting)
    try:
        yield made
    finally:
        made.close()


def test_work_is_done_in_the_thread_of_the_renderer() -> None:
    """A page is made in a thread with the given name, and returned."""
    with renderer() as pages:
        assert b"test_0" == asyncio.run(pages.render(lambda: threading.current_thread().name.encode()))


def test_an_error_reaches_who_asked() -> None:
    """An error of the work is raised where it was asked for."""

    def fail(sentence: str) -> bytes:
        raise ValueError(sentence)

    with renderer() as pages, pytest.raises(ValueError, match="no such queue"):
        asyncio.run(pages.render(fail, "no such queue"))


def test_more_than_may_wait_is_refused_and_later_taken_again() -> None:
    """With room for two the third is refused at once; when these are done there is room again."""
    begin = threading.Event()

    def page(text: bytes) -> bytes:
        begin.wait()
        return text

    async def ask(pages: Renderer) -> list[bytes]:
        two = [asyncio.create_task(pages.render(page, text)) for text in (b"first", b"second")]
        await asyncio.sleep(0)  # both have begun to wait
        with pytest.raises(TooBusyError):
            await pages.render(page, b"third")
        begin.set()
        return [*await asyncio.gather(*two), await pages.render(page, b"fourth")]

    with renderer(2) as pages:
        assert [b"first", b"second", b"fourth"] == asyncio.run(ask(pages))
