"""The demo's plan, its children and its status line, without Kafka or Redis."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from metrics.exporter.api import Query, document
from metrics.planning.view import View
from metrics.snapshot.snapshot import PipelineNumbers, RowKey, TopicNumbers
from metrics.web.problems import encode
from streams.access.roles import EVERY_SIGHT
from streams.common.errors import UserError
from streams.common.vocabulary import Channel
from streams.config.access_settings import access_rules
from streams.config.settings import Settings
from streams.demo import child_processes as children
from streams.demo import run as demo
from streams.demo.child_processes import Child
from streams.demo.run import DemoOptions, explain_command, make_plan, takes_monitoring
from streams.demo.status import DemoStatus, interpret
from tests.support.boards import ICMI, NOW_MS, counts, live_of, row, settings, snapshot

DEADLINE_SECONDS = 60.0


def plan(folder: Path, busy: set[int], *, zone: str | None = "Europe/Madrid", **values: Any) -> Any:
    """A plan on a machine in ``zone`` where the ports in ``busy`` are taken."""
    return make_plan(
        settings(folder, **values), {"PATH": "/bin"}, Settings, lambda _host, port: port not in busy, lambda _: zone
    )


def test_the_demo_is_open_whatever_the_settings_say(tmp_path: Path) -> None:
    """It shows itself on loopback, and reads its own numbers without a token."""
    made = plan(tmp_path, set(), anonymous=["board"], trusted_proxies=["127.0.0.1"])
    assert EVERY_SIGHT == access_rules(made.settings).anonymous_sees(tokens=True)
    assert ",".join(made.settings.anonymous) == made.environment["VEINTE_ANONYMOUS"]


def test_the_demo_takes_the_usual_ports_and_data_of_its_own(tmp_path: Path) -> None:
    """With all ports free nothing is unusual; the children's environment says the same as the settings."""
    made = plan(tmp_path, set())
    assert () == made.notes
    assert ("127.0.0.1:9092", "redis://127.0.0.1:6379/0") == (made.settings.kafka, made.settings.redis_display())
    assert (8020, 8021, tmp_path / "demo") == (
        made.settings.exporter_port,
        made.settings.worker_port,
        made.settings.data,
    )
    assert ("/bin", str(tmp_path / "demo"), "8020") == (
        made.environment["PATH"],
        made.environment["VEINTE_DATA"],
        made.environment["VEINTE_EXPORTER_PORT"],
    )


def test_the_demo_says_how_to_ask_it(tmp_path: Path) -> None:
    """Another terminal needs the variables that the demo has otherwise, and no more."""
    own = settings(tmp_path)
    command = "veinte explain kpi contact_center_service_level_ratio --channel call --window 30m"
    assert command == explain_command(plan(tmp_path, set(), zone="UTC"), own)
    moved = plan(tmp_path, {6379}, zone="Europe/Madrid")
    variables = "VEINTE_REDIS=redis://127.0.0.1:6380/0 VEINTE_TIME_ZONE=Europe/Madrid"
    assert f"{variables} {command}" == explain_command(moved, own)


def test_ports_in_use_are_stepped_over_and_named(tmp_path: Path) -> None:
    """Each server takes the next port that is free and not taken by another of ours."""
    made = plan(tmp_path, {9092, 6379, 6380, 8020})
    assert ("127.0.0.1:9093", "redis://127.0.0.1:6381/0") == (made.settings.kafka, made.settings.redis_display())
    assert (8021, 8022) == (made.settings.exporter_port, made.settings.worker_port)
    assert "port 8020 is in use: exporter takes 8021" in made.notes
    assert "port 9093 is in use: alertmanager takes 9094" in made.notes
    assert 5 == len(made.notes)


