"""The exporter's process: a thread reads Redis, others render, the event loop only sends bytes."""

from __future__ import annotations

import asyncio
import errno
import signal
import sys
from collections.abc import Awaitable, Callable

from aiohttp import web

from metrics.access.guard import VISITOR, AccessGuard
from metrics.access.pages import SignInPages
from metrics.explain.number.pages import ExplainPages
from metrics.exporter.api import Query, document, schema_text
from metrics.exporter.home import HOME_HEADERS, home_page
from metrics.exporter.metrics_pages import MetricsPages
from metrics.exporter.operations import openapi_text
from metrics.planning.api.pages import PlanningPages
from metrics.planning.view import UNREADABLE_AFTER_MS, View
from metrics.wallboard.pages import WallboardPages
from metrics.web.latest import LatestSnapshot, Refresher, SnapshotReader
from metrics.web.problems import BadQuery, Problem, encode
from metrics.web.rendering import Answers, Renderer, TooBusyError
from streams.access.roles import Sight
from streams.common.errors import UserError
from streams.config.settings import Settings
from streams.serving.addresses import Proxies
from streams.serving.certificates import certificate_of
from streams.serving.door import Door
from streams.serving.gate import Gate
from streams.serving.hosts import KnownHosts
from streams.serving.limits import limits_for

MOST_QUESTIONS = 16
"""Limit of different API questions in the queue; one about 200 queues takes half a second."""
SWITCH_SECONDS = 0.001
"""A thread that renders gives way to the event loop after this, at each byte that the loop sends; Python's own 5 ms
would make a scrape of 100 pieces take half a second beside a rendering."""


