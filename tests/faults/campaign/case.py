"""One case of a campaign: a namespace under load, faults, and the comparison with a quiet run of the same log."""

from __future__ import annotations

import contextlib
import random
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from streams.clients.kafka_clients import admin
from streams.common.errors import EXIT_RESTART, EXIT_USER_ERROR
from streams.config.settings import Settings
from streams.contract.topics import Topic
from streams.stack.addresses import free_port
from streams.tools.create_topics import create_topics
from tests.faults.campaign.board import Board
from tests.faults.campaign.canaries import Canaries
from tests.faults.campaign.contents import Contents, differences, read_contents
from tests.faults.campaign.crew import Crew, Post
from tests.faults.campaign.doors import Door, Doors
from tests.faults.campaign.entry import write_offset
from tests.faults.campaign.feed import Feed, Load, Record
from tests.faults.campaign.kind import CampaignError, Kind, Outcome
from tests.faults.campaign.places import HASH_KEY, KEPT, ends, environment, positions
from tests.faults.campaign.servers import Broker
from tests.faults.servers import RedisServer
from tests.support.processes import Program

PARTITIONS = 2
READY_SECONDS = 180.0
SETTLE_SECONDS = 150.0
"""For a case to apply everything and see again after its last fault: a few restarts and one session."""
POLL_SECONDS = 0.1
QUIET_SECONDS = 400.0
MOST_RECORDS = 7_000
"""Records of the load of one case, so that a slow machine need not read ever more; canaries go on."""
DIFFERENCES_TOLD = 5
RIGHT_STATUSES = frozenset({"0", str(EXIT_RESTART), signal.SIGKILL.name, signal.SIGTERM.name})
"""Ended in good order, asks for a restart, killed by the campaign, asked to stop before it could listen."""


