"""Many who ask at once: the API makes an answer once, refuses what it cannot do soon, and keeps nobody else waiting."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from metrics.exporter import server
from metrics.exporter.api import Document, Query, document
from metrics.planning.view import View
from metrics.snapshot.snapshot import RowKey
from streams.common.vocabulary import Channel
from streams.config.settings import Settings
from tests.support.boards import ICMI, counts, played_board, row, settings, snapshot

ASKERS = 100
LEAST_QUESTIONS = server.MOST_QUESTIONS + 4


class SlowDocuments:
    """``document`` of the API that waits for a sign."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.made = 0

    def __call__(self, view: View, own: Settings, query: Query, *, persons: bool) -> Document:
        """The document, when the sign is given."""
        self.go.wait()
        self.made += 1
        return document(view, own, query, persons=persons)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> SlowDocuments:
    """Documents of the API take long."""
    made = SlowDocuments()
    monkeypatch.setattr(server, "document", made)
    return made


def serve(folder: Path) -> TestClient[Any, Any]:
    """An exporter with one snapshot of many queues."""
    board = played_board()
    rows = {RowKey(Channel.CALL, f"queue-{number}"): row(counts(ICMI)) for number in range(LEAST_QUESTIONS)}
    board.publish(snapshot(rows))
    return TestClient(TestServer(server.Exporter(settings(folder), board, lambda: True).app()))


async def ask(client: TestClient[Any, Any], path: str) -> tuple[int, str]:
    """Status and text of the answer."""
    async with client.get(path) as response:
        return response.status, await response.text()


def test_the_same_question_of_many_is_answered_once(tmp_path: Path, slow: SlowDocuments) -> None:
    """A hundred who ask the same while the answer is being made get it all, and it is made once."""

    async def run() -> None:
        async with serve(tmp_path) as client:
            asked = [asyncio.create_task(ask(client, "/api/v1/snapshot?queue=queue-1")) for _ in range(ASKERS)]
            await ask(client, "/livez")
            slow.go.set()
            answers = await asyncio.gather(*asked)
        assert {(200, answers[0][1])} == set(answers)
        assert 1 == slow.made

    asyncio.run(run())


def test_many_questions_are_refused_and_no_scrape_waits(tmp_path: Path, slow: SlowDocuments) -> None:
    """While the API is busy Prometheus and the wallboard get their pages, and questions over the limit a sentence."""

    async def run() -> None:
        async with serve(tmp_path) as client:
            paths = [f"/api/v1/snapshot?queue=queue-{number}" for number in range(LEAST_QUESTIONS)]
            asked = [asyncio.create_task(ask(client, path)) for path in paths]
            first_refused, _ = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
            assert {503} == {task.result()[0] for task in first_refused}
            assert [200, 200] == [(await ask(client, path))[0] for path in ("/metrics", "/")]
            slow.go.set()
            answers = await asyncio.gather(*asked)
            refused = [text for status, text in answers if status == 503]
            assert LEAST_QUESTIONS - server.MOST_QUESTIONS == len(refused)
            assert {'{"error":"16 other questions are waiting for an answer; ask again in a second"}'} == set(refused)
            again = [path for path, (status, _) in zip(paths, answers, strict=True) if status == 503]
            assert {200} == {(await ask(client, path))[0] for path in (*again, "/api/v1/snapshot")}

    asyncio.run(run())
