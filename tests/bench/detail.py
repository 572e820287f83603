"""Scrapes of the lean and of the full page: ``python -m tests.bench.detail [--queues 8,100,300,500]``.

A worker counts a simulated day that ends now, and goes on with what comes after it. Its contacts are spread over
configured queues of calls, chats and tickets of three media, in equal parts. Then an exporter is scraped by two
Prometheus (every 5 s, which is also the limit of Prometheus' patience here) and one curl, while a wallboard is open.
CPU is that of the thread that renders; the series are those of the queues and of the pipeline together.
"""

from __future__ import annotations

import gzip
import json
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.request import Request, urlopen
from zlib import crc32

import psutil
from redis import Redis

from metrics.catalog.detail import Detail
from streams.common.durations import DAY_MS
from streams.common.vocabulary import Channel
from streams.config.settings import Settings
from streams.contract.topics import CHANNEL_OF, Topic
from streams.sources.outgoing import OutgoingEvent
from streams.sources.publisher import Publisher
from streams.sources.simulator import SimulationConfig, simulate
from streams.stack.addresses import free_port
from streams.tools.create_topics import create_topics
from tests.bench.checkouts import checkout
from tests.bench.command_line import Parser, end_with, say, whole_number, whole_numbers
from tests.bench.doors import PAUSE_SECONDS, Watcher, asked
from tests.bench.sides import Side, own_servers
from tests.support.prometheus_server import prometheus

MEDIA = ("email", "web", "phone")
SCRAPE_SECONDS = 5
SCRAPERS = 3
"""Two Prometheus and a curl."""
AHEAD_MS = 3 * 3_600_000
"""The load goes on for so long after now, in its own time."""
MEGABYTE = 2**20


class Load(threading.Thread):
    """Sends a day of the simulated centre that ends now, then what comes after it as its time comes."""

    def __init__(self, settings: Settings, queues: int, rate: int) -> None:
        super().__init__(daemon=True)
        self._now_ms = time.time_ns() // 1_000_000
        config = SimulationConfig(start_ms=self._now_ms - DAY_MS, rate=rate, seed=1, end_ms=self._now_ms + AHEAD_MS)
        self._events = spread(simulate(config), queues)
        self._settings = settings
        self.stopping = threading.Event()

    def send_past(self) -> int:
        """Send what happened before now; gives how many events that are."""
        with Publisher(self._settings) as publisher:
            for event in self._events:
                publisher.send(event)
                if event.time_ms >= self._now_ms:
                    break
        return publisher.sent

    def run(self) -> None:
        """Send each later event at its time."""
        with Publisher(self._settings) as publisher:
            for event in self._events:
                if self.stopping.wait(max(0.0, event.time_ms / 1_000 - time.time())):
                    return
                publisher.send(event)


def names(queues: int, channel: Channel) -> list[str]:
    """Queues of a channel: a third of all."""
    channels = list(Channel)
    return [f"{channel} {number}" for number in range(queues) if channels[number % len(channels)] is channel]


