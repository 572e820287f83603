"""A log with transaction markers, without its beginning, too short, or another one under the same name (rule 8)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from kafka import KafkaProducer, TopicPartition

from metrics.read.reader import Reader
from streams.clients.kafka_clients import admin, client_config
from streams.clients.redis_clients import sync_client
from streams.common.errors import EXIT_RESTART, EXIT_USER_ERROR
from streams.common.vocabulary import Channel, Clock
from streams.config.settings import Settings
from streams.contract.topics import FOLDED, Topic
from streams.sources.outgoing import OutgoingEvent
from streams.store.keys import HEAD_POSITION, partition_keys
from streams.tools.create_topics import create_topics
from tests.conftest import SettingsFactory
from tests.faults.load import call_events, call_numbers, counted, publish
from tests.support.numbers import Numbers, position_sum
from tests.support.processes import MEMBER, Programs, eventually, frozen, programs

Environment = Callable[[Settings], dict[str, str]]


class Transactions:
    """A transactional producer."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.producer = KafkaProducer(**client_config(settings), transactional_id=settings.namespace, acks="all")
        self.producer.init_transactions()

    def begin(self, events: Sequence[OutgoingEvent]) -> None:
        """Send events in a new transaction that stays open; returns when the broker has them."""
        self.producer.begin_transaction()
        for event in events:
            self.producer.send(
                self._settings.topic(event.topic), key=event.key.encode(), value=msgspec.json.encode(event.body)
            )
        self.producer.flush()

    def commit(self, events: Sequence[OutgoingEvent]) -> None:
        """Send events in a transaction and commit it."""
        self.begin(events)
        self.producer.commit_transaction()

    def abort(self, events: Sequence[OutgoingEvent]) -> None:
        """Send events in a transaction and abort it."""
        self.begin(events)
        self.producer.abort_transaction()


@contextmanager
def transactions(settings: Settings) -> Iterator[Transactions]:
    """A transactional producer for the length of the block."""
    own = Transactions(settings)
    try:
        yield own
    finally:
        own.producer.close(timeout=5)


def delete_records(settings: Settings, before: dict[int, int]) -> None:
    """Delete the records of calls before an offset, by partition."""
    with admin(settings) as client:
        name = settings.topic(Topic.CALLS)
        client.delete_records({TopicPartition(name, number): offset for number, offset in before.items()})


def ends(settings: Settings) -> dict[int, int]:
    """End offset of each partition of calls."""
    from kafka import KafkaConsumer

    consumer = KafkaConsumer(**client_config(settings), enable_auto_commit=False)
    try:
        found = consumer.end_offsets(
            [TopicPartition(settings.topic(Topic.CALLS), number) for number in range(settings.partitions)]
        )
        return {partition.partition: offset for partition, offset in found.items()}
    finally:
        consumer.close()


def refusal(run: Programs) -> str:
    """The sentence with which a worker refuses to start."""
    worker = run.worker(*MEMBER)
    assert EXIT_USER_ERROR == worker.end(), str(worker)
    lines = worker.stderr.splitlines()
    assert 1 == len(lines), str(worker)
    return lines[0]


def is_blind(settings: Settings) -> tuple[bool, str]:
    """Blindness of the calls and its reason, as a reader sees them."""
    health = Reader(settings).refresh().channels[Channel.CALL]
    return health.blind, health.blind_reason


def test_transactions(settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path) -> None:
    """Committed transactions count, aborted ones never; a drain reaches an end that is markers, and continues from
    it."""
    settings = settings_factory(clock=Clock.EVENT)
    with programs(environment_of(settings), tmp_path / "programs") as run, transactions(settings) as log:
        log.commit(call_events(200))
        log.abort(call_events(200, first=200))
        log.commit(call_events(200, first=400))
        log.abort(call_events(50, first=700))
        run.drain()
        numbers = Numbers(settings)
        assert call_numbers(200) + call_numbers(200, first=400) == counted(numbers.totals())
        for partition in numbers.partitions.values():
            assert partition.status is not None
            assert (True, partition.position) == (partition.status.at_end, partition.status.log_end)
        log.begin(call_events(100, first=1_000))
        publish(settings, call_events(70, first=3_000))
        run.drain()
        assert call_numbers(200) + call_numbers(200, first=400) == counted(Numbers(settings).totals())
        assert (True, "transaction") == is_blind(settings)
        for (topic, _), partition in Numbers(settings).partitions.items():
            assert partition.status is not None
            held = partition.status.transaction_offset
            assert topic is not Topic.CALLS or (partition.position or 0) <= held < partition.status.log_end
        log.producer.commit_transaction()
        log.abort(call_events(50, first=2_000))
        run.drain()
    expected = call_numbers(200) + call_numbers(200, first=400) + call_numbers(100, first=1_000)
    numbers = Numbers(settings)
    assert expected + call_numbers(70, first=3_000) == counted(numbers.totals())
    assert (False, "") == is_blind(settings)
    assert {"applied"} == set(numbers.statistics())


