"""Answers of /api/v1/week and /api/v1/trends, and the outlook in a row of the snapshot."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer

from metrics.exporter.api import Query, document
from metrics.exporter.server import Exporter
from metrics.planning.api.documents import (
    NOT_YET,
    PlanningQuery,
    TrendsDocument,
    WeekDocument,
    schema_text,
    trends_document,
    trends_schema,
    week_document,
    week_schema,
)
from metrics.planning.api.outlook import Ending, OutlookAnswer, outlook_answer
from metrics.planning.peak_hours import HOURS_OF_WEEK
from metrics.planning.plan import Planning, plan
from metrics.planning.reachable import Outlook
from metrics.planning.view import View
from metrics.snapshot.instants import instant_text
from metrics.snapshot.snapshot import ChannelHealth, RowKey
from metrics.snapshot.states import State
from metrics.web.problems import BadQuery, encode
from streams.common.vocabulary import Channel
from streams.config.queue_settings import QueueSettings
from streams.config.settings import Settings
from tests.oracles.planning_oracle import Slices
from tests.support.boards import ICMI, NOW_MS, counts, played_board, row, settings, snapshot
from tests.support.slices_of_weeks import QUARTER_MS, FakeHistory, at, ms, planned_a_week_after
from tests.unit.exporter.test_exporter import scrape

NOW = ms("2026-11-18T12:00:00+00:00")
SALES, HELP = RowKey(Channel.CALL, "sales"), RowKey(Channel.CALL, "help")
MAIL, WEB = RowKey(Channel.TICKET, "support", "email"), RowKey(Channel.TICKET, "support", "web")
MONDAY_NINE = 9
WEEKS: Mapping[RowKey, Slices] = {
    SALES: [
        at("2026-11-09T09:00:00+00:00", offered=12, A=10, L=2, handled=4, handle_ms=600_000),
        at("2026-11-11T10:00:00+00:00", offered=4, contacts={"fibre": 4}, repeats={"bill": 1}),
        at("2026-11-18T10:00:00+00:00", offered=12, contacts={"fibre": 12}, repeats={"bill": 6}),
    ],
    HELP: [at("2026-11-09T09:15:00+00:00", offered=3, A=1)],
    MAIL: [at("2026-11-09T09:00:00+00:00", opened=2), at("2026-11-16T09:00:00+00:00", opened=4)],
    WEB: [at("2026-11-09T20:00:00+00:00", opened=5)],
}
HEALTH = ChannelHealth(blind=False, age_ms=0)


def planned(promised: Settings, weeks: Mapping[RowKey, Slices] = WEEKS) -> Planning:
    return plan(FakeHistory(weeks), NOW, promised)


def view(**health: ChannelHealth) -> View:
    """A view of a board without rows; ``call=…`` changes the health of a channel, ``repeats=…`` of the repeats."""
    repeats = health.pop("repeats", HEALTH)
    board = snapshot(health={Channel(channel): own for channel, own in health.items()})
    return View(replace(board, repeats=repeats), 0)


def answer(
    folder: Path, path: str, query: PlanningQuery | None = None, seen: View | None = None, **values: Any
) -> list[dict[str, Any]]:
    """The entries of an answer, checked against the type that its published schema is made of."""
    promised = settings(folder, **values)
    made: WeekDocument | TrendsDocument
    if path == "weeks":
        made = week_document(seen or view(), planned(promised), promised, query or PlanningQuery())
    else:
        made = trends_document(seen or view(), planned(promised), promised, query or PlanningQuery())
    body = encode(made)
    msgspec.json.decode(body, type=type(made))
    decoded: dict[str, Any] = json.loads(body)
    assert instant_text(NOW) == decoded["planned_at"]
    entries: list[dict[str, Any]] = decoded[path]
    return entries


def test_volume_by_channel_and_by_medium(tmp_path: Path) -> None:
    """Every channel has volumes, calls and chats once, tickets in all and by medium."""
    volumes = [
        (week["channel"], week["queue"], week["medium"], week["contacts"], week["state"])
        for week in answer(tmp_path, "weeks")
    ]
    assert [
        ("call", "*", None, 31, "ok"),
        ("chat", "*", None, 0, "no_traffic"),
        ("ticket", "*", "*", 11, "ok"),
        ("ticket", "*", "email", 6, "ok"),
        ("ticket", "*", "web", 5, "ok"),
    ] == volumes


def test_an_hour_carries_its_counts(tmp_path: Path) -> None:
    """An hour has its counts: 15 calls in the one Monday hour of both queues; 12 judged; 150 s to handle each of 4."""
    (week,) = answer(tmp_path, "weeks", PlanningQuery((Channel.CALL,)))
    assert (HOURS_OF_WEEK, MONDAY_NINE, "UTC") == (len(week["hours"]), week["peak_hour"], week["time_zone"])
    assert {
        "hour": MONDAY_NINE,
        "contacts_per_hour": {"value": 15.0, "state": "ok", "numerator": 15, "denominator": 1},
        "handle_time_seconds": {"value": 150.0, "state": "few", "numerator": 600.0, "denominator": 4},
        "service_level_ratio": {"value": 11 / 13, "state": "ok", "numerator": 11, "denominator": 13},
    } == week["hours"][MONDAY_NINE]
    assert None is week["hours"][24 + MONDAY_NINE]
    quiet = week["hours"][MONDAY_NINE + 1]
    assert (0.0, None, "no_traffic") == (
        quiet["contacts_per_hour"]["value"],
        quiet["service_level_ratio"]["value"],
        quiet["service_level_ratio"]["state"],
    )


def test_one_queue_is_asked_for(tmp_path: Path) -> None:
    """A queue's own numbers are in every channel that has it; a configured queue is there before its first contact."""
    (help_desk,) = answer(tmp_path, "weeks", PlanningQuery(queue="help"))
    assert ("help", 3) == (help_desk["queue"], help_desk["contacts"])
    queues = {"vip": [QueueSettings(channel=Channel.CHAT)]}
    (vip,) = answer(tmp_path, "weeks", PlanningQuery(queue="vip"), queues=queues)
    assert ("chat", 0, "no_traffic", None) == (vip["channel"], vip["contacts"], vip["state"], vip["time_zone"])
    assert [None] * HOURS_OF_WEEK == vip["hours"]


