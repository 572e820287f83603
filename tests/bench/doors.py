"""An exporter under attack: ``python -m tests.bench.doors [--against REF] [--attacks "slow readers,scrapers"]``.

A worker counts a simulated day that ends now. For each attack an exporter starts that may open 1,024 files, attackers
come from 127.0.0.2 and up, and honest clients from 127.0.0.1 ask for /livez and a scrape and watch the wallboard.
Beside the attackers on the same machine the times say how the exporter fares against them, not how fast it is.
"""

from __future__ import annotations

import http.client
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import psutil

from streams.common.durations import DAY_MS
from streams.common.errors import UserError
from streams.config.settings import Settings
from streams.sources.publisher import Publisher
from streams.sources.simulator import SimulationConfig, simulate
from streams.stack.addresses import free_port
from streams.tools.create_topics import create_topics
from tests.bench.attackers import ATTACKS
from tests.bench.checkouts import checkout
from tests.bench.command_line import Parser, end_with, say, whole_number
from tests.bench.sides import Side, own_servers
from tests.support.paths import ROOT

RATE = 200
FILES = 1_024
PATIENCE_SECONDS = 30.0
PAUSE_SECONDS = 0.5
MEGABYTE = 2**20


class Result(NamedTuple):
    """Figures of one attack: seconds, megabytes, lines."""

    livez: list[float]
    scrape: list[float]
    beat: list[float]
    peak: float
    lines: int
    recovery: float


def asked(port: int, path: str) -> float:
    """Seconds until a page is read whole; the patience of a client where it is not."""
    began = time.perf_counter()
    wire = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    try:
        wire.request("GET", path, headers={"Accept-Encoding": "gzip", "Connection": "close"})
        answer = wire.getresponse()
        answer.read()
        return time.perf_counter() - began if answer.status == 200 else PATIENCE_SECONDS
    except (OSError, http.client.HTTPException):
        return max(PATIENCE_SECONDS, time.perf_counter() - began)
    finally:
        wire.close()


