"""`veinte explain` and /api/v1/explain as people use them: events through Kafka, the worker and a real Redis."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jsonschema
import pytest

from metrics.explain.number.question import Question
from metrics.explain.number.reader import ScanLimits, explain
from streams.clients.pseudonyms import pseudonym_of
from streams.common.vocabulary import Clock
from streams.config.queue_settings import QueueSettings
from streams.config.settings import Settings
from streams.sources.outgoing import OutgoingEvent, cloud_event
from streams.stack.addresses import free_port
from tests.conftest import SettingsFactory
from tests.integration.reader.test_exporter import Exporter, icmi_events, publish
from tests.support.processes import Programs, programs

Environment = Callable[[Settings], dict[str, str]]
START_MS = 1_790_000_000_000
"""2026-09-21T14:13:20Z, a Monday."""
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
OFFICE = {"time_zone": "Europe/Madrid", "weekdays": ["09:00-18:00"]}
LEVEL = "contact_center_service_level_ratio"
FCR = "contact_center_first_contact_resolution_ratio"


def happened(topic: str, subject: str, at_ms: int, kind: str, /, **data: Any) -> OutgoingEvent:
    """One event of a contact."""
    body = cloud_event(f"{topic.removesuffix('s')}.{kind}", "/test", f"{subject}/{kind}", at_ms, subject, data)
    return OutgoingEvent(topic, subject, at_ms, body)


def a_day(start_ms: int) -> Iterator[OutgoingEvent]:
    """A customer who calls again by chat the next day, a caller who waits, and a ticket that is on hold for an hour."""
    yield happened("calls", "call-1", start_ms, "offered", queue="sales", customer="ana", topic="bill")
    yield happened("calls", "call-1", start_ms + 30_000, "answered")
    yield happened("calls", "call-1", start_ms + 5 * MINUTE, "ended")
    yield happened("tickets", "tick-1", start_ms, "opened", queue="desk", channel="email")
    yield happened("tickets", "tick-1", start_ms + HOUR, "replied")
    yield happened("tickets", "tick-1", start_ms + HOUR, "held")
    yield happened("tickets", "tick-1", start_ms + 2 * HOUR, "resumed")
    yield happened("chats", "chat-1", start_ms + DAY, "offered", queue="web", customer="ana", topic="bill")
    yield happened("chats", "chat-1", start_ms + DAY + 5_000, "answered")
    yield happened("chats", "chat-1", start_ms + DAY + MINUTE, "ended")
    yield happened("calls", "call-2", start_ms + DAY, "offered", queue="sales")
    yield happened("chats", "chat-2", start_ms + DAY + 2 * MINUTE, "offered", queue="web")


@pytest.fixture
def desk(settings_factory: SettingsFactory) -> Settings:
    """A desk with opening hours, under the clock of its events."""
    queue = QueueSettings(channel="ticket", calendar="office", first_response=HOUR // 2, resolution=8 * HOUR)
    return settings_factory(clock=Clock.EVENT, calendars={"office": OFFICE}, queues={"desk": [queue]})


def environment(desk: Settings, environment_of: Environment, folder: Path) -> dict[str, str]:
    """The environment of the desk; its queue and its calendar are in a file."""
    (folder / "programs").mkdir()
    (folder / "programs" / "veinte.toml").write_text(
        '[calendars.office]\ntime_zone = "Europe/Madrid"\nweekdays = ["09:00-18:00"]\n'
        '[queues.desk]\nchannel = "ticket"\ncalendar = "office"\nfirst_response = "30m"\nresolution = "8h"\n'
    )
    plain = desk.model_copy(update={"calendars": {}, "queues": {}})
    return environment_of(plain)


def asked(run: Programs, *arguments: str) -> dict[str, Any]:
    """JSON output of a command."""
    found: dict[str, Any] = json.loads(run.veinte("explain", *arguments, "--format", "json").succeed())
    return found


def refused(run: Programs, *arguments: str, **variables: str) -> str:
    """The sentence of a command that cannot be answered."""
    program = run.veinte("explain", *arguments, **variables)
    assert 2 == program.end()
    assert "Traceback" not in program.stderr
    return program.stderr.strip()


def test_every_contact_of_the_icmi_vector(
    settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """More contacts than one step of a scan: number, counts and list are those of the snapshot."""
    settings = settings_factory(clock=Clock.EVENT)
    publish(settings, icmi_events(START_MS))
    with programs(environment_of(settings), tmp_path / "programs") as run:
        run.drain()
        exporter = Exporter(run)
        exporter.wait_for("/readyz", 200)
        query = {"kpi": LEVEL, "queue": "sales", "window": "1h", "limit": "200"}
        found = json.loads(exporter.wait_for(f"/api/v1/explain?{urlencode(query)}", 200))
        jsonschema.validate(found, json.loads(exporter.wait_for("/api/v1/explain.schema.json", 200)))
        shown = json.loads(exporter.wait_for("/api/v1/snapshot?channel=call&queue=sales&window=1h", 200))
        wrong = exporter.wait_for(f"/api/v1/explain?kpi={LEVEL}&queue=sale", 400)
    (series,) = [each for each in shown["rows"][0]["windowed"][LEVEL] if each["labels"] == {"variant": "short_removed"}]
    assert series["windows"]["1h"] == {key: found[key] for key in ("value", "state", "numerator", "denominator")}
    assert shown["now"] == found["now"]
    reach = found["reach"]
    assert (1050, 190, 200, 1060, True) == (
        reach["found"],
        reach["missed"],
        reach["shown"],
        reach["read"],
        reach["complete"],
    )
    assert [True] * 190 + [False] * 10 == [each.get("missed", False) for each in found["contacts"]]
    assert "queue = 'sale' is unknown in channel call, chat; did you mean sales?" == json.loads(wrong)["error"]


def test_a_search_has_an_end(settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path) -> None:
    """A bound in contacts stops it between two steps of the scan; the number is whole, the list says that it is not."""
    settings = settings_factory(clock=Clock.EVENT, partitions=1)
    publish(settings, icmi_events(START_MS))
    with programs(environment_of(settings), tmp_path / "programs") as run:
        run.drain()
    question = Question.parse([("kpi", LEVEL), ("channel", "call"), ("window", "1h")])
    found = explain(settings, question, limits=ScanLimits(60.0, 1))
    assert (860, 1050, False, "stopped") == (
        found.numerator,
        found.denominator,
        found.reach.complete,
        found.reach.incomplete_because,
    )
    assert 0 < found.reach.found < 1050


def test_a_repeat_a_caller_who_waits_and_a_ticket(desk: Settings, environment_of: Environment, tmp_path: Path) -> None:
    """The usual questions have answers: repeats, waiting legs, amounts of a contact, due times of a ticket."""
    publish(desk, a_day(START_MS))
    pseudonym = pseudonym_of(desk)
    with programs(environment(desk, environment_of, tmp_path), tmp_path / "programs") as run:
        run.drain()
        labels = ("--label", "basis=repeat_window", "--label", "state=provisional")
        repeated = asked(run, "kpi", FCR, "--queue", "sales", "--window", "7d", *labels)
        assert (0, 1, True) == (repeated["numerator"], repeated["denominator"], repeated["reach"]["complete"])
        (miss,) = repeated["contacts"]
        assert (pseudonym("call-1").hex(), True, "bill") == (miss["contact"], miss["missed"], miss["repeats"]["topic"])

        waiting = asked(run, "kpi", LEVEL, "--queue", "sales", "--window", "5m")
        assert [(pseudonym("call-2").hex(), True)] == [(c["contact"], c["so_far"]) for c in waiting["contacts"]]

        (call,) = json.loads(run.veinte("explain", "contact", "call-1", "--format", "json").succeed())
        assert ["offered", "answered", "ended"] == [moment["what"] for moment in call["moments"]]
        added = {each["measure"]: each["amount"] for each in call["added"]}
        assert (1, 30_000, 1, 1) == tuple(added[name] for name in ("answered", "wait_ms", "reached_target", "repeated"))
        assert "answered_within" not in added
        assert any(LEVEL in each["kpis"] for each in call["added"] if each["measure"] == "reached_target")
        (waits,) = json.loads(run.veinte("explain", "contact", "call-2", "--format", "json").succeed())
        assert {"waiting", "not answered yet"} == {each["what"] for each in waits["live"]}

        ticket = asked(run, "ticket", "tick-1")
        first, resolution = ticket["clocks"]
        assert ("office", "Europe/Madrid") == (ticket["calendar"], ticket["time_zone"])
        assert ("missed", "2026-09-21T14:43:20.000Z") == (first["verdict"], first["due"])
        assert ("overdue", 8 * 3600.0) == (resolution["verdict"], resolution["seconds"]["counted"])
        text = run.veinte("explain", "ticket", "tick-1").succeed()
        assert "First response within 30 min (open hours, whether on hold or not): missed" in text
        assert "due 2026-09-21 16:43:20 +0200" in text
        assert "What it added" in run.veinte("explain", "contact", "tick-1").succeed()
        assert "1 of them missed" in run.veinte("explain", "kpi", LEVEL, "--queue", "sales", "--window", "5m").succeed()


def test_what_cannot_be_explained_is_one_sentence(desk: Settings, environment_of: Environment, tmp_path: Path) -> None:
    """An identifier that nobody knows, a KPI that is none, a call that is no ticket, a Redis that is away."""
    publish(desk, a_day(START_MS))
    with programs(environment(desk, environment_of, tmp_path), tmp_path / "programs") as run:
        run.drain()
        never = refused(run, "contact", "nobody")
        assert "contact nobody is unknown: it never came, or its state has expired" in never
        assert "known for 36 days after their newest event" in never
        assert "ticket nobody is unknown" in refused(run, "ticket", "nobody")
        assert "is unknown: it never came" in refused(run, "contact", os.fsdecode(b"\xff"))
        assert "call-1 is a call and no ticket; use `veinte explain contact call-1`" in refused(run, "ticket", "call-1")
        assert "did you mean service_level_ratio?" in refused(run, "kpi", "service_level_rate")
        assert "queue = 'sails' is unknown" in refused(run, "kpi", LEVEL, "--queue", "sails")
        assert "--label strict is no label; write it as variant=strict" in refused(run, "kpi", LEVEL, "-l", "strict")
        away = f"redis://127.0.0.1:{free_port()}/0"
        for arguments in (("kpi", LEVEL), ("contact", "call-1"), ("ticket", "tick-1")):
            assert "cannot be reached" in refused(run, *arguments, VEINTE_REDIS=away)


def test_without_redis_the_address_says_so(tmp_path: Path) -> None:
    """503 and one sentence, and the exporter lives on."""
    variables = {
        **os.environ,
        "VEINTE_REDIS": f"redis://127.0.0.1:{free_port()}/0",
        "VEINTE_HASH_KEY": "a key for tests only",
    }
    with programs(variables, tmp_path / "programs") as run:
        exporter = Exporter(run)
        exporter.wait_for("/livez", 200)
        answer = exporter.wait_for(f"/api/v1/explain?kpi={LEVEL}&channel=call", 503)
        assert "cannot be reached" in json.loads(answer)["error"]
        assert 200 == exporter.get("/livez")[0]
