"""The addresses ``/metrics`` and ``/metrics?detail=``: a lean page and a full one, each made once for all who ask."""

from __future__ import annotations

from collections.abc import Iterable

from aiohttp import web

from metrics.catalog.detail import Detail
from metrics.exporter.scrapes import Scrapes, takes_gzip
from metrics.exporter.text import CONTENT_TYPE, MetricsPage
from metrics.web.latest import LatestSnapshot
from metrics.web.openapi import Parameter, one_of
from metrics.web.problems import BadQuery
from metrics.web.rendering import Renderer
from streams.config.settings import Settings

PARAMETER = "detail"
PARAMETERS = (Parameter(PARAMETER, "left out: the setting metrics_detail", one_of([*Detail])),)
"""Parameters of the page's query."""


def asked_detail(parameters: Iterable[tuple[str, str]], usual: Detail) -> Detail:
    """The detail that a request asks for; ``usual`` where it does not say.

    Raises:
        BadQuery: a parameter or a value is unknown, or two values contradict each other.
    """
    known = " or ".join(f"{PARAMETER}={detail}" for detail in Detail)
    asked = set()
    for name, value in parameters:
        if name != PARAMETER:
            raise BadQuery(f"{name!r} is no parameter of /metrics; use {known}, or none for {PARAMETER}={usual}")
        if value not in set(Detail):
            raise BadQuery(f"{PARAMETER} = {value!r} is unknown to /metrics; use {known}")
        asked.add(Detail(value))
    if len(asked) > 1:
        raise BadQuery(f"{PARAMETER} is given twice with different values; use {known}")
    return asked.pop() if asked else usual


class MetricsPages:
    """Both pages. Each has a thread of its own, so that a scrape of the lean page never waits for the full one."""

    def __init__(self, settings: Settings, board: LatestSnapshot) -> None:
        """``settings``: for the page of who does not say which."""
        self._usual = Detail(settings.metrics_detail)
        self._renderers = {detail: Renderer(f"scrapes-{detail}") for detail in Detail}
        self._scrapes = {
            detail: Scrapes(MetricsPage(settings, detail), board, renderer, usual=detail is self._usual)
            for detail, renderer in self._renderers.items()
        }

    async def answer(self, request: web.Request) -> web.Response:
        """The Prometheus text of the newest snapshot.

        Raises:
            BadQuery: the request asks for a detail that there is not.
        """
        packed = takes_gzip(request.headers.get("Accept-Encoding", ""))
        body = await self._scrapes[asked_detail(request.query.items(), self._usual)].body(packed=packed)
        headers = {"Content-Type": CONTENT_TYPE, "Vary": "Accept-Encoding"}
        return web.Response(body=body, headers={**headers, "Content-Encoding": "gzip"} if packed else headers)

    def close(self) -> None:
        """End the threads."""
        for scrapes in self._scrapes.values():
            scrapes.close()
        for renderer in self._renderers.values():
            renderer.close()
