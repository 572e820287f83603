"""The address ``/api/v1/explain``: the explanation of a number, searched in Redis while the caller waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from aiohttp import web

from metrics.explain.number.answer import Explanation, encode, explanation_schema_text
from metrics.explain.number.question import Question
from metrics.explain.number.reader import explain
from metrics.web.problems import BadQuery, Problem
from metrics.web.problems import encode as encode_problem
from streams.clients.redis_clients import CLIENT_ERRORS, describe
from streams.common.errors import UserError
from streams.config.settings import Settings

MOST_WAITING = 8
"""Limit of questions at once, the running one included: a search may take 20 s."""

Explain = Callable[[Settings, Question], Explanation]


class ExplainPages:
    """Handlers of the explanation. A thread of their own searches Redis for one question at a time; the others wait."""

    def __init__(self, settings: Settings, explain: Explain = explain) -> None:
        """``explain`` searches for the answer; it blocks."""
        self._settings = settings
        self._explain = explain
        self._schema = explanation_schema_text()
        self._waiting = 0
        self._searcher = ThreadPoolExecutor(max_workers=1, thread_name_prefix="searcher")

    def routes(self) -> list[web.RouteDef]:
        """The addresses with their handlers."""
        return [web.get("/api/v1/explain", self.explain), web.get("/api/v1/explain.schema.json", self.schema)]

    def close(self) -> None:
        """Stop the thread; waiting questions are dropped."""
        self._searcher.shutdown(wait=False, cancel_futures=True)

    async def schema(self, _request: web.Request) -> web.Response:
        """The JSON Schema of an explanation."""
        return web.Response(body=self._schema, content_type="application/schema+json")

    async def explain(self, request: web.Request) -> web.Response:
        """One number with the contacts behind it."""
        try:
            question = Question.parse(request.query.items())
        except BadQuery as error:
            return _problem(400, str(error))
        if self._waiting >= MOST_WAITING:
            return _problem(503, f"{MOST_WAITING} numbers are being explained already; ask again in a few seconds")
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            body = await loop.run_in_executor(self._searcher, self._answer, question)
        except BadQuery as error:
            return _problem(400, str(error))
        except UserError as error:
            return _problem(503, str(error))
        finally:
            self._waiting -= 1
        return web.Response(body=body, content_type="application/json")

    def _answer(self, question: Question) -> bytes:
        try:
            return encode(self._explain(self._settings, question))
        except CLIENT_ERRORS as error:
            raise describe(self._settings, error) from None


def _problem(status: int, sentence: str) -> web.Response:
    return web.Response(status=status, body=encode_problem(Problem(sentence)), content_type="application/json")
