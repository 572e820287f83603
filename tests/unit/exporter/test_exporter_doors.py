"""Every page of the exporter is shown under known names only, and has the headers that protect its reader."""

from __future__ import annotations

import asyncio
import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer

from metrics.exporter.server import Exporter
from metrics.snapshot.snapshot import RowKey
from metrics.web.latest import LatestSnapshot
from streams.common.vocabulary import Channel
from streams.serving.headers import HEADERS
from streams.serving.hosts import OPEN_PATHS
from tests.support.boards import ICMI, NOW_MS, counts, row, settings, snapshot

QUEUE = "secret queue"
OF_PAGES = {"Content-Security-Policy", "Referrer-Policy"}
"""Headers of which pages have their own: the form to sign in tells its origin to this server."""
SENT = {"name": "board.css"}


def exporter(folder: Path, **own: object) -> TestClient[Any, Any]:
    """An exporter with one queue."""
    board = LatestSnapshot(lambda: NOW_MS)
    board.publish(snapshot({RowKey(Channel.CALL, QUEUE): row(counts(ICMI))}))
    return TestClient(TestServer(Exporter(settings(folder, **own), board, lambda: True).app()))


def paths(client: TestClient[Any, Any]) -> set[str]:
    """Every address of the exporter."""
    assert client.app is not None
    found = (route.resource for route in client.app.router.routes())
    return {resource.canonical.format(**SENT) for resource in found if resource is not None}


def lacking(response: ClientResponse) -> set[str]:
    """Headers that an answer lacks."""
    return {name for name, value in HEADERS.items() if name not in OF_PAGES and response.headers.get(name) != value} | (
        OF_PAGES - response.headers.keys()
    )


def test_no_page_answers_to_a_strange_name(tmp_path: Path) -> None:
    """Under a name that is not in the settings every address but health gives 421, a sentence, and no numbers."""

    async def run() -> None:
        async with exporter(tmp_path) as client:
            asked = paths(client)
            assert {"/", "/metrics", "/api/v1/snapshot", "/board/stream", "/api/v1/explain"} <= asked
            for path in (*asked, "/nothing"):
                async with client.get(path, headers={"Host": "evil.example:8020"}) as response:
                    text = await response.text()
                    expected = 200 if path in OPEN_PATHS else 421
                    assert (path, expected) == (path, response.status)
                    assert set() == lacking(response)
                    assert QUEUE not in text
                    assert (path in OPEN_PATHS) == ("allowed_hosts" not in text)

    asyncio.run(run())


def test_every_page_has_the_headers(tmp_path: Path) -> None:
    """Whatever its status; no header tells a version."""

    async def run() -> None:
        async with exporter(tmp_path) as client:
            for path in (*paths(client), "/nothing"):
                async with client.get(path) as response:
                    assert (path, set()) == (path, lacking(response))
                    assert not re.search(r"aiohttp|Python|[0-9]\.[0-9]", response.headers["Server"])

    asyncio.run(run())


@pytest.mark.parametrize(
    "own,host",
    [
        ({}, "localhost:8020"),
        ({}, "192.0.2.7"),
        ({"exporter_host": "centre.example", "anonymous": ["scrape"]}, "centre.example:8020"),
        ({"allowed_hosts": "exporter, Board.example"}, "board.EXAMPLE."),
        ({"allowed_hosts": ["exporter"]}, "exporter:8020"),
    ],
)
def test_known_names_are_shown_the_numbers(own: dict[str, object], host: str, tmp_path: Path) -> None:
    """Loopback, addresses, the exporter's own name, and those of the setting, as a list or a text with commas."""

    async def run() -> None:
        async with exporter(tmp_path, **own) as client, client.get("/metrics", headers={"Host": host}) as response:
            assert (200, True) == (response.status, QUEUE in await response.text())

    asyncio.run(run())


def test_the_page_of_links_has_its_style_and_no_other(tmp_path: Path) -> None:
    """The policy of /about names the hash of the one style in it."""

    async def run() -> None:
        async with exporter(tmp_path) as client, client.get("/about") as response:
            (style,) = re.findall("<style>(.*?)</style>", await response.text(), re.DOTALL)
            digest = b64encode(sha256(style.encode()).digest()).decode()
            assert f"style-src 'sha256-{digest}'" in response.headers["Content-Security-Policy"]

    asyncio.run(run())


def test_a_scrape_is_compressed_for_who_takes_it(tmp_path: Path) -> None:
    """The same text, in a tenth of the bytes."""

    async def run() -> None:
        async with exporter(tmp_path) as client:
            found = {}
            for encoding in ("gzip", "identity"):
                async with client.get("/metrics?detail=full", headers={"Accept-Encoding": encoding}) as response:
                    found[encoding] = await response.text(), int(response.headers["Content-Length"])
                    assert ("gzip" if encoding == "gzip" else None) == response.headers.get("Content-Encoding")
                    assert "Accept-Encoding" == response.headers["Vary"]
            assert found["gzip"][0] == found["identity"][0]
            assert found["gzip"][1] * 10 < found["identity"][1]

    asyncio.run(run())
