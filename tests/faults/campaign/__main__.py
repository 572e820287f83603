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
import tempfile
import time
from argparse import ArgumentTypeError
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from streams.common.errors import UserError
from tests.bench.command_line import Parser, end_with, say, whole_number
from tests.faults.campaign.case import Case
from tests.faults.campaign.doors import Doors
from tests.faults.campaign.entry import SAFEGUARDS
from tests.faults.campaign.feed import Load
from tests.faults.campaign.kind import Kind, NotTried, Outcome
from tests.faults.campaign.kinds import KIND_OF, KINDS
from tests.faults.campaign.results import blind_words, details, line, page, table
from tests.faults.campaign.servers import Broker, SmallDisk

SMALL_DISK_MEGABYTES = {"redis": 24, "kafka": 256}
NO_ROOT = "a small disk needs root"


class Campaign:
    """One run over some kinds: a broker for all of them, a Redis for each."""

    def __init__(self, folder: Path, seed: int, without: Sequence[str], short: bool) -> None:
        self._folder = folder
        self._seed = seed
        self._without = without
        self._short = short
        self._doors = Doors()
        self._number = 0
        say("simulating the load")
        self._load = Load(seed)
        say(f"{len(self._load):,} events; starting Kafka")
        self._broker = Broker(folder, self._doors)

    def run(self, kinds: Sequence[Kind]) -> list[Outcome]:
        """Every kind; the comparison of one case runs while the next case starts."""
        outcomes: list[Outcome] = []
        comparing: Future[None] | None = None
        with ThreadPoolExecutor(1) as behind:
            for number, kind in enumerate(kinds, 1):
                say(f"{number}/{len(kinds)} {kind.name}: {kind.words}")
                if kind.small_disk and os.geteuid() != 0:
                    outcomes.append(Outcome(kind, not_tried=NO_ROOT))
                    continue
                turn = _Turn(self, kind)
                outcomes.append(turn.outcome)
                try:
                    turn.begin()
                    if comparing is not None:
                        comparing.result()
                        comparing = None
                    turn.go()
                finally:
                    comparing = behind.submit(turn.finish)
            if comparing is not None:
                comparing.result()
        return outcomes

    def case(self, kind: Kind, broker: Broker | None, disk: SmallDisk | None) -> Case:
        """A case on the campaign's broker, or on its own."""
        self._number += 1
        if not self._broker.running():
            self._broker.start()
        return Case(
            kind,
            seed=self._seed,
            number=self._number,
            folder=self._folder / f"{self._number}-{kind.name}",
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

    def close(self) -> None:
        """Stop what all cases share."""
        self._broker.close()
        self._doors.close()

    @property
    def folder(self) -> Path:
        """Folder of everything that is written."""
        return self._folder


class _Turn:
    """One kind from its start to its comparison; an error of the campaign itself becomes a problem of the case."""

    def __init__(self, campaign: Campaign, kind: Kind) -> None:
        self._campaign = campaign
        self._kind = kind
        self._closing = contextlib.ExitStack()
        self._case: Case | None = None
        self._began = time.monotonic()
        self._stages: list[str] = []
        self.outcome = Outcome(kind)

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
            folder = self._campaign.folder / f"disk-{kind.name}"
            disk = SmallDisk(folder, SMALL_DISK_MEGABYTES[kind.small_disk])
            self._closing.callback(disk.close)
            if kind.small_disk == "kafka":
                broker = self._campaign.own_broker(folder)
                self._closing.callback(broker.close)
        case = self._case = self._campaign.case(kind, broker, disk)
        self._closing.callback(case.close)
        case.outcome = self.outcome
        case.begin()
        self._stage("start")

    def go(self) -> None:
        """Inject the faults, and let the case come back."""
        case = self._case
        assert case is not None
        self._stage("wait")
        try:
            self._kind.inject(case)
        except NotTried as reason:
            self.outcome.not_tried = str(reason)
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
            if case is not None and not case.crew.is_alive():
                case.compare()
        self._stage("comparison")
        print("  " + " | ".join(line(outcome)), flush=True)
        print(
            f"    {outcome.seconds:.0f} s ({', '.join(self._stages)}); {blind_words(outcome.blind_seconds)}", flush=True
        )
        for text in details(outcome):
            print(f"    {text}", flush=True)


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
    with tempfile.TemporaryDirectory(prefix="veinte-faults-", ignore_cleanup_errors=True) as folder:
        campaign = Campaign(Path(folder), seed, without, short)
        try:
            outcomes = campaign.run(kinds)
        finally:
            campaign.close()
    seconds = time.monotonic() - start
    print(f"\n{table(outcomes)}\nseed {seed}, {seconds / 60:.1f} minutes")
    if report is not None:
        report.write_text(page(outcomes, seed=seed, began=began, seconds=seconds, without=without))
    return int(any(outcome.failed for outcome in outcomes))


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
        try:
            return run(arguments.kinds, seed, arguments.without, arguments.short, arguments.report)
        except OSError as error:
            raise UserError(f"the campaign cannot be made: {error}") from error

    end_with(work)
