"""Memory of worker, exporter and Redis under a steady load: ``python -m tests.bench.soak --minutes 30``.

A real Kafka, Redis, worker and exporter on this machine. A burst at the start measures how many events a second the
worker applies; then calls of now come at half of that rate, and the exporter is scraped, while the memory of each is
noted every 5 s. The first third is the warm-up; a line through the rest gives MB an hour.

Redis grows for a reason until what it keeps is full: states of contacts for as long as an event may come late, slices
for the retention of their tier. Both last days by default (8 days, 2 h, 26 h, 36 days), so they are set to minutes here
(``KEPT``), and what remains in the last two thirds is a leak or none. Calls have no customers, whose states last 36
days and cannot be set.

  python -m tests.bench.soak --minutes 30                    # docs/images/soak.svg, and soak.csv beside it
  python -m tests.bench.soak --minutes 2 --output /tmp/soak  # /tmp/soak.svg, /tmp/soak.csv
"""

from __future__ import annotations

import csv
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import urlopen

import psutil

from streams.clients.redis_clients import sync_client
from streams.common.errors import UserError
from streams.config.settings import Settings
from streams.sources.outgoing import OutgoingEvent
from streams.sources.publisher import Publisher
from streams.stack import Stack
from streams.stack.addresses import free_port
from streams.tools.create_topics import create_topics
from tests.bench.command_line import Parser, end_with, say, whole_number
from tests.bench.line_plot import Point, line_plot, slope
from tests.faults.load import call_events
from tests.integration.reader.test_exporter import Exporter
from tests.support.numbers import position_sum
from tests.support.paths import ROOT
from tests.support.processes import programs

SAMPLE_SECONDS = 5.0
BURST_CALLS = 20_000
PORTION = 500
"""Calls of one moment."""
QUEUES = 10
TICK_SECONDS = 0.1
KEPT = {
    "past_limit": "5m",
    "future_limit": "1m",
    "slice_retention_seconds": "2m",
    "slice_retention_minutes": "5m",
    "slice_retention": "15m",
}
"""Settings under which all that Redis keeps has come and gone within the warm-up of half an hour."""
EVENTS_A_CALL = 14 / 5
MEGABYTE = 1_000_000


class Sample(NamedTuple):
    """Memory at one moment, in MB; ``minutes`` since the load began."""

    minutes: float
    worker: float
    exporter: float
    redis: float
    redis_used: float
    events: int
    lag: int


LINES = {
    "worker, RSS": "worker",
    "exporter, RSS": "exporter",
    "Redis, RSS": "redis",
    "Redis, used_memory": "redis_used",
}


