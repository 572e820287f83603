"""The yardstick: Faust as it comes, its default scheduler, and an agent that only counts, one event at a time.

Run as ``python -m tests.bench.counting_agent BROKER GROUP EVENTS TOPIC…``: prints the seconds from the first to the
last of ``EVENTS`` events.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from typing import Any

import faust
from aiokafka import AIOKafkaConsumer


async def count(broker: str, group: str, events: int, topics: list[str]) -> float:
    """Seconds that the agent takes from its first to its ``events``-th event."""
    app = faust.App(
        group,
        broker=f"kafka://{broker}",
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        stream_wait_empty=False,
        stream_recovery_delay=0.0,
        store="memory://",
        datadir=tempfile.mkdtemp(),
    )
    topic = app.topic(*topics, value_serializer="raw")
    seen = 0
    started = 0.0
    done: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    @app.agent(topic)
    async def counting(stream: Any) -> None:
        nonlocal seen, started
        async for _ in stream:
            seen += 1
            if seen == 1:
                started = time.perf_counter()
            if seen == events and not done.done():
                done.set_result(time.perf_counter() - started)

    await app.start()
    try:
        return await done
    finally:
        await app.stop()


async def only_fetch(broker: str, events: int, topics: list[str]) -> float:
    """Seconds that aiokafka alone takes to hand out ``events`` events: the ceiling."""
    consumer = AIOKafkaConsumer(*topics, bootstrap_servers=broker, auto_offset_reset="earliest")
    await consumer.start()
    seen = 0
    started = 0.0
    try:
        while seen < events:
            fetched = await consumer.getmany(timeout_ms=1000, max_records=10_000)
            if fetched and not started:
                started = time.perf_counter()
            seen += sum(map(len, fetched.values()))
        return time.perf_counter() - started
    finally:
        await consumer.stop()


if __name__ == "__main__":
    broker, group, events, *topics = sys.argv[1:]
    work = only_fetch(broker, int(events), topics) if group == "-" else count(broker, group, int(events), topics)
    print(asyncio.run(work), flush=True)
