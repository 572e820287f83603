"""``/api/v1/explain``: one search at a time, away from the event loop, and clear sentences."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from redis.exceptions import ConnectionError as RedisConnectionError

from metrics.explain.number.answer import Explanation
from metrics.explain.number.pages import MOST_WAITING, ExplainPages
from metrics.explain.number.question import Question
from streams.common.errors import UserError
from streams.config.settings import Settings
from streams.contract.topics import Topic
from tests.support.explained import PaperSource, explained, settings_for
from tests.support.paper_books import PaperBooks
from tests.support.strategies import START_MS
from tests.support.words import log_of

ADDRESS = "/api/v1/explain?kpi=contact_center_contacts_offered_total&channel=call"
Talk = Callable[[TestClient[Any, Any]], Awaitable[None]]


def number(folder: Path) -> Explanation:
    """Some answer."""
    paper = PaperBooks(Topic.CALLS)
    paper.apply(log_of("call", ("offered", 0)))
    source = PaperSource([paper], START_MS + 1000)
    return explained(settings_for(folder), source, START_MS + 1000, kpi="contacts_offered", channel="call")


def serve(pages: ExplainPages, talk: Talk) -> None:
    """Let ``talk`` speak to a server with these pages."""

    async def run() -> None:
        app = web.Application()
        app.add_routes(pages.routes())
        async with TestClient(TestServer(app)) as client:
            await talk(client)
        pages.close()

    asyncio.run(run())


def pages_of(folder: Path, explain: Callable[..., Explanation]) -> ExplainPages:
    return ExplainPages(settings_for(folder), explain)


def test_an_answer_comes_from_a_thread_of_its_own(tmp_path: Path) -> None:
    """The question reaches the search with the settings, in the searcher's thread."""
    seen: list[tuple[str, str]] = []
    answer = number(tmp_path)

    def explain(_settings: Settings, question: Question) -> Explanation:
        seen.append((question.kpi.name, threading.current_thread().name.split("_")[0]))
        return answer

    async def talk(client: TestClient[Any, Any]) -> None:
        found = await client.get(ADDRESS)
        assert (200, "application/json") == (found.status, found.content_type)
        assert (await found.json())["kpi"] == "contact_center_contacts_offered_total"

    serve(pages_of(tmp_path, explain), talk)
    assert [("contact_center_contacts_offered_total", "searcher")] == seen


@pytest.mark.parametrize(
    "error,status,sentence",
    [
        (UserError("redis is away"), 503, "redis is away"),
        (RedisConnectionError("refused"), 503, "cannot be reached (refused)"),
    ],
)
def test_a_redis_that_is_away_is_one_sentence(error: Exception, status: int, sentence: str, tmp_path: Path) -> None:
    """503, what happened and what to do, as JSON."""

    def explain(*_arguments: Any) -> Explanation:
        raise error

    async def talk(client: TestClient[Any, Any]) -> None:
        found = await client.get(ADDRESS)
        assert status == found.status
        assert sentence in (await found.json())["error"]

    serve(pages_of(tmp_path, explain), talk)


def test_a_wrong_query_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    """400 and one sentence."""

    async def talk(client: TestClient[Any, Any]) -> None:
        found = await client.get("/api/v1/explain?kpi=nonsense")
        assert 400 == found.status
        assert "kpi = 'nonsense' is unknown" in (await found.json())["error"]

    serve(pages_of(tmp_path, lambda *_: pytest.fail("nothing may be read")), talk)


def test_too_many_questions_are_turned_away(tmp_path: Path) -> None:
    """They are answered one after the other; who comes when too many wait is told so at once."""
    at_once = threading.Semaphore(1)
    go = threading.Event()
    answer = number(tmp_path)

    def explain(*_arguments: Any) -> Explanation:
        assert at_once.acquire(blocking=False), "two searches at once"
        go.wait(60)
        at_once.release()
        return answer

    async def talk(client: TestClient[Any, Any]) -> None:
        asked = [asyncio.create_task(client.get(ADDRESS)) for _ in range(MOST_WAITING + 1)]
        done, _ = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        (refused,) = [task.result() for task in done]
        assert 503 == refused.status
        assert f"{MOST_WAITING} numbers are being explained already" in (await refused.json())["error"]
        go.set()
        answers = await asyncio.gather(*asked)
        assert [200] * MOST_WAITING + [503] == sorted(found.status for found in answers)

    serve(pages_of(tmp_path, explain), talk)


def test_the_schema_is_served(tmp_path: Path) -> None:
    """The schema of the answer has an address too."""

    async def talk(client: TestClient[Any, Any]) -> None:
        found = await client.get("/api/v1/explain.schema.json")
        assert (200, "application/schema+json") == (found.status, found.content_type)
        assert "Veinte explanation" == (await found.json(content_type=None))["title"]

    serve(pages_of(tmp_path, lambda *_: number(tmp_path)), talk)
