"""``python -m tests.bench.board_latency``: from an event's producer to its number on the wallboard, and first paint.

A real Kafka, Redis, worker, exporter and Chromium on this machine, all on its one clock. Calls are offered at random
moments; the page notes when each count of offered calls was painted.
"""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from selenium.webdriver.chrome.webdriver import WebDriver

from streams.config.settings import Settings
from streams.sources.outgoing import OutgoingEvent, cloud_event
from streams.sources.publisher import Publisher
from streams.stack import Stack
from streams.stack.addresses import free_port
from streams.tools.create_topics import create_topics
from tests.browser.chromium import FULL_HD, chromium, show_on
from tests.integration.reader.test_exporter import Exporter
from tests.support.processes import eventually, programs

QUEUE = "Ventas"
HASH_KEY = "a key for benches only"
LOADS = 20
MEAN_PAUSE_SECONDS = 0.1
WATCH = """
window.painted = [];
const cell = document.querySelector('[data-key="offered"] .value');
const note = () => {
  const count = Number(cell.textContent.replace(/\\D/g, ''));
  requestAnimationFrame(() => setTimeout(() => window.painted.push([count, Date.now()])));
};
new MutationObserver(note).observe(cell, { childList: true, characterData: true, subtree: true });
note();
"""
PAINT = "return performance.getEntriesByName('first-contentful-paint')[0]?.startTime;"


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest of ``values`` that ``share`` of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * round(share * 100) // 100) - 1)]


def offered(number: int) -> OutgoingEvent:
    """The offer of a call, now."""
    at_ms = time.time_ns() // 1_000_000
    subject = f"bench-{number}"
    return OutgoingEvent(
        "calls", subject, at_ms, cloud_event("call.offered", "/bench", subject, at_ms, subject, {"queue": QUEUE})
    )


def first_paints(driver: WebDriver, address: str) -> list[float]:
    """Milliseconds from the request to the first contentful paint, which has the numbers, of some loads."""
    found = []
    for _ in range(LOADS):
        driver.get(address)
        found.append(float(eventually("a paint", lambda: driver.execute_script(PAINT))))
    return found


def latencies(driver: WebDriver, settings: Settings, events: int) -> list[float]:
    """Milliseconds from producing an event to its number being painted."""
    chance = random.Random(1)
    produced: list[int] = []
    driver.execute_script(WATCH)
    with Publisher(settings) as publisher:
        for number in range(events):
            event = offered(number)
            publisher.send(event)
            produced.append(event.time_ms)
            # the load itself, no wait for anything: calls come at any moment between two readings and two beats
            time.sleep(chance.expovariate(1 / MEAN_PAUSE_SECONDS))

    def all_painted() -> list[list[int]]:
        painted: list[list[int]] = driver.execute_script("return window.painted;")
        return painted if painted[-1][0] > events else []

    painted = eventually("the last event on the page", all_painted)
    return [
        next(at_ms for count, at_ms in painted if count >= number + 1) - at_ms_produced
        for number, at_ms_produced in enumerate(produced, start=1)
    ]


def main(events: Annotated[int, typer.Option(help="how many events to produce")] = 500) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        kafka, redis = free_port(), free_port()
        values = {
            "kafka": f"127.0.0.1:{kafka}",
            "redis": f"redis://127.0.0.1:{redis}/0",
            "data": str(data),
            "partitions": 8,
            "hash_key": HASH_KEY,
        }
        settings = Settings(**values)  # type: ignore[arg-type]  # pydantic checks them
        environment = {**os.environ, **{f"VEINTE_{name.upper()}": str(value) for name, value in values.items()}}
        stack = Stack(settings)
        try:
            stack.up(detach=False)
            create_topics(settings)
            with programs(environment, data / "programs") as run, chromium() as driver:
                run.worker().wait_until_ready()
                exporter = Exporter(run)
                exporter.wait_for("/readyz", 200)
                address = f"http://127.0.0.1:{exporter.port}/?lang=en"
                with Publisher(settings) as publisher:
                    publisher.send(offered(-1))
                show_on(driver, FULL_HD)

                def first_call() -> bool:
                    driver.get(address)
                    script = "return document.querySelector('[data-key=\"offered\"] .value')?.textContent;"
                    return bool(driver.execute_script(script) == "1")

                eventually("the first call", first_call)
                paints = first_paints(driver, address)
                found = latencies(driver, settings, events)
        finally:
            stack.down()
    print(f"event produced → number painted, {len(found)} events, one every {MEAN_PAUSE_SECONDS:g} s in the mean:")
    print(f"  p50 {percentile(found, 0.50):.0f} ms, p99 {percentile(found, 0.99):.0f} ms, most {max(found):.0f} ms")
    print(f"first contentful paint, with numbers, {len(paints)} loads:")
    print(f"  p50 {percentile(paints, 0.50):.0f} ms, most {max(paints):.0f} ms")


if __name__ == "__main__":
    typer.run(main)