def test_queues_of_several_zones_name_none(tmp_path: Path) -> None:
    """A sum over queues of several time zones names none: each queue keeps its own hours."""
    queues = {"help": [QueueSettings(channel=Channel.CALL, time_zone="Europe/Madrid")]}
    (week,) = answer(tmp_path, "weeks", PlanningQuery((Channel.CALL,)), queues=queues)
    found = [week["hours"][hour]["contacts_per_hour"]["numerator"] for hour in (MONDAY_NINE, MONDAY_NINE + 1)]
    assert (None, [12, 3]) == (week["time_zone"], found)


def test_trends_with_their_counts(tmp_path: Path) -> None:
    """Trends have their counts: 12 contacts about fibre for 4, and 6 repeats about bills for 1; in the last hour
    none."""
    (found,) = answer(tmp_path, "trends", PlanningQuery((Channel.CALL,)))
    fibre = {"topic": "fibre", "state": "ok", "contacts": 12, "expected": 4.0, "excess": 8.0, "growth": 3.0}
    bill = {"topic": "bill", "state": "few", "contacts": 6, "expected": 1.0, "excess": 5.0, "growth": 6.0}
    nothing: dict[str, list[Any]] = {"contacts": [], "repeats": []}
    assert {
        "channel": "call",
        "queue": "*",
        "state": "ok",
        "weeks": 1,
        "spans": {"24h": {"contacts": [{**fibre, "new": False}], "repeats": [{**bill, "new": False}]}, "1h": nothing},
    } == found


def test_without_earlier_weeks_there_are_no_trends(tmp_path: Path) -> None:
    """Without earlier weeks no topic trends, and the state is no_traffic."""
    (found,) = answer(tmp_path, "trends", PlanningQuery((Channel.CHAT,)))
    assert ("no_traffic", 0) == (found["state"], found["weeks"])