class Case:
    """Everything of one kind's run; the functions that inject faults work on it."""

    def __init__(
        self, kind: Kind, *, seed: int, number: int, folder: Path, broker: Broker, doors: Doors, load: Load,
        without: Sequence[str], short: bool, disk: Any = None,
    ) -> None:  # fmt: skip
        self.kind = kind
        # Without a safeguard the board may never see again, and that is the proof.
        self._sight_seconds = SETTLE_SECONDS / 10 if without else SETTLE_SECONDS
        self.chance = random.Random(f"{seed}/{kind.name}")
        self.short = short
        self.broker = broker
        self.disk = disk
        self.outcome = Outcome(kind)
        self.canaries = Canaries()
        self._folder = folder
        self._doors = doors
        self._load = load
        data = disk.folder if disk is not None and kind.small_disk == "redis" else folder / "redis"
        self.redis = RedisServer(data, *kind.redis)
        self.redis_door: Door = doors.door(self.redis.port)
        self.board_door: Door = doors.door(self.redis.port)
        name = f"c{number}"
        self.settings = Settings(
            kafka=broker.address,
            redis=SecretStr(self.redis.url),
            namespace=name,
            topic_prefix=f"{name}.",
            partitions=PARTITIONS,
            hash_key=SecretStr(HASH_KEY),
            slice_retention_seconds=KEPT,
            data=folder / "data",
        )
        create_topics(self.settings)
        self.crew = Crew(self.environment(), folder / "programs", without, kind.shifted)
        self.records = self._records()
        self.feed = Feed(self.settings, self.records, kind.rate, self.canaries)
        self._exporter_clock = folder / "exporter-clock"
        self.exporter: Program | None = None
        self.board: Board | None = None

    # What the kinds use -------------------------------------------------------------------------------------------

    def fault(self, count: int = 1) -> None:
        """Count injected faults."""
        self.outcome.faults += count

    def problem(self, text: str) -> None:
        """Note what must not be."""
        self.outcome.problems.append(text)

    def times(self, count: int) -> range:
        """Repetitions of a fault: so many, or two in a short run."""
        return range(min(count, 2) if self.short else count)

    def pause(self, least: float, most: float) -> None:
        """Let a random time pass, in seconds."""
        time.sleep(self.chance.uniform(least, most))

    def wait(self, what: str, condition: Callable[[], object], seconds: float = READY_SECONDS) -> bool:
        """Wait for a condition; a problem is noted, and false given, if it does not come."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                self.problem(f"{what} did not come within {seconds:.0f} s")
                return False
            time.sleep(POLL_SECONDS)
        return True

    def wait_quietly(self, condition: Callable[[], object], seconds: float) -> bool:
        """Wait for what may come or not; true if it came."""
        deadline = time.monotonic() + seconds
        while not condition() and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        return bool(condition())

    def must_say(self, *texts: str) -> None:
        """Wait for one of some texts in what the programs say; a problem is noted if none comes."""
        self.wait(f"the sentence {' or '.join(texts)}", lambda: any(text in self.crew.said() for text in texts))

    def must_be_blind(self, *reasons: str, seconds: float = 20.0) -> None:
        """Wait until the board is blind for one of these reasons; a problem is noted if it does not come."""
        assert self.board is not None
        board = self.board
        self.wait(f"a board blind for {' or '.join(reasons)}", lambda: board.last.reason in reasons, seconds)

    @property
    def post(self) -> Post:
        """The first worker."""
        return self.crew.posts[0]

    def environment(self, **variables: str) -> dict[str, str]:
        """Variables of the programs of the case, which reach Kafka and Redis through the doors."""
        doors = {"kafka": self.broker.proxied, "redis": f"redis://127.0.0.1:{self.redis_door.port}/0"}
        return environment(self.settings, **{**doors, **variables})

    def client(self) -> Any:
        """A client of the case's Redis, past the door."""
        return self.redis.client()

    def applied(self) -> bool:
        """True if every confirmed record is applied, and every outcome published for them."""
        with contextlib.closing(self.client()) as client:
            found = positions(client, self.settings)
        if any(found.get(place, 0) < end for place, end in dict(self.feed.sender.ends).items()):
            return False
        return all(found[place] >= end for place, end in self.ends(Topic.CONTACTS).items())

    def ends(self, topic: Topic) -> dict[tuple[Topic, int], int]:
        """End offset of each partition of a topic."""
        return ends(self.settings, topic)

    def start_exporter(self, offset_ms: int = 0, **variables: str) -> None:
        """Start an exporter on the board's port, under a clock so far ahead."""
        assert self.board is not None
        write_offset(self._exporter_clock, offset_ms)
        own = {
            "VEINTE_EXPORTER_PORT": str(self.board.port),
            "VEINTE_REDIS": f"redis://127.0.0.1:{self.board_door.port}/0",
            **variables,
        }
        self.exporter = self.crew.program("exporter", "--log-level", "warning", clock=self._exporter_clock, **own)

    def set_exporter_clock(self, offset_ms: int) -> None:
        """Set the exporter's clock so far ahead."""
        write_offset(self._exporter_clock, offset_ms)

    # The run ------------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Start workers, exporter and load; returns once the board sees."""
        self.board = Board(free_port(), self.canaries)
        for member in self.kind.members:
            self.crew.add(*(("--member", member) if member else ()))
        self.crew.start()
        self.start_exporter()
        self.board.start()
        self.feed.start()
        board = self.board
        self.wait("a board that sees", lambda: not board.last.reason and board.last.shown)

    def settle(self) -> None:
        """Heal what the fault may have left, stop the load, and wait until all is applied and shown."""
        assert self.board is not None
        for door in (self.redis_door, self.board_door, self.broker.door):
            door.delay_seconds, door.shut = 0.0, False
            door.forget_cuts()
        self.crew.start_refused_again()
        if not self.feed.stop():
            self.problem("the broker did not confirm all records")
        self.wait("everything applied", self.applied, SETTLE_SECONDS)
        self.wait("a board that shows everything", self.board.shows_everything, self._sight_seconds)

    def end(self) -> None:
        """Stop workers in good order, then exporter and board."""
        for post in self.crew.posts:
            if post.wanted:
                status = self.crew.dismiss(post)
                if status not in (0, -signal.SIGTERM, None):
                    self.problem(f"a worker asked to stop ended with {status}")
        if self.board is not None:
            self.board.stop()
            outcome, board = self.outcome, self.board
            outcome.lies, outcome.told, outcome.looks = board.lies, board.told, board.looks
            outcome.blind_seconds = board.blind_seconds
        self.outcome.statuses = dict(self.crew.statuses)
        self.crew.close()
        right = {*RIGHT_STATUSES, str(EXIT_USER_ERROR)} if self.kind.refusals else RIGHT_STATUSES
        for wrong in sorted(self.crew.statuses.keys() - right):
            self.problem(f"a worker ended with {wrong}, in a fault that passes by itself")
        for line in self.crew.said().splitlines():
            if line.startswith("Traceback"):
                self.problem("a traceback reached a person")
                break

    def compare(self) -> None:
        """Count the same log in a quiet run under another namespace, and compare what Redis then holds."""
        quiet = self.settings.model_copy(update={"namespace": f"{self.settings.namespace}-quiet"})
        self.drain_quietly()
        found, expected = read_contents(self.settings), read_contents(quiet)
        self._note(found, expected)

    def drain_quietly(self) -> None:
        """Run `veinte worker --drain` on the log, past the doors, under the quiet namespace."""
        own = self.environment(
            kafka=self.broker.address,
            redis=self.redis.url,
            namespace=f"{self.settings.namespace}-quiet",
            worker_port=str(free_port()),
        )
        quiet = Crew(own, self._folder / "quiet", (), shifted=False)
        try:
            drain = quiet.program("worker", "--drain", "--member", "quiet")
            status = drain.wait_for_end(QUIET_SECONDS)
            if status != 0:
                raise CampaignError(f"the quiet run ended with {status}: {drain.stderr.strip()[-300:]}")
        finally:
            quiet.close()

    def close(self) -> None:
        """End every process of the case and forget its topics."""
        with contextlib.suppress(OSError):
            self.redis.thaw()
        self.crew.close()
        if self.board is not None and self.board.is_alive():
            self.board.stop()
        self.feed.sender.close()
        self.redis.stop()
        for door in (self.redis_door, self.board_door):
            self._doors.remove(door)
        if self.broker.running():
            with admin(self.settings) as client:
                own = [name for name in client.list_topics() if name.startswith(self.settings.topic_prefix)]
                client.delete_topics(own, raise_errors=False)

    def _note(self, found: Contents, expected: Contents) -> None:
        outcome = self.outcome
        different = differences(found, expected)
        outcome.compared = len(found.values.keys() | expected.values.keys()) + len(found.counters)
        outcome.difference_count = len(different)
        outcome.differences = [str(each)[:300] for each in different[:DIFFERENCES_TOLD]]
        if not expected.values:
            self.problem("the quiet run counted nothing")

    def _records(self) -> Iterator[Record]:
        records = self._load.records(time.time_ns() // 1_000_000, self.kind.late_ms)
        changed = records if self.kind.transform is None else self.kind.transform(records, self.chance)
        return islice(changed, MOST_RECORDS)
