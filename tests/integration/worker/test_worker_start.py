"""Errors at the start of a worker: one sentence that names the setting, exit status 2, no traceback."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from streams.clients.kafka_clients import admin
from streams.common.errors import EXIT_USER_ERROR
from streams.config.settings import Settings
from streams.contract.topics import Topic, dead_letter_topic
from tests.conftest import SettingsFactory
from tests.faults.servers import RedisServer, cluster_of_one, redis_server
from tests.support.processes import programs

Environment = Callable[[Settings], dict[str, str]]
Start = Callable[..., str]


@pytest.fixture
def refusal(environment_of: Environment, tmp_path: Path) -> Start:
    """``refusal(settings, **variables)`` gives the one sentence with which a worker refuses to start."""

    def start(settings: Settings, **variables: str) -> str:
        with programs(environment_of(settings), tmp_path / "programs") as run:
            program = run.veinte("worker", **variables)
            assert EXIT_USER_ERROR == program.end(), str(program)
            assert 1 == len(program.stderr.splitlines()), str(program)
            assert "" == program.stdout
            return program.stderr.strip()

    return start


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis with a password."""
    with redis_server(tmp_path / "redis", password="right") as server:
        yield server


@pytest.mark.parametrize("password", [None, "wrong"])
def test_a_wrong_password(
    password: str | None, guarded: RedisServer, settings_factory: SettingsFactory, refusal: Start
) -> None:
    """No password or another one than Redis asks for; the one given is not printed."""
    secret = None if password is None else SecretStr(password)
    said = refusal(settings_factory(redis=SecretStr(guarded.url), redis_password=secret))
    assert "refuses the user or password" in said
    assert "wrong" not in said


def test_the_right_password(
    guarded: RedisServer, settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """With it the worker runs."""
    settings = settings_factory(redis=SecretStr(guarded.url), redis_password=SecretStr("right"))
    with programs(environment_of(settings), tmp_path / "programs") as run:
        run.drain()


def test_a_port_in_use(settings_factory: SettingsFactory, refusal: Start) -> None:
    """Another program has the port of the health pages."""
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = str(taken.getsockname()[1])
        said = refusal(settings_factory(), VEINTE_WORKER_PORT=port)
    assert f"veinte: port {port} on 127.0.0.1 cannot be listened on" in said


def test_missing_topics(settings_factory: SettingsFactory, refusal: Start) -> None:
    """Topics that nobody has made."""
    settings = settings_factory(create=False)
    assert f"veinte: topic {settings.topic(Topic.CALLS)} does not exist" in refusal(settings)


def test_a_missing_dead_letter_topic(settings_factory: SettingsFactory, refusal: Start) -> None:
    """Without the place for what cannot be used, the first bad record would stop everything: refused at start."""
    settings = settings_factory()
    name = settings.topic(dead_letter_topic(Topic.CHATS))
    with admin(settings) as client:
        client.delete_topics([name])
    assert f"veinte: topic {name} does not exist" in refusal(settings)


def test_a_cluster_that_is_not_said_to_be_one(
    settings_factory: SettingsFactory, refusal: Start, tmp_path: Path
) -> None:
    """A node of a Redis Cluster without redis_cluster, and a plain Redis with it."""
    with cluster_of_one(tmp_path / "cluster") as server:
        said = refusal(settings_factory(redis=SecretStr(server.url)))
    assert "is a node of a Redis Cluster; set redis_cluster = true" in said
    with redis_server(tmp_path / "plain") as server:
        said = refusal(settings_factory(redis=SecretStr(server.url), redis_cluster=True))
    assert "is no Redis Cluster; set redis_cluster = false" in said


def test_no_hash_key(settings_factory: SettingsFactory, refusal: Start) -> None:
    """Identifiers of people are never stored without a key to hash them with."""
    settings = settings_factory(hash_key=None)
    assert "VEINTE_HASH_KEY" in refusal(settings)


def test_everything_wrong_with_the_settings_at_once(
    settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """Settings that cannot work are refused with their names and values, a line each."""
    settings = settings_factory(create=False)
    with programs(environment_of(settings), tmp_path / "programs") as run:
        program = run.veinte("worker", VEINTE_PARTITIONS="none", VEINTE_CLOCK="sun")
        assert EXIT_USER_ERROR == program.end(), str(program)
        first, *lines = program.stderr.splitlines()
    assert "veinte: settings cannot work:" == first
    assert ["clock = 'sun'", "partitions = 'none'"] == sorted(line.strip().split(":")[0] for line in lines)
