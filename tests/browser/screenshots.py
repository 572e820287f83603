"""``python -m tests.browser.screenshots [normal] [outage]`` makes the pictures of docs/images in a real Chromium.

It runs `veinte demo` twice, with eight days of history: on a normal day, whose worker it stops at the end, and through
an outage. That takes about eleven minutes.
"""

from __future__ import annotations

import base64
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import psutil
from selenium.webdriver.chrome.webdriver import WebDriver

from streams.stack.addresses import free_port
from tests.browser.chromium import FOUR_K, FULL_HD, PHONE, Screen, chromium, show_on
from tests.support.paths import ROOT
from tests.support.processes import Program, eventually, programs

IMAGES = ROOT / "docs" / "images"
MOST_BYTES = 300_000
QUALITY = 65
OPENING_HOUR = 11
"""Hour of the day in the simulated centre; the pictures use a time zone with that hour now."""
STEADY_SECONDS = 65.0
"""A colour is held for a minute; one that lasts longer is no rest of the history that was just read."""
SETTLE_SECONDS = 900.0
OUTAGE_SECONDS = 900.0
HIT = "Soporte"
NORMAL = {
    "wallboard-es": (FULL_HD, "/?lang=es&theme=dark"),
    "wallboard-en-light": (FULL_HD, "/?lang=en&theme=light"),
    "wallboard-4k-en": (FOUR_K, "/?lang=en&theme=dark"),
    "wallboard-phone-es": (PHONE, "/?lang=es&theme=dark"),
    "queue-es": (FULL_HD, "/?view=queue&queue=Ventas&lang=es&theme=dark"),
    "queue-tickets-en": (FULL_HD, "/?view=queue&queue=Correo&lang=en&theme=light"),
    "week-es": (FULL_HD, "/?view=week&lang=es&theme=dark"),
    "week-phone-en": (PHONE, "/?view=week&channel=call&lang=en&theme=light"),
}
BLIND = {
    "blind-es": (FULL_HD, "/?lang=es&theme=dark"),
    "blind-phone-en": (PHONE, "/?lang=en&theme=light"),
}
OUTAGE = {
    "outage-es": (FULL_HD, "/?lang=es&theme=dark"),
    "outage-en-light": (FULL_HD, "/?lang=en&theme=light"),
    "outage-4k-es": (FOUR_K, "/?lang=es&theme=dark"),
    "outage-phone-en": (PHONE, "/?lang=en&theme=dark"),
}


class Demo:
    """A running `veinte demo`."""

    def __init__(self, program: Program, port: int) -> None:
        self.program = program
        self.address = f"http://127.0.0.1:{port}"

    def document(self) -> Any:
        """The document of the board; ``None`` while the exporter does not answer."""
        try:
            with urlopen(f"{self.address}/?lang=en", timeout=5) as page:
                text = page.read().decode()
        except (URLError, OSError):
            return None
        start = text.index('id="document">') + len('id="document">')
        return json.loads(text[start : text.index("</script>", start)])

    def sees(self) -> bool:
        """Every tile is live."""
        document = self.document()
        return document is not None and bool(document["tiles"]) and not document["blind"]

    def worker(self) -> psutil.Process:
        """The demo's worker process."""
        for process in psutil.Process(self.program.pid).children(recursive=True):
            if "worker" in process.cmdline() and not process.children():
                return process
        raise AssertionError("the demo has no worker")


@contextmanager
def demo(scenario: str, folder: Path) -> Iterator[Demo]:
    """The demo once its history is read; it is stopped at the end."""
    port = free_port()
    environment = {
        **os.environ,
        "VEINTE_DATA": str(folder / "data"),
        "VEINTE_EXPORTER_PORT": str(port),
        "VEINTE_TIME_ZONE": f"Etc/GMT{datetime.now(UTC).hour - OPENING_HOUR:+d}",
    }
    arguments = ("demo", "--days=8", "--rate=900", "--no-monitoring", f"--scenario={scenario}")
    with programs(environment, folder) as run:
        made = Demo(run.veinte(*arguments), port)
        print(f"{scenario}: reading the history", flush=True)
        wait("live numbers", lambda: "live:" in made.program.stdout and made.sees(), 900)
        yield made
        assert 0 == made.program.ask_to_stop()


def wait(what: str, condition: Any, seconds: float) -> None:
    """Wait until ``condition`` holds.

    Raises:
        AssertionError: it does not hold within ``seconds``.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds:g} s in vain for {what}"
        time.sleep(1)  # a long pause: the demo needs both cores more than this loop does


class Steady:
    """A condition: no tile has changed its colour for ``STEADY_SECONDS``."""

    def __init__(self, centre: Demo) -> None:
        self._centre = centre
        self._bands: list[str] = []
        self._since = time.monotonic()

    def __call__(self) -> bool:
        document = self._centre.document()
        bands = [] if document is None else [tile["band"] for tile in document["tiles"]]
        if bands != self._bands:
            self._bands, self._since = bands, time.monotonic()
        return time.monotonic() - self._since > STEADY_SECONDS


def shoot(driver: WebDriver, address: str, pictures: dict[str, tuple[Screen, str]]) -> None:
    """Take the pictures and write them."""
    for name, (screen, path) in pictures.items():
        show_on(driver, screen)
        driver.get(address + path)
        eventually("a page", lambda: driver.execute_script("return document.querySelectorAll('h2').length"))
        driver.execute_async_script("document.fonts.ready.then(() => requestAnimationFrame(arguments[0]))")
        shot = driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
        body = base64.b64decode(shot["data"])
        assert len(body) <= MOST_BYTES, f"{name} has {len(body)} bytes"
        (IMAGES / f"{name}.webp").write_bytes(body)
        print(f"{name}.webp {len(body) // 1000} kB", flush=True)


def normal_and_blind(driver: WebDriver, folder: Path) -> None:
    """Pictures of a normal day, and of the same board without a worker."""
    with demo("normal", folder) as centre:
        wait("colours that stay", Steady(centre), SETTLE_SECONDS)
        shoot(driver, centre.address, NORMAL)
        worker = centre.worker()
        worker.send_signal(signal.SIGSTOP)
        try:
            wait("blindness", lambda: not centre.sees(), 60)
            shoot(driver, centre.address, BLIND)
        finally:
            worker.send_signal(signal.SIGCONT)


def outage(driver: WebDriver, folder: Path) -> None:
    """Pictures of an outage, once the queue that it hits is red and another with it."""
    with demo("outage", folder) as centre:
        wait("red", lambda: HIT in _red(centre) and len(_red(centre)) > 1, OUTAGE_SECONDS)
        shoot(driver, centre.address, OUTAGE)


def _red(centre: Demo) -> list[str]:
    document = centre.document() or {"tiles": []}
    return [tile["queue"] for tile in document["tiles"] if tile["band"] == "red"]


def main() -> None:
    """Make the pictures of the named days, of all without a name."""
    days = {"outage": outage, "normal": normal_and_blind}
    chosen = sys.argv[1:] or list(days)
    if not set(chosen) <= set(days):
        sys.exit(f"there is no such day; name {' or '.join(days)}, or none for both")
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, chromium() as driver:
        for name in chosen:
            days[name](driver, Path(folder) / name)


if __name__ == "__main__":
    main()
