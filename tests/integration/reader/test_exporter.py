"""`veinte exporter` as people run it: events through Kafka, worker and Redis to /metrics."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import jsonschema
import pytest
from prometheus_client.parser import text_string_to_metric_families

from metrics.planning.view import UNREADABLE_AFTER_MS
from streams.common.durations import MINUTE_MS
from streams.common.vocabulary import Clock
from streams.config.settings import Settings
from streams.sources.outgoing import OutgoingEvent, cloud_event
from streams.sources.publisher import Publisher
from streams.stack.addresses import free_port
from streams.stack.programs import find_redis
from tests.conftest import SettingsFactory
from tests.support.boards import ICMI_RATIOS
from tests.support.processes import Program, Programs, eventually, programs
from tests.support.writers import Writer

Environment = Callable[[Settings], dict[str, str]]
RATIO = "contact_center_service_level_ratio"
SECOND_MS = 1_000


class Exporter:
    """A running `veinte exporter` and what it answers."""

    def __init__(self, run: Programs, **variables: str) -> None:
        self.port = free_port()
        self.program: Program = run.veinte("exporter", VEINTE_EXPORTER_PORT=str(self.port), **variables)

    def get(self, path: str) -> tuple[int, str]:
        """Status and body; status 0 where nobody answers yet."""
        assert self.program.status is None, str(self.program)
        try:
            with urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            return error.code, error.read().decode()
        except (URLError, OSError):
            return 0, ""

    def wait_for(self, path: str, status: int) -> str:
        """The body once ``path`` answers with ``status``."""
        found: list[str] = []

        def answered() -> bool:
            code, body = self.get(path)
            found[:] = [body]
            return code == status

        eventually(f"{status} from {path}", answered)
        return found[0]

    def values(self, name: str, **labels: str) -> list[float]:
        """Values at /metrics in full detail of the series whose labels include ``labels``."""
        return [
            sample.value
            for family in text_string_to_metric_families(self.get("/metrics?detail=full")[1])
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ]


def call(subject: str, at_ms: int, kind: str, **data: Any) -> OutgoingEvent:
    """One event of a call."""
    body = cloud_event(f"call.{kind}", "/pbx/test", f"{subject}/{kind}", at_ms, subject, data)
    return OutgoingEvent("calls", subject, at_ms, body)


def publish(settings: Settings, events: Iterable[OutgoingEvent]) -> None:
    with Publisher(settings) as publisher:
        for event in events:
            publisher.send(event)


def icmi_events(start_ms: int) -> Iterator[OutgoingEvent]:
    """1000 answered, of them 860 within 20 s; 60 abandoned, of them 20 within it and 10 within 5 s."""
    waits = [("answered", 20_000)] * 860 + [("answered", 20_001)] * 140
    waits += [("abandoned", 5_000)] * 10 + [("abandoned", 5_001)] * 5 + [("abandoned", 20_000)] * 5
    waits += [("abandoned", 20_001)] * 40
    for number, (kind, wait_ms) in enumerate(waits):
        yield call(f"c{number}", start_ms, "offered", queue="sales")
        yield call(f"c{number}", start_ms + wait_ms, kind)
        if kind == "answered":
            yield call(f"c{number}", start_ms + wait_ms + 60_000, "ended")


def test_the_icmi_vector_through_kafka(
    settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """1060 calls in Kafka give all six variants at /metrics, and JSON that fits its schema."""
    settings = settings_factory(clock=Clock.EVENT)
    publish(settings, icmi_events(1_790_000_000_000))
    with programs(environment_of(settings), tmp_path / "programs") as run:
        run.drain()
        exporter = Exporter(run)
        exporter.wait_for("/readyz", 200)
        found = {variant: round(exporter.values(RATIO, window="1h", variant=variant)[0], 4) for variant in ICMI_RATIOS}
        assert ICMI_RATIOS == found
        assert [1060.0] == exporter.values("contact_center_contacts_offered", window="5m")
        assert [0.0] == exporter.values("veinte_blind", channel="call")
        shown = json.loads(exporter.wait_for("/api/v1/snapshot", 200))
        jsonschema.validate(shown, json.loads(exporter.wait_for("/api/v1/snapshot.schema.json", 200)))
        assert 0 == exporter.program.ask_to_stop()


def test_a_caller_who_waits_past_the_target_is_a_miss_and_stays_one(
    settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """She counts while she waits, without a worker she ages and the channel goes blind; her answer moves nothing."""
    settings = settings_factory()
    offered_ms = time.time_ns() // 1_000_000 - 30 * SECOND_MS
    publish(settings, [call("late", offered_ms, "offered", queue="sales")])
    with programs(environment_of(settings), tmp_path / "programs") as run:
        run.drain()
        exporter = Exporter(run)
        exporter.wait_for("/readyz", 200)
        number = {"queue": "sales", "window": "15m", "variant": "short_removed"}
        assert [0.0] == exporter.values(RATIO, **number)
        assert [1.0] == exporter.values("contact_center_contacts_waiting_past_target")
        (wait,) = exporter.values("contact_center_longest_wait_seconds")
        assert 30 <= wait
        eventually("an older wait", lambda: exporter.values("contact_center_longest_wait_seconds")[0] > wait)
        eventually("blindness without a worker", lambda: [1.0] == exporter.values("veinte_blind", channel="call"))
        assert [0.0] == exporter.values(RATIO, **number)

        publish(settings, [call("late", offered_ms + 45 * SECOND_MS, "answered")])
        run.drain()
        eventually("the answer", lambda: [1.0] == exporter.values("contact_center_contacts_in_progress"))
        assert [0.0] == exporter.values(RATIO, **number)
        denominator = {"queue": "sales", "window": "15m", "variant": "strict"}
        assert [1.0] == exporter.values("contact_center_service_level_denominator", **denominator)


def test_another_count_of_partitions_is_said_and_survived(
    settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """Numbers made with other partitions are not shown: blind, not ready, alive; the right count mends it."""
    settings = settings_factory(create=False, partitions=1)
    writer = Writer(settings)
    writer.commit()
    with programs(environment_of(settings), tmp_path / "programs") as run:
        exporter = Exporter(run)
        exporter.wait_for("/readyz", 200)
        writer.partitions = 2
        writer.commit()
        sentence = "made with 2 partitions, but partitions = 1"
        assert sentence in exporter.wait_for("/readyz", 503)
        assert [1.0] * 3 == exporter.values("veinte_blind")
        assert 200 == exporter.get("/livez")[0]
        late = Exporter(run)
        eventually("the sentence", lambda: sentence in late.get("/readyz")[1])
        assert sentence in late.wait_for("/api/v1/snapshot", 503)
        assert [] == late.values("contact_center_contacts_waiting")
        writer.partitions = 1
        writer.commit()
        exporter.wait_for("/readyz", 200)
        late.wait_for("/readyz", 200)
        assert 0 == exporter.program.ask_to_stop()
        assert sentence in exporter.program.stderr
        assert "Traceback" not in exporter.program.stderr


def test_no_clock_makes_a_silent_worker_look_alive(
    settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """A head is trusted once it has changed; one of the future is a wrong clock, and silence for all of ten seconds."""
    settings = settings_factory(create=False, partitions=1)
    writer, ahead = Writer(settings), 20 * MINUTE_MS
    writer.beat()
    with programs(environment_of(settings), tmp_path / "programs") as run:
        exporter = Exporter(run)
        exporter.wait_for("/readyz", 200)

        def calls() -> dict[str, Any]:
            found: dict[str, Any] = json.loads(exporter.wait_for("/api/v1/snapshot", 200))["channels"]["call"]
            return found

        assert "unconfirmed" == calls()["reason"]
        writer.beat()
        eventually("sight", lambda: not calls()["blind"])
        assert {} == calls()["why"]
        writer.beat(ahead)
        eventually("a wrong clock", lambda: calls()["reason"] == "clock")
        assert re.fullmatch(r"the clock of the worker of calls-0 and .* differ by (1199|1200) s", calls()["why"]["en"])
        assert [1.0] == exporter.values("veinte_blind_reason", topic="calls", reason="clock")
        eventually("silence", lambda: calls()["reason"] == "heartbeat")
        assert 10 < calls()["age_seconds"]
        writer.beat()
        eventually("sight again", lambda: not calls()["blind"])
        assert 0 == exporter.program.ask_to_stop()


@contextmanager
def redis_server(port: int, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A Redis of our own, to be taken away; gone at the end."""
    command = [find_redis().path, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield server
    finally:
        server.kill()
        server.wait()


def test_redis_may_come_and_go(tmp_path: Path) -> None:
    """Without Redis the exporter lives, is not ready and blind, and mends by itself each time Redis comes."""
    port = free_port()
    environment = {**os.environ, "VEINTE_REDIS": f"redis://127.0.0.1:{port}/0"}
    with programs(environment, tmp_path / "programs") as run:
        exporter = Exporter(run)
        exporter.wait_for("/livez", 200)
        eventually("the reason", lambda: "cannot be reached" in exporter.get("/readyz")[1])
        assert [1.0] * 3 == exporter.values("veinte_blind")
        assert "there are no numbers yet" in exporter.wait_for("/api/v1/snapshot", 503)
        with redis_server(port, tmp_path):
            exporter.wait_for("/readyz", 200)
            exporter.wait_for("/api/v1/snapshot", 200)
        assert "cannot be reached" in exporter.wait_for("/readyz", 503)
        assert UNREADABLE_AFTER_MS / SECOND_MS < exporter.values("veinte_snapshot_age_seconds")[0]
        health = json.loads(exporter.wait_for("/api/v1/snapshot", 200))["channels"]["call"]
        assert health["blind"]
        with redis_server(port, tmp_path):
            exporter.wait_for("/readyz", 200)
        exporter.program.send(signal.SIGINT)
        assert 0 == exporter.program.end()


def test_a_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    """The exporter names the port and the setting, and ends with status 2."""
    with socket.socket() as taken, programs(dict(os.environ), tmp_path / "programs") as run:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        program = run.veinte("exporter", VEINTE_EXPORTER_PORT=str(port))
        assert 2 == program.end()
        expected = f"port {port} on 127.0.0.1 is in use; stop the program that listens there"
        assert expected in program.stderr


def test_a_wrong_password_is_named(stack: Settings, tmp_path: Path) -> None:
    """A Redis that refuses the password is a reason at /readyz, not a traceback."""
    port = free_port()
    with redis_server(port, tmp_path) as server:
        import redis

        client = redis.Redis(port=port)
        eventually("Redis", lambda: answers(client))
        client.config_set("requirepass", "secret")
        environment = {**os.environ, "VEINTE_REDIS": f"redis://127.0.0.1:{port}/0", "VEINTE_REDIS_PASSWORD": "wrong"}
        with programs(environment, tmp_path / "programs") as run:
            exporter = Exporter(run)
            eventually("the reason", lambda: "refuses the user or password" in exporter.get("/readyz")[1])
        assert None is server.poll()


def answers(client: Any) -> bool:
    import redis

    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


@pytest.mark.parametrize("setting", ["VEINTE_EXPORTER_HOST=192.0.2.1", "VEINTE_EXPORTER_PORT=nonsense"])
def test_an_address_that_cannot_be_is_refused(setting: str, tmp_path: Path) -> None:
    """One sentence names the setting; status 2."""
    name, _, value = setting.partition("=")
    with programs(dict(os.environ), tmp_path / "programs") as run:
        program = run.veinte("exporter", **{name: value})
        assert 2 == program.end()
        assert name.removeprefix("VEINTE_").lower() in program.stderr
