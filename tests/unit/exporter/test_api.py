"""The JSON API and the pages of the exporter, with a Redis that the tests play."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer

from metrics.access.addresses import ADDRESSES, SIGN_IN, SIGN_OUT
from metrics.exporter.api import Query, document, schema_text
from metrics.exporter.operations import OPERATIONS
from metrics.exporter.server import Exporter
from metrics.planning.view import UNREADABLE_AFTER_MS, View
from metrics.snapshot.blindness import BLIND_REASONS
from metrics.snapshot.snapshot import ChannelHealth, PipelineNumbers, Snapshot, TopicNumbers
from metrics.snapshot.windows import WINDOWS
from metrics.web.languages import preferred_language
from metrics.web.latest import LatestSnapshot, Refresher
from metrics.web.openapi import REFUSALS
from metrics.web.problems import BadQuery, encode
from streams.common.errors import UserError
from streams.common.vocabulary import Channel
from streams.config.queue_settings import QueueSettings
from streams.facts.conversations.measures import ConversationMeasure, ConversationSketch
from streams.facts.tickets.measures import TicketMeasure
from streams.numbers.measures import Measure
from tests.support.api_answers import HELP, MAIL, SALES, SERVICE_LEVEL, WEB, answer, find_row, window
from tests.support.boards import (
    ICMI,
    ICMI_RATIOS,
    NOW_MS,
    counts,
    durations,
    live_of,
    played_board,
    row,
    settings,
    snapshot,
)
from tests.support.kpi_coverage import full_board, own_settings
from tests.support.slices_of_weeks import FakeHistory


def test_the_icmi_vector_with_its_counts(tmp_path: Path) -> None:
    """Each variant stands with numerator, denominator and state, in every window."""
    found = find_row(answer(tmp_path, snapshot({SALES: row(counts(ICMI))})), "sales")
    for variant, expected in ICMI_RATIOS.items():
        for name in WINDOWS:
            number = window(found, SERVICE_LEVEL, name, variant=variant)
            assert (expected, "ok") == (round(number["value"], 4), number["state"])
            assert number["value"] == number["numerator"] / number["denominator"]


def test_a_star_sums_counts_and_never_averages_ratios(tmp_path: Path) -> None:
    """1 of 1 in one queue and 0 of 9 in another are 1 of 10 together; the longest wait is the longer."""
    good = row(counts({ConversationMeasure.ANSWERED_WITHIN: 1}), live_of(waiting=1, longest_wait=5_000))
    poor = row(counts({ConversationMeasure.REACHED_TARGET: 9}), live_of(waiting=2, longest_wait=90_000))
    found = find_row(answer(tmp_path, snapshot({SALES: good, HELP: poor}), query=Query((Channel.CALL,))), "*")
    assert {"value": 0.1, "state": "ok", "numerator": 1, "denominator": 10} == window(
        found, SERVICE_LEVEL, variant="strict"
    )
    assert [{"labels": {}, "value": 3.0, "state": "ok"}] == found["now"]["contact_center_contacts_waiting"]
    assert 90.0 == found["now"]["contact_center_longest_wait_seconds"][0]["value"]
    assert {} == found["promised"]


def test_tickets_are_also_summed_over_media(tmp_path: Path) -> None:
    """A ticket queue has a row a medium and one for all of them."""
    board = snapshot({MAIL: row(counts({TicketMeasure.OPENED: 2})), WEB: row(counts({TicketMeasure.OPENED: 3}))})
    found = answer(tmp_path, board, query=Query((Channel.TICKET,)))
    opened = {
        (entry["queue"], entry["medium"]): window(entry, "contact_center_tickets_opened_total")["value"]
        for entry in found["rows"]
    }
    assert {("*", "*"): 5, ("support", "*"): 5, ("support", "email"): 2, ("support", "web"): 3} == opened


@pytest.mark.parametrize("stat", ["p50", "p90", "p95"])
@pytest.mark.parametrize("answered,expected", [(0, "no_traffic"), (1, "few"), (9, "few"), (10, "ok")])
def test_percentiles_have_a_value_and_a_state(tmp_path: Path, stat: str, answered: int, expected: str) -> None:
    """They stand beside the average, without counts of their own, and of fewer than ten are a hint."""
    happened = counts({ConversationMeasure.ANSWERED: answered, ConversationMeasure.WAIT_MS: 5_000 * answered})
    board = snapshot({SALES: row(happened + durations(ConversationSketch.WAIT, *[5_000] * answered))})
    number = window(find_row(answer(tmp_path, board), "sales"), "contact_center_speed_of_answer_seconds", stat=stat)
    assert {"value", "state"} == set(number)
    assert (expected, answered > 0) == (number["state"], number["value"] is not None)
    assert not answered or number["value"] == pytest.approx(5.0, rel=0.01)


def test_what_is_split_has_the_largest_values_of_each_window(tmp_path: Path) -> None:
    """Teams and agents stand by name in the windows that show them, the largest of the longest window first."""
    happened = counts(
        team_opened={"red": 4, "blue": 9}, team_solved={"red": 3}, agent_assigned={"a1b2": 2}, agent_solved={"a1b2": 1}
    )
    found = find_row(answer(tmp_path, snapshot({MAIL: row(happened)})), "support", "email")
    teams = found["windowed"]["contact_center_team_resolution_ratio"]
    assert ["blue", "blue", "red", "red"] == [series["labels"]["team"] for series in teams]
    assert ["today", "24h", "7d", "28d"] == list(teams[0]["windows"])
    red = window(found, "contact_center_team_resolution_ratio", "7d", team="red", basis="flow")
    assert {"value": 0.75, "state": "few", "numerator": 3, "denominator": 4} == red
    assert 0.5 == window(found, "contact_center_agent_resolution_ratio", "7d", agent="a1b2")["value"]
    summed = find_row(answer(tmp_path, snapshot({MAIL: row(happened), WEB: row(happened)})), "support", "*")
    assert 6 == window(summed, "contact_center_team_resolution_ratio", "7d", team="red", basis="flow")["numerator"]


@pytest.mark.parametrize(
    "plain,open_now,expected",
    [
        ({TicketMeasure.SOLVES: 12}, 6, (43_200.0, "ok", 6, 12)),
        ({TicketMeasure.SOLVES: 9}, 3, (28_800.0, "few", 3, 9)),
        ({TicketMeasure.SOLVES: 1, TicketMeasure.OPENED: 1}, 3, (None, "no_traffic", 3, 0)),
        ({TicketMeasure.SOLVES: 1, TicketMeasure.OPENED: 4}, 3, (None, "no_traffic", 3, -3)),
        ({TicketMeasure.OPENED: 4}, 0, (0.0, "ok", 0, -4)),
    ],
)
def test_the_time_to_clear_the_backlog_carries_what_it_divides(
    tmp_path: Path, plain: dict[Measure, int], open_now: int, expected: tuple[Any, ...]
) -> None:
    """Open tickets over net closings of the window; null while the backlog grows, 0 where nothing is open."""
    board = snapshot({MAIL: row(counts(plain), live_of(open_open=open_now))})
    found = find_row(answer(tmp_path, board), "support", "email")
    name = "contact_center_backlog_clearance_seconds"
    assert ["24h", "7d", "28d"] == list(found["windowed"][name][0]["windows"])
    assert expected == tuple(window(found, name, "24h")[key] for key in ("value", "state", "numerator", "denominator"))


def test_counts_carry_their_counter_and_reasons(tmp_path: Path) -> None:
    """A count has a value a window and its total; a reason nobody knows in advance is shown too."""
    numbers = row(
        counts({ConversationMeasure.OFFERED: 4}, refused={"busy": 1}), totals=counts({ConversationMeasure.OFFERED: 400})
    )
    found = find_row(answer(tmp_path, snapshot({SALES: numbers})), "sales")
    (offered,) = found["windowed"]["contact_center_contacts_offered_total"]
    assert (400, {"value": 4.0, "state": "ok"}) == (offered["total"], offered["windows"]["5m"])
    reasons = {
        series["labels"]["reason"]: series["windows"]["today"]["value"]
        for series in found["windowed"]["contact_center_contacts_refused_total"]
    }
    assert {"closed": 0, "busy": 1, "full": 0, "no_agents": 0, "expected_wait": 0, "other": 0} == reasons


def test_health_age_and_promises_stand_beside_the_numbers(tmp_path: Path) -> None:
    """Each channel says how old and how blind it is, each queue what it promises, each row what is unconfirmed."""
    board = snapshot(
        {SALES: row(live=live_of(unconfirmed=2))},
        {Channel.CHAT: ChannelHealth(blind=True, blind_reason="never_started")},
        PipelineNumbers(topics={"calls": TopicNumbers(applied=3)}),
    )
    found = answer(
        tmp_path, board, age_ms=500, queues={"vip": QueueSettings(channel=Channel.CALL, target_seconds=10, objective=1)}
    )
    assert ("2026-11-18T11:06:40.000Z", 0.5, "wall") == (found["now"], found["age_seconds"], found["clock"])
    call, chat = found["channels"]["call"], found["channels"]["chat"]
    assert {"blind": False, "reason": "", "why": {}, "age_seconds": 0.75, "seen": "2026-11-18T11:06:39.750Z"} == call
    why = {"en": "nobody has read its events yet", "es": "nadie ha leído aún sus eventos"}
    assert {"blind": True, "reason": "never_started", "why": why, "age_seconds": None, "seen": None} == chat
    sales, vip = find_row(found, "sales"), find_row(found, "vip")
    assert (0.75, 2) == (sales["age_seconds"], sales["unconfirmed"])
    assert {
        "contact_center_service_level_objective_ratio": 1.0,
        "contact_center_service_level_target_seconds": 10.0,
    } == vip["promised"]
    assert [{"labels": {"topic": "calls"}, "value": 3.0}] == found["pipeline"]["veinte_events_applied_total"]


def test_an_old_snapshot_is_blind_and_keeps_its_numbers(tmp_path: Path) -> None:
    """Once Redis cannot be read for too long every state is blind, the values stay."""
    found = answer(tmp_path, snapshot({SALES: row(counts(ICMI))}), age_ms=UNREADABLE_AFTER_MS + 1)
    number = window(find_row(found, "sales"), SERVICE_LEVEL, variant="answered_only")
    assert (0.86, "blind") == (number["value"], number["state"])
    assert {"unreadable"} == {health["reason"] for health in found["channels"].values()}


def test_a_query_leaves_out_what_nobody_asked_for(tmp_path: Path) -> None:
    """Channel, queue and window each cut the answer, in the windows' own order."""
    board = snapshot({SALES: row(), HELP: row(), MAIL: row()})
    query = Query.parse([("channel", "call"), ("queue", "help"), ("window", "1h"), ("window", "5m")])
    found = answer(tmp_path, board, query=query)
    assert [("call", "help")] == [(entry["channel"], entry["queue"]) for entry in found["rows"]]
    assert (["5m", "1h"], ["call"]) == (found["windows"], list(found["channels"]))
    (series, *_) = found["rows"][0]["windowed"][SERVICE_LEVEL]
    assert ["5m", "1h"] == list(series["windows"])


