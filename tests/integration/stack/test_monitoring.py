"""Prometheus and Alertmanager of the stack: they come up with it, they see the numbers, they tell the right people."""

from __future__ import annotations

import http.client
import os
import re
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from redis import AuthenticationError, Redis

from metrics.commands.cli import alert_rules
from streams.clients.redis_clients import sync_client
from streams.common.errors import UserError
from streams.common.vocabulary import Clock
from streams.config.settings import Settings
from streams.stack import Stack
from streams.stack.addresses import free_port, local_endpoint
from streams.stack.monitoring import write_alertmanager
from streams.stack.processes import is_running
from tests.conftest import SettingsFactory
from tests.support.monitoring import Told, Webhook, alertmanager, get, post_alerts, value
from tests.support.processes import Programs, eventually, programs
from tests.support.scenarios import NIGHT, OUTAGE, Heard, Scenario, calendars, play, queues, table, variables
from tests.support.tools import tool

Environment = Callable[[Settings], dict[str, str]]
Scene = Callable[[Scenario, float, Callable[[Webhook], bool], bool], list[Heard]]
WEBHOOK = "http://127.0.0.1:9/s3cr3t-of-nobody"
SPEED = 60
"""A minute of the log in a second."""
QUICK = (("group_wait: 15s", "group_wait: 1s"), ("group_wait: 1m", "group_wait: 1s"))


def own_ports(count: int) -> list[int]:
    """Different ports that are free."""
    ports: list[int] = []
    while len(ports) < count:
        ports.append(free_port(avoid=frozenset(ports)))
    return ports


@pytest.fixture
def own(tmp_path: Path) -> Settings:
    """Settings of a stack of the test's own."""
    kafka, redis, exporter, prometheus, manager = own_ports(5)
    return Settings(
        kafka=f"127.0.0.1:{kafka}",
        redis=f"redis://127.0.0.1:{redis}/0",
        data=tmp_path / "data",
        partitions=1,
        exporter_port=exporter,
        prometheus_port=prometheus,
        alertmanager_port=manager,
    )


def stack_command(run: Programs, *arguments: str) -> str:
    """Output of a `veinte stack` command that succeeds."""
    return run.veinte("stack", *arguments).succeed()


def test_the_stack_with_monitoring(own: Settings, environment_of: Environment, tmp_path: Path) -> None:
    """All four run and are shown; rules are loaded, the exporter's numbers arrive; down leaves no process behind."""
    tool("prometheus")
    stack = Stack(own, alert_rules=alert_rules)
    prometheus, manager = stack.endpoints["prometheus"], stack.endpoints["alertmanager"]
    secret = {"SECRET_OF_NOBODY": "s3cr3t", "VEINTE_ALERT_WEBHOOK_ONCALL": WEBHOOK}
    with programs({**environment_of(own), **secret}, tmp_path / "programs") as run:
        try:
            said = stack_command(run, "up", "--monitoring")
            assert ["kafka", "redis", "alertmanager", "prometheus"] == re.findall(r"^(\w+) .* started on", said, re.M)
            processes = stack.processes()
            assert 8 == len(processes)
            assert_closed(own, run, said)
            assert 4 == stack_command(run, "status").count("runs and answers")
            assert 4 == stack_command(run, "up", "--monitoring").count("runs already")
            exporter = run.veinte("exporter")

            def arrived() -> bool:
                assert exporter.status is None, str(exporter)
                return value(prometheus, 'veinte_blind{channel="call"}') == 1

            eventually("a number of the exporter", arrived)
            groups = get(prometheus, "/api/v1/rules", type="alert")["data"]["groups"]
            assert "VeinteExporterGone" in {rule["name"] for group in groups for rule in group["rules"]}
            assert {"ok", "unknown"} >= {rule["health"] for group in groups for rule in group["rules"]}
            known = get(prometheus, "/api/v1/alertmanagers")["data"]["activeAlertmanagers"]
            assert [f"http://{manager}/api/v2/alerts"] == [each["url"] for each in known]
            assert "Server is ready" in stack_command(run, "logs", "prometheus")

            os.kill(next(server.pid for server in stack.status() if server.name == "prometheus" and server.pid), 9)
            eventually("its end", lambda: not stack.recalled("prometheus"))
            broken = run.veinte("stack", "status")
            assert 3 == broken.end()
            assert "prometheus: not running" in broken.stdout
            assert "stopped: kafka, redis, alertmanager\n" == stack_command(run, "down")
            assert [] == [known for known in processes if is_running(known)]
            assert "prometheus" not in run.veinte("stack", "status").stdout
        finally:
            stack.down()


