"""Processor time of an exporter: ``python -m tests.bench.scrape [--queues 8,100] [--against v0.1.0]``.

A worker counts a few days of the simulated centre, whose contacts are spread over as many queues as asked for. Then an
exporter's parts read Redis again and again, while a few numbers change in between, and make the page /metrics and the
document /api/v1/snapshot each time. With --against both versions do so in turn, each on numbers of its own worker.

CPU milliseconds of the reading (with the planning that is done between two readings) and of each answer are apart.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any
from zlib import crc32

from redis import Redis

from streams.common.durations import DAY_MS
from streams.common.errors import UserError
from streams.config.settings import Settings
from streams.sources.outgoing import OutgoingEvent
from streams.sources.publisher import Publisher
from streams.sources.simulator import SimulationConfig, simulate
from streams.sources.simulator.catalogue import QUEUES
from streams.tools.create_topics import create_topics
from tests.bench.checkouts import checkout
from tests.bench.command_line import Parser, end_with, say, whole_number, whole_numbers
from tests.bench.sides import Side, own_servers

START_MS = 1_767_571_200_000  # Monday 2026-01-05T00:00:00Z
RATE = 200
END_OF_DAY_MS = 18 * 3_600_000
"""The load ends at 18:00 of its last day, when every channel is busy."""
STEP_MS = 500
"""Between two readings, as in the exporter."""
MOST_QUEUES = 1_000
PARTS = ("first reading", "reading", "metrics page", "snapshot document")


def spread(events: Iterator[OutgoingEvent], queues: int) -> Iterator[OutgoingEvent]:
    """The events with the queues of the simulator split into so many; a contact's number decides which it is in."""
    each, more = divmod(queues, len(QUEUES))
    shares = {queue.name: each + (number < more) for number, queue in enumerate(QUEUES)}
    for event in events:
        data = dict(event.body["data"])
        for field in ("queue", "to"):
            share = shares.get(data.get(field, ""), 1)
            if share > 1:
                data[field] = f"{data[field]} {crc32(event.key.encode()) % share + 1}"
        yield event._replace(body={**event.body, "data": data})


def fill(settings: Settings, queues: int, end_ms: int, topics: set[str]) -> int:
    """Send the load; gives how many events it has."""
    create_topics(settings)
    config = SimulationConfig(start_ms=START_MS, rate=RATE, seed=1, end_ms=end_ms)
    with Publisher(settings) as publisher:
        for event in spread(simulate(config), queues):
            if event.topic in topics:
                publisher.send(event)
    return publisher.sent


def report(queues: int, found: dict[Side, list[dict[str, Any]]]) -> None:
    """A table of medians over the rounds; ratios are those of the rounds' pairs."""
    sides = list(found)
    rows = ", ".join(f"{side.name} {found[side][0]['rows']}" for side in sides)
    print(f"\nCPU ms of an exporter, {queues} queues; rows: {rows}")
    titles = "".join(f" {side.name[:16]:>16}" for side in sides)
    print(f"{'':<20}{titles}" + (f" {'ratio':>8} {'lowest':>8} {'highest':>8}" if len(sides) > 1 else ""))
    for part in PARTS:
        times = [[1_000 * result["cpu"][part] for result in found[side]] for side in sides]
        line = f"{part:<20}" + "".join(f" {statistics.median(own):>16.2f}" for own in times)
        if len(sides) > 1:
            ratios = [new / old for old, new in zip(*times, strict=True)]
            line += f" {statistics.median(ratios):>8.3f} {min(ratios):>8.3f} {max(ratios):>8.3f}"
        print(line, flush=True)
    for part in found[sides[0]][0]["bytes"]:
        print(f"{part + ' KiB':<20}" + "".join(f" {found[side][0]['bytes'][part] / 1024:>16,.0f}" for side in sides))


def measure(
    servers: Settings, redis: Redis, sides: Sequence[Side], queues: int, days: int, readings: int, rounds: int
) -> None:
    """One load: both workers count it, then both exporters read in turn; each round begins with the other one."""
    end_ms = START_MS + (days - 1) * DAY_MS + END_OF_DAY_MS
    say(f"{queues} queues: sending {days} days")
    sent = fill(servers, queues, end_ms, set.intersection(*(set(side.inputs) for side in sides)))
    for side in sides:
        side.drain(redis, sent)
        say(f"{queues} queues: {side.name} has counted {sent:,} events")
    found: dict[Side, list[dict[str, Any]]] = {side: [] for side in sides}
    for number in range(1, rounds + 1):
        for side in sides if number % 2 else reversed(sides):
            arguments = str(readings), str(end_ms), str(STEP_MS)
            found[side].append(json.loads(side.output("scrapes", *arguments, clock="wall")))
        say(f"{queues} queues: round {number} of {rounds}")
    report(queues, found)
    redis.flushall()


def run(own: str, against: str | None, queues: Sequence[int], days: int, readings: int, rounds: int) -> None:
    """Every number of queues."""
    for number in queues:
        if not len(QUEUES) <= number <= MOST_QUEUES:
            raise UserError(f"--queues {number} must be from {len(QUEUES)}, as the simulator has, to {MOST_QUEUES}")
    with ExitStack() as closing:
        names = [own] if against is None else [against, own]
        versions = [closing.enter_context(checkout(name)) for name in names]
        servers, redis = closing.enter_context(own_servers())
        for number in queues:
            settings = servers.model_copy(update={"topic_prefix": f"q{number}."})
            sides = [
                Side(version, settings, f"side{place}", queue_limit=str(MOST_QUEUES))
                for place, version in enumerate(versions)
            ]
            measure(settings, redis, sides, number, days, readings, rounds)


if __name__ == "__main__":
    parser = Parser("tests.bench.scrape", __doc__)
    parser.add_argument("--queues", metavar="N,N", type=whole_numbers, default=[8, 100], help="default: 8,100")
    parser.add_argument("--against", metavar="REF", help="a tag, branch or commit, or a folder with another checkout")
    parser.add_argument("--ours", metavar="REF", default=".", help="the same for our side; default: this checkout")
    parser.add_argument("--days", metavar="N", type=whole_number, default=3, help="simulated days; default: 3")
    parser.add_argument("--readings", metavar="N", type=whole_number, default=10, help="a round; default: 10")
    parser.add_argument("--rounds", metavar="N", type=whole_number, default=5, help="default: 5")
    given = parser.parse_args()
    end_with(lambda: run(given.ours, given.against, given.queues, given.days, given.readings, given.rounds))
