"""Worker, exporter and commands against a Kafka with TLS, SCRAM and ACLs and a Redis with TLS and ACLs, with the rights
that we ship and no others, while certificates and their authority are replaced."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from redis.exceptions import NoPermissionError

from streams.clients.redis_clients import sync_client
from streams.clients.topic_reader import TopicReader
from streams.common.durations import HOUR_MS
from streams.common.errors import UserError
from streams.config.settings import Settings
from streams.stack.addresses import free_port
from streams.store.keys import generation_key
from streams.tools.create_topics import create_topics
from streams.tools.preflight import kafka_problems, redis_problems
from tests.faults.load import call_events, call_numbers, counted, publish
from tests.support.certificates import Authority
from tests.support.numbers import Numbers
from tests.support.processes import MEMBER, eventually, programs
from tests.support.secure_servers import ADMIN, OPERATOR, READER, SOURCE, WORKER, SecureServers

CALLS = 40


@pytest.fixture
def servers(tmp_path: Path) -> Any:
    """Both servers, with their rights and topics."""
    secured = SecureServers(tmp_path / "servers")
    with secured.running():
        secured.grant()
        create_topics(secured.settings(OPERATOR, tmp_path))
        yield secured


def is_ready(port: int, ca: Path) -> bool:
    """True where an exporter with TLS has read Redis a moment ago."""
    context = ssl.create_default_context(cafile=ca)
    try:
        with urlopen(f"https://127.0.0.1:{port}/readyz", timeout=5, context=context) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def refuses_what_nobody_needs(worker: Settings, reader: Settings, source: Settings) -> None:
    """A worker sends no events and touches no keys but ours, a source reads none, a reader changes nothing."""
    with pytest.raises(UserError):
        publish(worker, call_events(1))
    with pytest.raises(UserError), TopicReader(source) as topics:
        next(topics.read({("calls", 0): (0, 1)}))
    ours, other = generation_key(worker.namespace), "another"
    forbidden = [
        (worker, ("GET", other)),
        (worker, ("FLUSHALL",)),
        (worker, ("CONFIG", "GET", "*")),
        (reader, ("SET", ours, "1")),
        (reader, ("UNLINK", ours)),
        (reader, ("EVAL", "return redis.call('SET', KEYS[1], '1')", "1", ours)),
    ]
    for settings, command in forbidden:
        client: Any = sync_client(settings)
        with pytest.raises(NoPermissionError):
            client.execute_command(*command)
        client.close()


def test_the_least_rights_are_enough_while_certificates_change(
    servers: SecureServers, tmp_path: Path, environment_of: Callable[[Settings], dict[str, str]]
) -> None:
    """With the rights that are shipped every program does its work and is refused nothing; the worker and the exporter
    go on when both servers get a certificate of another authority."""
    now_ms = int(time.time() * 1000)
    door = Authority(tmp_path / "door")
    pair, port = door.issue("exporter"), free_port()
    worker = servers.settings(WORKER, tmp_path, queues={"support": {"channel": "call"}})
    reader = servers.settings(READER, tmp_path, exporter_port=port, tls_cert_file=pair.cert, tls_key_file=pair.key)
    operator, source = servers.settings(OPERATOR, tmp_path), servers.settings(SOURCE, tmp_path)
    numbers = servers.settings(ADMIN, tmp_path)

    def has(calls: int) -> bool:
        return counted(Numbers(numbers).totals()) == call_numbers(calls)

    with programs(environment_of(worker), tmp_path / "programs") as running:
        process = running.worker(*MEMBER)
        exporter = running.veinte("exporter", **environment_of(reader))
        publish(source, call_events(CALLS, first_ms=now_ms - HOUR_MS))
        process.wait_until_ready()
        eventually("the first calls", lambda: has(CALLS), poll_seconds=0.1)
        eventually("the exporter", lambda: is_ready(port, door.cert), poll_seconds=0.1)
        assert ([], []) == (kafka_problems(operator), redis_problems(operator))

        servers.renew_all()
        publish(source, call_events(CALLS, first=CALLS, first_ms=now_ms - HOUR_MS))
        eventually("the calls after the renewal", lambda: has(2 * CALLS), poll_seconds=0.1)
        eventually("the exporter after it", lambda: is_ready(port, door.cert), poll_seconds=0.1)
        assert (None, None) == (process.status, exporter.status), running.said()
        process.ask_to_stop()
        exporter.ask_to_stop()
        running.veinte("rebuild", **environment_of(operator)).succeed()
    assert has(2 * CALLS)
    assert [] == servers.denials()
    assert [] == servers.redis_denials()
    refuses_what_nobody_needs(worker, reader, source)
