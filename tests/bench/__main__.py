"""Throughput of one worker process on a backlog, against Faust's default scheduler with an agent that only counts.

``python -m tests.bench [--events N] [--rounds N]`` starts its own Kafka and Redis, fills the topics from the simulator
and runs the two in turn. A figure means something only beside the other of the same run. ``--against FOLDER`` runs the
worker of another checkout (``git worktree add FOLDER COMMIT``) in turn with ours instead of the yardsticks; ``--ours
FOLDER`` takes ours from a folder that ``deploy/compile.py`` has made.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from kafka import TopicPartition
from pydantic import SecretStr
from redis import Redis

from streams.clients.kafka_clients import admin
from streams.common.vocabulary import Clock
from streams.config.settings import Settings
from streams.contract.topics import FOLDED, INPUTS, Topic
from streams.sources.publisher import Publisher
from streams.sources.simulator import SimulationConfig, simulate
from streams.stack import Stack
from streams.stack.addresses import free_port
from streams.store.keys import partition_keys
from streams.tools.create_topics import create_topics

COUNTED = 100_000
"""Events that the yardstick counts: at its pace a million would take minutes and tell no more."""
START_MS = 1_767_571_200_000  # Monday 2026-01-05T00:00:00Z
RATE = 20_000
"""Contacts an hour at the peak: about 900 agents' work, so that a million events is some days."""
POLL_SECONDS = 0.02
HASH_KEY = "a key for benchmarks only"
HEADER = f"\n{'events/s of one process':<48} {'lowest':>10} {'median':>10} {'highest':>10}"
WORKER = "from metrics.commands.cli import main; main()"


def environment(settings: Settings, namespace: str) -> dict[str, str]:
    """Variables of a worker that counts under its own namespace."""
    return {
        **os.environ,
        "VEINTE_KAFKA": settings.kafka,
        "VEINTE_REDIS": settings.redis.get_secret_value(),
        "VEINTE_NAMESPACE": namespace,
        "VEINTE_CLOCK": "event",
        "VEINTE_HASH_KEY": HASH_KEY,
        "VEINTE_WORKER_PORT": str(free_port()),
    }


def positions(redis: Redis, namespace: str, partitions: int) -> tuple[int, int]:
    """Input events that the worker has committed, and what it told itself of customers."""
    pipe = redis.pipeline(transaction=False)
    for topic in FOLDED:
        for number in range(partitions):
            pipe.hget(partition_keys(namespace, 0, topic, number).head, "position")
    found = [int(position or 0) for position in pipe.execute()]
    inputs = len(INPUTS) * partitions
    return sum(found[:inputs]), sum(found[inputs:])


def forget_outcomes(settings: Settings) -> None:
    """Empty the internal topic: the next worker need not pass over what the one before wrote."""
    name = settings.topic(Topic.CONTACTS)
    with admin(settings) as client:
        client.delete_records({TopicPartition(name, number): -1 for number in range(settings.partitions)})


def time_worker(settings: Settings, redis: Redis, namespace: str, events: int, folder: str = ".") -> float:
    """Seconds from the first commit of the worker in ``folder`` to its last, scaled to all events; it must commit every
    one, and what that told the repeat-contact fold."""
    forget_outcomes(settings)
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER, "worker", "--drain"],
        env=environment(settings, namespace),
        stdin=subprocess.DEVNULL,
        cwd=folder,
    )
    first: tuple[float, int] | None = None
    last = 0.0
    known = (0, 0)
    while process.poll() is None:
        committed = positions(redis, namespace, settings.partitions)
        now = time.perf_counter()
        if committed != known:
            known, last = committed, now
            first = first or (now, committed[0])
        time.sleep(POLL_SECONDS)
    done, _ = positions(redis, namespace, settings.partitions)
    if process.returncode != 0 or done != events or first is None:
        raise SystemExit(f"the worker ended with {process.returncode} at {done} of {events} events")
    return (last - first[0]) * events / max(events - first[1], 1)


