"""The bank's fortnight under repeated failures: killed workers, joining and leaving workers, a Redis that loses its
data."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from streams.clients.redis_clients import sync_client
from streams.common.errors import EXIT_RESTART
from streams.common.vocabulary import Clock
from streams.config.settings import Settings
from streams.contract.topics import Topic
from streams.sources.publisher import Publisher
from tests.conftest import SettingsFactory
from tests.faults.load import bank_portions
from tests.oracles.logs import BANK, BANK_EXPECTED, research_log
from tests.support.numbers import (
    BANK_FIELDS,
    REPEAT_FIELDS,
    Numbers,
    bank_expected,
    bank_repeats,
    delete_everything,
    position_sum,
)
from tests.support.processes import MEMBER, Programs, Worker, eventually, programs

Environment = Callable[[Settings], dict[str, str]]
KILLS = 20
LEAST_HITS = 10
"""Kills, at least, that must hit the worker during its work."""


class Storm:
    """A namespace under load: the records sent, the records applied, and a worker kept alive by a supervisor."""

    def __init__(self, settings: Settings, run: Programs) -> None:
        self.settings = settings
        self.run = run
        self.sent = 0
        self.client: Any = sync_client(settings)
        self._publisher = Publisher(settings)

    def send(self, portion: list[Any]) -> None:
        """Publish a portion of the log."""
        for event in portion:
            self._publisher.send(event)
        self._publisher.flush()
        self.sent += len(portion)

    @property
    def applied(self) -> int:
        """Number of records before the stored positions."""
        return position_sum(self.client, self.settings)

    @contextmanager
    def sending(self, portions: list[list[Any]], pause_seconds: float) -> Iterator[None]:
        """Keep the load up during the block, a portion a pause; afterwards the rest is sent at once."""
        over = threading.Event()
        rest = iter(portions)

        def send() -> None:
            for portion in rest:
                self.send(portion)
                if over.wait(pause_seconds):
                    return

        thread = threading.Thread(target=send)
        thread.start()
        try:
            yield
            assert thread.is_alive(), "the load was over before the block was"
        finally:
            over.set()
            thread.join()
        for portion in rest:
            self.send(portion)

    def wait_until_it_works(self, worker: Worker, since: int) -> None:
        """Wait for the first commit after ``since``, or until the worker asks for a restart."""
        ready = lambda: self.applied != since or worker.status == EXIT_RESTART  # noqa: E731
        eventually("the worker's first commit", ready, poll_seconds=0.001)

    def close(self) -> None:
        """Close the clients."""
        self._publisher.close()
        self.client.close()


@pytest.fixture
def storm(settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path) -> Iterator[Storm]:
    """A storm over the bank's log; afterwards every number must be right and every record applied exactly once."""
    expected = bank_expected(research_log(BANK_EXPECTED))
    settings = settings_factory(partitions=8, clock=Clock.EVENT, time_zone="Asia/Jerusalem")
    with programs(environment_of(settings), tmp_path / "programs") as run:
        storm = Storm(settings, run)
        yield storm
        storm.close()
        run.drain()
        numbers = Numbers(settings)
    assert expected == numbers.by_day("Asia/Jerusalem", BANK_FIELDS)
    repeats = bank_repeats(research_log(BANK), 7, topic_is_type=False)
    assert repeats == numbers.by_day("Asia/Jerusalem", REPEAT_FIELDS)
    assert {"applied": storm.sent} == numbers.statistics(Topic.CALLS)
    assert storm.sent == sum(numbers.positions().values())


def test_twenty_kills(storm: Storm) -> None:
    """A worker killed twenty times, mostly during its work, loses nothing and counts nothing twice."""
    chance = random.Random(20)
    portions = bank_portions(KILLS + 1)
    hits = 0
    for number in range(KILLS):
        storm.send(portions[number])
        before = storm.applied
        worker = storm.run.worker(*MEMBER)
        if number % 4 == 3:
            worker.wait_for_end(chance.uniform(0.5, 3.0))
        else:
            storm.wait_until_it_works(worker, before)
            worker.wait_for_end(chance.uniform(0.0, 0.05))
        worker.kill()
        hits += before < storm.applied < storm.sent
    storm.send(portions[KILLS])
    assert LEAST_HITS <= hits


def share_work(storm: Storm, first: Worker, second: Worker) -> None:
    """Wait until both workers have partitions, and records are applied under that assignment."""
    eventually("partitions of the second worker", lambda: second.owned and first.owned)
    before = storm.applied
    eventually("work under the new assignment", lambda: storm.applied > before + 100)


def test_a_second_worker_comes_and_goes(storm: Storm) -> None:
    """A second worker joins under load, takes partitions and leaves, twice in order and once by a crash: counts stay
    exact."""
    first = storm.run.worker()
    first.wait_until_ready()
    with storm.sending(bank_portions(400), pause_seconds=0.1):
        for number in range(3):
            second = storm.run.worker()
            share_work(storm, first, second)
            assert second.status is None, str(second)
            if number == 2:
                second.kill()
            else:
                assert 0 == second.ask_to_stop(), str(second)
    eventually("everything applied", lambda: storm.applied == storm.sent)
    assert 0 == first.ask_to_stop(), str(first)


def test_redis_emptied_half_way(storm: Storm) -> None:
    """A Redis emptied under a running worker makes it start over from the beginning of the log."""
    portions = bank_portions(40)
    for portion in portions[:20]:
        storm.send(portion)
    worker = storm.run.worker(*MEMBER)
    storm.wait_until_it_works(worker, 0)
    with storm.sending(portions[20:], pause_seconds=0.1):
        eventually("half of the log", lambda: storm.applied > storm.sent // 2)
        assert delete_everything(storm.settings)
        assert EXIT_RESTART == worker.end(), str(worker)
    assert "emptied" in worker.stderr
