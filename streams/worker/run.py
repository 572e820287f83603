"""Worker process: checks topics and Redis, wires the Faust app to its partitions, shuts down in order."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress
from typing import Any

from streams.clients.kafka_clients import describe_topics
from streams.clients.pseudonyms import pseudonym_of
from streams.clients.redis_clients import CLIENT_ERRORS, async_client, describe, sync_client
from streams.common.errors import UserError
from streams.config.settings import Settings
from streams.contract.topics import FOLDED, Topic, dead_letter_topic
from streams.store.keys import generation_key
from streams.worker.app import LogView, create_app, wire
from streams.worker.dead_letters import DeadLetters
from streams.worker.health import HealthServer
from streams.worker.publisher import OutcomeSender, outcome_source
from streams.worker.runtime import Runtime, wall_ms

POLL_SECONDS = 0.1
GC_THRESHOLDS = (500_000, 50, 100)
"""A fold creates many short-lived containers and no cycles. By default the garbage collector traverses all of them
every 700 allocations: that took 40 % of the worker's time on a backlog, and still 13 % at every 50,000."""
EXIT_INTERRUPTED = 130
STARTS_OVER = -1
"""In place of an exit status: the worker reads a partition from the beginning, and has to join its group anew."""
STOP_SECONDS = 20.0
"""A shutdown that takes longer is abandoned: the positions are safe in Redis."""


def topic_ids(settings: Settings) -> dict[Topic, str]:
    """Ids of the folded topics.

    Raises:
        UserError: a topic is missing or has another number of partitions than the settings.
    """
    needed = [settings.topic(name) for topic in FOLDED for name in (topic, dead_letter_topic(topic))]
    found = describe_topics(settings, needed)
    for name in needed:
        if name not in found:
            raise UserError(f"topic {name} does not exist at {settings.kafka}; create it, or run `veinte stack up`")
    for topic in FOLDED:
        name = settings.topic(topic)
        partitions = found[name].partitions
        if partitions != settings.partitions:
            raise UserError(
                f"topic {name} has {partitions} partitions but VEINTE_PARTITIONS is {settings.partitions}; "
                f"set it to {partitions}"
            )
    return {topic: found[settings.topic(topic)].topic_id for topic in FOLDED}


def generation_in_force(settings: Settings) -> int:
    """Number of the key namespace used by readers and workers.

    Raises:
        UserError: Redis does not answer, forbids the command, or has another kind of value in the key.
    """
    key = generation_key(settings.namespace)
    client = sync_client(settings)
    try:
        return int(client.get(key) or 0)
    except ValueError:
        raise UserError(
            f"the key {key} in Redis holds no number; delete it, or choose another VEINTE_NAMESPACE"
        ) from None
    except CLIENT_ERRORS as error:
        raise describe(settings, error) from None
    finally:
        client.close()


def exit_now(code: int) -> None:
    """End this process without any further message to Kafka: no record may be acknowledged any more."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


async def run(
    settings: Settings,
    *,
    generation: int,
    ids: Mapping[Topic, str],
    drain: bool = False,
    rebuild: bool = False,
    member: str | None = None,
    on_progress: Callable[[Runtime], None] = lambda _: None,
) -> int:
    """Run a worker until a signal, or with ``drain`` until every record in the log is applied.

    A worker that must restart ends the process itself (``streams.worker.runtime.Runtime.fail``).

    Args:
        settings: of the worker.
        generation: number of the key namespace.
        ids: topic ids of Kafka.
        drain: end once every record in the log is applied.
        rebuild: fill a generation that is not in force yet; no port is opened and no switch is followed.
        member: static member of the consumer group.
        on_progress: called several times a second.

    Returns:
        Exit status, or ``STARTS_OVER``.
    """
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as closing:
        redis = await async_client(settings)
        closing.push_async_callback(redis.aclose)
        dead_letters = DeadLetters(settings)
        await dead_letters.start()
        closing.push_async_callback(dead_letters.stop)
        outcomes = OutcomeSender(settings, await outcome_source(redis, settings, generation))
        await outcomes.start()
        closing.push_async_callback(outcomes.stop)
        group = f"{settings.namespace}-rebuild-{generation}" if rebuild else settings.namespace
        app = create_app(settings, group, member)
        runtime = Runtime(
            settings,
            redis=redis,
            generation=generation,
            topic_ids=ids,
            pseudonym=pseudonym_of(settings),
            dead_letters=dead_letters,
            outcomes=outcomes,
            log_view=LogView(app),
            exit_now=exit_now,
            follows_switch=not rebuild,
        )
        wire(app, settings, runtime)
        if not rebuild:
            health = HealthServer(runtime, settings.worker_host, settings.worker_port)
            await health.start()
            closing.push_async_callback(health.stop)
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)
        started_ms = wall_ms()
        drained, whole = False, len(FOLDED) * settings.partitions
        await app.start()
        try:
            while not stop.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), POLL_SECONDS)
                on_progress(runtime)
                if app.crashed:
                    runtime.fail(app.crash_reason or RuntimeError("the stream processor crashed"))
                if runtime.starts_over:
                    break
                if drain and runtime.drained(started_ms) and (not rebuild or len(runtime.owned) == whole):
                    if await runtime.settle():
                        continue
                    await runtime.beat()
                    drained = True
                    print(f"drained: {runtime.summary()}", file=sys.stderr)
                    break
        finally:
            with suppress(TimeoutError):
                await asyncio.wait_for(app.stop(), STOP_SECONDS)
    if runtime.starts_over:
        return STARTS_OVER
    return 0 if drained or not drain else EXIT_INTERRUPTED


def run_to_the_end(settings: Settings, **how: Any) -> int:
    """Run a worker in this process, again whenever it starts over; arguments and exit status are those of ``run``."""
    while (code := asyncio.run(run(settings, **how))) == STARTS_OVER:
        pass
    return code
