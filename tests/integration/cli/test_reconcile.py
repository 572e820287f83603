"""`veinte reconcile` against a live worker: nothing differs under load, and one amount changed by hand is found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import msgspec
from kafka import TopicPartition

from streams.clients.kafka_clients import admin
from streams.clients.redis_clients import sync_client
from streams.common.vocabulary import Clock
from streams.config.settings import Settings
from streams.contract.topics import FOLDED, Topic
from streams.stack.addresses import free_port
from streams.store.keys import partition_keys
from tests.conftest import SettingsFactory
from tests.support.numbers import Numbers
from tests.support.processes import MEMBER, Programs, eventually, programs

Environment = Callable[[Settings], dict[str, str]]
LOAD = ("simulate", "--days", "0.1", "--rate", "600", "--speed", "60", "--busy")
AT_LEAST = 1_500
"""Records of the log before the first comparison."""


def changed_by_hand(settings: Settings) -> tuple[str, str, bytes]:
    """Add one to one amount of one slice of calls; gives the key, the field and what it held."""
    client: Any = sync_client(settings)
    for number in range(settings.partitions):
        key = partition_keys(settings.namespace, 0, Topic.CALLS, number).numbers
        for field, packed in sorted(client.hgetall(key).items()):
            if field.startswith(b"q"):
                cells = msgspec.msgpack.decode(packed, type=dict[int, int])
                code = min(code for code in cells if code > 0)
                client.hset(key, field, msgspec.msgpack.encode({**cells, code: cells[code] + 1}))
                return key, field.decode(), packed
    raise AssertionError("no slice of calls")


def scraped(run: Programs) -> set[str]:
    """Lines of the metrics page about reconciliation, of an exporter that starts now."""
    port = free_port()
    run.veinte("exporter", VEINTE_EXPORTER_PORT=str(port))

    def lines() -> set[str]:
        try:
            with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=2) as answer:
                text = answer.read().decode()
        except OSError:
            return set()
        return {line for line in text.splitlines() if line.startswith("veinte_reconcile_difference{")}

    return eventually("the metrics of the exporter", lines)


def delete_oldest(settings: Settings, share: float) -> None:
    """Delete a share of the records of each topic, as retention does."""
    positions = {}
    numbers = Numbers(settings)
    for (topic, number), partition in numbers.partitions.items():
        positions[TopicPartition(settings.topic(topic), number)] = int((partition.position or 0) * share)
    with admin(settings) as client:
        client.delete_records(positions)


def test_numbers_of_a_live_worker(
    settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """Under load no amount differs; one that is changed by hand does, on the metrics page too; and where the log has
    lost its beginning the rest is compared by what is left."""
    settings = settings_factory(clock=Clock.EVENT)
    with programs(environment_of(settings), tmp_path / "programs") as run:
        worker = run.worker(*MEMBER)
        load = run.veinte(*LOAD)
        eventually("events to be counted", lambda: sum(Numbers(settings).positions().values()) > AT_LEAST)
        live = run.veinte("reconcile").succeed()
        assert load.status is None, str(load)
        load.ask_to_stop()
        assert [f"{topic}: " for topic in FOLDED] == [line.split(" ")[0] + " " for line in live.splitlines()]
        assert len(FOLDED) == live.count(": 0 differences")
        print(live)
        assert 0 == worker.ask_to_stop()

        key, field, packed = changed_by_hand(settings)
        found = run.veinte("reconcile", "--topic", "calls")
        assert 1 == found.end()
        first, difference = found.stdout.splitlines()
        assert first.endswith(": 1 difference"), first
        assert " 15m queue " in difference, difference
        print(difference)
        assert {
            'veinte_reconcile_difference{topic="calls"} 1.0',
            'veinte_reconcile_difference{topic="chats"} 0.0',
            'veinte_reconcile_difference{topic="tickets"} 0.0',
            'veinte_reconcile_difference{topic="contacts"} 0.0',
        } == scraped(run)
        client: Any = sync_client(settings)
        client.hset(key, field, packed)

        delete_oldest(settings, 0.5)
        rest = run.veinte("reconcile").succeed()
        print(rest)
        assert len(FOLDED) == rest.count("the log no longer has all the events of earlier contacts")
