"""Routes of the wallboard: the page, its files, and the stream of events."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections.abc import Awaitable, Callable
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from metrics.exporter.server import Exporter
from metrics.snapshot.snapshot import RowKey
from metrics.wallboard import stream
from metrics.wallboard.pages import assets
from metrics.web.latest import LatestSnapshot
from streams.common.vocabulary import Channel
from streams.facts.conversations.measures import ConversationMeasure
from tests.support.boards import ICMI, NOW_MS, counts, played_board, row, settings, snapshot

SALES = RowKey(Channel.CALL, "sales")
JudgedLeg = Callable[[TestClient[Any, Any]], Awaitable[None]]
NASTY = RowKey(Channel.CALL, '</script><b a="%title%">')


def visit(folder: Path, board: LatestSnapshot, visitor: JudgedLeg) -> None:
    """Serve ``board``, and run ``visitor`` against it."""

    async def run() -> None:
        app = Exporter(settings(folder), board, lambda: True).app()
        async with TestClient(TestServer(app)) as client:
            await visitor(client)

    asyncio.run(run())


def board_of(*keys: RowKey) -> LatestSnapshot:
    board = played_board()
    board.publish(snapshot({key: row(counts(ICMI)) for key in keys}))
    return board


class Page(HTMLParser):
    """Requests of a page, and the data in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.data: dict[str, Any] = {}
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.attributes |= given.keys()
        self.asked += [value for name in ("href", "src") if (value := given.get(name))]
        self._inside = given.get("id") or "" if tag == "script" else ""

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.data[self._inside] = json.loads(data)
            self._inside = ""


def test_the_page_asks_nobody_else_and_has_nothing_inline(tmp_path: Path) -> None:
    """The page's policy forbids other hosts and inline code, all its files are served, and the first numbers are in
    it."""

    async def visitor(client: TestClient[Any, Any]) -> None:
        response = await client.get("/", params={"lang": "es"})
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
        assert "unsafe" not in policy
        page = Page(await response.text())
        assert {"style", "onclick", "onload"}.isdisjoint(page.attributes)
        assert "style" not in page.tags
        addresses = [address for address in page.asked if not address.startswith("#")]
        for address in addresses:
            assert address.startswith("/board/")
            assert 200 == (await client.get(address)).status
        assert "sales" == page.data["document"]["tiles"][0]["queue"]
        assert NOW_MS == page.data["beat"]["now_ms"]
        assert "/board/stream?view=queues&lang=es" == page.data["settings"]["stream"]

    visit(tmp_path, board_of(SALES), visitor)


def test_every_module_is_its_own_and_is_asked_for_early() -> None:
    """No file names another host, and each imported module is preloaded by the page."""
    found = assets()
    texts = {name: asset.body.decode() for name, asset in found.items()}
    hosts = {host for text in texts.values() for host in re.findall(r"https?://([^/\"' ]+)", text)}
    assert {"www.w3.org"} == hosts  # the namespace of SVG, which is never fetched
    imported = {name for text in texts.values() for name in re.findall(r'from "\./(.+?)"', text)}
    assert {name for name in found if name.endswith(".js")} == imported | {"board.js"}


def test_the_language_is_the_links_or_the_browsers(tmp_path: Path) -> None:
    """The link's language overrides that of the browser."""

    async def visitor(client: TestClient[Any, Any]) -> None:
        wish = {"Accept-Language": "es-ES,es;q=0.9,en;q=0.8"}
        response = await client.get("/", headers=wish)
        assert ("Accept-Language", True) == (response.headers["Vary"], '<html lang="es"' in await response.text())
        english = await client.get("/", params={"lang": "en"}, headers=wish)
        assert '<html lang="en"' in await english.text()

    visit(tmp_path, board_of(SALES), visitor)