class Exporter:
    """The handlers. Nothing is rendered on the event loop. Prometheus, the wallboard and the API have a thread each, so
    that no scrape and no screen waits for an API request."""

    def __init__(self, settings: Settings, board: LatestSnapshot, works: Callable[[], bool]) -> None:
        """``works``: true while the refresher thread runs."""
        self._settings = settings
        self._board = board
        self._works = works
        hosts = KnownHosts((settings.exporter_host, *settings.allowed_hosts), "veinte exporter")
        proxies = Proxies(settings.trusted_proxies)
        self._gate = Gate(hosts, proxies, settings.connections_per_address)
        self.access = AccessGuard(settings, proxies)
        board.refused_requests = self.access.refused
        self._schema, self._openapi = schema_text(), openapi_text()
        self._screens, self._api = Renderer("screens"), Renderer("api", MOST_QUESTIONS)
        self._metrics = MetricsPages(settings, board)
        self._answers = Answers(self._api)
        self._planning = PlanningPages(settings, board, self._answers)
        self._explaining = ExplainPages(settings)
        self._wallboard = WallboardPages(settings, board, self._screens.render)

    def app(self) -> web.Application:
        """The application with every address."""
        app = web.Application(middlewares=[_problems_as_json])
        self._gate.guard(app)
        app.add_routes(
            [
                *self._wallboard.routes(),
                web.get("/about", self.home),
                web.get("/metrics", self.metrics),
                web.get("/api/v1/snapshot", self.snapshot),
                web.get("/api/v1/snapshot.schema.json", self.schema),
                web.get("/api/v1/openapi.json", self.openapi),
                *self._planning.routes(),
                *self._explaining.routes(),
                *SignInPages(self.access).routes(),
                web.get("/livez", self.livez),
                web.get("/readyz", self.readyz),
            ]
        )
        self.access.guard(app)
        app.on_startup.append(self._wallboard.start)
        app.on_shutdown.append(self._wallboard.close)
        app.on_cleanup.append(self._close)
        return app

    async def home(self, request: web.Request) -> web.Response:
        """A page of links, in Spanish or English as the browser asks."""
        page = home_page(request.headers.get("Accept-Language", ""))
        return web.Response(text=page, content_type="text/html", headers=HOME_HEADERS)

    async def metrics(self, request: web.Request) -> web.Response:
        """The Prometheus text of the newest snapshot, lean or full."""
        try:
            return await self._metrics.answer(request)
        except BadQuery as error:
            return _problem(400, str(error))

    async def snapshot(self, request: web.Request) -> web.Response:
        """All KPIs with counts, age and states."""
        view = self._board.view()
        if view is None:
            return _problem(503, f"there are no numbers yet: {self._board.problem}")
        try:
            query = Query.parse(request.query.items())
            persons = Sight.AGENTS in request[VISITOR].sees
            question = (view.age_ms // 1_000, query, persons)
            body = await self._answers.of(view.snapshot, question, self._body, view, query, persons)
        except BadQuery as error:
            return _problem(400, str(error))
        return web.Response(body=body, content_type="application/json")

    async def schema(self, _request: web.Request) -> web.Response:
        """The JSON Schema of the snapshot."""
        return web.Response(body=self._schema, content_type="application/schema+json")

    async def openapi(self, _request: web.Request) -> web.Response:
        """The OpenAPI document of the addresses for programs."""
        return web.Response(body=self._openapi, content_type="application/json")

    async def livez(self, _request: web.Request) -> web.Response:
        """200 while the process can do its work; 503 asks for a restart."""
        if self._works():
            return web.Response(text="ok\n")
        return web.Response(status=503, text="the thread that reads Redis has ended or hangs\n")

    async def readyz(self, _request: web.Request) -> web.Response:
        """200 while the numbers are fresh from Redis, else 503 and why."""
        view = self._board.view()
        if view is None:
            return web.Response(status=503, text=f"there are no numbers yet: {self._board.problem}\n")
        if view.unreadable:
            limit = UNREADABLE_AFTER_MS / 1000
            why = self._board.problem or "the reading takes too long"
            return web.Response(status=503, text=f"Redis has not been read for more than {limit:g} s: {why}\n")
        return web.Response(text="ok\n")

    def _body(self, view: View, query: Query, persons: bool) -> bytes:
        return encode(document(view, view.settings(self._settings), query, persons=persons))

    async def _close(self, _app: web.Application) -> None:
        for part in (self._metrics, self._screens, self._api):
            part.close()
        self._explaining.close()


def _problem(status: int, sentence: str) -> web.Response:
    return web.Response(status=status, body=encode(Problem(sentence)), content_type="application/json")


def _too_busy() -> web.Response:
    response = _problem(503, f"{MOST_QUESTIONS} other questions are waiting for an answer; ask again in a second")
    response.headers["Retry-After"] = "1"
    return response


@web.middleware
async def _problems_as_json(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Unknown paths, wrong methods and too many requests are answered in JSON, one sentence."""
    try:
        return await handler(request)
    except TooBusyError:
        return _too_busy()
    except web.HTTPMethodNotAllowed as error:
        allowed = ", ".join(sorted(error.allowed_methods))
        response = _problem(405, f"{request.method} is not possible on {request.path}; use {allowed}")
        response.headers["Allow"] = allowed
        return response
    except web.HTTPNotFound:
        return _problem(404, f"there is nothing at {request.path}; /about lists the addresses")


async def serve(settings: Settings, connect: Callable[[], SnapshotReader], say: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT.

    Args:
        settings: of the process.
        connect: opens the reader of Redis.
        say: receives the address once the server listens.

    Raises:
        UserError: the port is taken, the address cannot be listened on, or the certificate cannot be used.
    """
    certificate = certificate_of(settings.tls_cert_file, settings.tls_key_file)
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    board = LatestSnapshot()
    refresher = Refresher(board, connect, settings)
    sys.setswitchinterval(SWITCH_SECONDS)
    exporter = Exporter(settings, board, refresher.works)
    exporter.access.check()
    app = exporter.app()
    door = Door(app, limits_for(settings.connections_per_address), Proxies(settings.trusted_proxies), certificate)
    try:
        say(await _listen(door, settings))
        refresher.start()
        await stopping.wait()
    finally:
        await asyncio.to_thread(refresher.stop)
        await door.stop()


async def _listen(door: Door, settings: Settings) -> str:
    host, port = settings.exporter_host, settings.exporter_port
    try:
        address, port = await door.start(host, port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise UserError(
                f"port {port} on {host} is in use; stop the program that listens there or set VEINTE_EXPORTER_PORT"
            ) from None
        raise UserError(
            f"the exporter cannot listen on exporter_host = {host}, exporter_port = {port} ({error.strerror}); "
            "correct these settings"
        ) from None
    scheme = "http" if settings.tls_cert_file is None else "https"
    return f"{scheme}://[{address}]:{port}/" if ":" in address else f"{scheme}://{address}:{port}/"
