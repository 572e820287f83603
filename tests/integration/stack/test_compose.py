"""deploy/compose.yaml without containers: all its services but Grafana, held to what a container forbids."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from streams.config.settings import Settings
from streams.sources.outgoing import OutgoingEvent, cloud_event
from streams.sources.publisher import Publisher
from tests.support.containers import SERVICES, Host
from tests.support.monitoring import get, value
from tests.support.processes import Program, Programs, Worker, eventually, programs


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    """The Kafka and the Redis of the compose file, and what the other services need to run."""
    host = Host(tmp_path / "host")
    with host.redis(), host.kafka():
        yield host


@pytest.fixture
def run(host: Host, tmp_path: Path) -> Iterator[Programs]:
    """Programs in a folder with the settings file that the containers have, where they can write nothing."""
    with programs({}, tmp_path / "said", jail=host.work) as started:
        yield started


def started(run: Programs, host: Host, service: str, *more: str) -> Program:
    """The service's command as a process here."""
    return run.veinte(*host.command(service), *more, **host.environment(service))


def workers(run: Programs, host: Host) -> list[Worker]:
    """As many workers as the compose file wants."""
    command = host.command("worker")
    assert ["worker"] == command
    return [run.worker(**host.environment("worker")) for _ in range(SERVICES["worker"]["deploy"]["replicas"])]


def send_a_call(host: Host) -> None:
    """A call that is offered now, sent by a program that runs in no container."""
    at_ms = time.time_ns() // 1_000_000
    body = cloud_event("call.offered", "/pbx/test", "1", at_ms, "c1", {"queue": "Ventas"})
    with Publisher(Settings(kafka=str(host.endpoint("outside")))) as publisher:
        publisher.send(OutgoingEvent("calls", "c1", at_ms, body))


def test_a_call_reaches_prometheus_through_the_services(host: Host, run: Programs) -> None:
    """Every service starts, is healthy and writes into its volumes only; a call is seen; the simulator can send."""
    data = host.volume("data")
    assert "configuration written" in started(run, host, "prepare").succeed()
    assert "topics: all there" in started(run, host, "prepare").succeed()
    assert 0o600 == (data / "hash_key").stat().st_mode & 0o777
    assert all("data:/data:ro" in SERVICES[name]["volumes"] for name in ("worker", "exporter"))
    data.chmod(0o555)
    host.point_prometheus_here()
    both = workers(run, host)
    exporter = started(run, host, "exporter")
    with ExitStack() as servers:
        for service in ("alertmanager", "prometheus"):
            servers.enter_context(host.monitoring(service))
        prometheus = host.endpoint("prometheus")
        for worker in both:
            worker.wait_until_ready()
        eventually("partitions for each worker", lambda: all(worker.owned for worker in both))
        assert all(host.is_healthy("worker", worker.port) for worker in both)
        eventually("a healthy exporter", lambda: host.is_healthy("exporter"))
        send_a_call(host)
        offered = 'contact_center_contacts_offered{queue="Ventas",window="1h"}'
        eventually("the call in Prometheus", lambda: value(prometheus, offered) == 1, poll_seconds=0.2)
        targets = get(prometheus, "/api/v1/targets", state="active")["data"]["activeTargets"]
        assert {"veinte", "prometheus", "alertmanager"} == {target["labels"]["job"] for target in targets}
        eventually("all targets", lambda: value(prometheus, "sum(up)") == 3, poll_seconds=0.2)
        known = get(prometheus, "/api/v1/alertmanagers")["data"]["activeAlertmanagers"]
        assert [f"http://{host.endpoint('alertmanager')}/api/v2/alerts"] == [each["url"] for each in known]
        simulator = started(run, host, "simulator", "--max-events", "50")
        assert 0 == simulator.end()
        assert "simulated 50 events" in simulator.stderr
        assert [None, None, None] == [program.status for program in (*both, exporter)]
    assert ["veinte.toml"] == [path.name for path in host.work.iterdir()]
    assert ["hash_key"] == [path.name for path in data.iterdir()]