def test_a_queue_with_a_nasty_name_cannot_break_out(tmp_path: Path) -> None:
    """A queue's name stays data, whatever its characters."""

    async def visitor(client: TestClient[Any, Any]) -> None:
        page = Page(await (await client.get("/")).text())
        assert "b" not in page.tags
        assert NASTY.queue == page.data["document"]["tiles"][0]["queue"]

    visit(tmp_path, board_of(NASTY), visitor)


def test_a_wrong_stream_is_400(tmp_path: Path) -> None:
    """A wrong link of the stream, which programs open, is answered with 400 and one sentence, as JSON."""

    async def visitor(client: TestClient[Any, Any]) -> None:
        response = await client.get("/board/stream", params={"view": "nonsense"})
        body = {"error": "view = 'nonsense' is unknown; use one of queues, queue, week"}
        assert (400, body) == (response.status, await response.json())
        assert 404 == (await client.get("/board/nothing.js")).status

    visit(tmp_path, board_of(SALES), visitor)


@pytest.mark.parametrize(
    "link,wish,language,sentence,links",
    [
        (
            "/?channel=calls",
            "es",
            "es",
            "channel = &#x27;calls&#x27; no existe; use uno de estos: call, chat, ticket",
            {"channel=call", "channel=chat", "channel=ticket", "Todas las colas"},
        ),
        (
            "/?channel=calls&lang=en",
            "es",
            "en",
            "channel = &#x27;calls&#x27; is unknown; use one of call, chat, ticket",
            {"channel=call", "channel=chat", "channel=ticket", "All queues"},
        ),
        ("/?lang=fr", "", "en", "use one of en, es", {"lang=en", "lang=es", "All queues"}),
        ("/?view=queue", "", "en", "view = &#x27;queue&#x27; shows one queue", {"All queues"}),
        ("/?colour=red", "es", "es", "no es un parámetro del panel", {"Todas las colas"}),
        ("/?theme=<b>%25lang%25", "", "en", "&lt;b&gt;%lang%", {"theme=light", "theme=dark", "All queues"}),
    ],
)
def test_a_wrong_link_is_a_page_with_right_ones(
    link: str, wish: str, language: str, sentence: str, links: set[str], tmp_path: Path
) -> None:
    """A wrong link has a page in the reader's language: the mistake, the right values, and links that work."""

    async def visitor(client: TestClient[Any, Any]) -> None:
        response = await client.get(link, headers={"Accept-Language": wish})
        text = await response.text()
        assert (400, "text/html") == (response.status, response.content_type)
        assert sentence in text
        assert f'<html lang="{language}"' in text
        page = Page(text)
        assert {"b", "script", "style"}.isdisjoint(page.tags)
        found = re.findall(r'<a href="([^"]+)">([^<]+)</a>', text)
        assert links == {shown for _, shown in found}
        for address, shown in found:
            answer = await client.get(unescape(address))
            assert (200, shown) == (answer.status, shown)
            assert f'<html lang="{shown[5:] if shown.startswith("lang=") else language}"' in await answer.text()

    visit(tmp_path, board_of(SALES), visitor)


def test_before_the_first_reading_the_page_is_there_and_blind(tmp_path: Path) -> None:
    """A page before the first reading is served blind, and shows why there are no numbers."""

    async def visitor(client: TestClient[Any, Any]) -> None:
        document = Page(await (await client.get("/")).text()).data["document"]
        assert [] == document["tiles"]
        assert document["problem"].startswith("No contact has come yet")

    visit(tmp_path, played_board(), visitor)


async def events(response: Any) -> Any:
    """Name and data of each event, in order."""
    name = ""
    async for line in response.content:
        text = line.decode().rstrip("\n")
        if text.startswith("event: "):
            name = text.removeprefix("event: ")
        elif text.startswith("data: "):
            yield name, text.removeprefix("data: ")


