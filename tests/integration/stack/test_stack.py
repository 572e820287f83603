"""The embedded stack on a real Kafka and a real Redis: it comes up, it answers, and it leaves nothing behind."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from redis import Redis

from streams.clients.kafka_clients import TopicDescription, admin, describe_topics
from streams.clients.topic_configs import (
    DEAD_LETTER_MAX_BYTES,
    topic_configs,
)
from streams.common.durations import DAY_MS, HOUR_MS
from streams.common.errors import UserError
from streams.config.settings import Settings
from streams.stack import Stack, kafka_server, stack_hash_key
from streams.stack.addresses import free_port, kafka_endpoint
from streams.stack.jars import ensure_jars, jar_cache, read_lock
from streams.stack.processes import Launch, ProcessId, Server, is_running, spawn, stop
from streams.stack.programs import find_java
from streams.tools.create_topics import create_topics

DEADLINE_SECONDS = 60.0
SHORT_PATIENCE_MS = 1_000
COMMAND = [sys.executable, "-c", "from metrics.commands.cli import main; main()", "stack"]

EnvironmentOf = Callable[[Settings], dict[str, str]]


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Settings]:
    """Settings of a stack of the test's own, with a data directory that needs quoting; stopped whatever happens."""
    kafka_port = free_port()
    settings = Settings(
        kafka=f"localhost:{kafka_port}",
        redis=f"redis://:p%40ss@127.0.0.1:{free_port(avoid=frozenset({kafka_port}))}/0",
        data=tmp_path / "dätä, ours",
        partitions=3,
    )
    yield settings
    Stack(settings).down()
    assert [] == _processes_in(settings.data)


def _eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _processes_in(folder: Path) -> list[psutil.Process]:
    """Processes working in a folder: every server and keeper of the stack does so, whatever its pid file says."""
    found = []
    for process in psutil.process_iter(["cwd", "status"]):
        cwd = process.info["cwd"]
        if cwd and process.info["status"] != psutil.STATUS_ZOMBIE and Path(cwd).is_relative_to(folder):
            found.append(process)
    return found


def _run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
        check=False,
    )


