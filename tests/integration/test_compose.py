"""deploy/compose.yaml without containers: its own commands and environment, only addresses and paths replaced."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.settings import Settings
from streams.sources.outgoing import OutgoingEvent, cloud_event
from streams.sources.publisher import Publisher
from streams.stack.addresses import free_port, local_endpoint
from streams.stack.processes import Launch
from tests.conftest import SettingsFactory
from tests.monitoring import get, running, value
from tests.processes import Program, Programs, eventually, programs
from tests.tools import tool

DEPLOY = Path(__file__).parents[2] / "deploy"
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
PROGRAMS = {"prometheus": ("prometheus",), "alertmanager": ("prometheus-alertmanager", "alertmanager")}


class Host:
    """What containers would be given by Docker: names that are addresses, folders that are volumes."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.ports: dict[str, int] = {}
        for name in ("exporter", "prometheus", "alertmanager"):
            self.ports[name] = free_port(avoid=frozenset(self.ports.values()))
        self._folder = folder
        self._replaced = {
            "kafka:9092": settings.kafka,
            "redis://redis:6379/0": settings.redis.get_secret_value(),
            "/data": str(folder / "data"),
            "/monitoring": str(folder / "monitoring"),
            "exporter:8020": f"127.0.0.1:{self.ports['exporter']}",
            "prometheus:9090": f"127.0.0.1:{self.ports['prometheus']}",
            "alertmanager:9093": f"127.0.0.1:{self.ports['alertmanager']}",
            "127.0.0.1:8020": f"127.0.0.1:{self.ports['exporter']}",
            "0.0.0.0:9090": f"127.0.0.1:{self.ports['prometheus']}",
            "127.0.0.1:9090": f"127.0.0.1:{self.ports['prometheus']}",
            "0.0.0.0:9093": f"127.0.0.1:{self.ports['alertmanager']}",
            "127.0.0.1:9093": f"127.0.0.1:{self.ports['alertmanager']}",
            "0.0.0.0": "127.0.0.1",
        }
        self._names = re.compile("|".join(rf"(?<!\w){re.escape(name)}\b" for name in self._replaced))
        # Topics and keys of this test only; a container has a network of its own, where 8020 and 8021 are free.
        self._own = {
            "VEINTE_TOPIC_PREFIX": settings.topic_prefix,
            "VEINTE_NAMESPACE": settings.namespace,
            "VEINTE_PARTITIONS": str(settings.partitions),
            "VEINTE_EXPORTER_PORT": str(self.ports["exporter"]),
        }
        (folder / "data").mkdir()

    def text(self, text: str) -> str:
        """``text`` with what a container would resolve replaced by what is here."""
        return self._names.sub(lambda found: self._replaced[found[0]], text)

    def command(self, service: str) -> list[str]:
        """What the service runs."""
        return [self.text(word) for word in SERVICES[service]["command"]]

    def environment(self, service: str) -> dict[str, str]:
        """What the service finds in its environment, variables of whoever starts it being unset."""
        given = {
            name: re.sub(r"^\$\{\w+:-(.*)\}$", r"\1", text)
            for name, text in SERVICES[service].get("environment", {}).items()
        }
        return {**self._own, **{name: self.text(text) for name, text in given.items()}}

    def is_healthy(self, service: str, port: int | None = None) -> bool:
        """Whether the service's own health check passes; ``port``: of a worker's health pages."""
        _, *check = SERVICES[service]["healthcheck"]["test"]
        words = [self.text(word).replace(":8021/", f":{port}/") for word in check]
        words[0] = sys.executable if words[0] == "python" else words[0]
        return subprocess.run(words, capture_output=True, check=False).returncode == 0

    def point_prometheus_here(self) -> None:
        """Replace the addresses in the file that `prepare` wrote."""
        file = self._folder / "monitoring" / "prometheus" / "prometheus.yml"
        file.write_text(self.text(file.read_text()))


