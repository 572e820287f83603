"""Workers suspended during a rebalance, without partitions, without their broker for a while, or stopped."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from streams.clients.kafka_clients import admin
from streams.clients.redis_clients import sync_client
from streams.common.errors import EXIT_RESTART
from streams.common.vocabulary import Clock
from streams.config.settings import Settings
from streams.contract.topics import FOLDED, Topic
from streams.stack import Stack
from streams.stack.addresses import free_port, port_is_free
from streams.stack.embedded import KAFKA
from tests.conftest import SettingsFactory
from tests.faults.load import call_events, call_numbers, counted, publish
from tests.support.numbers import Numbers, position_sum
from tests.support.processes import MEMBER, eventually, frozen, programs

Environment = Callable[[Settings], dict[str, str]]


def assert_exact(settings: Settings, calls: int, sent: int) -> None:
    """Every call is counted once, and every record applied once."""
    numbers = Numbers(settings)
    assert call_numbers(calls) == counted(numbers.totals())
    assert {"applied": sent} == numbers.statistics(Topic.CALLS)


def committed(settings: Settings) -> int:
    """The sum of the committed offsets, as Kafka's own lag tools see them."""
    with admin(settings) as client:
        offsets = client.list_group_offsets([settings.namespace])[settings.namespace]
    return sum(offset.offset for offset in offsets.values())


