"""Every expression of every dashboard on a real Prometheus, which scrapes a real exporter on simulated traffic."""

from __future__ import annotations

import json
import math
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from grafana.dashboards_src import DASHBOARDS
from grafana.generator.boards import label_values
from grafana.generator.tables import PAGE
from grafana.panels.palette import STATE_CODES
from grafana.panels.panel_helpers import CHOSEN, SERVICE_LEVEL, USUAL, state_of_service_level
from grafana.panels.promql import RATE_RANGE
from grafana.panels.spec import Dashboard, Query, Variable
from metrics.alerts.rule_file import groups
from streams.common.vocabulary import Channel
from streams.config.queue_settings import QueueSettings
from streams.config.settings import Settings
from streams.sources.outgoing import OutgoingEvent, cloud_event
from streams.sources.publisher import Publisher
from tests.conftest import SettingsFactory
from tests.integration.reader.test_exporter import Exporter
from tests.support.paths import ROOT
from tests.support.processes import MEMBER, Programs, Worker, eventually, programs
from tests.support.prometheus_server import Prometheus, Sample, prometheus
from tests.support.tools import tool

Environment = Callable[[Settings], dict[str, str]]
SECOND_MS, MINUTE_MS = 1_000, 60_000
MORNING_HOURS = 11
"""The simulated centre's clock shows 11:00, so its day began so long ago."""
HISTORY = ("simulate", "--days", "9", "--rate", "60", "--seed", "4", "--busy", "--for", "1s")
POLL_SECONDS = 1.0
SELECTOR = re.compile(r"(?<![\w:])(?:contact_center|veinte)_\w+(?:\{[^}]*\})?")
"""A metric in a rule, with its matchers."""
UNMADE = {"veinte_reconcile_difference": "a topic that was never recounted has no difference, not none"}
"""Metrics of rules that this traffic cannot make; promtool proves their rules."""
CLOSED_QUEUE = "Noche"
"""Configured, closed, and nobody comes."""