@pytest.fixture
def host(settings_factory: SettingsFactory, tmp_path: Path) -> Host:
    """Names and folders for the services, on the Kafka and Redis that all tests share."""
    return Host(settings_factory(create=False, hash_key=None), tmp_path)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Programs]:
    """Programs with the settings file that the containers have, and no setting of anybody else."""
    folder = tmp_path / "etc"
    folder.mkdir()
    (folder / "veinte.toml").write_text((DEPLOY / "veinte.toml").read_text())
    with programs(dict(os.environ), folder) as started:
        yield started


def started(run: Programs, host: Host, service: str) -> Program:
    """The service's command as a process here."""
    return run.veinte(*host.command(service), **host.environment(service))


def monitoring(host: Host, service: str, folder: Path) -> Any:
    """Prometheus or Alertmanager as the compose file starts it."""
    command = [tool(*PROGRAMS[service]), *host.command(service)]
    return running(
        Launch(command, folder, dict(os.environ)), local_endpoint(host.ports[service]), folder / f"{service}.log"
    )


def send_a_call(environment: dict[str, str]) -> None:
    """A call that is offered now, to the Kafka that this environment names."""
    settings = Settings.model_validate({key.removeprefix("VEINTE_").lower(): text for key, text in environment.items()})
    at_ms = time.time_ns() // 1_000_000
    body = cloud_event("call.offered", "/pbx/test", "1", at_ms, "c1", {"queue": "Ventas"})
    with Publisher(settings) as publisher:
        publisher.send(OutgoingEvent("calls", "c1", at_ms, body))


def test_a_call_reaches_prometheus_through_the_services(host: Host, run: Programs, tmp_path: Path) -> None:
    """Prepare, two workers, exporter, Alertmanager and Prometheus of the compose file: healthy, and a call is seen."""
    assert "configuration written" in started(run, host, "prepare").succeed()
    assert "topics: all there" in started(run, host, "prepare").succeed()
    assert 0o600 == (tmp_path / "data" / "hash_key").stat().st_mode & 0o777
    host.point_prometheus_here()
    workers = [
        run.worker(*host.command("worker")[1:], **host.environment("worker"))
        for _ in range(SERVICES["worker"]["deploy"]["replicas"])
    ]
    exporter = started(run, host, "exporter")
    with ExitStack() as servers:
        for service in ("alertmanager", "prometheus"):
            servers.enter_context(monitoring(host, service, tmp_path))
            assert host.is_healthy(service)
        prometheus = local_endpoint(host.ports["prometheus"])
        eventually("partitions for each worker", lambda: all(worker.owned for worker in workers))
        assert all(host.is_healthy("worker", worker.port) for worker in workers)
        eventually("a healthy exporter", lambda: host.is_healthy("exporter"))
        send_a_call(host.environment("worker"))
        offered = 'contact_center_contacts_offered{queue="Ventas",window="1h"}'
        eventually("the call in Prometheus", lambda: value(prometheus, offered) == 1, poll_seconds=0.2)
        targets = get(prometheus, "/api/v1/targets", state="active")["data"]["activeTargets"]
        assert {"veinte", "prometheus", "alertmanager"} == {target["labels"]["job"] for target in targets}
        eventually("all targets", lambda: value(prometheus, "sum(up)") == 3, poll_seconds=0.2)
        known = get(prometheus, "/api/v1/alertmanagers")["data"]["activeAlertmanagers"]
        assert [f"http://127.0.0.1:{host.ports['alertmanager']}/api/v2/alerts"] == [each["url"] for each in known]
        assert [None, None, None] == [program.status for program in (*workers, exporter)]


def test_the_simulator_of_the_demo_starts(host: Host, run: Programs) -> None:
    """Its command and environment are accepted, and events go out."""
    assert "topics created" in started(run, host, "prepare").succeed()
    simulator = run.veinte(*host.command("simulator"), "--max-events", "50", **host.environment("simulator"))
    assert 0 == simulator.end()
    assert "simulated 50 events" in simulator.stderr
