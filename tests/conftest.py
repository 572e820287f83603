"""Fixtures for every test: settings that nothing outside the test has touched, and one real Kafka and Redis a run."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from pydantic import SecretStr

from streams.config.queue_settings import QueueSettings
from streams.config.setting_types import is_duration
from streams.config.settings import Settings

TEST_PARTITIONS = 2
TEST_HASH_KEY = "a key for tests only"
_KEPT_VARIABLES = ("VEINTE_LOGS",)

SettingsFactory = Callable[..., Settings]

# No example has a time limit and no search may be called too slow: both would fail by the load of the machine. In CI
# the examples are those of the test's own name, so that a run can turn red by a change of the code only.
hypothesis.settings.register_profile(
    "veinte",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("veinte")


def _isolated_settings(folder: Path, **values: Any) -> Settings:
    """Settings made of ``values`` and defaults, whatever a ``veinte.toml`` in the working directory says."""
    with contextlib.chdir(folder):
        return Settings(**values)


@pytest.fixture(scope="session", autouse=True)
def _ctrl_c_reaches_children() -> None:
    """A run in the background of a shell ignores SIGINT, and so would every program it starts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the VEINTE_* variables of whoever runs it, but for the folder of the public logs."""
    for name in list(os.environ):
        if name.startswith("VEINTE_") and name not in _KEPT_VARIABLES:
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of one Kafka and one Redis that run for all tests, on free ports; no process of theirs stays."""
    from streams.stack import Stack
    from streams.stack.addresses import free_port
    from streams.stack.processes import is_running

    folder = tmp_path_factory.mktemp("stack")
    kafka_port = free_port()
    settings = _isolated_settings(
        folder,
        kafka=f"127.0.0.1:{kafka_port}",
        redis=f"redis://127.0.0.1:{free_port(avoid=frozenset({kafka_port}))}/0",
        data=folder,
        partitions=TEST_PARTITIONS,
        hash_key=TEST_HASH_KEY,
        redis_password="",  # tests reach it from data directories of their own
    )
    servers = Stack(settings)
    try:
        servers.up(detach=False)
        processes = servers.processes()
        yield settings
    finally:
        servers.down()
    assert [] == [known for known in processes if is_running(known)]


@pytest.fixture
def settings_factory(stack: Settings, tmp_path: Path) -> Iterator[SettingsFactory]:
    """``settings_factory(**overrides)`` gives settings of the running stack with names of their own, topics created.

    ``create=False`` leaves the topics to the test. Topics and Redis keys go when the test ends.
    """
    from streams.tools.create_topics import create_topics

    made: list[Settings] = []

    def factory(*, create: bool = True, **overrides: Any) -> Settings:
        name = f"t{uuid.uuid4().hex[:12]}"
        values = {
            "kafka": stack.kafka,
            "redis": stack.redis,
            "namespace": name,
            "topic_prefix": f"{name}.",
            "partitions": TEST_PARTITIONS,
            "hash_key": SecretStr(TEST_HASH_KEY),
            "data": tmp_path / "data",
            **overrides,
        }
        settings = _isolated_settings(tmp_path, **values)
        made.append(settings)
        if create:
            create_topics(settings)
        return settings

    yield factory
    if made:
        _delete_topics(stack, {settings.topic_prefix for settings in made})
        _delete_keys(stack, {settings.namespace for settings in made})


@pytest.fixture(scope="session")
def environment_of() -> Callable[[Settings], dict[str, str]]:
    """``environment_of(settings)`` gives the environment in which a `veinte` command has these settings."""

    def environment(settings: Settings) -> dict[str, str]:
        given = settings.model_dump(mode="json", exclude_unset=True, exclude_none=True, exclude={"queues"})
        own = {f"VEINTE_{name.upper()}": _variable(settings, name, value) for name, value in given.items()}
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("VEINTE_")}
        queues = settings.model_dump(mode="json", exclude_unset=True)["queues"] if settings.queues else {}
        written = {name: [_with_units(policy) for policy in policies] for name, policies in queues.items()}
        return {**inherited, **own, "VEINTE_QUEUES": json.dumps(written)}

    return environment


def _variable(settings: Settings, name: str, value: object) -> str:
    plain = getattr(settings, name)
    if isinstance(plain, SecretStr):
        return plain.get_secret_value()
    field = Settings.model_fields[name]
    return f"{value}ms" if is_duration(field.annotation, field.metadata) else str(value)


def _with_units(policy: dict[str, Any]) -> dict[str, Any]:
    """The settings of a queue as a person writes them: a duration without a unit is refused."""
    fields = QueueSettings.model_fields
    return {
        name: f"{value}ms" if is_duration(fields[name].annotation, fields[name].metadata) else value
        for name, value in policy.items()
    }


def _delete_topics(stack: Settings, prefixes: set[str]) -> None:
    from streams.clients.kafka_clients import admin

    with admin(stack) as client:
        own = [name for name in client.list_topics() if any(p and name.startswith(p) for p in prefixes)]
        if own:
            client.delete_topics(own, raise_errors=False)


def _delete_keys(stack: Settings, namespaces: set[str]) -> None:
    from redis import Redis

    with Redis.from_url(stack.redis.get_secret_value()) as client:
        for namespace in namespaces:
            keys = list(client.scan_iter(match=f"*{namespace}*", count=1000))
            for start in range(0, len(keys), 500):
                client.unlink(*keys[start : start + 500])
