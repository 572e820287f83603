"""Worker process: checks topics and Redis, wires the Faust app to its partitions, shuts down in order."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress
from typing import Any

from mode import Service

from streams.clients.kafka_clients import describe_topics
from streams.clients.kafka_errors import missing_topic
from streams.clients.pseudonyms import pseudonym_of
from streams.clients.redis_clients import CLIENT_ERRORS, async_client, describe, sync_client
from streams.common.durations import SECOND_MS
from streams.common.errors import EXIT_USER_ERROR, MissingTopic, Unavailable, UserError
from streams.config.settings import Settings
from streams.contract.topics import FOLDED, Topic, dead_letter_topic
from streams.store.patience import RETRY_SECONDS
from streams.store.redis_errors import patiently
from streams.store.single_keys import generation_of
from streams.worker.app import LogView, create_app, wire
from streams.worker.dead_letters import DeadLetters
from streams.worker.draining import summary, unread
from streams.worker.health import HealthServer
from streams.worker.log_progress import TopicPartition
from streams.worker.publisher import OutcomeSender, outcome_source
from streams.worker.runtime import Runtime
from streams.worker.watchdog import Watchdog

log = logging.getLogger(__name__)

POLL_SECONDS = 0.1
START_POLL_SECONDS = 0.5
"""Pause between two questions to a server that does not answer at the start."""
GC_THRESHOLDS = (500_000, 50, 100)
"""A fold creates many short-lived containers and no cycles. By default the garbage collector traverses all of them
every 700 allocations: that took 40 % of the worker's time on a backlog, and still 13 % at every 50,000."""
EXIT_INTERRUPTED = 130
STARTS_OVER = -1
"""In place of an exit status: the worker reads a partition from the beginning, and has to join its group anew."""
FINISH_SECONDS = 8.0
"""Of ``STOP_SECONDS``, for what is in progress."""
STOP_SECONDS = 20.0
"""A shutdown that takes longer is abandoned: the positions are safe in Redis."""


def topic_ids(settings: Settings) -> dict[Topic, str]:
    """Ids of the folded topics.

    Raises:
        MissingTopic: a topic does not exist.
        UserError: a topic has another number of partitions than the settings, or the broker cannot be reached.
    """
    needed = [settings.topic(name) for topic in FOLDED for name in (topic, dead_letter_topic(topic))]
    found = describe_topics(settings, needed)
    for name in needed:
        if name not in found:
            raise missing_topic(settings, name)
    for topic in FOLDED:
        name = settings.topic(topic)
        partitions = found[name].partitions
        if partitions != settings.partitions:
            raise UserError(
                f"topic {name} has {partitions} partitions but VEINTE_PARTITIONS is {settings.partitions}; "
                f"set it to {partitions}, and where there are numbers already follow docs/worker.md#more-partitions"
            )
    return {topic: found[settings.topic(topic)].topic_id for topic in FOLDED}


def generation_in_force(settings: Settings) -> int:
    """Number of the key namespace used by readers and workers.

    Raises:
        UserError: Redis does not answer, forbids the command, or has another kind of value in the key.
    """
    client = sync_client(settings)
    try:
        return generation_of(client, settings.namespace)
    except CLIENT_ERRORS as error:
        raise describe(settings, error) from None
    finally:
        client.close()


def found_at_start(settings: Settings) -> tuple[dict[Topic, str], int]:
    """Topic ids and the generation in force; a server that does not answer yet is asked again for ``RETRY_SECONDS``.

    A missing topic is refused at once, unless Kafka was away just before: then whoever starts it may still be creating
    the topics.

    Raises:
        Unavailable: Kafka or Redis does not answer.
        UserError: a person must change something.
    """
    begun, waited = time.monotonic(), False
    while True:
        try:
            found = topic_ids(settings), generation_in_force(settings)
        except (Unavailable, MissingTopic) as error:
            if time.monotonic() - begun >= RETRY_SECONDS or (isinstance(error, MissingTopic) and not waited):
                raise
            if not waited:
                log.warning("%s; asking again, for %s s in all", error, RETRY_SECONDS)
            waited = True
            time.sleep(START_POLL_SECONDS)
        else:
            if waited:
                log.warning("Kafka and Redis answer after %.1f s", time.monotonic() - begun)
            return found


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
    never_stops: bool = False,
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
        never_stops: any number of bad records in a row goes to the dead letters, and no partition stands still.
        member: static member of the consumer group.
        on_progress: called several times a second.

    Returns:
        Exit status, or ``STARTS_OVER``.
    """
    async with AsyncExitStack() as closing:
        redis = await patiently(lambda: async_client(settings))
        closing.push_async_callback(redis.aclose)
        dead_letters = DeadLetters(settings)
        await dead_letters.start()
        closing.push_async_callback(dead_letters.stop)
        outcomes = OutcomeSender(settings, await outcome_source(redis, settings, generation))
        await outcomes.start()
        closing.push_async_callback(outcomes.stop)
        # Only now: a signal while Kafka or Redis is still waited for ends the process at once, nothing is owned yet.
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
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
            never_stops=never_stops,
        )
        wire(app, settings, runtime)
        if not rebuild:
            health = HealthServer(runtime, settings)
            await health.start()
            closing.push_async_callback(health.stop)
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)
        watchdog = Watchdog(loop, runtime.stalled, settings.stall_limit / SECOND_MS)
        watchdog.start()
        closing.callback(watchdog.stop)
        started = time.monotonic()
        status, whole = EXIT_INTERRUPTED if drain else 0, len(FOLDED) * settings.partitions
        stopped: Mapping[TopicPartition, str] = {}
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
                if drain and runtime.drained(started) and (not rebuild or len(runtime.owned) == whole):
                    if await runtime.settle():
                        continue
                    await runtime.beat()
                    status = _end_of_drain(runtime)
                    break
                if not drain:
                    stopped = _log_stops(runtime, stopped)
        finally:
            with suppress(TimeoutError):
                await asyncio.wait_for(_stop(app, runtime), STOP_SECONDS)
    return STARTS_OVER if runtime.starts_over else status


async def _stop(app: Service, runtime: Runtime) -> None:
    """Finish what is in progress, and only then leave the group and close the clients that it needs.

    The group is left even if a server is away and nothing can be finished: else the threads of the app would keep the
    process alive.
    """
    with suppress(TimeoutError):
        await asyncio.wait_for(runtime.end(), FINISH_SECONDS)
    await app.stop()


def run_to_the_end(settings: Settings, **how: Any) -> int:
    """Run a worker in this process, again whenever it starts over; arguments and exit status are those of ``run``."""
    while (code := asyncio.run(run(settings, **how))) == STARTS_OVER:
        pass
    return code


def _end_of_drain(runtime: Runtime) -> int:
    """Say what was drained, or which partition stands still and kept it from being all; gives the exit status."""
    stopped = list(runtime.stopped.values())
    if not stopped:
        print("\n".join(filter(None, (f"drained: {summary(runtime.owned)}", unread(runtime.owned)))), file=sys.stderr)
        return 0
    more = f" (and {len(stopped) - 1} more partitions stand still)" if len(stopped) > 1 else ""
    print(f"veinte worker: {stopped[0]}{more}", file=sys.stderr)
    return EXIT_USER_ERROR


def _log_stops(runtime: Runtime, known: Mapping[TopicPartition, str]) -> Mapping[TopicPartition, str]:
    """Log each stop of a partition once; gives those that there are."""
    stopped = runtime.stopped
    for partition, sentence in stopped.items():
        if partition not in known:
            log.error("%s", sentence)
    return stopped
