"""The numbers of two versions, cell by cell: ``python -m tests.bench.same_numbers --against v0.1.0``.

The same events go through a worker of each version, with 1 and with 8 partitions, in order and shuffled with repeats.
Then every slice of every tier, every counter and every live entry in Redis is taken apart by the code that wrote it and
compared by names.

  python -m tests.bench.same_numbers --against v0.1.0 --days 7
  VEINTE_LOGS=FOLDER python -m tests.bench.same_numbers --against v0.1.0 --log bank --log helpdesk

What only one version knows (a measure, a tier, a kind or a field of live entries) is listed and is no difference. A
counter never falls, so it also keeps what was taken back, some of it by chance: it must not be below its slices.
Exit status: 0 all the same, 1 something differs, 2 the comparison could not be made.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from redis import Redis

from streams.common.durations import DAY_MS
from streams.common.errors import UserError
from streams.config.settings import Settings
from streams.sources.logs import anonymous_bank, italian_helpdesk
from streams.sources.outgoing import OutgoingEvent
from streams.sources.publisher import Publisher
from streams.sources.replay import shuffled, with_duplicates
from streams.sources.simulator import SimulationConfig, simulate
from streams.tools.create_topics import create_topics
from tests.bench.checkouts import checkout
from tests.bench.command_line import Parser, end_with, say, whole_number, whole_numbers
from tests.bench.comparison import Comparison, compare, read_dump
from tests.bench.sides import Side, own_servers
from tests.oracles.logs import BANK, HELPDESK

START_MS = 1_767_571_200_000  # Monday 2026-01-05T00:00:00Z
RATE = 200
"""Contacts an hour at the peak of the simulated week: 16,000 events a day of all channels."""
SHUFFLE = 7
REPEATS = 0.2
SHOWN = 20
"""Differences of one comparison that are printed."""
IN_ORDER, SHUFFLED = "in order", "shuffled"
ORDERS = {"in-order": (IN_ORDER,), "shuffled": (SHUFFLED,), "both": (IN_ORDER, SHUFFLED)}
LONGEST_LOG_DAYS = 800
CALENDARS = {
    "office": {"time_zone": "Europe/Madrid", "weekdays": ["09:00-14:00", "15:30-19:00"], "sat": ["10:00-14:00"]}
}
QUEUES = {
    "Soporte": [{"channel": "call", "target_seconds": 30, "short_abandon_seconds": 10, "wrap_up": True}],
    "Chat Ventas": [{"channel": "chat", "chat_answer": "message"}],
    "Correo": [
        {
            "channel": "ticket",
            "calendar": "office",
            "first_response": "4h",
            "resolution": "24h",
            "targets": [{"priority": "urgent", "first_response": "1h", "resolution": "8h"}],
        }
    ],
}
"""Queues of the simulated week that differ from the defaults, so that policies and the business clock count too."""


class Load(NamedTuple):
    """Events, and the settings of a worker that counts them all: nothing is too old, and no slice is let go."""

    name: str
    events: list[OutgoingEvent]
    variables: dict[str, str]


def simulated(days: int, seed: int) -> Load:
    """A week of the simulated centre, or more."""
    say(f"simulating {days} days")
    config = SimulationConfig(start_ms=START_MS, seed=seed, rate=RATE, end_ms=START_MS + days * DAY_MS)
    variables = {
        **_kept_for(max(days + 1, 36)),
        "time_zone": "Europe/Madrid",
        "calendars": json.dumps(CALENDARS),
        "queues": json.dumps(QUEUES),
    }
    return Load(f"{days} simulated days, seed {seed}", list(simulate(config)), variables)


def bank() -> Load:
    """The bank's fortnight of calls."""
    log = anonymous_bank.read(_log_file(BANK), topic_from_type=True)
    return Load("bank", list(log.events), {**_kept_for(36), "time_zone": "Asia/Jerusalem"})


def helpdesk() -> Load:
    """The help desk's two years of tickets, which are grouped by case."""
    log = italian_helpdesk.read(_log_file(HELPDESK))
    return Load("helpdesk", list(log.events), {**_kept_for(LONGEST_LOG_DAYS), "time_zone": "Europe/Rome"})


LOGS = {"bank": bank, "helpdesk": helpdesk}


def _kept_for(days: int) -> dict[str, str]:
    names = ("slice_retention", "slice_retention_minutes", "slice_retention_seconds", "past_limit", "clock_jump")
    return dict.fromkeys(names, f"{days}d")


