"""Faust app: topics, the agent, rebalance hooks, heartbeat. Wiring only."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from functools import partial
from typing import Any, cast

import faust
from faust.types import TP
from faust.types.auth import CredentialsT
from yarl import URL

from streams.clients.kafka_clients import ssl_context
from streams.clients.kafka_errors import FencedInstanceIdError
from streams.config.settings import Settings
from streams.contract.topics import FOLDED
from streams.store.commit import Conflict
from streams.worker.batches import LARGEST_BATCH, BatchScheduler
from streams.worker.consumer import Consumer, Transport
from streams.worker.log_end import Fetched
from streams.worker.log_progress import TopicPartition
from streams.worker.membership import Coordinator, is_taken
from streams.worker.runtime import HEARTBEAT_SECONDS, Runtime

log = logging.getLogger(__name__)

BUFFERED_BATCHES = 16
"""Batches waiting for the agent before fetching stops (Faust counts messages, and each of ours is a batch)."""
SESSION_TIMEOUT_SECONDS = 15.0
REBALANCE_TIMEOUT_SECONDS = 30.0
REQUEST_TIMEOUT_SECONDS = 40.0
"""Redis work at an assignment must end well within a quarter of this, or Faust's recovery ends without an error."""
METADATA_AGE_MS = 10_000
"""Age at which the topics' numbers of partitions are asked for again: added partitions must be told at once."""
OPEN_TIMEOUT_SECONDS = REQUEST_TIMEOUT_SECONDS / 4


class LogView:
    """View of the log through the app's consumer."""

    def __init__(self, app: faust.App) -> None:
        self._app = app

    @property
    def _consumer(self) -> Consumer:
        return cast(Consumer, self._app.consumer)

    async def bounds(self, partitions: list[TopicPartition]) -> Mapping[TopicPartition, tuple[int, int]]:
        """First offset and end offset of each partition."""
        tps = [TP(*partition) for partition in partitions]
        starts = await self._consumer.earliest_offsets(*tps)
        ends = await self._consumer.highwaters(*tps)
        first, end = ({(tp.topic, tp.partition): n for tp, n in found.items()} for found in (starts, ends))
        return {partition: (first[partition] or 0, end[partition] or 0) for partition in partitions}

    def fetched(self, partition: TopicPartition) -> Fetched | None:
        """Fetch progress of a partition; ``None`` if it is not known yet."""
        return self._consumer.fetched.get(TP(*partition))

    def handed(self, partition: TopicPartition) -> int | None:
        """The offset after all records handed to the agent; ``None`` before the first assignment."""
        return self._consumer.batches.handed.get(TP(*partition))

    def partition_count(self, topic: str) -> int:
        """Number of partitions of a topic on the broker; 0 while it is not known."""
        return self._consumer.partition_count(topic)


class App(faust.App):
    """A Faust app without files on disk, so that it runs on a read-only file system."""

    def _create_directories(self) -> None:
        """Skip Faust's folders, which are for tables on disk; our state is in Redis."""


def credentials(settings: Settings) -> CredentialsT | None:
    """Broker credentials of the settings in Faust's form."""
    context = ssl_context(settings)
    if settings.kafka_security.startswith("SASL"):
        assert settings.kafka_password is not None
        return faust.SASLCredentials(
            username=settings.kafka_username,
            password=settings.kafka_password.get_secret_value(),
            ssl_context=context,
            mechanism=settings.kafka_sasl_mechanism,
        )
    return faust.SSLCredentials(context) if context is not None else None


def create_app(settings: Settings, group: str, member: str | None = None) -> faust.App:
    """Create a Faust app without agents: consumer group ``group``, static member ``member`` if one is given."""
    servers = [server.strip() for server in settings.kafka.split(",")]
    urls = [URL(f"kafka://{server}") for server in servers]
    app = App(
        group,
        broker=urls,
        broker_credentials=credentials(settings),
        ConsumerScheduler=BatchScheduler,
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=member,
        consumer_max_fetch_size=1024 * 1024,
        consumer_metadata_max_age_ms=METADATA_AGE_MS,
        broker_max_poll_records=LARGEST_BATCH,
        broker_session_timeout=SESSION_TIMEOUT_SECONDS,
        broker_rebalance_timeout=REBALANCE_TIMEOUT_SECONDS,
        broker_request_timeout=REQUEST_TIMEOUT_SECONDS,
        broker_heartbeat_interval=3.0,
        stream_buffer_maxsize=BUFFERED_BATCHES,
        stream_wait_empty=False,
        stream_recovery_delay=0.0,
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        worker_redirect_stdouts=False,
        store="memory://",
    )
    app.transport = Transport(urls, app, loop=app.loop)
    return app


def wire(app: faust.App, settings: Settings, runtime: Runtime) -> None:
    """Connect the app's agent, seek and rebalance hooks to the runtime."""
    topic = app.topic(*(settings.topic(name) for name in FOLDED), value_serializer="raw", key_serializer="raw")

    async def open_partitions(tps: set[TP]) -> Mapping[TP, int]:
        try:
            async with asyncio.timeout(OPEN_TIMEOUT_SECONDS):
                positions = await runtime.open({(tp.topic, tp.partition) for tp in tps})
        except TimeoutError as error:
            # Faust's recovery would otherwise end without an error, and the partitions would stay unread.
            runtime.fail(TimeoutError(f"no positions within {OPEN_TIMEOUT_SECONDS:g} s of an assignment"))
            raise error
        return {TP(*partition): position for partition, position in positions.items()}

    def assigned_nothing() -> None:
        runtime.assigned = True

    def position_of(tp: TP) -> int | None:
        owned = runtime.owned.get((tp.topic, tp.partition))
        return None if owned is None else owned.position

    def log_went_back(tp: TP, expected: int, found: int) -> None:
        runtime.fail(Conflict(f"{tp.topic}-{tp.partition}: the log went back from {expected} to {found}"))

    def take_seeks() -> Mapping[TP, tuple[int, bool]]:
        return {TP(*partition): seek for partition, seek in runtime.take_seeks().items()}

    Consumer.take_seeks = staticmethod(take_seeks)
    Consumer.batch_limit_bytes = settings.batch_limit_bytes

    def name_taken() -> None:
        runtime.fail(FencedInstanceIdError())

    Coordinator.is_taken = staticmethod(partial(is_taken, settings))
    Coordinator.name_taken = staticmethod(name_taken)
    Consumer.open_partitions = staticmethod(open_partitions)
    Consumer.log_went_back = staticmethod(log_went_back)
    Consumer.assigned_nothing = staticmethod(assigned_nothing)
    Consumer.position_of = staticmethod(position_of)

    @app.agent(topic, name="fold", concurrency=1)
    async def fold(stream: Any) -> None:
        async for event in stream.events():
            await runtime.take(event.message.batch)

    @app.on_partitions_revoked.connect(weak=False)
    async def on_revoked(_app: Any, revoked: Any, **_: Any) -> None:
        await runtime.close()

    async def heartbeat() -> None:
        while not app.should_stop:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            await runtime.beat()

    app.task(heartbeat)
