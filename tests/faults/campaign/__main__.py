"""Inject every kind of fault into real processes and compare what is counted with a quiet run: ``make faults``.

  python -m tests.faults.campaign --list
  python -m tests.faults.campaign --kinds sigkill,redis-emptied --seed 7
  python -m tests.faults.campaign --report docs/faults.md

docs/faults.md says what is proven, and shows the table of a run. Exit status: 0 all is well, 1 a difference, a lie or a
case that did not come back by itself, 2 the campaign could not be made, 130 interrupted.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import subprocess
import tempfile
import threading
import time
from argparse import ArgumentTypeError
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import psutil

from streams.common.durations import MINUTE_MS
from streams.common.errors import UserError
from tests.bench.command_line import EXIT_INTERRUPTED, Parser, end_with, say, whole_number
from tests.faults.campaign.case import Case
from tests.faults.campaign.doors import Doors
from tests.faults.campaign.entry import SAFEGUARDS
from tests.faults.campaign.feed import SIMULATED_MS, Load
from tests.faults.campaign.kind import Kind, Outcome
from tests.faults.campaign.kinds import KIND_OF, KINDS
from tests.faults.campaign.results import blind_words, details, line, page, table
from tests.faults.campaign.servers import Broker, SmallDisk
from tests.support.processes import children

LANES = 2
"""Cases at a time, each lane with a broker of its own: most of a case is waiting."""
SHORT_MS = 40 * MINUTE_MS
"""Simulated time of the load of a short run: enough events for it."""
SMALL_DISK_MEGABYTES = {"redis": 24, "kafka": 256}
NO_ROOT = "a small disk needs root"


class Lane:
    """A broker, and the cases that run on it one after the other; each has a Redis of its own."""

    def __init__(self, folder: Path, load: Load, seed: int, without: Sequence[str], short: bool) -> None:
        folder.mkdir()
        self.folder = folder
        self._seed = seed
        self._without = without
        self._short = short
        self._doors = Doors()
        self._number = 0
        self._load = load
        self._broker = Broker(folder, self._doors)

    def run(self, kinds: Kinds) -> None:
        """Take kinds until none is left; the comparison of one case runs while the next case starts."""
        comparing: Future[None] | None = None
        try:
            with ThreadPoolExecutor(1) as behind:
                while (taken := kinds.take()) is not None:
                    turn = _Turn(self, *taken)
                    try:
                        turn.begin()
                        if comparing is not None:
                            comparing.result()
                            comparing = None
                        turn.go()
                    except Exception as error:
                        turn.outcome.problems.append(f"the case broke off: {error!r}")
                    comparing = behind.submit(turn.finish)
                if comparing is not None:
                    comparing.result()
        finally:
            self._broker.close()
            self._doors.close()

    def case(self, kind: Kind, broker: Broker | None, disk: SmallDisk | None) -> Case:
        """A case on the lane's broker, or on its own."""
        self._number += 1
        if not self._broker.running():
            self._broker.start()
        return Case(
            kind,
            seed=self._seed,
            number=self._number,
            folder=self.folder / f"{self._number}-{kind.name}",
            broker=broker or self._broker,
            doors=self._doors,
            load=self._load,
            without=self._without,
            short=self._short,
            disk=disk,
        )

    def own_broker(self, folder: Path) -> Broker:
        """A broker for one case."""
        return Broker(folder, self._doors)


class Kinds:
    """The kinds that wait for a lane, and the outcomes of those that were taken, in the order of the kinds."""

    def __init__(self, kinds: Sequence[Kind]) -> None:
        self._kinds = kinds
        self._lock = threading.Lock()
        self._next = 0
        self.outcomes = [Outcome(kind) for kind in kinds]

    def take(self) -> tuple[Kind, Outcome] | None:
        """The next kind and its outcome; ``None`` when none is left."""
        with self._lock:
            while self._next < len(self._kinds):
                kind, outcome = self._kinds[self._next], self.outcomes[self._next]
                self._next += 1
                say(f"{self._next}/{len(self._kinds)} {kind.name}: {kind.words}")
                if not kind.small_disk or os.geteuid() == 0:
                    return kind, outcome
                outcome.not_tried = NO_ROOT
            return None