def test_a_worker_that_slept_through_a_rebalance(
    settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """A worker that wakes up after its partitions were reassigned changes nothing with the records it still holds."""
    settings = settings_factory(clock=Clock.EVENT, partitions=4)
    client: Any = sync_client(settings)
    with programs(environment_of(settings), tmp_path / "programs") as run:
        sleeper, other = run.worker(), run.worker()
        eventually("a share for each", lambda: sleeper.owned and other.owned)
        with ThreadPoolExecutor(1) as thread:
            sending = thread.submit(publish, settings, call_events(6_000))
            eventually("work", lambda: position_sum(client, settings) > 0, poll_seconds=0.001)
            with frozen(sleeper.pid):
                before = position_sum(client, settings)
                sent = sending.result()
                assert before < sent, "the worker was stopped too late"
                eventually("all partitions with the other", lambda: other.owned == 4 * len(FOLDED))
                sent += publish(settings, call_events(1_000, first=6_000))
                eventually("everything applied by the other", lambda: position_sum(client, settings) == sent)
        eventually(
            "an end or a fresh start", lambda: sleeper.status == EXIT_RESTART or 0 < sleeper.owned < 4 * len(FOLDED)
        )
        assert sleeper.status in (None, EXIT_RESTART), str(sleeper)
        sent += publish(settings, call_events(1_000, first=7_000))
        eventually("everything applied", lambda: position_sum(client, settings) == sent)
        assert other.status is None, str(other)
    client.close()
    assert_exact(settings, 8_000, sent)


def test_a_worker_without_partitions_is_ready(
    settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """A worker without partitions reports that, is ready, and takes over when the other ends."""
    settings = settings_factory(clock=Clock.EVENT, partitions=1)
    with programs(environment_of(settings), tmp_path / "programs") as run:
        workers = [run.worker() for _ in range(2)]

        def shares() -> list[int]:
            answers = [worker.health("readyz") for worker in workers]
            return sorted(json.loads(text)["partitions"] for status, text in answers if status == 200)

        eventually("all with one, both ready", lambda: shares() == [0, len(FOLDED)])
        idle, busy = sorted(workers, key=lambda worker: worker.owned)
        assert 0 == busy.ask_to_stop(), str(busy)
        eventually("a handover", lambda: idle.owned == len(FOLDED))
        sent = publish(settings, call_events(100))
        client: Any = sync_client(settings)
        eventually("everything applied", lambda: position_sum(client, settings) == sent)
        client.close()
        assert 0 == idle.ask_to_stop(), str(idle)
    assert_exact(settings, 100, sent)


def asked_as(name: str, port: int, page: str) -> int:
    """Status of a page that is asked for under a name."""
    wire = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        wire.request("GET", f"/{page}", headers={"Host": name})
        return wire.getresponse().status
    finally:
        wire.close()


def test_health_pages(
    stack: Settings, settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """Readiness begins with the first commit of an assignment; liveness is constant; a frozen worker answers
    neither."""
    settings = settings_factory(clock=Clock.EVENT)
    kafka = Stack(stack).recalled(KAFKA)
    assert kafka is not None
    with programs(environment_of(settings), tmp_path / "programs") as run:
        worker = run.worker(*MEMBER)
        eventually("a health page", lambda: worker.health("livez")[0] == 200)
        with frozen(kafka.process.pid):
            assert (503, 0) == (worker.health("readyz")[0], Numbers(settings).statistics().total())
            assert 200 == worker.health("livez")[0]
        worker.wait_until_ready()
        assert all(partition.status is not None for partition in Numbers(settings).partitions.values())
        assert 200 == worker.health("livez")[0]
        assert (200, 421) == tuple(asked_as("evil.example", worker.port, page) for page in ("livez", "numbers"))
        with frozen(worker.pid):
            assert 0 == worker.health("livez")[0]
        assert 200 == worker.health("livez")[0]
        assert 0 == worker.ask_to_stop(), str(worker)


def test_a_broker_frozen_for_some_seconds(
    stack: Settings, settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """A broker frozen for some seconds costs nothing but time, and the heartbeat shows the growing age."""
    settings = settings_factory(clock=Clock.EVENT)
    kafka = Stack(stack).recalled(KAFKA)
    assert kafka is not None
    client: Any = sync_client(settings)
    with programs(environment_of(settings), tmp_path / "programs") as run:
        worker = run.worker(*MEMBER)
        worker.wait_until_ready()
        sent = publish(settings, call_events(100))
        eventually("everything applied", lambda: position_sum(client, settings) == sent)
        with frozen(kafka.process.pid):

            def ages() -> list[int]:
                statuses = [partition.status for partition in Numbers(settings).partitions.values()]
                return [status.wall_ms - status.watermark_ms for status in statuses if status is not None]

            eventually("heartbeats that own up to it", lambda: min(ages()) > 5_000)
        sent += publish(settings, call_events(100, first=100))
        eventually("everything applied", lambda: position_sum(client, settings) == sent)
        assert 0 == worker.ask_to_stop(), str(worker)
    client.close()
    assert_exact(settings, 200, sent)
    assert sent == committed(settings)


def test_a_stop_at_any_moment_is_orderly(
    settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """SIGTERM and Ctrl-C end a worker with status 0 at any moment, and the next one continues at once."""
    settings = settings_factory(clock=Clock.EVENT)
    sent = publish(settings, call_events(2_000))
    with programs(environment_of(settings), tmp_path / "programs") as run:
        early = run.worker()
        eventually("a health page", lambda: early.health("livez")[0] == 200)
        early.send(signal.SIGINT)
        assert 0 == early.end(), str(early)
        busy = run.worker()
        client: Any = sync_client(settings)
        eventually("work", lambda: position_sum(client, settings) > 0)
        client.close()
        assert 0 == busy.ask_to_stop(), str(busy)
        assert "" == run.said()
        run.drain()
    assert_exact(settings, 2_000, sent)


def test_a_broker_killed_and_started_again(
    settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """A worker survives or asks for a restart when the broker crashes and returns, and the count is exact."""
    kafka_port = free_port()
    redis_port = free_port(avoid=frozenset({kafka_port}))
    settings = settings_factory(
        create=False,
        clock=Clock.EVENT,
        data=tmp_path / "own",
        kafka=f"127.0.0.1:{kafka_port}",
        redis=SecretStr(f"redis://127.0.0.1:{redis_port}/0"),
    )
    servers, again = Stack(settings), Stack(settings)
    client: Any = None
    try:
        servers.up(detach=False)
        with programs(environment_of(settings), tmp_path / "programs") as run:
            client = sync_client(settings)
            worker = run.worker(*MEMBER)
            sent = publish(settings, call_events(500))
            eventually("everything applied", lambda: position_sum(client, settings) == sent)
            kafka = servers.recalled(KAFKA)
            assert kafka is not None
            os.kill(kafka.process.pid, signal.SIGKILL)
            eventually("the broker's end", lambda: port_is_free("127.0.0.1", kafka_port))
            again.up(detach=False)
            sent += publish(settings, call_events(500, first=500))
            applied = partial(position_sum, client, settings)
            eventually("progress or an end", lambda: applied() == sent or worker.status == EXIT_RESTART)
            if worker.status is None:
                assert 0 == worker.ask_to_stop(), str(worker)
            run.drain()
        assert_exact(settings, 1_000, sent)
    finally:
        if client is not None:
            client.close()
        servers.down()
        again.down()


def test_drains_side_by_side(settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path) -> None:
    """Several drains at once share the work and all end, one without a partition too."""
    settings = settings_factory(clock=Clock.EVENT, partitions=2)
    sent = publish(settings, call_events(4_000))
    with programs(environment_of(settings), tmp_path / "programs") as run:
        for worker in [run.worker("--drain") for _ in range(3)]:
            assert 0 == worker.end(), str(worker)
    assert_exact(settings, 4_000, sent)