def spread(events: Iterator[OutgoingEvent], queues: int) -> Iterator[OutgoingEvent]:
    """The events with the simulator's queues replaced; a contact's number decides which queue and medium it has."""
    by_topic = {topic: names(queues, channel) for topic, channel in CHANNEL_OF.items()}
    for event in events:
        data, chosen, own = dict(event.body["data"]), crc32(event.key.encode()), by_topic[Topic(event.topic)]
        for field in ("queue", "to"):
            if field in data:
                data[field] = own[chosen % len(own)]
        if "channel" in data:
            data["channel"] = MEDIA[chosen // len(own) % len(MEDIA)]
        yield event._replace(body={**event.body, "data": data})


class Result(NamedTuple):
    """Figures of one page."""

    series: int
    plain: int
    packed: int
    cpu: list[float]
    seconds: list[float]
    memory: float
    down: float

    def __str__(self) -> str:
        cpu, seconds = ([1_000 * each for each in times] for times in (self.cpu, self.seconds))
        return (
            f"{self.series:>9,} {self.plain / 1_024:>9,.0f} {self.packed / 1_024:>7,.0f}"
            f" {statistics.median(cpu):>8,.0f} {max(cpu):>8,.0f} {statistics.median(seconds):>8,.0f}"
            f" {max(seconds):>8,.0f} {self.memory:>7,.0f} {self.down:>6.0f}"
        )


TITLES = f"{'':<16}   series       KiB    gzip   CPU ms      max  curl ms      max      MB   down"


@contextmanager
def running(side: Side, task: str, *arguments: str, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    """A program of the side, killed at the end of the block."""
    command, quiet = side.command(task, *arguments), subprocess.DEVNULL
    process = subprocess.Popen(command, env=side.environment(**variables), stdout=quiet, stderr=quiet)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def scraped(side: Side, detail: Detail, scrapes: int, folder: Path) -> Result:
    """An exporter of a detail while it is scraped so many times."""
    port, times = free_port(), folder / f"cpu {detail}"
    exporting = running(side, "timed exporter", str(times), exporter_port=str(port), metrics_detail=detail.value)
    with ExitStack() as closing:
        process = closing.enter_context(exporting)
        while asked(port, "/readyz") >= 30:
            time.sleep(PAUSE_SECONDS)
        watcher = Watcher(port)
        watcher.start()
        servers = [
            closing.enter_context(prometheus(port, folder / f"{detail} {number}", SCRAPE_SECONDS))
            for number in range(2)
        ]
        times.write_text("")
        seconds: list[float] = []
        packed, peak = b"", 0.0
        while len(seconds) * SCRAPERS < scrapes:
            began = time.perf_counter()
            request = Request(f"http://127.0.0.1:{port}/metrics", headers={"Accept-Encoding": "gzip"})
            with urlopen(request, timeout=60) as answer:
                packed = answer.read()
            seconds.append(time.perf_counter() - began)
            while time.perf_counter() - began < SCRAPE_SECONDS:
                peak = max(peak, psutil.Process(process.pid).memory_info().rss / MEGABYTE)
                time.sleep(PAUSE_SECONDS)
        down = sum(sample.value for server in servers for sample in server.query("count_over_time((up == 0)[10m:5s])"))
        watcher.stop()
        plain = gzip.decompress(packed)
        series = sum(not line.startswith(b"#") for line in plain.splitlines())
        cpu = [float(line) for line in times.read_text().split()]
        return Result(series, len(plain), len(packed), cpu, seconds, peak, down)


def measure(servers: Settings, redis: Redis, side: Side, queues: int, rate: int, scrapes: int, folder: Path) -> None:
    """Both pages of one number of queues."""
    load = Load(servers, queues, rate)
    say(f"{queues} queues: sending a day")
    sent = load.send_past()
    with running(side, "veinte", "worker", worker_port=str(free_port())):
        say(f"{queues} queues: {sent:,} events are sent")
        while side.positions(redis)[0] < sent:
            time.sleep(PAUSE_SECONDS)
        say(f"{queues} queues: the worker has counted them")
        load.start()
        for detail in Detail:
            folder.joinpath(str(queues)).mkdir(exist_ok=True)
            print(f"{queues:>4} {detail:<11}{scraped(side, detail, scrapes, folder / str(queues))}", flush=True)
        load.stopping.set()
        load.join()


def run(own: str, queues: Sequence[int], rate: int, scrapes: int) -> None:
    """Every number of queues."""
    print(TITLES)
    with ExitStack() as closing:
        version = closing.enter_context(checkout(own))
        servers, redis = closing.enter_context(own_servers())
        folder = Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="veinte-detail-")))
        for number in queues:
            settings = servers.model_copy(update={"topic_prefix": f"d{number}."})
            create_topics(settings)
            configured = {name: {"channel": channel.value} for channel in Channel for name in names(number, channel)}
            side = Side(
                version, settings, f"detail{number}", clock="wall", queues=json.dumps(configured), queue_limit="1000"
            )
            measure(settings, redis, side, number, rate, scrapes, folder)
            redis.flushall()


if __name__ == "__main__":
    parser = Parser("tests.bench.detail", __doc__)
    parser.add_argument(
        "--queues", metavar="N,N", type=whole_numbers, default=[8, 100, 300, 500], help="default: 8,100,300,500"
    )
    parser.add_argument("--ours", metavar="REF", default=".", help="a tag, branch or commit; default: this checkout")
    parser.add_argument("--rate", metavar="N", type=whole_number, default=2_000, help="contacts an hour; default: 2000")
    parser.add_argument("--scrapes", metavar="N", type=whole_number, default=50, help="of each page; default: 50")
    given = parser.parse_args()
    end_with(lambda: run(given.ours, given.queues, given.rate, given.scrapes))