class Honest(threading.Thread):
    """A client that repeats something until it is told to stop; ``times`` are its seconds."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.port = port
        self.times: list[float] = []
        self.stopping = threading.Event()

    def stop(self) -> list[float]:
        """End, and give the times."""
        self.stopping.set()
        self.join()
        return self.times


class Asker(Honest):
    """Asks for a page every half a second."""

    def __init__(self, port: int, path: str) -> None:
        super().__init__(port)
        self.path = path

    def run(self) -> None:
        while not self.stopping.wait(PAUSE_SECONDS):
            self.times.append(asked(self.port, self.path))


class Watcher(Honest):
    """Watches the wallboard; its times are those between two beats."""

    def run(self) -> None:
        last = time.perf_counter()
        while not self.stopping.is_set():
            wire = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PAUSE_SECONDS)
            try:
                wire.request("GET", "/board/stream?lang=en")
                answer = wire.getresponse()
                while not self.stopping.is_set() and (line := answer.readline()):
                    if line.startswith(b"event: beat"):
                        self.times.append(time.perf_counter() - last)
                        last = time.perf_counter()
            except (OSError, http.client.HTTPException):
                pass
            finally:
                wire.close()
        self.times.append(time.perf_counter() - last)


def fill(settings: Settings) -> int:
    """Send a day of the simulated centre that ends now; gives how many events it has."""
    create_topics(settings)
    end_ms = time.time_ns() // 1_000_000
    with Publisher(settings) as publisher:
        for event in simulate(SimulationConfig(start_ms=end_ms - DAY_MS, rate=RATE, seed=1, end_ms=end_ms)):
            publisher.send(event)
    return publisher.sent


def attacked(side: Side, attack: str, seconds: int, folder: Path) -> Result:
    """An exporter of a version during an attack."""
    port, log = free_port(), folder / "log"
    with log.open("wb") as into:
        exporter = subprocess.Popen(
            ["sh", "-c", f'ulimit -n {FILES} && exec "$@"', "sh", *side.command("veinte", "exporter")],
            env=side.environment(exporter_port=str(port)),
            stdout=into,
            stderr=into,
        )
    attackers: subprocess.Popen[bytes] | None = None
    try:
        while asked(port, "/readyz") >= PATIENCE_SECONDS:
            time.sleep(PAUSE_SECONDS)
        before = len(log.read_bytes().splitlines())
        attackers = subprocess.Popen([sys.executable, "-m", "tests.bench.attackers", attack, str(port)], cwd=ROOT)
        time.sleep(2)
        honest: list[Honest] = [Asker(port, "/livez"), Asker(port, "/metrics"), Watcher(port)]
        for client in honest:
            client.start()
        peak = 0.0
        for _ in range(seconds * 4):
            time.sleep(0.25)
            peak = max(peak, psutil.Process(exporter.pid).memory_info().rss / MEGABYTE)
        livez, scrape, beat = (client.stop() for client in honest)
        if attackers.poll() is not None:
            raise UserError(f"the clients of {attack!r} ended with {attackers.returncode}; what they said is above")
        attackers.kill()
        attackers.wait()
        began = time.perf_counter()
        while max(asked(port, "/livez"), asked(port, "/metrics")) > 1:
            time.sleep(0.1)
        recovery = time.perf_counter() - began
        lines = len(log.read_bytes().splitlines()) - before
        return Result(livez, scrape, beat, peak, lines, recovery)
    finally:
        for process in filter(None, (attackers, exporter)):
            process.kill()
            process.wait()


def row(attack: str, result: Result) -> str:
    """One line of the table."""
    parts = [f"{attack:<22}"]
    for times in (result.livez, result.scrape, result.beat):
        found = times or [PATIENCE_SECONDS]
        parts.append(f"{statistics.median(found):>7.2f} {max(found):>6.2f}")
    return " ".join([*parts, f"{result.peak:>7.0f}", f"{result.lines:>8}", f"{result.recovery:>8.1f}"])


def run(own: str, against: str | None, attacks: list[str], seconds: int) -> None:
    """Every attack on every version."""
    with ExitStack() as closing:
        names = [own] if against is None else [against, own]
        versions = [closing.enter_context(checkout(name)) for name in names]
        servers, redis = closing.enter_context(own_servers())
        folder = Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="veinte-doors-")))
        say("sending a day")
        sent = fill(servers)
        for place, version in enumerate(versions):
            side = Side(version, servers, f"side{place}", clock="wall")
            side.drain(redis, sent)
            print(f"\n{side.name}: seconds (median, worst), peak MB, log lines, seconds to recover")
            print(
                f"{'attack':<22} {'/livez':>14} {'scrape':>14} {'beat':>14} {'memory':>7} {'lines':>8} {'recovery':>8}"
            )
            for attack in attacks:
                print(row(attack, attacked(side, attack, seconds, folder)), flush=True)


if __name__ == "__main__":
    parser = Parser("tests.bench.doors", __doc__)
    parser.add_argument("--against", metavar="REF", help="a tag, branch or commit, or a folder with another checkout")
    parser.add_argument("--ours", metavar="REF", default=".", help="the same for our side; default: this checkout")
    parser.add_argument("--attacks", metavar="A,B", default=",".join(ATTACKS), help=f"default: {', '.join(ATTACKS)}")
    parser.add_argument("--seconds", metavar="N", type=whole_number, default=15, help="of each attack; default: 15")
    given = parser.parse_args()
    wanted = [name.strip() for name in given.attacks.split(",")]
    if unknown := [name for name in wanted if name not in ATTACKS]:
        parser.error(f"no attack is called {', '.join(unknown)}; use some of {', '.join(ATTACKS)}")
    end_with(lambda: run(given.ours, given.against, wanted, given.seconds))
