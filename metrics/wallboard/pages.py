"""The routes of the wallboard: the page at ``/``, its files, and its stream."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from html import escape
from importlib.resources import files
from typing import NamedTuple

from aiohttp import web

from metrics.planning.view import View
from metrics.wallboard import words
from metrics.wallboard.alertmanager import Alertmanager
from metrics.wallboard.compose import Composer, beat
from metrics.wallboard.query import BoardQuery, WrongLink
from metrics.wallboard.screens import Screens
from metrics.wallboard.stream import MOST_CLIENTS, Broadcaster, Full
from metrics.web.languages import preferred_language
from metrics.web.latest import LatestSnapshot
from metrics.web.problems import Problem, encode
from metrics.web.rendering import TooBusyError
from streams.common.languages import Language
from streams.config.settings import Settings
from streams.serving.gate import CLIENT, refusal

STATIC = "/board/"
STREAM = "/board/stream"
PAGE, WRONG = "page.html", "wrong.html"
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
LIGHT_WHERE = {"": "(prefers-color-scheme: light)", "light": "all", "dark": "not all"}
"""Media query for the light colours, by theme."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)
"""Content security policy: nothing inline, nothing from another host; pages of the same origin may frame the
wallboard."""
PAGE_HEADERS = {"Content-Security-Policy": POLICY, "Vary": "Accept-Language"}

_PLACE = re.compile("%([a-z]+)%")

Render = Callable[[Callable[[], bytes]], Awaitable[bytes]]


class Asset(NamedTuple):
    """A file of the page."""

    body: bytes
    content_type: str


def assets() -> dict[str, Asset]:
    """Files of the page by name."""
    folder = files("metrics.wallboard") / "static"
    found = {}
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        suffix = "." + file.name.rpartition(".")[2]
        if suffix in TYPES:
            found[file.name] = Asset(file.read_bytes(), TYPES[suffix])
    return found


