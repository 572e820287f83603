"""The routes ``/api/v1/week`` and ``/api/v1/trends`` with their schemas."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from metrics.planning.api.documents import (
    NOT_YET,
    PlanningQuery,
    schema_text,
    trends_document,
    trends_schema,
    week_document,
    week_schema,
)
from metrics.planning.plan import Planning
from metrics.planning.view import View
from metrics.web.problems import BadQuery, Problem, encode
from metrics.web.rendering import Answers
from streams.config.settings import Settings

if TYPE_CHECKING:
    from metrics.web.latest import LatestSnapshot

Document = Callable[[View, Planning, Settings, PlanningQuery], Any]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class PlanningPages:
    """Handlers of the planning pages; ``answers`` renders a body once for all identical requests, off the event
    loop."""

    def __init__(self, settings: Settings, board: LatestSnapshot, answers: Answers) -> None:
        """``settings``: for the configured queues."""
        self._settings = settings
        self._board = board
        self._made = answers

    def routes(self) -> list[web.RouteDef]:
        """The routes of this application, each with its handler."""
        return [
            web.get("/api/v1/week", self._answers(week_document)),
            web.get("/api/v1/week.schema.json", _schema(schema_text(week_schema()))),
            web.get("/api/v1/trends", self._answers(trends_document)),
            web.get("/api/v1/trends.schema.json", _schema(schema_text(trends_schema()))),
        ]

    def _answers(self, document: Document) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            view = self._board.view()
            if view is None:
                return _problem(503, f"there are no numbers yet: {self._board.problem}")
            planning = view.planning
            if planning is None:
                return _problem(503, NOT_YET)
            try:
                query = PlanningQuery.parse(request.query.items())
                question = (document, view.age_ms // 1_000, query)
                body = await self._made.of(view.snapshot, question, self._body, document, view, planning, query)
            except BadQuery as error:
                return _problem(400, str(error))
            return web.Response(body=body, content_type="application/json")

        return answer

    def _body(self, document: Document, view: View, planning: Planning, query: PlanningQuery) -> bytes:
        return encode(document(view, planning, view.settings(self._settings), query))


def _schema(body: bytes) -> Handler:
    async def schema(_request: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/schema+json")

    return schema


def _problem(status: int, sentence: str) -> web.Response:
    return web.Response(status=status, body=encode(Problem(sentence)), content_type="application/json")
