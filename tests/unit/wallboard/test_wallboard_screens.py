"""Documents of the wallboard are made once a view; common views never wait for odd ones, and everybody has a share."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise

import pytest

from metrics.planning.view import View
from metrics.wallboard import screens
from metrics.wallboard.query import BoardQuery
from metrics.wallboard.screens import Made, Screens
from metrics.web.rendering import TooBusyError
from tests.support.boards import snapshot

COMMON = BoardQuery()
POLLS = 1_000
VIEW = View(snapshot(), 0)


def odd(name: str) -> BoardQuery:
    """A view of one queue."""
    return BoardQuery(queues=(name,))


class Composing:
    """Composes when it is told to, and notes what it composed."""

    def __init__(self) -> None:
        self.made: list[BoardQuery] = []
        self.may = asyncio.Semaphore(0)

    async def __call__(self, _view: View, query: BoardQuery) -> bytes:
        self.made.append(query)
        await self.may.acquire()
        return repr(query).encode()

    async def finish(self, number: int) -> None:
        """Let so many documents be finished, and wait until the next is begun."""
        begun = len(self.made)
        for _ in range(number):
            self.may.release()
        for _ in range(POLLS):
            if len(self.made) > begun + number - 1 and self.may.locked():
                return
            await asyncio.sleep(0.001)


def play(act: Callable[[Screens, Composing], Awaitable[None]]) -> None:
    """Run ``act`` on screens whose documents are made when it says so."""

    async def run() -> None:
        composing = Composing()
        made = Screens(lambda: VIEW, composing)
        try:
            await act(made, composing)
        finally:
            await made.close()

    asyncio.run(run())


def nobody(_made: Made | None) -> None:
    """Takes a document and does nothing."""


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Odd views may take nearly all of the time."""
    monkeypatch.setattr(screens, "ODD_SHARE", 0.999)


@pytest.mark.usefixtures("eager")
def test_a_common_view_does_not_wait_for_a_hundred_odd_ones() -> None:
    """Whatever waits, a common view is the next that is made, at every turn."""

    async def act(made: Screens, composing: Composing) -> None:
        for number in range(100):
            made.watch(odd(str(number)), "many", lambda _: None)
        await composing.finish(3)
        made.watch(COMMON, "honest", nobody)
        await composing.finish(1)
        assert COMMON == composing.made[-1]
        await composing.finish(2)
        made.turn()
        await composing.finish(1)
        assert COMMON == composing.made[-1]

    play(act)


@pytest.mark.usefixtures("eager")
def test_odd_views_are_dealt_out_among_clients() -> None:
    """One client with fifty odd views and one with a single: of the next three documents one is the single's."""

    async def act(made: Screens, composing: Composing) -> None:
        for number in range(50):
            made.watch(odd(str(number)), "many", lambda _: None)
        await composing.finish(5)
        single = odd("single")
        for _ in range(3):
            made.watch(single, "honest", nobody)
            made.turn()
            await composing.finish(3)
            assert single in composing.made[-3:]

    play(act)


def test_a_view_is_made_once_for_all_who_look() -> None:
    """Fifty streams and fifty pages of a view are one document, and who opens it within the second gets it at once."""

    async def act(made: Screens, composing: Composing) -> None:
        heard: list[Made | None] = []
        for _ in range(50):
            made.watch(COMMON, "a", lambda document: heard.append(document))
        pages = [asyncio.create_task(made.page(COMMON, "b")) for _ in range(50)]
        await asyncio.sleep(0)
        composing.may.release()
        found = await asyncio.gather(*pages)
        assert 1 == len({id(document) for document in found})
        assert found[0] == await made.page(COMMON, "c")
        assert 50 == len(heard)
        assert [COMMON] == composing.made

    play(act)


def test_waiting_pages_have_a_bound() -> None:
    """Of odd pages a few a client and some more in all may wait, common ones are always taken; those whose client is
    gone are not made."""

    async def act(made: Screens, composing: Composing) -> None:
        asked = [
            asyncio.create_task(made.page(odd(f"{client}{number}"), str(client)))
            for client in range(20)
            for number in range(20)
        ]
        await asyncio.sleep(0)
        refused = [task for task in asked if task.done()]
        assert {TooBusyError} == {type(task.exception()) for task in refused}
        assert screens.MOST_WAITING == len(asked) - len(refused)
        common = asyncio.create_task(made.page(COMMON, "0"))
        await asyncio.sleep(0)
        for task in asked:
            task.cancel()
        await asyncio.sleep(0)
        composing.may.release()
        composing.may.release()
        await common
        assert len(composing.made) <= 2

    play(act)


def test_a_view_that_cannot_be_made_is_not_shown_as_new(caplog: pytest.LogCaptureFixture) -> None:
    """Streams hear that there is no document, pages get the error, and the next turn tries again."""

    async def run() -> None:
        fails = [True]

        async def compose(_view: View, _query: BoardQuery) -> bytes:
            if fails[0]:
                raise LookupError("a bug")
            return b"{}"

        made = Screens(lambda: VIEW, compose)
        heard: list[Made | None] = []
        made.watch(COMMON, "a", heard.append)
        with pytest.raises(LookupError):
            await made.page(COMMON, "b")
        fails[0] = False
        assert b"{}" == (await made.page(COMMON, "b")).document
        assert [None, b"{}"] == [None if each is None else each.document for each in heard]
        await made.close()

    asyncio.run(run())
    assert "the wallboard cannot be made" in caplog.text


def test_odd_views_leave_half_of_the_time() -> None:
    """Between two odd documents there is a pause as long as the first took."""

    async def run() -> None:
        loop, spans = asyncio.get_running_loop(), []

        async def compose(_view: View, _query: BoardQuery) -> bytes:
            begun = loop.time()
            await asyncio.sleep(0.01)
            spans.append((begun, loop.time()))
            return b"{}"

        made = Screens(lambda: VIEW, compose)
        for number in range(5):
            made.watch(odd(str(number)), "many", lambda _: None)
        while len(spans) < 5:
            await asyncio.sleep(0.001)
        await made.close()
        for (begun, ended), (next_begun, _) in pairwise(spans):
            assert next_begun - ended >= 0.9 * (ended - begun)

    asyncio.run(run())