def test_a_new_reading_is_sent_at_once_and_an_old_one_not_again(tmp_path: Path) -> None:
    """A stream begins with version, time and document; each reading then sends the time, and the document if it
    changed."""
    board = board_of(SALES)

    async def visitor(client: TestClient[Any, Any]) -> None:
        response = await client.get("/board/stream", params={"lang": "es"})
        assert "text/event-stream" == response.headers["Content-Type"]
        heard = events(response)
        assert ["hello", "beat", "board"] == [(await anext(heard))[0] for _ in range(3)]
        board.publish(snapshot({SALES: row(counts(ICMI))}))
        assert "beat" == (await anext(heard))[0]
        board.publish(snapshot({SALES: row()}))
        while (found := await anext(heard))[0] != "board":
            pass
        assert "sin tráfico" == json.loads(found[1])["tiles"][0]["levels"][0]["text"]
        response.close()

    visit(tmp_path, board, visitor)


def test_it_beats_while_nothing_is_read(tmp_path: Path) -> None:
    """A stream without readings continues: its numbers age, and turn blind."""
    clock = [NOW_MS]
    board = played_board(lambda: clock[0])
    board.publish(snapshot({SALES: row(counts(ICMI))}))

    async def visitor(client: TestClient[Any, Any]) -> None:
        heard = events(await client.get("/board/stream"))
        for _ in range(3):
            await anext(heard)
        clock[0] += 6_000
        name, data = await anext(heard)
        assert ("beat", False, 6_250) == (name, json.loads(data)["ticks"], json.loads(data)["age_ms"])
        name, data = await anext(heard)
        assert ("board", "blind") == (name, json.loads(data)["tiles"][0]["band"])

    visit(tmp_path, board, visitor)


def test_too_many_browsers_are_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Browsers past the bound of streams are refused with a reason; one that disconnects makes room."""
    monkeypatch.setattr(stream, "MOST_CLIENTS", 1)
    board = board_of(SALES)

    async def visitor(client: TestClient[Any, Any]) -> None:
        first = await client.get("/board/stream")
        assert 503 == (await client.get("/board/stream")).status
        first.close()
        for _ in range(100):
            board.publish(snapshot({SALES: row()}))
            again = await client.get("/board/stream")
            if again.status == 200:
                return
        pytest.fail("the place of a browser that went stays taken")

    visit(tmp_path, board, visitor)


def test_a_browser_that_takes_no_data_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that reads no data is cut, and keeps neither memory nor a place."""
    monkeypatch.setattr(stream, "WRITE_SECONDS", 0.01)
    numbers = [row(counts({ConversationMeasure.OFFERED: number})) for number in range(2)]
    board = board_of(SALES)

    async def run() -> None:
        app = Exporter(settings(tmp_path), board, lambda: True).app()
        server = TestServer(app)
        await server.start_server()
        assert server.runner is not None
        served = server.runner.server
        assert served is not None
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with client:
            client.setblocking(False)
            await asyncio.get_running_loop().sock_connect(client, (str(server.host), int(server.port or 0)))
            await asyncio.get_running_loop().sock_sendall(
                client, b"GET /board/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
            )
            rooms = [RowKey(Channel.CALL, f"queue {number}") for number in range(300)]
            for turn in range(1_000):
                board.publish(snapshot(dict.fromkeys(rooms, numbers[turn % 2])))
                await asyncio.sleep(0.02)
                if turn and not served.connections:
                    break
            else:
                pytest.fail("the connection is held though nobody reads")
        await server.close()

    asyncio.run(run())


def test_streams_end_with_the_server(tmp_path: Path) -> None:
    """A server that stops ends the streams at once."""
    board = board_of(SALES)

    async def run() -> None:
        app = Exporter(settings(tmp_path), board, lambda: True).app()
        server = TestServer(app)
        async with TestClient(server) as client:
            response = await client.get("/board/stream")
            heard = events(response)
            await anext(heard)
            closing = asyncio.create_task(server.close())
            rest = [name async for name, _ in heard]
            assert {"beat", "board"} >= set(rest)
            await asyncio.wait_for(closing, 30)

    asyncio.run(run())