def test_a_blind_channel_says_so_at_every_number(tmp_path: Path) -> None:
    """A blind channel keeps its numbers, marked blind; repeats are blind too where the outcomes of contacts are."""
    blind = ChannelHealth(blind=True, blind_reason="heartbeat", age_ms=20_000)
    (week,) = answer(tmp_path, "weeks", PlanningQuery((Channel.CALL,)), view(call=blind))
    hour = week["hours"][MONDAY_NINE]
    states = {hour[name]["state"] for name in ("contacts_per_hour", "handle_time_seconds", "service_level_ratio")}
    assert (31, "blind", {"blind"}) == (week["contacts"], week["state"], states)
    (trends,) = answer(tmp_path, "trends", PlanningQuery((Channel.CALL,)), view(repeats=blind))
    day = trends["spans"]["24h"]
    assert ["ok", "ok", "blind"] == [trends["state"], day["contacts"][0]["state"], day["repeats"][0]["state"]]


@pytest.mark.parametrize(
    "parameters,says",
    [
        ([("window", "1h")], "'window' is no parameter here; use channel or queue"),
        ([("channel", "fax")], "channel = 'fax' is unknown; use one of call, chat, ticket"),
        ([("queue", "a"), ("queue", "b")], "queue comes twice; give it once"),
        ([("queue", "sale")], "queue = 'sale' is unknown in channel call, chat, ticket; did you mean sales?"),
        ([("queue", "zz"), ("channel", "chat")], "queue = 'zz' is unknown in channel chat; leave it out"),
        ([("queue", "sales"), ("channel", "chat")], "queue = 'sales' is unknown in channel chat; leave it out"),
    ],
)
def test_what_cannot_be_asked(tmp_path: Path, parameters: list[tuple[str, str]], says: str) -> None:
    """A wrong parameter, channel or queue is refused in one sentence."""
    promised = settings(tmp_path)
    with pytest.raises(BadQuery) as caught:
        week_document(view(), planned(promised), promised, PlanningQuery.parse(parameters))
    assert says == str(caught.value)


def test_an_outlook_in_words(tmp_path: Path) -> None:
    """Best and likely have their numerator and denominator; instants are written out."""
    found = Outlook(70, 100, 2, Fraction(40), Fraction(50), NOW + 1, NOW)
    assert OutlookAnswer(
        best=Ending(0.8, State.OK, 120.0, 150.0),
        likely=Ending(110 / 150, State.OK, 110.0, 150.0),
        lost_at="2026-11-18T12:00:00.001Z",
        lost_at_worst="2026-11-18T12:00:00.000Z",
        weeks=2,
    ) == outlook_answer(found, blind=False)


@pytest.mark.parametrize(
    "found,blind,expected",
    [
        (Outlook(5, 10), False, Ending(None, State.NO_TRAFFIC, 0.0, 0.0)),
        (Outlook(5, 10), True, Ending(None, State.BLIND, 0.0, 0.0)),
        (Outlook(4, 5, 1, Fraction(4), Fraction(4)), False, Ending(8 / 9, State.FEW, 8.0, 9.0)),
        (Outlook(4, 5, 1, Fraction(4), Fraction(5)), False, Ending(0.8, State.OK, 8.0, 10.0)),
        (Outlook(4, 5, 1, Fraction(4), Fraction(5)), True, Ending(0.8, State.BLIND, 8.0, 10.0)),
    ],
)
def test_the_state_of_an_outlook(found: Outlook, blind: bool, expected: Ending) -> None:
    """An outlook has no traffic without an earlier week, few below ten judged, and keeps its number when blind."""
    assert expected == outlook_answer(found, blind).likely


Visit = Callable[[TestClient[Any, Any]], Awaitable[None]]


def visit(folder: Path, planning: Planning | None, visitor: Visit, read: bool = True) -> None:
    """Run the exporter's application for one visitor."""

    async def run() -> None:
        board = played_board(lambda: NOW)
        if read:
            board.publish(snapshot(), planning)
        async with TestClient(TestServer(Exporter(settings(folder), board, lambda: True).app())) as client:
            await visitor(client)

    asyncio.run(run())


async def said(response: ClientResponse) -> tuple[int, str]:
    return response.status, (await response.json())["error"]