def test_up_from_nothing_and_everything_after(own: Settings, environment_of: EnvironmentOf) -> None:
    """Up starts both and makes topics and key; again it is fine; a dead server is seen and repaired; down ends all."""
    environment = environment_of(own)
    assert 3 == _run(environment, "status").returncode

    first = _run(environment, "up")
    assert (0, "") == (first.returncode, first.stderr)
    assert "kafka 4." in first.stdout
    assert "topics created: calls," in first.stdout
    stack = Stack(own)
    processes = stack.processes()
    assert [(True, True)] * 2 == [(server.running, server.answers) for server in stack.status()]
    topics = describe_topics(own, topic_configs(own))
    assert set(topic_configs(own)) == set(topics)
    assert {(3, "delete")} == {(topic.partitions, topic.cleanup_policy) for topic in topics.values()}
    assert (36 * DAY_MS, 44 * DAY_MS) == (
        topics["calls"].retention_ms,
        topics["contacts"].retention_ms,
    )
    assert stack_hash_key(own) is not None
    with Redis.from_url(own.redis.get_secret_value()) as redis:
        assert "noeviction" == redis.config_get("maxmemory-policy")["maxmemory-policy"]
        redis.set("kept", "yes")

    second = _run(environment, "up")
    assert 0 == second.returncode
    assert second.stdout.count("runs already") == 2
    assert processes == stack.processes()

    kafka, _, redis_process, redis_keeper = processes
    psutil.Process(redis_process.pid).kill()
    assert _eventually(lambda: not is_running(redis_process) and not is_running(redis_keeper))
    broken = _run(environment, "status")
    assert 3 == broken.returncode
    assert "redis: not running" in broken.stdout
    repaired = _run(environment, "up")
    assert 0 == repaired.returncode
    assert "started" in repaired.stdout
    assert kafka == stack.processes()[0]
    with Redis.from_url(own.redis.get_secret_value()) as redis:
        assert b"yes" == redis.get("kept")
    status = _run(environment, "status")
    assert 0 == status.returncode
    assert status.stdout.count("runs and answers") == 2
    logs = _run(environment, "logs", "kafka", "-n", "3")
    assert 0 == logs.returncode
    assert 4 == len(logs.stdout.splitlines())

    down = _run(environment, "down")
    assert (0, "stopped: kafka, redis\n") == (down.returncode, down.stdout)
    assert [] == _processes_in(own.data)
    assert "nothing was running\n" == _run(environment, "down").stdout
    with Stack(own).attached() as started:
        assert ((), False) == (started.topics, started.hash_key_made)
        assert topics == describe_topics(own, topics)
    assert [] == _processes_in(own.data)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_foreground_stack_ends_with_its_command(
    own: Settings, environment_of: EnvironmentOf, how: signal.Signals
) -> None:
    """However `stack up -f` ends, no process stays; after Ctrl-C or SIGTERM its exit status says that all is well."""
    parent = subprocess.Popen([*COMMAND, "up", "-f"], env=environment_of(own), stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    assert any("Ctrl-C" in line for line in parent.stdout)
    assert 4 == len(_processes_in(own.data))
    parent.send_signal(how)
    parent.communicate(timeout=DEADLINE_SECONDS)
    assert (-signal.SIGKILL if how is signal.SIGKILL else 0) == parent.returncode
    assert _eventually(lambda: not _processes_in(own.data))


def test_a_foreground_stack_ends_when_it_is_taken_down(own: Settings, environment_of: EnvironmentOf) -> None:
    """A `stack down` elsewhere ends `stack up -f` in peace."""
    environment = environment_of(own)
    parent = subprocess.Popen([*COMMAND, "up", "-f"], env=environment, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    assert any("Ctrl-C" in line for line in parent.stdout)
    assert 0 == _run(environment, "down").returncode
    parent.communicate(timeout=DEADLINE_SECONDS)
    assert 0 == parent.returncode
    assert [] == _processes_in(own.data)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_start_that_is_cut_short_leaves_nothing(
    own: Settings, environment_of: EnvironmentOf, how: signal.Signals
) -> None:
    """When `stack up` dies while Kafka is starting, the servers it had begun go with it, and the next one works."""
    parent = subprocess.Popen([*COMMAND, "up"], env=environment_of(own), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert _eventually(lambda: len(_processes_in(own.data)) >= 2)
    parent.send_signal(how)
    parent.communicate(timeout=DEADLINE_SECONDS)
    assert _eventually(lambda: not _processes_in(own.data))
    with Stack(own).attached() as started:
        assert ("kafka", "redis") == started.servers


@pytest.mark.parametrize("taken", ["kafka", "redis"])
def test_a_port_in_use_is_named(own: Settings, taken: str) -> None:
    """A port that something else listens on is named in one sentence, and nothing is started."""
    stack = Stack(own)
    endpoint = stack.endpoints[taken]
    sentence = f"port {endpoint.port} .* VEINTE_{taken.upper()}"
    with socket.create_server((endpoint.bind, endpoint.port)), pytest.raises(UserError, match=sentence) as refusal:
        stack.up()
    assert "\n" not in str(refusal.value)
    assert [] == _processes_in(own.data)


def test_other_addresses_for_a_running_stack_are_refused(stack: Settings) -> None:
    """Settings that name other ports than those the data directory's stack runs on are told so."""
    moved = stack.model_copy(update={"kafka": f"127.0.0.1:{free_port()}"})
    with pytest.raises(UserError, match=f"runs on {stack.kafka}, but the settings name {moved.kafka}"):
        Stack(moved).up()


def test_a_data_directory_that_cannot_be_made_is_named(own: Settings) -> None:
    """A data directory below a file is refused in one sentence."""
    file = own.data.with_name("file")
    file.write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        Stack(own.model_copy(update={"data": file / "data"})).up()


def test_a_corrupt_jar_is_fetched_again(tmp_path: Path) -> None:
    """A locked jar of the real Kafka that was altered in the cache is noticed and replaced by the right one."""
    ensure_jars()
    cache, smallest = tmp_path / "cache", min(read_lock().jars, key=lambda jar: jar.size_bytes)
    shutil.copytree(jar_cache(), cache)
    right = (cache / smallest.path).read_bytes()
    (cache / smallest.path).write_bytes(right[:-1] + bytes([right[-1] ^ 1]))
    ensure_jars(cache, jar_cache().as_uri())
    assert right == (cache / smallest.path).read_bytes()


def test_topics_that_exist_are_left_alone(settings_factory: Callable[..., Settings]) -> None:
    """Creating topics again creates none; a topic that does not exist is missing from the description."""
    settings = settings_factory()
    assert [] == create_topics(settings)
    name = settings.topic("calls.dead")
    described = describe_topics(settings, [name, settings.topic("nothing")])
    topic_id = described[name].topic_id
    assert {name: TopicDescription(topic_id, 2, 36 * DAY_MS, "delete", DEAD_LETTER_MAX_BYTES, HOUR_MS)} == described


def test_another_partition_count_is_refused(settings_factory: Callable[..., Settings]) -> None:
    """Topics with another number of partitions than the setting are named, and nothing is created."""
    settings = settings_factory()
    with pytest.raises(UserError, match=r"calls 2.*VEINTE_PARTITIONS"):
        create_topics(settings.model_copy(update={"partitions": 5}))


@pytest.fixture
def guarded_broker(tmp_path: Path) -> Iterator[Settings]:
    """A broker that wants SASL/PLAIN: user `ana`, password `right`."""
    port = free_port()
    settings = Settings(
        kafka=f"127.0.0.1:{port}",
        kafka_security="SASL_PLAINTEXT",
        kafka_sasl_mechanism="PLAIN",
        kafka_username="ana",
        kafka_password="right",
    )
    launch = kafka_server.prepare(
        find_java(), kafka_endpoint(Settings(kafka=settings.kafka)), tmp_path, tmp_path / "log"
    )
    _guard(launch)
    process, keeper, lifeline = spawn(launch, tmp_path / "out")
    yield settings
    lifeline.cut()
    stop([Server("kafka", process, keeper, settings.kafka, "")])


def _guard(launch: Launch) -> None:
    """Change the configuration of a prepared broker so that it lets only `ana` in."""
    file = launch.folder / kafka_server.PROPERTIES
    login = "org.apache.kafka.common.security.plain.PlainLoginModule required"
    text = file.read_text().replace("PLAINTEXT://", "SASL_PLAINTEXT://")
    text = text.replace("inter.broker.listener.name=PLAINTEXT", "inter.broker.listener.name=SASL_PLAINTEXT")
    file.write_text(
        f"{text}"
        "listener.security.protocol.map=SASL_PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT\n"
        "sasl.enabled.mechanisms=PLAIN\n"
        "sasl.mechanism.inter.broker.protocol=PLAIN\n"
        f'listener.name.sasl_plaintext.plain.sasl.jaas.config={login} username="broker" password="own" '
        'user_broker="own" user_ana="right";\n'
    )


def test_a_password_is_given_and_a_wrong_one_is_named(guarded_broker: Settings) -> None:
    """With the right password the broker answers; a wrong one, or none at all, ends in one sentence without it."""

    def lets_us_in() -> bool:
        try:
            return {} == describe_topics(guarded_broker, ["calls"])
        except UserError:
            return False

    assert _eventually(lets_us_in)
    wrong = Settings(**{**guarded_broker.model_dump(exclude_unset=True), "kafka_password": "not-that-one"})
    said: list[str] = []

    def is_refused() -> bool:
        # On a busy machine the client may see the end of the connection before it has read the broker's answer.
        with pytest.raises(UserError) as refusal:
            describe_topics(wrong, ["calls"])
        said.append(str(refusal.value))
        return "refuses the user 'ana' with PLAIN" in said[-1]

    assert _eventually(is_refused)
    assert [] == [sentence for sentence in said if "not-that-one" in sentence or "\n" in sentence]
    with (
        pytest.raises(UserError, match="cannot be reached with PLAINTEXT"),
        admin(Settings(kafka=guarded_broker.kafka), timeout_ms=SHORT_PATIENCE_MS),
    ):
        pass


def test_a_broker_that_is_not_there_is_named() -> None:
    """An address where nothing listens ends in one sentence that says what to do."""
    settings = Settings(kafka=f"127.0.0.1:{free_port()}")
    sentence = rf"Kafka at {settings.kafka} cannot be reached .*REFUSED.*veinte stack up"
    with pytest.raises(UserError, match=sentence), admin(settings, timeout_ms=SHORT_PATIENCE_MS):
        pass


def test_a_server_under_a_recycled_id_is_not_the_stack(stack: Settings) -> None:
    """A pid file whose start time is another does not make a stranger part of the stack."""
    server = Stack(stack).recalled("redis")
    assert server is not None
    earlier = ProcessId(server.process.pid, server.process.started_seconds - 60)
    assert not replace(server, process=earlier).running()
