"""Documents of the views that somebody looks at: each is made once for all, common views first, odd ones in turn."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from metrics.planning.view import View
from metrics.wallboard.query import BoardQuery
from metrics.web.rendering import TooBusyError

log = logging.getLogger(__name__)

MOST_WAITING = 64
"""Bound of pages of odd views that wait to be made."""
MOST_WAITING_OF_ONE = 8
"""The same for one client."""
ODD_SHARE = 0.5
"""Share of the thread's time that odd views may take together: the more there are, the less often each is made."""
KEPT_SECONDS = 1.0
"""Life of a document that no stream shows, for all who open its page within a second."""

Compose = Callable[[View, BoardQuery], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class Made:
    """A document, and the wall time of the reading that it shows."""

    document: bytes
    read_ms: int


Listener = Callable[[Made | None], None]
"""Takes each new document of a view; ``None`` where one could not be made."""


@dataclass(eq=False, slots=True)
class _Shown:
    """A view with those who look at it."""

    query: BoardQuery
    listeners: dict[Listener, str] = field(default_factory=dict)
    pages: list[tuple[asyncio.Future[Made], str]] = field(default_factory=list)
    made: Made | None = None
    turn: int = -1
    begun: float = 0.0

    @property
    def is_common(self) -> bool:
        """It shows all queues, or all of a channel: there are few such views, whatever people ask for."""
        return not self.query.queues

    @property
    def owners(self) -> set[str]:
        """Clients who look at it."""
        return {*self.listeners.values(), *(owner for _, owner in self.pages)}


class Screens:
    """Makes the documents one after the other. Common views go first and are made at every turn; odd ones, with queues
    of their own, share a part of the time, which is dealt out evenly among clients."""

    def __init__(self, newest: Callable[[], View], compose: Compose) -> None:
        """``newest``: the view to show; ``compose``: makes a document, off the event loop."""
        self._newest = newest
        self._compose = compose
        self._shown: dict[BoardQuery, _Shown] = {}
        self._spent: dict[str, float] = {}
        self._turn = 0
        self._odd_from = 0.0
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def turn(self) -> None:
        """Have every watched view made anew, as soon as it may."""
        self._turn += 1
        self._wake.set()

    def watch(self, query: BoardQuery, owner: str, listener: Listener) -> None:
        """Tell ``listener`` each document of a view; the newest at once, if there is one."""
        shown = self._of(query)
        shown.listeners[listener] = owner
        if shown.made is not None:
            listener(shown.made)
        self._start()

    def unwatch(self, query: BoardQuery, listener: Listener) -> None:
        """Tell ``listener`` no more."""
        shown = self._shown.get(query)
        if shown is not None:
            shown.listeners.pop(listener, None)

    async def page(self, query: BoardQuery, owner: str) -> Made:
        """The document of a page that is opened: the one of the last second, or a new one.

        Raises:
            TooBusyError: too many odd pages wait already.
        """
        shown = self._shown.get(query)
        now = asyncio.get_running_loop().time()
        if shown is not None and shown.made is not None and now - shown.begun < KEPT_SECONDS:
            return shown.made
        if query.queues and (shown is None or not shown.pages):
            self._refuse_more(owner)
        shown = self._of(query)
        waiting: tuple[asyncio.Future[Made], str] = (asyncio.get_running_loop().create_future(), owner)
        shown.pages.append(waiting)
        self._start()
        try:
            return await waiting[0]
        finally:
            if waiting in shown.pages:
                shown.pages.remove(waiting)  # the client is gone: nothing is made for it

    async def close(self) -> None:
        """Stop."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _of(self, query: BoardQuery) -> _Shown:
        return self._shown.setdefault(query, _Shown(query))

    def _refuse_more(self, owner: str) -> None:
        waiting = [shown for shown in self._shown.values() if shown.pages and not shown.is_common]
        own = sum(owner in shown.owners for shown in waiting)
        if len(waiting) >= MOST_WAITING or own >= MOST_WAITING_OF_ONE:
            raise TooBusyError

    def _start(self) -> None:
        self._wake.set()
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._shown:
                self._wake.clear()
                self._forget(loop.time())
                due = self._next(loop.time())
                if due is not None:
                    await self._make(due)
                elif self._shown:
                    pause = max(0.0, self._odd_from - loop.time()) or KEPT_SECONDS
                    await either(self._wake.wait(), pause)
        finally:
            self._task = None

    def _forget(self, now: float) -> None:
        for shown in list(self._shown.values()):
            if not shown.listeners and not shown.pages and now - shown.begun >= KEPT_SECONDS:
                del self._shown[shown.query]
        owners = {owner for shown in self._shown.values() for owner in shown.owners}
        for owner in self._spent.keys() - owners:
            del self._spent[owner]

    def _next(self, now: float) -> _Shown | None:
        """The view that is made next: common ones, then one of the client that had least."""
        due = [each for each in self._shown.values() if each.pages or (each.listeners and each.turn != self._turn)]
        common = [shown for shown in due if shown.is_common]
        if common:
            return min(common, key=lambda shown: (not shown.pages, shown.begun))
        if not due or now < self._odd_from:
            return None
        return min(due, key=lambda shown: (min(self._spent.get(owner, 0.0) for owner in shown.owners), shown.begun))

    async def _make(self, shown: _Shown) -> None:
        loop = asyncio.get_running_loop()
        shown.begun, shown.turn, owners = loop.time(), self._turn, shown.owners
        view = self._newest()
        try:
            shown.made = Made(await self._compose(view, shown.query), view.snapshot.wall_ms)
        except Exception as error:  # a bug: who looks at this view must see that, and not old numbers
            log.error("the wallboard cannot be made", exc_info=error)
            shown.made = None
            for future, _ in shown.pages:
                if not future.done():
                    future.set_exception(error)
        finally:
            spent = loop.time() - shown.begun
        if not shown.is_common:
            self._odd_from = loop.time() + spent * (1 / ODD_SHARE - 1)
            self._charge(owners, spent)
        self._hand_out(shown)

    def _charge(self, owners: set[str], spent: float) -> None:
        # A client that comes later begins with as much as the one that had least, and not with a debt of time to all.
        least = min(self._spent.values(), default=0.0)
        for owner in owners:
            self._spent[owner] = max(self._spent.get(owner, 0.0), least) + spent / len(owners)

    def _hand_out(self, shown: _Shown) -> None:
        pages, shown.pages = shown.pages, []
        for future, _ in pages:
            if not future.done() and shown.made is not None:
                future.set_result(shown.made)
        for listener in list(shown.listeners):
            listener(shown.made)


async def either(wait: Awaitable[object], seconds: float) -> None:
    """Wait for ``wait``, but ``seconds`` at most."""
    try:
        await asyncio.wait_for(wait, seconds)
    except TimeoutError:
        return
