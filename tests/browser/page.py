"""A page of the wallboard in the browser, and the same numbers from the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from selenium.webdriver.chrome.webdriver import WebDriver

from tests.browser.centre import MAIL, SALES, Centre
from tests.support.processes import eventually

NARROW = "\N{NARROW NO-BREAK SPACE}"
VIEWS = {
    "queues": "/?view=queues&lang=es",
    "queue": f"/?view=queue&queue={SALES}&lang=es",
    "tickets": f"/?view=queue&queue={MAIL}&lang=en",
    "week": "/?view=week&lang=es",
}


class Page:
    """An open page."""

    def __init__(self, driver: WebDriver) -> None:
        self.driver = driver

    def ask(self, expression: str) -> Any:
        """The value of an expression in the page."""
        return self.driver.execute_script(f"return {expression};")

    def text(self, selector: str) -> str:
        """The text of the first element that matches."""
        return str(self.ask(f"document.querySelector({selector!r})?.textContent ?? ''"))

    def cell(self, queue: str, key: str, part: str = "value") -> str:
        """A number of a tile, as text."""
        return self.text(f'.tile[data-queue="{queue}"] [data-key="{key}"] .{part}')

    def band(self, queue: str) -> str:
        """The band of a tile."""
        return str(self.ask(f"document.querySelector('.tile[data-queue=\"{queue}\"]').dataset.band"))

    def wait_for(self, selector: str, count: int = 1) -> None:
        """Wait until ``count`` elements match."""
        eventually(selector, lambda: self.ask(f"document.querySelectorAll({selector!r}).length") >= count)

    def complaints(self) -> list[str]:
        """The browser's log since the last call."""
        read: Callable[[str], list[dict[str, str]]] = self.driver.get_log
        return [entry["message"] for entry in read("browser")]


def percent(numerator: int, denominator: int) -> str:
    """A ratio as a Spanish board shows it: cut after one decimal."""
    if numerator == denominator:
        return f"100{NARROW}%"
    return f"{numerator * 1000 // denominator / 10:.1f}{NARROW}%".replace(".", ",")


def windowed(row: Any, kpi: str, window: str, **labels: str) -> Any:
    """One windowed number of the API."""
    return next(series["windows"][window] for series in row["windowed"][kpi] if series["labels"] == labels)


def now(row: Any, kpi: str, **labels: str) -> Any:
    """One current number of the API."""
    return next(series["value"] for series in row["now"][kpi] if series["labels"] == labels)


def api_row(board: Centre, channel: str, queue: str) -> Any:
    """A queue's row in the API: a ticket queue over all media."""
    rows = board.ask(f"/api/v1/snapshot?channel={channel}")["rows"]
    return next(row for row in rows if row["queue"] == queue and row["medium"] in (None, "*"))


def clock_seconds(text: str) -> int:
    """``m:ss`` in seconds."""
    minutes, seconds = text.split(":")
    return int(minutes) * 60 + int(seconds)