@pytest.mark.parametrize(
    "zone, values, expected, notes",
    [
        ("America/Bogota", {}, "America/Bogota", ()),
        ("America/Bogota", {"time_zone": "Europe/Madrid"}, "Europe/Madrid", ()),
        (None, {}, "UTC", (demo.NO_ZONE,)),
        (None, {"time_zone": "UTC"}, "UTC", ()),
    ],
)
def test_the_demo_runs_in_the_time_zone_of_the_machine(
    zone: str | None, values: dict[str, str], expected: str, notes: tuple[str, ...], tmp_path: Path
) -> None:
    """Settings that name a zone win; a machine without a named one gives UTC, and the demo says so."""
    made = plan(tmp_path, set(), zone=zone, **values)
    assert (expected, expected, notes) == (made.settings.time_zone, made.environment["VEINTE_TIME_ZONE"], made.notes)


def test_servers_elsewhere_are_not_touched(tmp_path: Path) -> None:
    """Settings that name a cluster of somebody give the demo a Kafka and a Redis of its own all the same."""
    made = plan(tmp_path, set(), kafka="broker.example:9092", redis="rediss://cache.example:6380/0")
    assert ("127.0.0.1:9092", "redis://127.0.0.1:6379/0") == (made.settings.kafka, made.settings.redis_display())


def test_no_free_port_is_one_sentence(tmp_path: Path) -> None:
    """Where every port is taken the demo says so."""
    with pytest.raises(UserError, match="no port is free from 9092 to 9291"):
        plan(tmp_path, set(range(65_536)))


class Said:
    """A display that keeps what stays."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        self.lines.append(text)

    def step(self, text: str) -> None:
        raise AssertionError(text)

    def show(self, status: DemoStatus) -> None:
        raise AssertionError(status)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """``machine(has, can_fetch, problem)``: what there is of Prometheus and Alertmanager, and how a fetch goes."""

    def use(*, has: bool, can_fetch: bool = False, problem: str = "") -> None:
        def fetch_monitoring() -> None:
            if problem:
                raise UserError(problem)

        monkeypatch.setattr(demo, "has_monitoring", lambda: has)
        monkeypatch.setattr(demo, "can_fetch", lambda: can_fetch)
        monkeypatch.setattr(demo, "fetch_monitoring", fetch_monitoring)

    return use


def alerts(wish: bool | None) -> tuple[bool, list[str]]:
    """True if the demo has alerts, and the lines about them."""
    said = Said()
    return takes_monitoring(DemoOptions(60, 1, "normal", 0, monitoring=wish), said), said.lines


def test_installed_monitoring_is_used_unless_it_is_refused(machine: Callable[..., None]) -> None:
    """Where both are installed there is nothing to say."""
    machine(has=True)
    assert (True, []) == alerts(None) == alerts(True)
    assert (False, []) == alerts(False)


def test_missing_monitoring_is_fetched_where_it_can_be(machine: Callable[..., None]) -> None:
    """One sentence says what comes from where to where, and how to go without."""
    machine(has=False, can_fetch=True)
    taken, lines = alerts(None)
    assert (True, 1) == (taken, len(lines))
    assert re.search(r"packages \(30 MB\) into \S+/veinte/debian; nothing is installed, .*--no-monitoring", lines[0])
    assert (False, []) == alerts(False)


def test_the_demo_goes_on_without_monitoring(machine: Callable[..., None]) -> None:
    """Said once: on a system without packages, and where they do not come; only who asked for alerts is refused."""
    machine(has=False)
    taken, lines = alerts(None)
    assert (False, 1) == (taken, len(lines))
    assert lines[0].startswith("without alerts: Prometheus 2.42 or newer")
    machine(has=False, can_fetch=True, problem="no network")
    taken, lines = alerts(None)
    assert (False, ["without alerts: no network"]) == (taken, lines[1:])
    with pytest.raises(UserError, match="no network"):
        alerts(True)


def eventually(condition: Callable[[], bool]) -> bool:
    """True if the condition holds before the deadline."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let every child run a script of the test's instead of `veinte`."""

    def use(text: str) -> None:
        monkeypatch.setattr(children, "VEINTE", (sys.executable, "-c", text))
        monkeypatch.setattr(children, "RESTART_SECONDS", 0.0)

    return use