def test_the_addresses_answer(tmp_path: Path) -> None:
    """Both answers are JSON that fits the schema served beside them, and mistakes are refused in one sentence."""

    async def visitor(client: TestClient[Any, Any]) -> None:
        for name, schema in (("week", week_schema()), ("trends", trends_schema())):
            response = await client.get(f"/api/v1/{name}", params={"channel": "call", "queue": "sales"})
            assert (200, "application/json") == (response.status, response.content_type)
            served = await client.get(f"/api/v1/{name}.schema.json")
            assert "application/schema+json" == served.content_type
            assert schema_text(schema) == await served.read()
            jsonschema.validate(await response.json(), schema)
            wrong = await client.get(f"/api/v1/{name}", params={"channel": "fax"})
            assert (400, "channel = 'fax' is unknown; use one of call, chat, ticket") == await said(wrong)

    visit(tmp_path, planned(settings(tmp_path)), visitor)


@pytest.mark.parametrize(
    "read,sentence", [(False, "there are no numbers yet: Redis has not been read yet"), (True, NOT_YET)]
)
def test_before_the_first_planning_the_pages_say_so(tmp_path: Path, read: bool, sentence: str) -> None:
    """Pages answer 503 with the reason, until Redis was read and the weeks were summed."""

    async def visitor(client: TestClient[Any, Any]) -> None:
        for name in ("week", "trends"):
            assert (503, sentence) == await said(await client.get(f"/api/v1/{name}"))

    visit(tmp_path, None, visitor, read)


def test_a_scrape_and_the_api_say_how_today_can_end(tmp_path: Path) -> None:
    """860 of 1050 so far and 6 of 10 to come an hour from now: best 870, likely 866 of 1060; 0.82 needs 869.2.

    0.8 more misses are borne: at worst 0.8 of the 10 contacts, with 190 of 1050 missed as now 84/19 of them.
    """
    at_quarter_ms = NOW_MS // QUARTER_MS * QUARTER_MS
    board = snapshot({SALES: row(counts(ICMI))})
    view = View(replace(board, now_ms=at_quarter_ms), 0, planned_a_week_after(SALES, at_quarter_ms))
    queues = {"sales": [QueueSettings(channel=Channel.CALL, objective=0.82)]}
    answered = document(view, settings(tmp_path, queues=queues), Query((Channel.CALL,)))
    said = {entry.queue: entry.outlook for entry in answered.rows}
    in_an_hour_ms = at_quarter_ms + 4 * QUARTER_MS
    lost_ms, worst_ms = in_an_hour_ms + QUARTER_MS * 84 // 190, in_an_hour_ms + QUARTER_MS * 8 // 100
    ending = OutlookAnswer(
        best=Ending(870 / 1060, State.OK, 870.0, 1060.0),
        likely=Ending(866 / 1060, State.OK, 866.0, 1060.0),
        lost_at=instant_text(lost_ms),
        lost_at_worst=instant_text(worst_ms),
        weeks=1,
    )
    assert {"*": None, "sales": ending} == said
    samples = scrape(tmp_path, view, queues=queues)
    own, name = {"channel": "call", "queue": "sales"}, "contact_center_service_level_reachable"
    best, likely = {**own, "outlook": "best"}, {**own, "outlook": "likely"}
    assert [(best, 870 / 1060), (likely, 866 / 1060)] == samples[f"{name}_ratio"]
    assert [(best, 870.0), (likely, 866.0)] == samples[f"{name}_numerator"]
    assert [(best, 1060.0), (likely, 1060.0)] == samples[f"{name}_denominator"]
    lost = [({**own, "pace": "current"}, lost_ms / 1000), ({**own, "pace": "worst"}, worst_ms / 1000)]
    assert lost == samples["contact_center_service_level_lost_timestamp_seconds"]


def test_without_a_planning_nothing_is_said_of_the_end_of_today(tmp_path: Path) -> None:
    """Without a planning Prometheus gets no sample of the outlook, and the API null with its reason."""
    board = snapshot({SALES: row(counts(ICMI))})
    assert [] == [name for name in scrape(tmp_path, board) if "reachable" in name or "lost_timestamp" in name]
    answered = document(View(board, 0), settings(tmp_path), Query((Channel.CALL,), ("sales",)))
    nothing = Ending(None, State.NO_TRAFFIC, 0.0, 0.0)
    assert [OutlookAnswer(nothing, nothing, None, None, 0)] == [entry.outlook for entry in answered.rows]