class WallboardPages:
    """Handlers of the wallboard; ``render`` runs the composing off the event loop."""

    def __init__(self, settings: Settings, board: LatestSnapshot, render: Render) -> None:
        """Read the files of the page and prepare the stream.

        Args:
            settings: service-level targets, bands and the centre's time zone.
            board: the newest snapshot.
            render: runs a piece of work in another thread.
        """
        self._board = board
        self._render = render
        url = settings.alertmanager_url
        self._manager = None if url is None else Alertmanager(url.get_secret_value())
        self._asking: asyncio.Task[None] | None = None
        self._composer = Composer(settings, self._manager)
        self._settings = settings
        self._assets = assets()
        self._template, self._wrong_template = (
            (files("metrics.wallboard") / "static" / name).read_text(encoding="utf-8") for name in (PAGE, WRONG)
        )
        self._build = _build(self._template, self._assets)
        self._screens = Screens(self._newest, self._document)
        self._broadcaster = Broadcaster(board, self._screens, self._build)

    def routes(self) -> list[web.RouteDef]:
        """The routes of this application, each with its handler."""
        return [
            web.get("/", self.page),
            web.get(STREAM, self.stream, allow_head=False),
            web.get(STATIC + "{name}", self.asset),
        ]

    async def start(self, _app: web.Application) -> None:
        """Begin to ask the Alertmanager, where one is configured; called when the server starts."""
        if self._manager is not None:
            self._asking = asyncio.create_task(self._manager.run())

    async def close(self, _app: web.Application) -> None:
        """End all streams; called at shutdown."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)
        await self._broadcaster.close()

    async def page(self, request: web.Request) -> web.Response:
        """The page of a link, with the first numbers already in it."""
        try:
            query = _query(request)
        except WrongLink as error:
            page = self._wrong(_language(request), error)
            return web.Response(status=400, text=page, content_type="text/html", headers=PAGE_HEADERS)
        try:
            document = (await self._screens.page(query, request[CLIENT])).document
        except TooBusyError:
            return refusal(request, 503, words.TOO_MANY_PAGES)
        page = self._html(query, document, self._newest())
        return web.Response(text=page, content_type="text/html", headers=PAGE_HEADERS)

    async def asset(self, request: web.Request) -> web.Response:
        """A file of the page.

        Raises:
            HTTPNotFound: no file has this name.
        """
        found = self._assets.get(request.match_info["name"])
        if found is None:
            raise web.HTTPNotFound
        return web.Response(body=found.body, content_type=found.content_type, charset="utf-8")

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """The event stream of one view."""
        try:
            return await self._broadcaster.serve(request, _query(request))
        except WrongLink as error:
            return _problem(400, str(error))
        except Full:
            return _problem(503, f"{MOST_CLIENTS} browsers watch already; close some, or start another exporter")

    def _newest(self) -> View:
        return self._board.view() or self._board.unread()

    async def _document(self, view: View, query: BoardQuery) -> bytes:
        return await self._render(lambda: encode(self._composer.document(view, query)))

    def _html(self, query: BoardQuery, document: bytes, view: View) -> str:
        script = {
            "lang": query.language.value,
            "zone": view.settings(self._settings).time_zone,
            "build": self._build,
            "stream": query.link().replace("/", STREAM, 1),
            "words": words.script_words(query.language),
        }
        values = {
            "lang": query.language.value,
            "light": LIGHT_WHERE[query.theme],
            "view": query.view.value,
            "title": escape(words.TITLE.of(query.language)),
            "skip": escape(words.SKIP.of(query.language)),
            "views": escape(words.VIEWS.of(query.language)),
            "noscript": escape(words.NEEDS_SCRIPT.of(query.language)),
            "settings": _in_script(json.dumps(script, ensure_ascii=False)),
            "document": _in_script(document.decode()),
            "beat": _in_script(encode(beat(view)).decode()),
        }
        return _filled(self._template, values)

    def _wrong(self, language: Language, error: WrongLink) -> str:
        """The page of a link that is no view, with links that are."""
        links = [
            (text, query if text.startswith("lang=") else replace(query, language=language))
            for text, query in error.instead
        ]
        links.append((words.ALL_QUEUES.of(language), BoardQuery(language=language)))
        items = (f'<li><a href="{escape(query.link())}">{escape(text)}</a></li>' for text, query in links)
        values = {
            "lang": language.value,
            "light": LIGHT_WHERE[""],
            "title": escape(words.NO_SUCH_VIEW.of(language)),
            "sentence": escape(error.sentence.of(language)),
            "instead": escape(words.USE_THESE.of(language)),
            "links": "\n".join(items),
        }
        return _filled(self._wrong_template, values)


def _filled(template: str, values: Mapping[str, str]) -> str:
    # In one pass: a value may hold what looks like a placeholder.
    return _PLACE.sub(lambda place: values.get(place[1], place[0]), template)


def _query(request: web.Request) -> BoardQuery:
    return BoardQuery.parse(request.query.items(), _preferred(request))


def _preferred(request: web.Request) -> Language:
    return preferred_language(request.headers.get("Accept-Language", ""))


def _language(request: web.Request) -> Language:
    """The language of a page whose link is wrong: that of the link where it names one, else that of the browser."""
    named = request.query.get("lang", "")
    return Language(named) if named in list(Language) else _preferred(request)


def _build(template: str, found: Mapping[str, Asset]) -> str:
    """Version of the page's files: a screen that has loaded another version reloads itself."""
    digest = hashlib.sha256(template.encode())
    for name, asset in found.items():
        digest.update(name.encode() + asset.body)
    return digest.hexdigest()[:12]


def _in_script(data: str) -> str:
    """JSON that cannot end the script element around it."""
    return data.replace("<", "\\u003c").replace("%", "\\u0025")


def _problem(status: int, sentence: str) -> web.Response:
    return web.Response(status=status, body=encode(Problem(sentence)), content_type="application/json")