def test_a_port_of_monitoring_in_use_is_named(own: Settings) -> None:
    """A taken port is one sentence with the setting to change; the same port twice is another."""
    sentence = f"port {own.prometheus_port} .*VEINTE_PROMETHEUS_PORT to a free port"
    with socket.create_server(("127.0.0.1", own.prometheus_port)), pytest.raises(UserError, match=sentence):
        Stack(own, alert_rules=alert_rules).up()
    same = own.model_copy(update={"alertmanager_port": own.prometheus_port})
    with pytest.raises(UserError, match="alertmanager and prometheus both name port"):
        Stack(same, alert_rules=alert_rules)
    assert ("kafka", "redis") == Stack(same).wanted


def assert_closed(own: Settings, run: Programs, said: str) -> None:
    """The data is the owner's, Redis has a password that commands find, and no server knows a secret of ours."""
    password = own.data / "redis_password"
    assert (0o700, 0o600) == tuple(stat.S_IMODE(path.stat().st_mode) for path in (own.data, password))
    assert f"Redis password: in {password}" in said
    with Redis.from_url(own.redis.get_secret_value()) as redis, pytest.raises(AuthenticationError):
        redis.ping()
    sync_client(own).close()
    assert password.read_text().strip() not in said + stack_command(run, "status")
    servers = [known for each in Stack(own).processes() for known in psutil.Process(each.pid).children(recursive=True)]
    assert [] == [name for each in servers for name in each.environ() if name.startswith(("VEINTE_", "SECRET_"))]
    for port in (own.prometheus_port, own.alertmanager_port):
        statuses = [
            answer(port, headers)[0] for headers in ({}, {"Host": "evil.example"}, {"Origin": "http://evil.example"})
        ]
        assert [200, 421, 403] == statuses
    shown = answer(own.alertmanager_port, {}, "/api/v2/status")
    assert (200, False) == (shown[0], WEBHOOK in shown[1])