def time_yardstick(settings: Settings, group: str, events: int) -> float:
    """Seconds that the counting agent (or, with group ``-``, the bare consumer) takes for ``events`` events."""
    topics = [settings.topic(topic) for topic in INPUTS]
    command = [sys.executable, "-m", "tests.bench.counting_agent", settings.kafka, group, str(events), *topics]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])


def fill(settings: Settings, events: int) -> None:
    """Put a backlog of simulated events into the topics."""
    create_topics(settings)
    started = time.perf_counter()
    with Publisher(settings) as publisher:
        for sent, event in enumerate(simulate(SimulationConfig(start_ms=START_MS, rate=RATE, seed=1)), start=1):
            publisher.send(event)
            if sent % 100_000 == 0:
                print(f"  {sent:,} events produced after {time.perf_counter() - started:.0f} s", flush=True)
            if sent >= events:
                break


def report(name: str, rates: list[float], digits: int = 0) -> None:
    """One line: lowest, median and highest rate."""
    figures = (min(rates), statistics.median(rates), max(rates))
    print(f"{name:<48}" + "".join(f" {figure:>10,.{digits}f}" for figure in figures), flush=True)


def compare_to_yardsticks(settings: Settings, redis: Redis, events: int, rounds: int, own: str) -> None:
    """The worker, a counting agent and the bare consumer in turn."""
    counted = min(COUNTED, events)
    ours, theirs, bare = [], [], []
    for number in range(rounds):
        ours.append(events / time_worker(settings, redis, f"bench{number}", events, own))
        print(f"  round {number + 1}: worker {ours[-1]:,.0f} events/s", flush=True)
        theirs.append(counted / time_yardstick(settings, f"count{number}", counted))
        print(f"  round {number + 1}: counting agent {theirs[-1]:,.0f} events/s", flush=True)
        bare.append(events / time_yardstick(settings, "-", events))
        redis.flushall()
    print(HEADER)
    report(f"veinte worker, all its work, {events:,} events", ours)
    report(f"Faust's default scheduler, counting {counted:,}", theirs)
    report("aiokafka alone, handing records out", bare)
    report("ratio worker / counting agent", [a / b for a, b in zip(ours, theirs, strict=True)], digits=1)


def compare_to_checkout(settings: Settings, redis: Redis, events: int, rounds: int, own: str, folder: str) -> None:
    """The worker of another checkout and ours in turn."""
    before, after = [], []
    for number in range(rounds):
        before.append(events / time_worker(settings, redis, f"before{number}", events, folder))
        print(f"  round {number + 1}: {folder} {before[-1]:,.0f} events/s", flush=True)
        after.append(events / time_worker(settings, redis, f"after{number}", events, own))
        print(f"  round {number + 1}: {own} {after[-1]:,.0f} events/s", flush=True)
        redis.flushall()
    print(HEADER)
    report(f"worker of {folder}, {events:,} events", before)
    report(f"worker of {own}, {events:,} events", after)
    report(f"ratio {own} / {folder}", [a / b for a, b in zip(after, before, strict=True)], digits=2)


def run(events: int, rounds: int, own: str, against: str | None) -> None:
    """Fill, measure in turn, print."""
    with tempfile.TemporaryDirectory(prefix="veinte-bench-") as folder:
        kafka = free_port()
        settings = Settings(
            kafka=f"127.0.0.1:{kafka}",
            redis=SecretStr(f"redis://127.0.0.1:{free_port(avoid=frozenset({kafka}))}/0"),
            data=Path(folder),
            clock=Clock.EVENT,
            hash_key=SecretStr(HASH_KEY),
        )
        stack = Stack(settings)
        try:
            stack.up(detach=False)
            fill(settings, events)
            redis = Redis.from_url(settings.redis.get_secret_value())
            if against is None:
                compare_to_yardsticks(settings, redis, events, rounds, own)
            else:
                compare_to_checkout(settings, redis, events, rounds, own, against)
        finally:
            stack.down()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--against", metavar="FOLDER", help="another checkout of the project")
    parser.add_argument("--ours", metavar="FOLDER", default=".", help="where our packages are, compiled ones perhaps")
    arguments = parser.parse_args()
    run(arguments.events, arguments.rounds, arguments.ours, arguments.against)