@pytest.mark.parametrize(
    "name,value,says",
    [
        ("channel", "phone", "channel = 'phone' is unknown; use one of call, chat, ticket"),
        ("window", "2h", "window = '2h' is unknown; use one of 5m, 10m"),
        ("color", "red", "'color' is no parameter of the snapshot; use channel, queue or window"),
        ("queue", "nobody", "queue = 'nobody' is unknown; leave it out to see every queue"),
    ],
)
def test_a_wrong_query_is_refused_in_one_sentence(tmp_path: Path, name: str, value: str, says: str) -> None:
    """The answer names the parameter, its value and what could be."""
    with pytest.raises(BadQuery) as caught:
        answer(tmp_path, snapshot({SALES: row()}), query=Query.parse([(name, value)]))
    assert str(caught.value).startswith(says)


def test_the_schema_fits_the_fullest_and_the_emptiest_answer(tmp_path: Path) -> None:
    """A board where everything happened, one without rows, and every reason for blindness are as published."""
    blind = [
        View(snapshot(health={channel: ChannelHealth(blind=True, blind_reason=reason) for channel in Channel}), 0)
        for reason in BLIND_REASONS
    ]
    schema = json.loads(schema_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for view in (full_board(), View(snapshot(), UNREADABLE_AFTER_MS + 1), *blind):
        answered = json.loads(encode(document(view, own_settings(), Query(windows=("5m",)))))
        assert [] == [error.message for error in validator.iter_errors(answered)]


class PlayedClock:
    """A wall that the test moves."""

    def __init__(self) -> None:
        self.now_ms = NOW_MS

    def __call__(self) -> int:
        return self.now_ms


JudgedLeg = Callable[[TestClient[Any, Any]], Awaitable[None]]


def visit(folder: Path, board: LatestSnapshot, visitor: JudgedLeg, works: bool = True) -> None:
    """Run the exporter's application for one visitor."""

    async def run() -> None:
        app = Exporter(settings(folder), board, lambda: works).app()
        async with TestClient(TestServer(app)) as client:
            await visitor(client)

    asyncio.run(run())


async def problem(response: ClientResponse) -> str:
    assert "application/json" == response.content_type
    error = (await response.json())["error"]
    assert isinstance(error, str)
    return error


def test_every_address_answers(tmp_path: Path) -> None:
    """Metrics, snapshot, schema, health and the page of links come with their types, and no browser guesses them."""
    board = played_board(PlayedClock())
    board.publish(snapshot({SALES: row(counts(ICMI))}))

    async def visitor(client: TestClient[Any, Any]) -> None:
        types = {
            "/metrics": "text/plain; version=0.0.4; charset=utf-8",
            "/api/v1/snapshot": "application/json",
            "/api/v1/snapshot.schema.json": "application/schema+json",
            "/livez": "text/plain; charset=utf-8",
            "/readyz": "text/plain; charset=utf-8",
            "/": "text/html; charset=utf-8",
        }
        for path, expected in types.items():
            response = await client.get(path, headers={"Accept": "application/openmetrics-text; version=1.0.0"})
            assert (200, expected) == (response.status, response.headers["Content-Type"])
            assert "nosniff" == response.headers["X-Content-Type-Options"]
        published = await (await client.get("/api/v1/snapshot.schema.json")).read()
        assert schema_text() == published
        shown = await (await client.get("/api/v1/snapshot")).json()
        jsonschema.validate(shown, json.loads(published))

    visit(tmp_path, board, visitor)


def test_the_openapi_document_names_every_address_for_programs(tmp_path: Path) -> None:
    """An address that is not a page for people is an operation, with the parameters that it takes; each is answered."""
    board = played_board(PlayedClock())
    board.publish(snapshot({SALES: row(counts(ICMI))}))
    app = Exporter(settings(tmp_path), board, lambda: True).app()
    addresses = {route.resource.canonical for route in app.router.routes() if route.resource is not None}
    for_people = {"/", "/about", "/board/stream", "/board/{name}", SIGN_IN, SIGN_OUT}
    assert addresses - for_people == {operation.path for operation in OPERATIONS}

    async def visitor(client: TestClient[Any, Any]) -> None:
        served = await client.get("/api/v1/openapi.json")
        document = await served.json()
        assert "application/json" == served.content_type
        for path, shown in document["paths"].items():
            assert (ADDRESSES[path] is not None) == (REFUSALS.keys() <= shown["get"]["responses"].keys())
        snapshot_parameters = document["paths"]["/api/v1/snapshot"]["get"]["parameters"]
        assert ["channel", "queue", "window"] == [each["name"] for each in snapshot_parameters]
        health = await client.get("/readyz", headers={"Host": "elsewhere.example"})
        assert (200, False) == (health.status, "421" in document["paths"]["/readyz"]["get"]["responses"])
        numbers = await client.get("/api/v1/week", headers={"Host": "elsewhere.example"})
        assert (421, True) == (numbers.status, "421" in document["paths"]["/api/v1/week"]["get"]["responses"])

    visit(tmp_path, board, visitor)


def test_mistakes_are_answered_in_json(tmp_path: Path) -> None:
    """A wrong value is 400, an unknown path 404, a wrong method 405, each one sentence."""
    board = played_board(PlayedClock())
    board.publish(snapshot({SALES: row()}))

    async def visitor(client: TestClient[Any, Any]) -> None:
        wrong = await client.get("/api/v1/snapshot", params={"queue": "nobody"})
        assert (400, "queue = 'nobody' is unknown; leave it out to see every queue") == (
            wrong.status,
            await problem(wrong),
        )
        missing = await client.get("/api/v2/snapshot")
        assert (404, "there is nothing at /api/v2/snapshot; /about lists the addresses") == (
            missing.status,
            await problem(missing),
        )
        method = await client.post("/metrics")
        assert (405, "POST is not possible on /metrics; use GET, HEAD") == (method.status, await problem(method))

    visit(tmp_path, board, visitor)


def test_without_redis_the_last_numbers_stay_and_the_pages_say_why(tmp_path: Path) -> None:
    """Not ready before the first reading and after too long a silence, with the reason; ready again by itself."""
    clock = PlayedClock()
    board = played_board(clock)
    board.fail("redis = redis://127.0.0.1:6379/0 cannot be reached (refused); start it")

    async def visitor(client: TestClient[Any, Any]) -> None:
        ready = await client.get("/readyz")
        assert (503, True) == (ready.status, "cannot be reached" in await ready.text())
        empty = await client.get("/api/v1/snapshot")
        assert (503, True) == (empty.status, "there are no numbers yet" in await problem(empty))
        assert 'veinte_blind{channel="call"} 1.0' in await (await client.get("/metrics")).text()

        board.publish(snapshot({SALES: row(counts(ICMI))}))
        assert 200 == (await client.get("/readyz")).status
        assert 'veinte_blind{channel="call"} 0.0' in await (await client.get("/metrics")).text()

        board.fail("redis is gone")
        clock.now_ms += UNREADABLE_AFTER_MS + 1
        late = await client.get("/readyz")
        assert (503, True) == (late.status, "redis is gone" in await late.text())
        page = await (await client.get("/metrics")).text()
        assert 'veinte_blind{channel="call"} 1.0' in page
        assert "veinte_snapshot_age_seconds 5.001" in page
        assert 'variant="answered_only",window="today"} 0.86' in page
        kept = find_row(await (await client.get("/api/v1/snapshot")).json(), "sales")
        assert "blind" == window(kept, SERVICE_LEVEL, variant="strict")["state"]

    visit(tmp_path, board, visitor)


def test_livez_fails_when_nobody_reads_redis_any_more(tmp_path: Path) -> None:
    """A dead refresher asks for a restart."""

    async def visitor(client: TestClient[Any, Any]) -> None:
        assert 503 == (await client.get("/livez")).status

    visit(tmp_path, played_board(PlayedClock()), visitor, works=False)


@pytest.mark.parametrize(
    "accept,expected",
    [
        ("", "en"),
        ("es-ES,es;q=0.9,en;q=0.8", "es"),
        ("en-GB,es;q=0.5", "en"),
        ("de, es;q=0.1", "es"),
        ("fr", "en"),
        ("es;q=x", "es"),
        ("es;q=0, en;q=0.1", "en"),
    ],
)
def test_the_page_speaks_the_language_the_browser_prefers(accept: str, expected: str) -> None:
    """Of Spanish and English the heavier one; English where neither is named."""
    assert expected == preferred_language(accept)


class PlayedReader:
    """Gives what the test put in; an exception is raised."""

    def __init__(self, results: list[Snapshot | Exception]) -> None:
        self.results = results
        self.history = FakeHistory({})
        self.judging = None

    def refresh(self) -> Snapshot:
        result = self.results.pop(0)
        if isinstance(result, Exception):
            raise result
        return result


def test_the_refresher_survives_whatever_redis_does(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A connection refused, a reading that fails and a bug are named once each; the next good reading mends all."""
    board, read = played_board(PlayedClock()), snapshot()
    connections: list[PlayedReader | Exception] = [
        UserError("redis cannot be reached"),
        UserError("redis cannot be reached"),
        PlayedReader([OSError("timed out"), ValueError("a bug"), read]),
    ]

    def connect() -> PlayedReader:
        made = connections.pop(0)
        if isinstance(made, Exception):
            raise made
        return made

    unreachable = (
        "redis = redis://127.0.0.1:6379/0 cannot be reached (timed out); start it or correct the setting redis"
    )
    refresher = Refresher(board, connect, settings(tmp_path))
    for expected in (
        *["redis cannot be reached"] * 2,
        unreachable,
        "the snapshot cannot be made (ValueError('a bug'))",
    ):
        refresher.turn()
        assert expected == board.problem
        assert None is board.view()
    refresher.turn()
    view = board.view()
    assert view is not None
    assert (read, "") == (view.snapshot, board.problem)
    assert 3 == sum("trying again" in record.message for record in caplog.records)
