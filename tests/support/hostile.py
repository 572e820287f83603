"""Batches that small producers can send and large workers could die of."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from typing import Any

from streams.clients.kafka_clients import aiokafka_config
from streams.config.settings import Settings
from streams.contract.topics import Topic

Sent = tuple[bytes, bytes]
"""Key and value of a record."""


def call(number: int | str, padding_bytes: int = 0) -> Sent:
    """An offered call, with spaces after it that count as part of the record."""
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    event = {
        "specversion": "1.0", "id": f"{number}", "source": "/test", "type": "call.offered", "time": now,
        "subject": f"{number}", "data": {"queue": "support"},
    }  # fmt: skip
    return f"{number}".encode(), json.dumps(event).encode() + b" " * padding_bytes


def send_batches(settings: Settings, batches: Sequence[tuple[str | None, Sequence[Sent]]]) -> None:
    """Send batches to the first partition of the calls, each exactly as it is given: codec and records."""

    async def run() -> None:
        import aiokafka

        for codec in dict.fromkeys(codec for codec, _ in batches):
            producer: Any = aiokafka.AIOKafkaProducer(
                **aiokafka_config(settings),
                compression_type=codec,
                max_batch_size=2**31 - 1,
                max_request_size=2**31 - 1,
                request_timeout_ms=120_000,
            )
            await producer.start()
            try:
                for records in (records for each, records in batches if each == codec):
                    batch = producer.create_batch()
                    for key, value in records:
                        batch.append(key=key, value=value, timestamp=None)
                    await (await producer.send_batch(batch, settings.topic(Topic.CALLS), partition=0))
            finally:
                await producer.stop()

    asyncio.run(run())


def peak_bytes(pid: int) -> int:
    """Most memory that a process has had so far."""
    with open(f"/proc/{pid}/status") as status:
        (line,) = (line for line in status if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024
