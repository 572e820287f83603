"""Scenarios of the simulator on a real Prometheus and Alertmanager: who is told of what, and when.

    python -m tests.support.scenarios                      # an hour of each in two minutes
    python -m tests.support.scenarios outage --speed 1 --minutes 45  # in real time, with the rules as they are shipped

The log's own clock decides (`clock = "event"`). At a speed other than 1 every duration in the configuration of
Prometheus and Alertmanager is divided by it, so that a minute of the log, a minute of `for:` and a minute of a range
pass together; what the rules compare is untouched. Rules about the pipeline keep their durations, since it is this
machine that they watch. Times in the table are the log's. At 60 a second of delay on the way to Prometheus is a minute
of the log: there a gap of two minutes between answers can look like the three of a frozen queue.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from metrics.commands.cli import alert_rules
from streams.common.durations import parse_duration_ms
from streams.config.settings import Settings
from streams.sources.simulator.catalogue import QUEUES
from streams.stack import Stack
from streams.stack.addresses import free_port, local_endpoint
from streams.stack.monitoring import RECEIVERS, Addresses, write_alertmanager, write_prometheus
from tests.support.monitoring import Told, Webhook, alertmanager, prometheus, value
from tests.support.processes import Program, Programs, eventually, programs

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
PIPELINE = "veinte-pipeline"
"""The group of rules about the exporter, blindness and lag, which keep the time of this machine."""
SCRAPING = ("scrape_", "evaluation_")
DURATION = r"\d+(?:ms|[smhd])"
POLL_SECONDS = 0.2
SCRAPE_AT_LEAST_MS = 5_000
"""However fast the log runs: more scrapes would measure this machine and not the rules, and a scrape must end before
the next one also on a machine that has other work."""
LAST_WORDS_SECONDS = 60.0
"""Longest wait, after the end of the log, for an alert whose numbers are all there."""


@dataclass(frozen=True)
class Scenario:
    """A scenario: the simulator's, its start, contacts an hour at the busiest hour, hours of history before it."""

    name: str
    simulated: str
    start: str
    rate: int = 1200
    hours_before: float = 3


OUTAGE = Scenario("outage", "outage", "2026-01-13T11:00:00Z")
"""A Tuesday at the busiest time; everybody asks about the same and takes longer to help."""
NIGHT = Scenario("night", "normal", "2026-01-13T02:00:00Z")
"""Closed: a few try all the same."""
NORMAL = Scenario("normal", "normal", "2026-01-13T11:00:00Z")
"""The same hour on a good day."""
SCENARIOS = {scenario.name: scenario for scenario in (OUTAGE, NIGHT, NORMAL)}


@dataclass(frozen=True)
class Heard:
    """The first message about an alert of a queue, in seconds of the log after its beginning; when it was over."""

    told: Told
    after_seconds: float
    over_seconds: float | None

    def row(self) -> str:
        """A line of the table."""
        labels = self.told.labels
        where = " ".join(labels[name] for name in ("channel", "queue", "topic") if name in labels)
        over = "–" if self.over_seconds is None else f"{self.over_seconds:.0f}"
        name = f"{self.told.name}{' (' + labels['window'] + ')' if 'window' in labels else ''}"
        return f"| {name} | {labels['severity']} | {self.told.receiver} | {where} | {self.after_seconds:.0f} | {over} |"


def calendars() -> dict[str, object]:
    """Opening hours of the simulator's queues as settings."""
    return {
        queue.name: {
            "time_zone": "UTC",
            "weekdays": [],
            **{
                day: [f"{int(hours[0]):02}:00-{int(hours[1]):02}:00"]
                for day, hours in zip(WEEKDAYS, queue.hours, strict=True)
                if hours is not None
            },
        }
        for queue in QUEUES
    }


def queues() -> dict[str, object]:
    """The simulator's queues with those hours."""
    return {queue.name: [{"channel": queue.channel.value, "calendar": queue.name}] for queue in QUEUES}


def hurried(text: str, speed: float) -> str:
    """A configuration or rule file in which time runs so much faster, but for the rules about the pipeline."""
    if speed == 1:
        return text
    by_log, marker, by_wall = text.partition(f"  - name: {PIPELINE}\n")

    def shorter(match: re.Match[str]) -> str:
        least = SCRAPE_AT_LEAST_MS if match["key"].startswith(SCRAPING) else 1
        return f"{match['key']}{max(least, round(parse_duration_ms(match['time']) / speed))}ms"

    keys = r"(?:for|keep_firing_for|offset|\w+_(?:interval|timeout|wait)):? |\["
    return re.sub(rf"(?P<key>{keys})(?P<time>{DURATION})\b", shorter, by_log) + marker + by_wall


@contextmanager
def watched(settings: Settings, speed: float, folder: Path) -> Iterator[Webhook]:
    """Prometheus and Alertmanager for the exporter of these settings, and what they tell."""
    with Webhook() as webhook:
        urls = {setting: f"{webhook.url}/{name}" for name, setting in RECEIVERS.items()}
        manager, server = local_endpoint(settings.alertmanager_port), local_endpoint(settings.prometheus_port)
        addresses = Addresses(f"127.0.0.1:{settings.exporter_port}", str(server), str(manager))
        told = Settings.model_validate({**settings.model_dump(exclude_unset=True), **urls})
        write_alertmanager(told, folder / "alertmanager")
        write_prometheus(alert_rules(told), addresses, folder / "prometheus")
        for file in (*folder.glob("*/*.yml"), *folder.glob("prometheus/rules/*.yml")):
            file.write_text(hurried(file.read_text(), speed))
        with alertmanager(folder / "alertmanager", manager), prometheus(folder / "prometheus", server):
            yield webhook