def _log_file(name: str) -> Path:
    folder = os.environ.get("VEINTE_LOGS")
    if not folder:
        raise UserError("VEINTE_LOGS names no folder with the public research logs; docs/contributing.md says which")
    path = Path(folder) / name
    if not path.is_file():
        raise UserError(f"VEINTE_LOGS={folder} has no file {name}; docs/contributing.md says where it comes from")
    return path


def in_order_or_not(events: Sequence[OutgoingEvent], order: str) -> Sequence[OutgoingEvent]:
    """The events as they are, or as ``veinte replay --shuffle 7 --duplicate 0.2`` sends them."""
    return events if order == IN_ORDER else with_duplicates(shuffled(events, SHUFFLE), REPEATS, SHUFFLE)


def compare_numbers(
    settings: Settings,
    redis: Redis,
    sides: tuple[Side, Side],
    load: Load,
    order: str,
    without: Sequence[str],
    scratch: Path,
) -> Comparison:
    """Send the events, count them with both versions, compare what Redis then holds."""
    create_topics(settings)
    common = set(sides[0].inputs) & set(sides[1].inputs)
    with Publisher(settings) as publisher:
        for event in in_order_or_not(load.events, order):
            if event.topic in common:
                publisher.send(event)
    dumps = []
    for number, side in enumerate(sides):
        run = side.drain(redis, publisher.sent)
        say(f"{publisher.sent:,} events counted by {side.name} in {run.cpu_seconds:.0f} CPU seconds")
        path = scratch / f"{number}.jsonl"
        side.output("numbers", into=path)
        dumps.append(read_dump(path))
    redis.flushall()
    return compare(*dumps, in_order=order == IN_ORDER, without=without)


def report(name: str, found: Comparison) -> None:
    """One line of counts, then the first differences."""
    print(
        f"{name}: {found.cells:,} cells of {found.slices:,} slices, {found.counters:,} counters, "
        f"{found.live:,} live entries: {len(found.differences):,} differences",
        flush=True,
    )
    for line in found.differences[:SHOWN]:
        print(f"  {line}")
    if len(found.differences) > SHOWN:
        print(f"  and {len(found.differences) - SHOWN:,} more")
    for line in found.notes:
        print(f"  ({line})")


def run(
    against: str,
    own: str,
    loads: Sequence[Load],
    partitions: Sequence[int],
    orders: Sequence[str],
    without: Sequence[str],
) -> int:
    """Every load in every way; the exit status."""
    differ = False
    with ExitStack() as closing:
        theirs, ours = closing.enter_context(checkout(against)), closing.enter_context(checkout(own))
        servers, redis = closing.enter_context(own_servers())
        scratch = Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="veinte-numbers-")))
        for load in loads:
            for count in partitions:
                for order in orders:
                    name = f"{load.name}, {count} partition{'s' if count > 1 else ''}, {order}"
                    say(name)
                    prefix = f"{load.name.split()[0]}-{count}-{order.split()[0]}."
                    settings = servers.model_copy(update={"partitions": count, "topic_prefix": prefix})
                    sides = (
                        Side(theirs, settings, "theirs", **load.variables),
                        Side(ours, settings, "ours", **load.variables),
                    )
                    found = compare_numbers(settings, redis, sides, load, order, without, scratch)
                    report(name, found)
                    differ = differ or bool(found.differences)
    return int(differ)


if __name__ == "__main__":
    parser = Parser("tests.bench.same_numbers", __doc__)
    parser.add_argument("--against", metavar="REF", required=True, help="a tag, branch or commit, or a folder")
    parser.add_argument("--ours", metavar="REF", default=".", help="the same for our side; default: this checkout")
    parser.add_argument("--days", metavar="N", type=whole_number, default=7, help="simulated days; default: 7")
    parser.add_argument("--seed", metavar="N", type=whole_number, default=1, help="of the simulation; default: 1")
    parser.add_argument("--log", action="append", choices=sorted(LOGS), help="a public log instead of the simulation")
    parser.add_argument("--partitions", metavar="N,N", type=whole_numbers, default=[1, 8], help="default: 1,8")
    parser.add_argument("--order", choices=sorted(ORDERS), default="both", help="default: both")
    parser.add_argument("--without", action="append", metavar="MEASURE", help="a measure or sketch not to compare")
    arguments = parser.parse_args()

    def work() -> int:
        """Read the loads, then compare."""
        names = arguments.log or []
        loads = [LOGS[name]() for name in names] or [simulated(arguments.days, arguments.seed)]
        orders, without = ORDERS[arguments.order], arguments.without or []
        return run(arguments.against, arguments.ours, loads, arguments.partitions, orders, without)

    end_with(work)