def answer(port: int, headers: dict[str, str], path: str = "/-/ready") -> tuple[int, str]:
    """Status and body of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers=headers)
        found = connection.getresponse()
        return found.status, found.read().decode()
    finally:
        connection.close()


def page(name: str, audience: str = "supervisor", **labels: str) -> dict[str, str]:
    """Labels of an urgent alert."""
    return {"alertname": name, "severity": "page", "audience": audience, **labels}


def test_alerts_reach_their_people_and_silences_hold(tmp_path: Path) -> None:
    """Each audience hears its own; a blind channel silences its queues only; without the exporter all but that is."""
    with Webhook() as webhook:
        urls = {f"alert_webhook_{name}": f"{webhook.url}/{name}" for name in ("supervisor", "oncall", "planner")}
        write_alertmanager(Settings.model_validate(urls), tmp_path)
        file = tmp_path / "alertmanager.yml"
        text = file.read_text()
        for slow, quick in QUICK:
            assert slow in text
            text = text.replace(slow, quick)
        file.write_text(text)
        with alertmanager(tmp_path, local_endpoint(free_port())) as manager:
            calls = {"channel": "call", "queue": "Ventas"}
            # What silences comes first, as it does in life: a silence is looked up when a message is about to go.
            post_alerts(manager, page("VeinteBlind", "oncall", channel="call"))
            post_alerts(
                manager,
                page("ContactCenterServiceLevelBurn", **calls),
                page("ContactCenterServiceLevelBurn", channel="chat", queue="Chat"),
                {**page("ContactCenterServiceLevelBurn", channel="chat", queue="Chat"), "severity": "ticket"},
                {**page("ContactCenterRepeatsSurge", "planner", channel="chat", queue="Chat"), "severity": "info"},
                page("VeinteLag", "oncall", topic="calls"),
            )
            told = {
                ("oncall", "VeinteBlind", "page"),
                ("oncall", "VeinteLag", "page"),
                ("supervisor", "ContactCenterServiceLevelBurn", "page"),
                ("planner", "ContactCenterRepeatsSurge", "info"),
            }

            def heard() -> set[tuple[str, str, str]]:
                return {(each.receiver, each.name, each.labels["severity"]) for each in webhook.told}

            eventually("all that are not silenced", lambda: told <= heard())
            post_alerts(manager, page("VeinteExporterGone", "oncall"))
            post_alerts(manager, page("VeinteLate", "oncall", channel="chat"))
            eventually("the last word", lambda: "VeinteExporterGone" in webhook.names())
            assert told | {("oncall", "VeinteExporterGone", "page")} == heard()
            assert {"chat"} == {each.labels["channel"] for each in webhook.told if each.receiver == "supervisor"}
            states = {
                (alert["labels"]["alertname"], alert["labels"].get("channel", "")): alert["status"]["state"]
                for alert in get(manager, "/api/v2/alerts")
            }
            assert {("VeinteExporterGone", "")} == {key for key, state in states.items() if state == "active"}
            assert "suppressed" == states["VeinteLate", "chat"]


def test_the_week_waits_while_the_day_says_it(tmp_path: Path) -> None:
    """A queue has one ticket: of today before 7 and 28 days, of none met before both, of 7 days before 28."""
    write_alertmanager(Settings(), tmp_path)

    def burn(queue: str, window: str) -> dict[str, str]:
        return page("ContactCenterServiceLevelBurn", channel="call", queue=queue, window=window) | {
            "severity": "ticket"
        }

    none_met = page("ContactCenterServiceLevelNoneMet", channel="call", queue="Gerencia") | {"severity": "ticket"}
    with alertmanager(tmp_path, local_endpoint(free_port())) as manager:
        post_alerts(
            manager,
            *(burn("Ventas", window) for window in ("today", "7d", "28d")),
            none_met,
            *(burn("Gerencia", window) for window in ("7d", "28d")),
            *(burn("Tienda", window) for window in ("7d", "28d")),
            burn("Taller", "28d"),
        )

        def told() -> set[tuple[str, str]]:
            found = [each for each in get(manager, "/api/v2/alerts") if each["status"]["state"] == "active"]
            return {(each["labels"]["queue"], each["labels"].get("window", "")) for each in found}

        expected = {("Ventas", "today"), ("Gerencia", ""), ("Tienda", "7d"), ("Taller", "28d")}
        eventually("the silences", lambda: expected == told())


@pytest.fixture
def scene(settings_factory: SettingsFactory, stack: Settings, tmp_path: Path) -> Scene:
    """``scene(scenario, minutes, enough, is_expected)`` plays a scenario of the simulator and gives what was heard."""

    def played(scenario: Scenario, minutes: float, enough: Callable[[Webhook], bool], is_expected: bool) -> list[Heard]:
        exporter, prometheus, manager = own_ports(3)
        ports = {"exporter_port": exporter, "prometheus_port": prometheus, "alertmanager_port": manager}
        settings = settings_factory(clock=Clock.EVENT, calendars=calendars(), queues=queues(), **ports)
        environment = variables(settings, stack)
        return play(
            scenario,
            settings,
            environment,
            tmp_path,
            speed=SPEED,
            minutes=minutes,
            enough=enough,
            is_expected=is_expected,
        )

    return played


def test_an_outage_is_told_to_the_supervisors(scene: Scene) -> None:
    """The whole way from the simulator's outage to a page for the supervisors of the queue that suffers most."""

    def is_page(told: Told) -> bool:
        burns = told.name == "ContactCenterServiceLevelBurn" and told.labels["severity"] == "page"
        return burns and told.labels["queue"] == "Soporte" and told.status == "firing"

    found = scene(OUTAGE, 60, lambda webhook: any(map(is_page, webhook.told)), True)
    print(table(found))
    assert any(is_page(each.told) for each in found)
    assert {"supervisor"} == {each.told.receiver for each in found}
    texts = [each.told.annotations for each in found]
    assert [] == [text for text in texts if not {"summary_es", "summary_en", "runbook_url"} <= set(text)]
    assert [] == [text for text in texts if "<" in text["summary_es"] or "error" in text["summary_es"]]


def test_a_night_is_quiet(scene: Scene) -> None:
    """While the desk is closed and a few call all the same, nobody is told of anything."""
    assert [] == scene(NIGHT, 15, lambda webhook: bool(webhook.told), False)
