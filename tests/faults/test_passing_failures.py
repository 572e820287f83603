"""Failures that pass by themselves: the worker waits for them in place, says so in two lines, and counts exactly."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kafka import TopicPartition
from pydantic import SecretStr

from streams.clients.kafka_clients import admin
from streams.clients.redis_clients import sync_client
from streams.common.errors import EXIT_RESTART, EXIT_USER_ERROR
from streams.common.vocabulary import Clock
from streams.config.settings import Settings
from streams.contract.topics import INPUTS, Topic, dead_letter_topic
from streams.sources.outgoing import OutgoingEvent
from streams.stack.addresses import free_port
from streams.store.patience import RETRY_SECONDS
from tests.conftest import SettingsFactory
from tests.faults.load import FIRST_MS, call_events, call_numbers, counted, publish
from tests.faults.servers import DUMP, RedisServer, redis_server
from tests.support.numbers import Numbers, position_sum
from tests.support.processes import MEMBER, Worker, eventually, programs

Environment = Callable[[Settings], dict[str, str]]
BUSY_SECONDS = 9
SCRIPT = "local t = redis.call('TIME')[1] repeat until redis.call('TIME')[1] - t >= tonumber(ARGV[1])"


def busy(server: RedisServer, client: Any) -> None:
    """A script of somebody keeps Redis for some seconds."""
    script = server.client()
    script.connection_pool.connection_kwargs["socket_timeout"] = 60
    script.eval(SCRIPT, 0, BUSY_SECONDS)
    script.close()


def full(server: RedisServer, client: Any) -> None:
    """The memory that Redis may use is less than it uses."""
    client.config_set("maxmemory", "1")


def replica(server: RedisServer, client: Any) -> None:
    """Redis is the replica of a master that nobody reaches."""
    client.replicaof("127.0.0.1", free_port())


def no_disk(server: RedisServer, client: Any) -> None:
    """Redis cannot save: a folder has the name of its file."""
    client.config_set("save", "3600 1")
    (server.folder / DUMP).mkdir()
    client.set("somebody", "else")
    client.bgsave()
    eventually("a failed save", lambda: client.info("persistence")["rdb_last_bgsave_status"] == "err")


def whole(client: Any) -> None:
    """Nothing is wrong any more."""
    client.config_set("maxmemory", "0")
    client.replicaof("NO", "ONE")
    client.config_set("save", "")


FAILURES: dict[str, Callable[[RedisServer, Any], None]] = {
    "has no memory left": full,
    "is a replica and takes no writes": replica,
    "cannot write to its disk": no_disk,
    # Last: a Redis that clients left while it was busy does not always refuse writes for want of memory afterwards.
    "is busy with a script|cannot be reached": busy,
}


def wait_for_lines(worker: Worker, count: int) -> None:
    """Wait until the log has so many lines."""
    try:
        eventually("a line in the log", lambda: len(worker.stderr.splitlines()) >= count)
    except AssertionError:
        pytest.fail(f"line {count} did not come: {worker}")


def test_redis_does_not_serve_for_a_while(
    settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """A busy script, no memory, no disk, read-only: each is one line in the log with its end, none ends the worker."""
    with redis_server(tmp_path / "redis") as server:
        settings = settings_factory(clock=Clock.EVENT, redis=SecretStr(server.url))
        sent, calls = publish(settings, call_events(100)), 100
        with programs(environment_of(settings), tmp_path / "programs") as run:
            worker = run.worker(*MEMBER)
            client: Any = server.client()
            eventually("all applied", lambda: position_sum(client, settings) == sent)
            for number, (said, fail) in enumerate(FAILURES.items(), 1):
                fail(server, client)
                wait_for_lines(worker, 2 * number - 1)
                sent += publish(settings, call_events(100, first=calls))
                calls += 100
                whole(client)
                wait_for_lines(worker, 2 * number)
                begin, end = worker.stderr.splitlines()[2 * number - 2 :]
                assert re.search(f"Redis ({said}).*; asking again, for {RETRY_SECONDS} s in all", begin), str(worker)
                assert re.search(r"Redis answers again after \d+\.\d s$", end), str(worker)
            eventually("all applied", lambda: position_sum(client, settings) == sent)
            assert worker.status is None
            assert 2 * len(FAILURES) == len(worker.stderr.splitlines()), str(worker)
            client.close()
        numbers = Numbers(settings)
        assert call_numbers(calls) == counted(numbers.totals())
        assert {"applied": sent} == numbers.statistics(Topic.CALLS)


def test_servers_that_are_away_at_the_start(
    settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """A worker waits for a Redis that comes a moment later; without one, and without Kafka, it asks for a restart."""
    port = free_port()
    settings = settings_factory(clock=Clock.EVENT, redis=SecretStr(f"redis://127.0.0.1:{port}/0"))
    no_kafka = settings_factory(create=False, kafka=f"127.0.0.1:{free_port()}")
    no_redis = settings_factory(redis=SecretStr(f"redis://127.0.0.1:{free_port()}/0"))
    with programs(environment_of(settings), tmp_path / "programs") as run:
        worker = run.worker(*MEMBER)
        ended = {
            "Kafka at": run.veinte("worker", **environment_of(no_kafka)),
            "redis =": run.veinte("worker", **environment_of(no_redis)),
            "redis = ": run.veinte("rebuild", **environment_of(no_redis)),
        }
        eventually("the first line", lambda: "asking again" in worker.stderr)
        with redis_server(tmp_path / "redis", port=port):
            worker.wait_until_ready()
            assert 2 == len(worker.stderr.splitlines()), str(worker)
            assert "Kafka and Redis answer after" in worker.stderr
            assert 0 == worker.ask_to_stop(), str(worker)
        for where, program in ended.items():
            assert EXIT_RESTART == program.end(), str(program)
            first, last = program.stderr.splitlines()
            assert where in first
            assert f"asking again, for {RETRY_SECONDS} s in all" in first
            assert last.startswith(f"veinte: {where}")
            assert "cannot be reached" in last


def test_a_member_name_used_twice(
    settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """Of two workers with one name one ends, by the broker or by the fence, and says why."""
    settings = settings_factory(clock=Clock.EVENT)
    with programs(environment_of(settings), tmp_path / "programs") as run:
        first = run.worker(*MEMBER)
        first.wait_until_ready()
        second = run.worker(*MEMBER)
        eventually("the end of one", lambda: first.status is not None or second.status is not None)
        ended = first if first.status is not None else second
        (sentence,) = ended.stderr.splitlines()
        assert ended.status in (EXIT_USER_ERROR, EXIT_RESTART), sentence
        assert "--member name" in sentence
        assert "another worker has joined" in sentence or ended.status == EXIT_RESTART


def test_a_dead_letter_topic_that_is_gone(
    settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """The first record that must be set aside ends the worker with the name of the missing topic; none is lost."""
    settings = settings_factory(clock=Clock.EVENT)
    name = settings.topic(dead_letter_topic(Topic.CALLS))
    with programs(environment_of(settings), tmp_path / "programs") as run:
        worker = run.worker(*MEMBER)
        worker.wait_until_ready()
        with admin(settings) as client:
            client.delete_topics([name])
        publish(settings, [OutgoingEvent("calls", "c", FIRST_MS, {"specversion": "0.1"})])
        assert EXIT_USER_ERROR == worker.end(90), str(worker)
        assert f"topic {name} does not exist" in worker.stderr.splitlines()[-1]


def test_records_deleted_while_the_worker_slept(
    settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """A worker stopped in a backlog wakes up behind the start of its log: it goes on there or asks for a restart in a
    sentence, without a traceback, and what was lost is counted."""
    settings = settings_factory(clock=Clock.EVENT)
    sent = publish(settings, call_events(4_000))
    with programs(environment_of(settings), tmp_path / "programs") as run:
        worker = run.worker(*MEMBER)
        client = sync_client(settings)
        eventually("a part applied", lambda: position_sum(client, settings) > 0)
        worker.send(signal.SIGSTOP)
        sent += publish(settings, call_events(2_000, first=4_000))
        with admin(settings) as broker:
            partitions = [(settings.topic(topic), n) for topic in INPUTS for n in range(settings.partitions)]
            broker.delete_records({TopicPartition(*partition): -1 for partition in partitions})
        worker.send(signal.SIGCONT)
        sent += publish(settings, call_events(50, first=6_000))
        eventually("all seen", lambda: worker.status is not None or position_sum(client, settings) == sent)
        assert worker.status in (None, EXIT_RESTART), str(worker)
        assert "Traceback" not in worker.stderr, str(worker)
        worker.kill()
        client.close()
        run.drain()
    statistics = Numbers(settings).statistics(Topic.CALLS)
    assert statistics["lost"] > 0
    assert sent == statistics["applied"] + statistics["lost"]