def test_a_log_that_begins_later(
    settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """Records deleted before anything was read are no loss."""
    settings = settings_factory(clock=Clock.EVENT)
    publish(settings, call_events(100))
    delete_records(settings, ends(settings))
    publish(settings, call_events(100, first=100))
    with programs(environment_of(settings), tmp_path / "programs") as run:
        run.drain()
    numbers = Numbers(settings)
    assert call_numbers(100, first=100) == counted(numbers.totals())
    assert {"applied"} == set(numbers.statistics())


def test_a_loss_is_counted_and_blinds_until_it_is_acknowledged(
    settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """A log that begins above the stored position: the gap is counted, and pages are blind until it is acknowledged."""
    settings = settings_factory(clock=Clock.EVENT)
    publish(settings, call_events(100))
    with programs(environment_of(settings), tmp_path / "programs") as run:
        run.drain()
        read = ends(settings)
        publish(settings, call_events(50, first=100))
        lost_until = ends(settings)
        publish(settings, call_events(100, first=150))
        delete_records(settings, lost_until)
        run.drain()
        lost = sum(lost_until.values()) - sum(read.values())
        numbers = Numbers(settings)
        assert lost == numbers.statistics(Topic.CALLS)["lost"]
        assert call_numbers(100) + call_numbers(100, first=150) == counted(numbers.totals())
        assert (True, "loss") == is_blind(settings)
        run.veinte("acknowledge-loss", "calls").succeed()
        worker = run.worker(*MEMBER)
        eventually("sight", lambda: is_blind(settings) == (False, ""))
        assert 0 == worker.ask_to_stop(), str(worker)
        assert lost == Numbers(settings).statistics(Topic.CALLS)["lost"]
        run.veinte("acknowledge-loss", "calls").succeed()
    statuses = [partition.status for partition in Numbers(settings).partitions.values()]
    assert {0} == {status.lost_unacknowledged for status in statuses if status is not None}


def test_a_loss_under_a_working_worker(
    settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """A running worker overtaken by retention counts the loss although no record arrives after it."""
    settings = settings_factory(clock=Clock.EVENT)
    publish(settings, call_events(100))
    with programs(environment_of(settings), tmp_path / "programs") as run:
        worker = run.worker(*MEMBER)
        client = sync_client(settings)
        read = sum(ends(settings).values())
        eventually("everything applied", lambda: position_sum(client, settings) == read)
        client.close()
        with frozen(worker.pid):
            publish(settings, call_events(50, first=100, queue="cut"))  # the fetch that was under way may bring these
            publish(settings, call_events(50, first=150, queue="cut"))
            until = ends(settings)
            delete_records(settings, until)

        def seen() -> bool:
            statistics = Numbers(settings).statistics(Topic.CALLS)
            return statistics["lost"] > 0 and statistics["applied"] + statistics["lost"] == sum(until.values())

        eventually("a counted loss", seen)
        publish(settings, call_events(100, first=200))
        expected = call_numbers(100) + call_numbers(100, first=200)
        eventually("everything after it", lambda: counted(Numbers(settings).totals("support")) == expected)
        assert 0 == worker.ask_to_stop(), str(worker)


def test_another_log_under_the_same_name(
    settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """A topic deleted and made again is refused in one sentence; the numbers do not change."""
    settings = settings_factory(clock=Clock.EVENT)
    publish(settings, call_events(100))
    with programs(environment_of(settings), tmp_path / "programs") as run:
        run.drain()
        recreate(settings)
        publish(settings, call_events(500))
        said = refusal(run)
    assert f"topic {settings.topic(Topic.CALLS)} is another log under the same name" in said
    assert call_numbers(100) == counted(Numbers(settings).totals())


def test_a_topic_made_again_under_a_working_worker(
    settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """A topic made again under a running worker ends the worker before it counts any new record."""
    settings = settings_factory(clock=Clock.EVENT)
    publish(settings, call_events(100))
    with programs(environment_of(settings), tmp_path / "programs") as run:
        worker = run.worker(*MEMBER)
        client = sync_client(settings)
        read = sum(ends(settings).values())
        eventually("everything applied", lambda: position_sum(client, settings) == read)
        client.close()
        with frozen(worker.pid):
            recreate(settings)
            publish(settings, call_events(50, first=500))
        assert worker.end() in (EXIT_RESTART, EXIT_USER_ERROR), str(worker)
        assert "is another log under the same name" in refusal(run)
    assert call_numbers(100) == counted(Numbers(settings).totals())


def test_a_position_above_the_end(
    settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """A stored position above the end of the log is refused in one sentence."""
    settings = settings_factory(clock=Clock.EVENT)
    publish(settings, call_events(100))
    with programs(environment_of(settings), tmp_path / "programs") as run:
        run.drain()
        client: Any = sync_client(settings)
        client.hincrby(partition_keys(settings.namespace, 0, Topic.CALLS, 0).head, HEAD_POSITION, 1)
        client.close()
        said = refusal(run)
    end = ends(settings)[0]
    assert f"{settings.topic(Topic.CALLS)}-0 ends at offset {end} but {end + 1} is already counted" in said


def test_another_number_of_partitions(
    settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """A worker refuses a topic or stored numbers with another number of partitions."""
    settings = settings_factory(clock=Clock.EVENT)
    with programs(environment_of(settings), tmp_path / "programs") as run:
        run.drain()
        with admin(settings) as client:
            client.create_partitions({settings.topic(topic): 3 for topic in FOLDED})
        said = refusal(run)
        assert f"topic {settings.topic(Topic.CALLS)} has 3 partitions but VEINTE_PARTITIONS is 2" in said
        run.environment["VEINTE_PARTITIONS"] = "3"
        said = refusal(run)
        assert "was counted with 2 partitions, the settings say 3" in said


def test_partitions_added_to_a_live_topic(
    settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """The topic is blind and says why; settings, rebuild and resend, as the documentation says, count every call."""
    settings = settings_factory(clock=Clock.EVENT)
    publish(settings, call_events(60))
    with programs(environment_of(settings), tmp_path / "programs") as run:
        worker = run.worker(*MEMBER)
        eventually("the calls", lambda: counted(Numbers(settings).totals()) == call_numbers(60))
        assert (False, "") == is_blind(settings)
        with admin(settings) as client:
            client.create_partitions({settings.topic(topic): 3 for topic in FOLDED})
        eventually("blindness", lambda: is_blind(settings) == (True, "partitions"))
        more = settings.model_copy(update={"partitions": 3})
        publish(more, call_events(60, first=60))
        assert None is worker.status, str(worker)
        assert 0 == worker.ask_to_stop(), str(worker)
        run.environment["VEINTE_PARTITIONS"] = "3"
        run.veinte("rebuild").succeed()
        worker = run.worker(*MEMBER)
        worker.wait_until_ready()
        run.veinte("dead-letters", "resend", "--reason", "wrong_partition").succeed()
        eventually("every call", lambda: counted(Numbers(more).totals()) == call_numbers(120))
        assert (False, "") == is_blind(more)
        assert 0 == worker.ask_to_stop(), str(worker)


def recreate(settings: Settings) -> None:
    """Delete the topic calls and make it again."""
    name = settings.topic(Topic.CALLS)
    with admin(settings) as client:
        client.delete_topics([name])
        eventually("a deleted topic", lambda: name not in client.list_topics())
    eventually("a new topic", lambda: name in create_topics(settings) or True)