def test_every_expression_gives_data_or_says_why_not(
    settings_factory: SettingsFactory,
    environment_of: Environment,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """While numbers can be trusted all give data but the grey twins; while they cannot, it is the other way round."""
    settings = settings_factory(**_settings())
    environment = {**environment_of(settings), "VEINTE_CALENDARS": json.dumps(_calendars())}
    with programs(environment, tmp_path / "programs") as run:
        exporter, worker = _traffic(run, settings)
        with prometheus(exporter.port, tmp_path / "prometheus") as server:
            _settles("data behind every expression", lambda: _wrong(server, blind=False))
            _settles("data behind every rule", lambda: _unread(server))
            assert [] == [
                dashboard.name for dashboard in DASHBOARDS for each in dashboard.variables if not _choices(server, each)
            ]
            rows: list[str] = []
            _settles("the rows of the page", lambda: _unwritten(server, rows))
            _check_states(exporter, server)
            _check_lint(exporter.get("/metrics")[1])
            assert 0 == worker.ask_to_stop()
            eventually("blind channels", lambda: _all_blind(server), POLL_SECONDS)
            _settles("grey twins instead", lambda: _wrong(server, blind=True))
    with capsys.disabled():
        print("", *rows, sep="\n")


def _settles(what: str, faults: Callable[[], list[str]]) -> None:
    """Until there are no faults, or the deadline shows the last: a scrape that comes late leaves a gap everywhere."""
    found: list[str] = []

    def none() -> bool:
        found[:] = faults()
        return not found

    with suppress(AssertionError):  # which faults tells more
        eventually(what, none, POLL_SECONDS)
    assert [] == found


def _unwritten(server: Prometheus, rows: list[str]) -> list[str]:
    """Rows as Prometheus answers now that the page's table does not have; ``rows`` becomes all of them."""
    rows[:] = [_measured(server, dashboard) for dashboard in DASHBOARDS]
    page = (ROOT / PAGE).read_text()
    return [row for row in rows if row not in page]


def _settings() -> dict[str, Any]:
    """The simulated queues of calls and chats with a day that began at the centre's midnight, and one that is closed.

    One objective is out of reach, so that there is a time at which it is lost.
    """
    began = datetime.fromtimestamp(time.time() - MORNING_HOURS * 3600, UTC)
    starts = began.replace(minute=began.minute // 15 * 15).strftime("%H:%M")
    names = {"Ventas": "call", "Soporte": "call", "Facturación": "call", "Chat Ventas": "chat", "Chat Soporte": "chat"}
    queues = {
        name: (QueueSettings(channel=Channel(channel), day_starts=starts, wrap_up=True, objective=_objective(name)),)
        for name, channel in names.items()
    }
    for name in ("Correo", "Web", "Incidencias"):
        queues[name] = (QueueSettings(channel=Channel.TICKET, day_starts=starts),)
    queues[CLOSED_QUEUE] = (QueueSettings(channel=Channel.CALL, calendar="seldom"),)
    return {"queues": queues, "calendars": _calendars()}


def _objective(queue: str) -> float:
    return 0.999 if queue == "Soporte" else 0.80


def _calendars() -> dict[str, Any]:
    """Opening hours that are over today."""
    weekday = (datetime.now(UTC) + timedelta(days=3)).strftime("%a").lower()
    return {"seldom": {"time_zone": "UTC", weekday: ["10:00-11:00"]}}


def _traffic(run: Programs, settings: Settings) -> tuple[Exporter, Worker]:
    """Nine days of a simulated centre and what it may happen not to have just now; a worker that has applied it."""
    run.veinte(*HISTORY).succeed()
    with Publisher(settings) as publisher:
        for event in _present(time.time_ns() // 1_000_000):
            publisher.send(event)
    run.drain()  # the exporter looks back at earlier weeks when it starts, then once a minute
    worker = run.worker(*MEMBER)
    worker.wait_until_ready()
    exporter = Exporter(run)
    exporter.wait_for("/readyz", 200)
    return exporter, worker


def _present(now_ms: int) -> Iterator[OutgoingEvent]:
    """Who waits, asked for a callback or gave up and came again, and a desk that has closed more than it opened."""
    for number, channel in enumerate(("call", "chat")):
        queue = ("Ventas", "Chat Ventas")[number]
        yield _event(channel, f"{channel}-waits", now_ms - 30 * SECOND_MS, "offered", queue=queue)
        yield _event(channel, f"{channel}-back", now_ms - 5 * MINUTE_MS, "offered", queue=queue)
        yield _event(channel, f"{channel}-back", now_ms - 4 * MINUTE_MS, "callback_requested")
        for visit, age_ms in (("first", 20 * MINUTE_MS), ("again", 15 * MINUTE_MS)):
            yield _event(
                channel, f"{channel}-{visit}", now_ms - age_ms, "offered", queue=queue, customer=f"c-{channel}"
            )
            yield _event(channel, f"{channel}-{visit}", now_ms - age_ms + 40 * SECOND_MS, "abandoned")
    opened_ms = now_ms - 10 * 24 * 60 * MINUTE_MS
    for subject in ("solved", "open"):
        yield _event("ticket", f"t-{subject}", opened_ms, "opened", queue="Web", channel="phone")
    yield _event("ticket", "t-solved", now_ms - MINUTE_MS, "solved")


def _event(channel: str, subject: str, at_ms: int, kind: str, /, **data: Any) -> OutgoingEvent:
    body = cloud_event(f"{channel}.{kind}", "/test", f"{subject}/{kind}", at_ms, subject, data)
    return OutgoingEvent(f"{channel}s", subject, at_ms, body)


class Asked(NamedTuple):
    """An expression and what it gave."""

    query: Query
    expression: str
    found: list[Sample]


def _ask(server: Prometheus, dashboard: Dashboard) -> list[Asked]:
    """Every expression with the choices that its dashboard opens with; history as seen from that much later."""
    choices = {variable.name: variable.value or variable.all_value for variable in dashboard.variables}
    asked = []
    for query in dashboard.expressions():
        expression = query.expr.replace(RATE_RANGE, "1m")
        for name, value in choices.items():
            expression = expression.replace(f"${name}", value)
        asked.append(Asked(query, expression, server.query(expression, query.hours_back)))
    return asked


def _wrong(server: Prometheus, blind: bool) -> list[str]:
    """Expressions that give nothing where they must give data, or data where they must not, or no numbers at all.

    What gives nothing by design says why in ``none``; the grey twins do so only while their channel can be seen.
    """
    wrong = []
    for dashboard in DASHBOARDS:
        asked = _ask(server, dashboard)
        grey = {index for index, (query, *_) in enumerate(asked) if query.blind}
        by_design = {index for index, (query, *_) in enumerate(asked) if query.none}
        empty = by_design - grey | {index - 1 for index in grey} if blind else by_design
        wrong += [
            f"{dashboard.name}: {each.expression} gave {each.found}"
            for index, each in enumerate(asked)
            if bool(each.found) is (index in empty) or not all(math.isfinite(sample.value) for sample in each.found)
        ]
    return wrong


def _unread(server: Prometheus) -> list[str]:
    """Metrics in rules that select no series. Whether an alert then fires is for the cases of promtool."""
    made = groups(Settings.model_construct())
    rules = [rule.expr for group in made for rule in group.alerts] + [
        rule.expr for group in made for rule in group.recordings
    ]
    asked = {found for expression in rules for found in SELECTOR.findall(expression)}
    return sorted(expression for expression in asked - UNMADE.keys() if not server.query(expression))


def _choices(server: Prometheus, variable: Variable) -> list[str]:
    """Choices of a variable: the windows, or the values of its label in Prometheus with all other variables open."""
    if not variable.source:
        return [variable.value]
    chosen = label_values(variable).removeprefix("label_values(").removesuffix(f", {variable.name})")
    found = server.query(f"count by ({variable.name}) ({chosen.replace(f'${variable.narrowed_by}', '.+')})")
    return [sample.labels[variable.name] for sample in found if variable.name in sample.labels]


def _measured(server: Prometheus, dashboard: Dashboard) -> str:
    """The row of the page's table as Prometheus answers now."""
    asked = _ask(server, dashboard)
    given = sum(bool(each.found) for each in asked)
    uids = " · ".join(f"`veinte-{dashboard.name}-{language}`" for language in ("es", "en"))
    past = sum(bool(each.query.hours_back) for each in asked)
    return (
        f"| {dashboard.title.en.removeprefix('Veinte · ')} | {uids} | {len(dashboard.panels())} | {len(asked)} |"
        f" {given} | {past} | {len(asked) - given} |"
    )


def _check_states(exporter: Exporter, server: Prometheus) -> None:
    """The states on the dashboards are those of the API, queue by queue, and a sum over queues is the API's."""
    window = {"window": "30m", **USUAL}
    expression = state_of_service_level({**CHOSEN, **window}).replace("$channel", "call|chat").replace("$queue", ".*")
    names = {code: state for state, code in STATE_CODES.items()}

    def shown() -> dict[tuple[str, str], str]:
        found = server.query(expression)
        return {(each.labels["channel"], each.labels["queue"]): names[int(each.value)] for each in found}

    def told() -> dict[tuple[str, str], str]:
        rows = json.loads(exporter.get("/api/v1/snapshot?window=30m")[1])["rows"]
        return {
            (row["channel"], row["queue"]): series["windows"]["30m"]["state"]
            for row in rows
            if row["channel"] != "ticket" and row["queue"] != "*"
            for series in row["windowed"][SERVICE_LEVEL]
            if series["labels"] == dict(USUAL)
        }

    eventually("the states of the API", lambda: shown() == told(), POLL_SECONDS)
    assert "closed" == shown()["call", CLOSED_QUEUE]


def _check_lint(page: str) -> None:
    """Promtool finds nothing wrong with the names of the exporter."""
    done = subprocess.run(
        [tool("promtool"), "check", "metrics"], input=page, capture_output=True, text=True, check=False
    )
    assert "" == done.stdout + done.stderr


def _all_blind(server: Prometheus) -> bool:
    return [1.0] * len(Channel) == [sample.value for sample in server.query("veinte_blind")]