class _Turn:
    """One kind from its start to its comparison; an error of the campaign itself becomes a problem of the case."""

    def __init__(self, lane: Lane, kind: Kind, outcome: Outcome) -> None:
        self._lane = lane
        self._kind = kind
        self._closing = contextlib.ExitStack()
        self._case: Case | None = None
        self._began = time.monotonic()
        self._stages: list[str] = []
        self.outcome = outcome

    def _stage(self, name: str) -> None:
        """Note that a stage is over, with its seconds."""
        now = time.monotonic()
        self._stages.append(f"{name} {now - self._began:.0f}")
        self.outcome.seconds += now - self._began
        self._began = now

    def begin(self) -> None:
        """Start the case."""
        kind, broker, disk = self._kind, None, None
        if kind.small_disk:
            folder = self._lane.folder / f"disk-{kind.name}"
            disk = SmallDisk(folder, SMALL_DISK_MEGABYTES[kind.small_disk])
            self._closing.callback(disk.close)
            if kind.small_disk == "kafka":
                broker = self._lane.own_broker(folder)
                self._closing.callback(broker.close)
        case = self._case = self._lane.case(kind, broker, disk)
        self._closing.callback(case.close)
        case.outcome = self.outcome
        case.begin()
        self._stage("start")

    def go(self) -> None:
        """Inject the faults, and let the case come back."""
        case = self._case
        assert case is not None
        self._stage("wait")
        self._kind.inject(case)
        self._stage("faults")
        case.settle()
        if self._kind.check is not None:
            self._kind.check(case)
        case.end()
        self._stage("return")

    def finish(self) -> None:
        """Compare, end everything, and print the line."""
        case, outcome = self._case, self.outcome
        with self._closing:
            try:
                if case is not None and not case.crew.is_alive():
                    case.compare()
            except Exception as error:
                outcome.problems.append(f"nothing was compared: {error}")
        self._stage("comparison")
        stages = f"{outcome.seconds:.0f} s ({', '.join(self._stages)}); {blind_words(outcome.blind_seconds)}"
        print("\n    ".join(["  " + " | ".join(line(outcome)), stages, *details(outcome)]), flush=True)


def known_kinds(text: str) -> list[Kind]:
    """Kinds by their names, separated by commas."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in KIND_OF:
            raise ArgumentTypeError(f"{name!r} is no kind; --list shows them")
    return [KIND_OF[name] for name in names]


def safeguards(text: str) -> list[str]:
    """Safeguards by their names, separated by commas."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in SAFEGUARDS:
            raise ArgumentTypeError(f"{name!r} is no safeguard; use one of {', '.join(SAFEGUARDS)}")
    return names


def run(kinds: Sequence[Kind], seed: int, without: Sequence[str], short: bool, report: Path | None) -> int:
    """A campaign; the exit status."""
    began, start = datetime.now(UTC), time.monotonic()
    print(f"seed {seed}", flush=True)
    waiting = Kinds(kinds)
    with tempfile.TemporaryDirectory(prefix="veinte-faults-", ignore_cleanup_errors=True) as folder:
        # No setting from outside: neither a variable nor a veinte.toml of the working directory.
        for name in [name for name in os.environ if name.startswith("VEINTE_")]:
            del os.environ[name]
        os.chdir(folder)
        say("simulating the load")
        load = Load(seed, SHORT_MS if short else SIMULATED_MS)
        lanes = 1 if short else min(LANES, len(kinds))  # a short run shares the processors with other tests
        say(f"{len(load):,} events; starting Kafka")

        def lane(number: int) -> None:
            """Run kinds until none is left."""
            Lane(Path(folder) / f"lane-{number}", load, seed, without, short).run(waiting)

        with ThreadPoolExecutor(lanes) as together:
            running = [together.submit(lane, number) for number in range(lanes)]
            try:
                for done in running:
                    done.result()
            except KeyboardInterrupt:
                _break_off(Path(folder))
        os.chdir("/")
    outcomes, seconds = waiting.outcomes, time.monotonic() - start
    print(f"\n{table(outcomes)}\nseed {seed}, {seconds / 60:.1f} minutes")
    if report is not None:
        report.write_text(page(outcomes, seed=seed, began=began, seconds=seconds, without=without))
    return int(any(outcome.failed for outcome in outcomes))


def _break_off(folder: Path) -> NoReturn:
    """End every process of the campaign, remove its files, and end: the lanes would go on to the last kind."""
    for process in children():
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    for mount in psutil.disk_partitions(all=True):
        if folder in Path(mount.mountpoint).parents:
            subprocess.run(["umount", "--lazy", mount.mountpoint], check=False)
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(EXIT_INTERRUPTED)


if __name__ == "__main__":
    parser = Parser("tests.faults.campaign", __doc__)
    parser.add_argument("--kinds", metavar="NAME,NAME", type=known_kinds, default=list(KINDS), help="default: all")
    parser.add_argument("--seed", metavar="N", type=whole_number, help="of the moments; default: a new one, printed")
    parser.add_argument("--short", action="store_true", help="few faults of each kind")
    parser.add_argument(
        "--without", metavar="NAME", type=safeguards, default=[], help=f"take away: {', '.join(SAFEGUARDS)}"
    )
    parser.add_argument("--report", metavar="FILE", type=Path, help="write the table as a page")
    parser.add_argument("--list", action="store_true", help="show the kinds and end")
    arguments = parser.parse_args()

    def work() -> int:
        """List the kinds, or run them."""
        if arguments.list:
            for kind in KINDS:
                print(f"{kind.name:22} {kind.words}")
            return 0
        seed = arguments.seed or random.SystemRandom().randrange(1, 1_000_000)
        report = arguments.report.absolute() if arguments.report else None
        try:
            return run(arguments.kinds, seed, arguments.without, arguments.short, report)
        except OSError as error:
            raise UserError(f"the campaign cannot be made: {error}") from error

    end_with(work)
