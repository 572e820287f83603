"""The event clock over Kafka: one event with a wrong time costs nothing, and a clock that was wrong all the same is
set right by those that contradict it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kafka import KafkaProducer

from streams.clients.kafka_clients import client_config
from streams.common.durations import DAY_MS
from streams.common.vocabulary import Clock
from streams.config.settings import Settings
from streams.contract.topics import Topic
from streams.facts.conversations.measures import ConversationMeasure
from streams.sources.outgoing import rfc3339
from tests.conftest import SettingsFactory
from tests.support.numbers import Numbers
from tests.support.processes import MEMBER, eventually, programs

Environment = Callable[[Settings], dict[str, str]]


def call(subject: str, time_ms: int, kind: str = "call.offered") -> tuple[bytes, bytes]:
    """Key and value of an event of a call."""
    data: dict[str, Any] = {"queue": "q", "customer": f"k-{subject}"} if kind == "call.offered" else {}
    envelope = {"specversion": "1.0", "id": f"{subject}/{kind}", "source": "/test", "subject": subject}
    return subject.encode(), json.dumps({**envelope, "type": kind, "time": rfc3339(time_ms), "data": data}).encode()


def calls(name: str, count: int, from_ms: int) -> list[tuple[bytes, bytes]]:
    """Calls that are offered and answered, one every 100 ms."""
    return [
        event
        for number in range(count)
        for event in (
            call(f"{name}-{number}", from_ms + 100 * number),
            call(f"{name}-{number}", from_ms + 100 * number + 5_000, "call.answered"),
        )
    ]


def publish(settings: Settings, events: list[tuple[bytes, bytes]]) -> None:
    """Publish to the calls."""
    producer = KafkaProducer(**client_config(settings), acks="all", linger_ms=5)
    for key, value in events:
        producer.send(settings.topic(Topic.CALLS), key=key, value=value, partition=0)
    producer.flush()
    producer.close()


def test_strays_wait_and_a_wrong_clock_is_set_right(
    settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """Strays far ahead wait aside, over a restart too; two that agree move the clock, 20 true contacts set it right,
    and the numbers are then those of the true calls alone, with the strays in the dead letters."""
    settings = settings_factory(partitions=1, clock=Clock.EVENT)
    now_ms = time.time_ns() // 1_000_000 - 120_000

    def counts() -> tuple[int, int, dict[str, int]]:
        numbers = Numbers(settings)
        found = numbers.statistics(Topic.CALLS)
        offered = numbers.totals()[ConversationMeasure.OFFERED]
        return found["applied"], offered, {name: n for name, n in found.items() if name.startswith("rejected.")}

    with programs(environment_of(settings), tmp_path / "programs") as run:
        worker = run.worker(*MEMBER)
        publish(settings, [call("first", now_ms + 400 * DAY_MS)])  # nothing before it
        publish(settings, calls("before", 10, now_ms))
        publish(settings, [call("far", now_ms + 29 * DAY_MS), call("farther", now_ms + 58 * DAY_MS)])
        publish(settings, calls("between", 10, now_ms + 1_000))
        eventually("the calls around the strays", lambda: counts() == (40, 20, {}))
        assert (3, 0) == Numbers(settings).aside(Topic.CALLS)
        assert ": 0 differences" in run.veinte("reconcile", "--topic", "calls").succeed()
        worker.kill()
        worker = run.worker(*MEMBER)
        publish(settings, [call("agrees", now_ms + 400 * DAY_MS + 1)])  # the first of all is confirmed, wrongly
        publish(settings, calls("after", 25, now_ms + 2_000))
        eventually("the true calls", lambda: counts() == (90, 45, {"rejected.implausible_jump": 4}))
        aside, reanchored_ms = Numbers(settings).aside(Topic.CALLS)
        assert (0, True) == (aside, reanchored_ms >= now_ms)
        assert worker.status is None, str(worker)
        assert "the clock was wrong" in worker.stderr
        assert 0 == worker.ask_to_stop()
        publish(settings, [call("last", now_ms + 20 * DAY_MS)])  # nothing more in the log: it may as well be true
        run.drain()
        assert 91 == counts()[0]
        assert ": 0 differences" in run.veinte("reconcile", "--topic", "calls").succeed()