def play(
    scenario: Scenario,
    settings: Settings,
    environment: Mapping[str, str],
    folder: Path,
    *,
    speed: float,
    minutes: float,
    enough: Callable[[Webhook], bool] = lambda _: False,
    is_expected: bool = False,
) -> list[Heard]:
    """Run so many minutes of the scenario's log through Kafka, worker, exporter, Prometheus and Alertmanager.

    It ends before that once the webhook has been told ``enough``; where that ``is_expected``, the end of the log is not
    the end: on a busy machine the last numbers are scraped and judged later.
    """
    with programs(environment, folder / "programs") as run:
        worker = run.worker()
        exporter = run.veinte("exporter")
        worker.wait_until_ready()
        with watched(settings, speed, folder) as webhook:
            server = local_endpoint(settings.prometheus_port)
            eventually("a scrape", lambda: value(server, 'up{job="veinte"}') == 1)
            began = time.monotonic()
            simulator = simulate(run, scenario, speed, minutes)
            while simulator.wait_for_end(POLL_SECONDS) is None and not enough(webhook):
                assert (None, None) == (worker.status, exporter.status), run.said()
            assert simulator.status in (None, 0), str(simulator)
            # On a busy machine a scrape may take longer than its timeout, and then Prometheus has no sample of now.
            applied = "sum(veinte_events_applied_total)"
            eventually("a scrape with events", lambda: (value(server, applied) or 0) > 0)
            ends = time.monotonic() + (LAST_WORDS_SECONDS if is_expected else 0)
            while not enough(webhook) and time.monotonic() < ends:
                time.sleep(POLL_SECONDS)
            return heard(webhook, began, speed)


def simulate(run: Programs, scenario: Scenario, speed: float, minutes: float) -> Program:
    """Start the simulator."""
    return run.veinte(
        "simulate",
        f"--scenario={scenario.simulated}",
        f"--start={scenario.start}",
        f"--speed={speed:g}",
        f"--rate={scenario.rate}",
        f"--days={scenario.hours_before / 24:g}",
        f"--for={minutes:g}m",
    )


def heard(webhook: Webhook, began_seconds: float, speed: float) -> list[Heard]:
    """Messages to the webhook, each alert of each queue once, in the order of the first ones."""
    first: dict[frozenset[tuple[str, str]], Told] = {}
    over: dict[frozenset[tuple[str, str]], float] = {}
    for told in sorted(webhook.told, key=lambda each: each.at_seconds):
        key = frozenset(told.labels.items())
        if told.status == "firing":
            first.setdefault(key, told)
        else:
            over.setdefault(key, (told.at_seconds - began_seconds) * speed)
    return [Heard(told, (told.at_seconds - began_seconds) * speed, over.get(key)) for key, told in first.items()]


def table(found: list[Heard]) -> str:
    """Table of the received alerts, as Markdown."""
    head = "| alert | severity | told | where | after s | over after s |\n|---|---|---|---|---|---|"
    return "\n".join([head, *(each.row() for each in found)]) if found else "nobody was told of anything"


def scenario_settings(**values: object) -> Settings:
    """Settings of a scenario, on ports of its own."""
    ports: list[int] = []
    while len(ports) < 3:
        ports.append(free_port(avoid=frozenset(ports)))
    names = ("exporter_port", "prometheus_port", "alertmanager_port")
    return Settings.model_validate(
        {
            "clock": "event",
            "calendars": calendars(),
            "queues": queues(),
            **dict(zip(names, ports, strict=True)),
            **values,
        }
    )


def variables(settings: Settings, servers: Settings) -> dict[str, str]:
    """The environment in which commands have these settings, on the Kafka and Redis of ``servers``."""
    plain = {
        "kafka": servers.kafka,
        "redis": servers.redis.get_secret_value(),
        "namespace": settings.namespace,
        "topic_prefix": settings.topic_prefix,
        "partitions": str(settings.partitions),
        "clock": "event",
        "hash_key": "a key for scenarios only",
        "exporter_port": str(settings.exporter_port),
        "calendars": json.dumps(calendars()),
        "queues": json.dumps(queues()),
    }
    return {**os.environ, **{f"VEINTE_{name.upper()}": text for name, text in plain.items()}}


def main() -> None:
    """Play the scenarios on a stack of their own and print the tables."""
    parser = argparse.ArgumentParser(description="Scenarios on a real Prometheus and Alertmanager.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(SCENARIOS)}; else all")
    parser.add_argument("--speed", type=float, default=30.0)
    parser.add_argument("--minutes", type=float, default=60.0, help="of the log")
    given = parser.parse_args()
    for name in given.names or SCENARIOS:
        with tempfile.TemporaryDirectory() as path:
            folder = Path(path)
            kafka = free_port()
            redis = free_port(avoid=frozenset({kafka}))
            settings = scenario_settings(
                kafka=f"127.0.0.1:{kafka}", redis=f"redis://127.0.0.1:{redis}/0", data=folder / "data", partitions=2
            )
            with Stack(settings).attached():
                found = play(
                    SCENARIOS[name],
                    settings,
                    variables(settings, settings),
                    folder,
                    speed=given.speed,
                    minutes=given.minutes,
                )
            print(f"{name}: {given.minutes:g} min of the log at speed {given.speed:g}\n{table(found)}\n", flush=True)


if __name__ == "__main__":
    main()
