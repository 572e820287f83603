"""A Redis that freezes, loses its data, restarts with older data, or is a Cluster: the numbers end exact every time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from streams.clients.redis_clients import sync_client
from streams.common.errors import EXIT_RESTART
from streams.common.vocabulary import Clock
from streams.config.settings import Settings
from streams.contract.topics import Topic
from tests.conftest import SettingsFactory
from tests.faults.load import call_events, call_numbers, counted, publish
from tests.faults.servers import RedisServer, cluster_of_one, redis_server
from tests.support.numbers import Numbers, position_sum
from tests.support.processes import MEMBER, eventually, programs

Environment = Callable[[Settings], dict[str, str]]
OPEN_SECONDS = 10.0
"""Time limit of an assignment on Redis before the worker must end (streams.worker.app.OPEN_TIMEOUT_SECONDS)."""


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis for one test."""
    with redis_server(tmp_path / "redis") as server:
        yield server


def assert_exact(settings: Settings, calls: int, sent: int) -> None:
    """Every call is counted once, and every record applied once."""
    numbers = Numbers(settings)
    assert call_numbers(calls) == counted(numbers.totals())
    assert {"applied": sent} == numbers.statistics(Topic.CALLS)


def test_redis_frozen_for_some_seconds(
    own_redis: RedisServer, settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """A Redis frozen for some seconds during the work is asked again: no restart, exact numbers; past `stall_limit` the
    worker is not live, and its log says what it waits for."""
    settings = settings_factory(clock=Clock.EVENT, redis=SecretStr(own_redis.url))
    sent = publish(settings, call_events(500))
    with programs(environment_of(settings), tmp_path / "programs") as run:
        worker = run.worker(*MEMBER, VEINTE_STALL_LIMIT="6s")
        worker.wait_until_ready()
        own_redis.freeze()
        sent += publish(settings, call_events(2_000, first=500))
        eventually("a page that tells of it", lambda: worker.health("readyz")[0] == 503)
        eventually("a page that calls for a restart", lambda: worker.health("livez")[0] == 503)
        eventually("the stacks", lambda: "the worker does not move: no heartbeat round for" in worker.stderr)
        own_redis.thaw()
        client = sync_client(settings)
        eventually("everything applied", lambda: position_sum(client, settings) == sent)
        client.close()
        eventually("a ready worker", lambda: worker.health("readyz")[0] == 200)
        assert 200 == worker.health("livez")[0]
        assert "runtime.py" in worker.stderr.partition("the worker does not move")[2]
        assert 0 == worker.ask_to_stop(), str(worker)
    assert_exact(settings, 2_500, sent)


def test_redis_frozen_over_an_assignment(
    own_redis: RedisServer, settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """A worker that is assigned partitions of a frozen Redis ends and starts over; it never idles."""
    settings = settings_factory(clock=Clock.EVENT, redis=SecretStr(own_redis.url))
    sent = publish(settings, call_events(100))
    with programs(environment_of(settings), tmp_path / "programs") as run:
        worker = run.worker(*MEMBER)
        eventually("a worker on its way to an assignment", lambda: worker.health("livez")[0] == 200)
        own_redis.freeze()
        thaw = threading.Timer(OPEN_SECONDS + 4, own_redis.thaw)
        thaw.start()
        status = worker.end()
        thaw.join()
        assert EXIT_RESTART == status, str(worker)
        run.drain()
    assert_exact(settings, 100, sent)


def test_redis_restarted_from_an_older_file(
    own_redis: RedisServer, settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """A Redis restarted with older data has an older position too: the worker counts again from there, and loses
    nothing."""
    settings = settings_factory(clock=Clock.EVENT, redis=SecretStr(own_redis.url))
    sent = publish(settings, call_events(1_000))
    with programs(environment_of(settings), tmp_path / "programs") as run:
        worker = run.worker(*MEMBER)
        client = sync_client(settings)
        eventually("the first part applied", lambda: position_sum(client, settings) == sent)
        own_redis.keep_copy()
        sent += publish(settings, call_events(2_000, first=1_000))
        eventually("all applied", lambda: position_sum(client, settings) == sent)
        own_redis.restart_from_copy()
        assert EXIT_RESTART == worker.end(), str(worker)
        assert position_sum(client, settings) < sent
        client.close()
        run.drain()
    assert_exact(settings, 3_000, sent)


def test_redis_emptied_under_an_idle_worker(
    own_redis: RedisServer, settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """FLUSHALL under an idle worker is noticed by the next heartbeat, and a restart counts the log anew."""
    settings = settings_factory(clock=Clock.EVENT, redis=SecretStr(own_redis.url))
    sent = publish(settings, call_events(300))
    with programs(environment_of(settings), tmp_path / "programs") as run:
        worker = run.worker(*MEMBER)
        client = sync_client(settings)
        eventually("all applied", lambda: position_sum(client, settings) == sent)
        client.flushall()
        client.close()
        assert EXIT_RESTART == worker.end(), str(worker)
        assert 1 == len(worker.stderr.splitlines()), str(worker)
        run.drain()
    assert_exact(settings, 300, sent)


def test_a_redis_cluster(settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path) -> None:
    """A worker on a Redis Cluster reaches the same exact count, a restart in between included."""
    with cluster_of_one(tmp_path / "redis") as server:
        settings = settings_factory(clock=Clock.EVENT, redis=SecretStr(server.url), redis_cluster=True)
        sent = publish(settings, call_events(1_000))
        with programs(environment_of(settings), tmp_path / "programs") as run:
            run.drain()
            sent += publish(settings, call_events(1_000, first=1_000))
            run.drain()
        assert_exact(settings, 2_000, sent)