class Load:
    """Calls of now, spread over queues."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._calls = 0
        self.sent = 0

    def send(self, calls: int) -> None:
        """Send whole calls that end about now."""
        now_ms = 0
        for number in range(self._calls, self._calls + calls):
            if not now_ms or number % PORTION == 0:
                now_ms = time.time_ns() // 1_000_000
            # One call each, so that its time is now whatever its number.
            events = call_events(
                1, first=number, first_ms=now_ms - number * 1000 - 100_000, queue=f"q{number % QUEUES}"
            )
            self._take(events)
        self._calls += calls
        self._publisher.flush()

    def _take(self, events: Sequence[OutgoingEvent]) -> None:
        for event in events:
            self._publisher.send(event)
        self.sent += len(events)


def capacity(load: Load, client: Any, settings: Settings, worker: psutil.Process) -> float:
    """Events a second that the worker applies of a burst.

    Raises:
        UserError: the worker ended.
    """
    load.send(BURST_CALLS)
    first, began = position_sum(client, settings), time.monotonic()
    while position_sum(client, settings) < load.sent:
        refuse_dead(worker)
        time.sleep(TICK_SECONDS / 10)
    left = load.sent - first
    if left < load.sent / 10:
        # The worker kept up with the producer: it is at least as fast.
        say("the worker kept up with the producer; its rate is taken")
        return producer_rate(load)
    return left / (time.monotonic() - began)


def refuse_dead(worker: psutil.Process) -> None:
    """End the run with the worker."""
    if worker.status() == psutil.STATUS_ZOMBIE:
        raise UserError("the worker ended; a machine that is busy otherwise lets events become too old")


def producer_rate(load: Load) -> float:
    """Events a second that this program sends."""
    before, began = load.sent, time.monotonic()
    load.send(BURST_CALLS // 4)
    return (load.sent - before) / (time.monotonic() - began)


@contextmanager
def running(folder: Path) -> Iterator[tuple[Settings, int, int]]:
    """Settings of a stack with a worker and an exporter, and the port of the exporter and the id of the worker."""
    kafka = free_port()
    values = {
        "kafka": f"127.0.0.1:{kafka}",
        "redis": f"redis://127.0.0.1:{free_port(avoid=frozenset({kafka}))}/0",
        "data": str(folder),
        "partitions": 8,
        "hash_key": "a key for benches only",
        **KEPT,
    }
    settings = Settings(**values)  # type: ignore[arg-type]  # pydantic checks them
    environment = {**os.environ, **{f"VEINTE_{name.upper()}": str(value) for name, value in values.items()}}
    stack = Stack(settings)
    try:
        say("starting Kafka and Redis")
        stack.up(detach=False)
        create_topics(settings)
        with programs(environment, folder / "programs") as run:
            worker = run.worker()
            worker.wait_until_ready()
            exporter = Exporter(run)
            exporter.wait_for("/readyz", 200)
            yield settings, exporter.port, worker.pid
    finally:
        stack.down()


def process_on(port: int) -> psutil.Process:
    """The child of this program that listens on a port."""
    for process in psutil.Process().children(recursive=True):
        for connection in process.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port:
                return process
    raise UserError(f"no process listens on port {port}")


def soak(minutes: int, share: float) -> list[Sample]:
    """Run the load and note the memory."""
    samples: list[Sample] = []
    with (
        tempfile.TemporaryDirectory(prefix="veinte-soak-") as folder,
        running(Path(folder)) as (settings, port, worker),
    ):
        client: Any = sync_client(settings)
        processes = psutil.Process(worker), process_on(port), psutil.Process(client.info("server")["process_id"])
        with Publisher(settings) as publisher:
            load = Load(publisher)
            rate = capacity(load, client, settings, processes[0])
            calls_a_second = rate * share / EVENTS_A_CALL
            say(f"{rate:,.0f} events a second in a burst; {rate * share:,.0f} a second from now on")
            began, sent, next_sample = time.monotonic(), 0, 0.0
            while (passed := time.monotonic() - began) < minutes * 60:
                due = int(passed * calls_a_second) - sent
                load.send(due)
                sent += due
                refuse_dead(processes[0])
                if passed >= next_sample:
                    next_sample += SAMPLE_SECONDS
                    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
                        answer.read()
                    lag = load.sent - position_sum(client, settings)
                    samples.append(sample(passed / 60, processes, client, load.sent, lag))
                time.sleep(TICK_SECONDS)
        client.close()
    return samples


def sample(
    minutes: float, processes: tuple[psutil.Process, psutil.Process, psutil.Process], client: Any, events: int, lag: int
) -> Sample:
    """Memory of the three now."""
    worker, exporter, redis = (process.memory_info().rss / MEGABYTE for process in processes)
    used = client.info("memory")["used_memory"] / MEGABYTE
    return Sample(round(minutes, 3), worker, exporter, redis, used, events, lag)


def points_of(samples: Sequence[Sample], name: str) -> list[Point]:
    """Minutes and MB of one line."""
    return [(each.minutes, getattr(each, name)) for each in samples]


def write(samples: Sequence[Sample], output: Path, minutes: int) -> None:
    """Write the samples as CSV and SVG, and print the slopes after the warm-up."""
    with output.with_suffix(".csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(Sample._fields)
        rows.writerows([round(value, 3) for value in each] for each in samples)
    warm = minutes / 3
    lines = {title: points_of(samples, name) for title, name in LINES.items()}
    rate = samples[-1].events / (minutes * 60)
    title = f"Memory at {rate:,.0f} events a second, half of what the worker can do"
    output.with_suffix(".svg").write_text(line_plot(title, "minutes", "MB", lines, since=warm), encoding="utf-8")
    print(f"{samples[-1].events:,} events in {minutes} min; most behind: {max(each.lag for each in samples):,}")
    for name, points in lines.items():
        rest = [(x / 60, y) for x, y in points if x >= warm]
        last = points[-1][1]
        print(f"{name:20} {last:8.1f} MB at the end, {slope(rest):+8.1f} MB/h after {warm:.0f} min")


if __name__ == "__main__":
    parser = Parser("tests.bench.soak", __doc__)
    parser.add_argument("--minutes", metavar="N", type=whole_number, default=30, help="default: 30")
    parser.add_argument(
        "--share", metavar="PERCENT", type=whole_number, default=50, help="of the capacity; default: 50"
    )
    parser.add_argument(
        "--output", metavar="FILE", type=Path, default=ROOT / "docs/images/soak", help="without an ending"
    )
    arguments = parser.parse_args()

    def work() -> int:
        """Measure, then write."""
        write(soak(arguments.minutes, arguments.share / 100), arguments.output, arguments.minutes)
        return 0

    end_with(work)
