"""`veinte demo`: everything together, in one terminal."""

from __future__ import annotations

import sys
import time
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Annotated

import typer

from streams.sources.simulator.scenarios import Scenario

if TYPE_CHECKING:
    from streams.demo_status import DemoStatus

PLAIN_LINE_SECONDS = 5.0


def register(app: typer.Typer) -> None:
    """Add `veinte demo`."""
    app.command()(demo)


def demo(
    lasts: Annotated[
        str | None,
        typer.Option(
            "--for", metavar="DURATION", help="Stop so long after the first numbers, such as 90s; else Ctrl-C."
        ),
    ] = None,
    days: Annotated[float, typer.Option(min=0, max=28, metavar="D", help="Days of history to send first.")] = 1.0,
    rate: Annotated[
        float, typer.Option(min=60, max=20_000, help="Contacts an hour over all channels at the busiest hour.")
    ] = 1200.0,
    seed: Annotated[int, typer.Option(help="Of all chance: the same seed gives the same contact centre.")] = 2,
    scenario: Annotated[Scenario, typer.Option(help="What goes wrong in the live part.")] = Scenario.NORMAL,
) -> None:
    """Run Kafka, Redis, worker, exporter and a simulated contact centre: a day of history, then live.

    Ctrl-C stops all of it. It has data of its own below VEINTE_DATA, fresh each time, and touches no other stack.
    """
    from streams.demo import DemoOptions, run
    from streams.errors import UserError
    from streams.settings import load_settings, parse_duration_ms

    try:
        for_ms = None if lasts is None else parse_duration_ms(lasts)
    except ValueError as error:
        raise UserError(f"--for {error}") from None
    settings = load_settings()
    with Screen() as screen:
        run(settings, DemoOptions(rate, seed, scenario.value, days, for_ms), screen)


class Screen:
    """A live line at the bottom of a terminal; elsewhere plain lines, one every few seconds."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(highlight=False, soft_wrap=True)
        self._is_live = self._console.is_terminal
        self._status = self._console.status("starting") if self._is_live else None
        self._printed = 0.0
        self._last = ""

    def __enter__(self) -> Screen:
        self._held().__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._held().__exit__(None, None, None)

    def say(self, text: str) -> None:
        """One line that stays."""
        self._console.print(text, markup=False)
        sys.stdout.flush()

    def step(self, text: str) -> None:
        """What is being done."""
        if self._status is not None:
            self._status.update(text)
        elif text != self._last:
            self._last = text
            self.say(text)

    def show(self, status: DemoStatus) -> None:
        """The numbers now."""
        if self._status is not None:
            self._status.update(status.line())
        elif time.monotonic() - self._printed >= PLAIN_LINE_SECONDS:
            self._printed = time.monotonic()
            self.say(status.line())

    def _held(self) -> AbstractContextManager[object]:
        return self._status if self._status is not None else nullcontext()