def run_until_it_fails(child: Child) -> str:
    """Look after the child until it is given up."""
    problem: list[str] = []

    def failed() -> bool:
        try:
            child.check()
        except UserError as error:
            problem.append(str(error))
        return bool(problem)

    child.start()
    assert eventually(failed)
    return problem[0]


def test_a_child_that_asks_for_a_restart_gets_it_and_one_that_fails_is_reported(
    tmp_path: Path, script: Callable[[str], None]
) -> None:
    """Status 75 starts it again; any other end is one sentence with the last lines of its log."""
    script(
        "import pathlib, sys; turns = pathlib.Path(sys.argv[1]);"
        "n = int(turns.read_text() or 0) + 1 if turns.exists() else 1; turns.write_text(str(n));"
        "print('turn', n); sys.exit(75 if n < 3 else 1)"
    )
    turns, log = tmp_path / "turns", tmp_path / "log"
    problem = run_until_it_fails(Child("worker", [str(turns)], log, os.environ))
    assert "3" == turns.read_text()
    assert f"the worker ended with exit status 1: turn 1 / turn 2 / turn 3 (see {log})" == problem


def test_a_child_that_asks_too_often_is_given_up(
    tmp_path: Path, script: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Restarts are bounded."""
    monkeypatch.setattr(children, "RESTARTS_AT_MOST", 2)
    script("import sys; print('no'); sys.exit(75)")
    problem = run_until_it_fails(Child("worker", [], tmp_path / "log", os.environ))
    assert problem.startswith("the worker ended with exit status 75: no / no / no")


def test_a_stopped_child_is_gone(tmp_path: Path, script: Callable[[str], None]) -> None:
    """Stopping ends the command itself, not only its keeper, and again does nothing."""
    script("import os, pathlib, sys, time; pathlib.Path(sys.argv[1]).write_text(str(os.getpid())); time.sleep(600)")
    file = tmp_path / "pid"
    child = Child("exporter", [str(file)], tmp_path / "log", os.environ)
    child.start()
    assert eventually(lambda: file.exists() and file.read_text().isdigit())
    child.check()
    child.stop()
    child.stop()
    assert not psutil.pid_exists(int(file.read_text()))


def reading(
    last: DemoStatus, applied: int, age_seconds: float, at_seconds: float, folder: Path, stopped: str = ""
) -> DemoStatus:
    """The status of a snapshot with so many events, the newest so old, read at an instant."""
    newest_ms = NOW_MS - round(age_seconds * 1000)
    board = snapshot(
        {RowKey(Channel.CALL, "sales"): row(counts(ICMI), live_of(waiting=3, in_progress=14))},
        pipeline=PipelineNumbers(
            topics={"calls": TopicNumbers(applied=applied, newest_ms=newest_ms)},
            lag={("calls", 0): 5},
            stopped={("calls", 0): stopped},
        ),
    )
    body = encode(document(View(board, 0), settings(folder), Query(windows=("5m", "today"))))
    return interpret(json.loads(body), last, at_seconds)


def test_the_status_line_tells_history_from_live(tmp_path: Path) -> None:
    """History counts events; live shows the service level, who waits, the pace and the lag, and stays live."""
    first = reading(DemoStatus(), 1_000, 3_600, 10.0, tmp_path)
    assert "history: 1,000 events · 0 events/s · lag 5" == first.line()
    second = reading(first, 5_000, 2, 12.0, tmp_path)
    expected = "live: service level 81.9% in 5 min · 3 waiting · 14 in progress · 5,000 events · 2,000 events/s · lag 5"
    assert expected == second.line()
    assert reading(second, 5_000, 600, 13.0, tmp_path).live
    assert "the worker and the exporter are starting" == DemoStatus().line()


def test_a_partition_that_stands_still_is_told(tmp_path: Path) -> None:
    """The demo would wait for its history in vain."""
    assert ("calls/0", "") == tuple(
        reading(DemoStatus(), 1_000, 3_600, 10.0, tmp_path, stopped=reason).stopped for reason in ("refused", "")
    )
