"""Throughput of one worker process on a backlog: ``python -m tests.bench``.

Starts its own Kafka and Redis, fills the topics from the simulator and runs a worker on them, in turn with
  * an agent of Faust's default scheduler that only counts, and the bare consumer; or
  * with --against, the worker of another version of the project. Then it also compares the processor time of both, and
    the bytes that they keep in Redis.
A figure means something only beside the other of the same run.

  python -m tests.bench --against v0.1.0 --rounds 5
  python -m tests.bench --against v0.1.0 --ours build/compiled      (made by `make compile`)
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Collection, Sequence
from contextlib import ExitStack

from redis import Redis

from streams.config.settings import Settings
from streams.contract.topics import INPUTS
from streams.sources.publisher import Publisher
from streams.sources.simulator import SimulationConfig, simulate
from streams.tools.create_topics import create_topics
from tests.bench.checkouts import checkout
from tests.bench.command_line import Parser, end_with, say, whole_number
from tests.bench.packed_bytes import packed_bytes, table
from tests.bench.sides import Run, Side, own_servers

COUNTED = 100_000
"""Events that the yardstick counts: at its pace a million would take minutes and tell no more."""
START_MS = 1_767_571_200_000  # Monday 2026-01-05T00:00:00Z
RATE = 20_000
"""Contacts an hour at the peak: about 900 agents' work, so that a million events is some days."""
EVENTS_A_NOTE = 100_000


def fill(settings: Settings, events: int, topics: Collection[str]) -> None:
    """Put a backlog of simulated events into those of the topics that are wanted."""
    create_topics(settings)
    started = time.perf_counter()
    sent = 0
    with Publisher(settings) as publisher:
        for event in simulate(SimulationConfig(start_ms=START_MS, rate=RATE, seed=1)):
            if event.topic in topics:
                publisher.send(event)
                sent += 1
                if sent % EVENTS_A_NOTE == 0:
                    say(f"{sent:,} events produced after {time.perf_counter() - started:.0f} s")
                if sent >= events:
                    break


def header(title: str) -> None:
    """The line above figures of several rounds."""
    print(f"\n{title:<48} {'lowest':>10} {'median':>10} {'highest':>10}")


def report(name: str, figures: Sequence[float], digits: int = 0) -> None:
    """One line: the lowest, median and highest figure."""
    three = (min(figures), statistics.median(figures), max(figures))
    print(f"{name:<48}" + "".join(f" {figure:>10,.{digits}f}" for figure in three), flush=True)


def time_yardstick(settings: Settings, group: str, events: int) -> float:
    """Seconds that the counting agent (or, with group ``-``, the bare consumer) takes for ``events`` events."""
    topics = [settings.topic(topic) for topic in INPUTS]
    command = [sys.executable, "-m", "tests.bench.counting_agent", settings.kafka, group, str(events), *topics]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])


def compare_to_yardsticks(settings: Settings, redis: Redis, events: int, rounds: int, ours: Side) -> None:
    """The worker, a counting agent and the bare consumer in turn."""
    fill(settings, events, ours.inputs)
    counted = min(COUNTED, events)
    worker, agent, bare = [], [], []
    for number in range(1, rounds + 1):
        worker.append(events / ours.drain(redis, events).seconds)
        say(f"round {number}: worker {worker[-1]:,.0f} events/s")
        agent.append(counted / time_yardstick(settings, f"count{number}", counted))
        say(f"round {number}: counting agent {agent[-1]:,.0f} events/s")
        bare.append(events / time_yardstick(settings, "-", events))
        redis.flushall()
    header("events/s of one process")
    report(f"veinte worker, all its work, {events:,} events", worker)
    report(f"Faust's default scheduler, counting {counted:,}", agent)
    report("aiokafka alone, handing records out", bare)
    report("ratio worker / counting agent", [a / b for a, b in zip(worker, agent, strict=True)], digits=1)


def compare_versions(settings: Settings, redis: Redis, events: int, rounds: int, ours: Side, theirs: Side) -> None:
    """The workers of two versions in turn; each round begins with the other one."""
    fill(settings, events, set(ours.inputs) & set(theirs.inputs))
    runs: dict[Side, list[Run]] = {theirs: [], ours: []}
    kept: list[str] = []
    for number in range(1, rounds + 1):
        for side in (theirs, ours) if number % 2 else (ours, theirs):
            run = side.drain(redis, events)
            runs[side].append(run)
            say(f"round {number}: {side.name} {events / run.seconds:,.0f} events/s, {run.cpu_seconds:.1f} CPU seconds")
        if not kept:
            kept = table(packed_bytes(redis, theirs), packed_bytes(redis, ours))
        redis.flushall()
    pairs = list(zip(runs[ours], runs[theirs], strict=True))
    header(f"events/s of one process, {events:,} events")
    report(f"theirs: {theirs.name}", [events / run.seconds for run in runs[theirs]])
    report(f"ours: {ours.name}", [events / run.seconds for run in runs[ours]])
    report("ratio ours / theirs, above 1 is faster", [b.seconds / a.seconds for a, b in pairs], digits=3)
    header("CPU seconds of the process, user and system")
    report(f"theirs: {theirs.name}", [run.cpu_seconds for run in runs[theirs]], digits=2)
    report(f"ours: {ours.name}", [run.cpu_seconds for run in runs[ours]], digits=2)
    report("ratio ours / theirs, below 1 is faster", [a.cpu_seconds / b.cpu_seconds for a, b in pairs], digits=3)
    print("", *kept, sep="\n", flush=True)


def run(events: int, rounds: int, own: str, against: str | None) -> None:
    """Fill, measure in turn, print."""
    with ExitStack() as closing:
        ours = closing.enter_context(checkout(own))
        theirs = None if against is None else closing.enter_context(checkout(against))
        settings, redis = closing.enter_context(own_servers())
        if theirs is None:
            compare_to_yardsticks(settings, redis, events, rounds, Side(ours, settings, "ours"))
        else:
            sides = Side(ours, settings, "ours"), Side(theirs, settings, "theirs")
            compare_versions(settings, redis, events, rounds, *sides)


if __name__ == "__main__":
    parser = Parser("tests.bench", __doc__)
    parser.add_argument("--events", metavar="N", type=whole_number, default=1_000_000, help="default: 1000000")
    parser.add_argument("--rounds", metavar="N", type=whole_number, default=3, help="default: 3")
    parser.add_argument("--against", metavar="REF", help="a tag, branch or commit, or a folder with another checkout")
    parser.add_argument("--ours", metavar="REF", default=".", help="the same for our side; default: this checkout")
    arguments = parser.parse_args()
    end_with(lambda: run(arguments.events, arguments.rounds, arguments.ours, arguments.against))
