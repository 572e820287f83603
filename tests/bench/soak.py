"""Memory of worker, exporter and Redis under a steady load: ``python -m tests.bench.soak --minutes 30``.

A real Kafka, Redis, worker and exporter on this machine. A backlog that lies there before the worker starts measures
how many events a second it applies. Then calls of now come at half of that rate, the exporter is scraped, and the
memory of each is noted every 5 s. The first third is the warm-up; a line through the rest gives MB an hour.

Redis grows for a reason until what it keeps is full: states of contacts for as long as an event may come late, slices
for the retention of their tier. Both last days by default (8 days, 2 h, 26 h, 36 days), so they are set to minutes here
(``KEPT``), and what remains in the last two thirds is a leak or none. Calls have no customers, whose states last 36
days and cannot be set.

  python -m tests.bench.soak --minutes 30                     # docs/images/soak.svg, and soak.csv beside it
  python -m tests.bench.soak --minutes 2 --output /tmp/soak   # /tmp/soak.svg, /tmp/soak.csv
"""

from __future__ import annotations

import csv
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

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
from tests.support.processes import Programs, programs

SAMPLE_SECONDS = 5.0
BURST_CALLS = 20_000
PORTION = 500
"""Calls of one moment."""
QUEUES = 10
TICK_SECONDS = 0.1
POLL_SECONDS = 0.01
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


Processes = tuple[psutil.Process, psutil.Process, psutil.Process]
"""Worker, exporter and Redis."""


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


def capacity(sent: int, client: Any, settings: Settings, worker: psutil.Process) -> float:
    """Events a second that a worker applies of ``sent`` events that lay there when it started.

    Raises:
        UserError: the worker ended.
    """
    first = began = 0.0
    while (position := position_sum(client, settings)) < sent:
        if position and not began:
            first, began = position, time.monotonic()
        refuse_dead(worker)
        time.sleep(POLL_SECONDS)
    # Where all was applied by one commit of each partition there is no second moment to compare with.
    return (sent - first) / max(time.monotonic() - began, POLL_SECONDS) if began else sent / POLL_SECONDS


def refuse_dead(worker: psutil.Process) -> None:
    """End the run with the worker."""
    if worker.status() == psutil.STATUS_ZOMBIE:
        raise UserError("the worker ended; a machine that is busy otherwise lets events become too old")


@contextmanager
def running(folder: Path) -> Iterator[tuple[Settings, Programs]]:
    """Settings of a stack that runs during the block, and what starts programs on it."""
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
            yield settings, run
    finally:
        stack.down()


def soak(minutes: int, share: float) -> tuple[float, list[Sample]]:
    """Capacity of a worker in events a second, and its memory under a share of that."""
    with (
        tempfile.TemporaryDirectory(prefix="veinte-soak-") as folder,
        running(Path(folder)) as (settings, run),
        Publisher(settings) as publisher,
        closing(sync_client(settings)) as client,
    ):
        load = Load(publisher)
        load.send(BURST_CALLS)
        worker = psutil.Process(run.worker().pid)
        rate = capacity(load.sent, client, settings, worker)
        say(f"{rate:,.0f} events a second of a backlog; {rate * share:,.0f} a second from now on")
        exporter = Exporter(run)
        exporter.wait_for("/readyz", 200)
        server: Any = client.info("server")
        processes = worker, psutil.Process(exporter.program.pid), psutil.Process(server["process_id"])
        return rate, list(samples(load, rate * share, minutes, exporter, processes, client, settings))


def samples(
    load: Load, rate: float, minutes: int, exporter: Exporter, processes: Processes, client: Any, settings: Settings
) -> Iterator[Sample]:
    """Send ``rate`` events a second, as far as this program can, and note the memory."""
    began, sent, next_sample, before = time.monotonic(), 0, 0.0, load.sent
    while (passed := time.monotonic() - began) < minutes * 60:
        # What this program could not send in time is sent later, but at most as much as in a second.
        due = min(int(passed * rate / EVENTS_A_CALL) - sent, int(rate))
        load.send(due)
        sent += due
        refuse_dead(processes[0])
        if passed >= next_sample:
            next_sample += SAMPLE_SECONDS
            exporter.wait_for("/metrics", 200)
            lag = load.sent - position_sum(client, settings)
            yield sample(passed / 60, processes, client, load.sent - before, lag)
        time.sleep(TICK_SECONDS)


def sample(minutes: float, processes: Processes, client: Any, events: int, lag: int) -> Sample:
    """Memory of the three now."""
    worker, exporter, redis = (process.memory_info().rss / MEGABYTE for process in processes)
    used = client.info("memory")["used_memory"] / MEGABYTE
    return Sample(round(minutes, 3), worker, exporter, redis, used, events, lag)


def points_of(samples: Sequence[Sample], name: str) -> list[Point]:
    """Minutes and MB of one line."""
    return [(each.minutes, getattr(each, name)) for each in samples]


def write(rate: float, samples: Sequence[Sample], output: Path, minutes: int) -> None:
    """Write the samples as CSV and SVG, and print the slopes after the warm-up."""
    with output.with_suffix(".csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(Sample._fields)
        rows.writerows([round(value, 3) for value in each] for each in samples)
    warm = minutes / 3
    lines = {title: points_of(samples, name) for title, name in LINES.items()}
    sent = samples[-1].events / (samples[-1].minutes * 60)
    title = f"Memory at {sent:,.0f} events a second, {sent / rate:.0%} of what the worker can do"
    output.with_suffix(".svg").write_text(line_plot(title, "minutes", "MB", lines, since=warm), encoding="utf-8")
    print(f"{title}: {rate:,.0f} events a second")
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
        write(*soak(arguments.minutes, arguments.share / 100), arguments.output, arguments.minutes)
        return 0

    end_with(work)
