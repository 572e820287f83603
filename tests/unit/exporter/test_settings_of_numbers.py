"""Pages of an exporter whose settings are not those that its numbers were made with."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from aiohttp.test_utils import TestClient, TestServer

from metrics.exporter.api import schema_text
from metrics.exporter.server import Exporter
from metrics.planning.plan import plan
from metrics.snapshot.snapshot import RowKey
from streams.common.vocabulary import Channel
from streams.config.queue_settings import QueueSettings
from streams.config.settings import Settings
from streams.config.stored_settings import Judging, judging, stored_form
from tests.support.boards import ICMI, NOW_MS, counts, played_board, row, settings, snapshot
from tests.support.slices_of_weeks import FakeHistory

VENTAS = RowKey(Channel.CALL, "ventas")
TARGET, OBJECTIVE = "contact_center_service_level_target_seconds", "contact_center_service_level_objective_ratio"
BOARD = snapshot({VENTAS: row(counts(ICMI))})


def by(there: Settings, here: Settings) -> Judging:
    """The settings of a worker, as the exporter finds them."""
    return judging(here, {name.encode(): value for name, value in stored_form(there).items()})


@pytest.fixture
def here(tmp_path: Path) -> Settings:
    """An exporter in a folder without a settings file."""
    return settings(tmp_path)


@pytest.fixture
def found(here: Settings, tmp_path: Path) -> Judging:
    """Numbers of a worker with a target, an objective and a time zone of its own."""
    queue = QueueSettings(channel=Channel.CALL, target_seconds=60, objective=0.9)
    return by(settings(tmp_path, time_zone="Europe/Madrid", queues={"ventas": (queue,)}), here)


def pages(here: Settings, found: Judging | None, *paths: str) -> list[str]:
    """Answers of the exporter to these paths."""
    board = played_board()
    board.publish(BOARD, plan(FakeHistory({}), NOW_MS, here), found)

    async def run() -> list[str]:
        async with TestClient(TestServer(Exporter(here, board, lambda: True).app())) as client:
            return [await (await client.get(path)).text() for path in paths]

    return asyncio.run(run())


def document_of(page: str) -> dict[str, Any]:
    """The document inside a page of the wallboard."""
    _, _, rest = page.partition('id="document">')
    decoded: dict[str, Any] = json.loads(rest.partition("</script>")[0])
    return decoded


def test_the_policies_that_judged_are_shown(here: Settings, found: Judging) -> None:
    """Target, objective and zone are the worker's, on /metrics, in the API and on the wallboard."""
    metrics, answer, board = pages(here, found, "/metrics", "/api/v1/snapshot?queue=ventas", "/?lang=en")
    assert f'{TARGET}{{channel="call",queue="ventas"}} 60.0' in metrics
    assert f'{OBJECTIVE}{{channel="call",queue="ventas"}} 0.9' in metrics
    (shown,) = json.loads(answer)["rows"]
    assert (60.0, 0.9) == (shown["promised"][TARGET], shown["promised"][OBJECTIVE])
    (tile,) = document_of(board)["tiles"]
    assert "Objective 90% in 1:00" == tile["promise"]
    assert '"zone": "Europe/Madrid"' in board


def test_the_api_names_what_differs(here: Settings, found: Judging) -> None:
    """Setting, own value and that of the numbers; the answer fits its schema, and an agreeing one has none."""
    answer = json.loads(pages(here, found, "/api/v1/snapshot")[0])
    jsonschema.validate(answer, json.loads(schema_text()))
    assert [
        {"setting": "time_zone", "here": "UTC", "in_numbers": "Europe/Madrid"},
        {"setting": "queues.ventas.target_seconds", "here": "20", "in_numbers": "60"},
        {"setting": "queues.ventas.objective", "here": "0.8", "in_numbers": "0.9"},
    ] == answer["settings_differ"]
    for alike in (None, by(here, here)):
        assert [] == json.loads(pages(here, alike, "/api/v1/snapshot")[0])["settings_differ"]


@pytest.mark.parametrize("view", ["", "&view=week", "&view=queue&queue=ventas"])
@pytest.mark.parametrize(
    "language,expected",
    [
        (
            "en",
            "Settings differ from those that judged: time_zone is UTC here, Europe/Madrid in the numbers; "
            "queues.ventas.target_seconds is 20 here, 60 in the numbers; queues.ventas.objective is 0.8 here, 0.9 in "
            "the numbers. Shown are those in the numbers.",
        ),
        (
            "es",
            "La configuración no es la que juzgó: time_zone es UTC aquí, Europe/Madrid en los números; "
            "queues.ventas.target_seconds es 20 aquí, 60 en los números; queues.ventas.objective es 0.8 aquí, 0.9 en "
            "los números. Se muestra la de los números.",
        ),
    ],
)
def test_the_wallboard_has_a_banner(here: Settings, found: Judging, language: str, expected: str, view: str) -> None:
    """One sentence in the language of the screen, on every view; the numbers are not blind for it."""
    document = document_of(pages(here, found, f"/?lang={language}{view}")[0])
    assert ([expected], []) == (document["notices"], document["blind"])
    assert [] == document_of(pages(here, by(here, here), f"/?lang={language}{view}")[0])["notices"]


@pytest.mark.parametrize("language,expected", [("en", "; and 2 more."), ("es", "; y 2 más.")])
def test_a_banner_names_three_settings(here: Settings, tmp_path: Path, language: str, expected: str) -> None:
    """A screen has no room for a whole file."""
    queues = {f"q{number}": (QueueSettings(channel=Channel.CALL, objective=0.9),) for number in range(5)}
    found = by(settings(tmp_path, queues=queues), here)
    (notice,) = document_of(pages(here, found, f"/?lang={language}")[0])["notices"]
    assert expected in notice
