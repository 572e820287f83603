"""`veinte demo`: the whole system in one terminal."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from streams.sources.simulator.scenarios import Scenario

if TYPE_CHECKING:
    from streams.demo.status import DemoStatus

PLAIN_LINE_SECONDS = 5.0


def register(app: typer.Typer) -> None:
    """Add `veinte demo`."""
    app.command()(demo)


def demo(
    context: typer.Context,
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
    monitoring: Annotated[
        bool | None,
        typer.Option(
            "--monitoring/--no-monitoring",
            help="With Prometheus and Alertmanager, or without. Neither: with them if they are installed or can be "
            "fetched into your cache from Debian's or Ubuntu's packages, else without.",
        ),
    ] = None,
) -> None:
    """Run Kafka, Redis, worker, exporter and a simulated contact centre: a day of history, then live.

    Ctrl-C stops all of it. It has data of its own below VEINTE_DATA, fresh each time, and touches no other stack.
    """
    from streams.common.durations import parse_duration_ms
    from streams.common.errors import UserError
    from streams.config.settings import load_settings
    from streams.demo.run import DemoOptions, run

    try:
        for_ms = None if lasts is None else parse_duration_ms(lasts)
    except ValueError as error:
        raise UserError(f"--for {error}") from None
    settings = load_settings()
    with Screen() as screen:
        run(settings, DemoOptions(rate, seed, scenario.value, days, for_ms, monitoring), screen, context.obj)


class Screen:
    """Display of permanent lines and, once there are numbers, a live line below them; a line now and then without a
    terminal."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(highlight=False, soft_wrap=True)
        self._live = self._console.status("")
        self._is_live = False
        self._printed = 0.0

    def __enter__(self) -> Screen:
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def say(self, text: str) -> None:
        """Print one line that stays."""
        self._console.print(text, markup=False)
        self._console.file.flush()

    def step(self, text: str) -> None:
        """Show the current step; on a line of its own as long as a download may show its bar."""
        if self._is_live:
            self._live.update(text)
        else:
            self.say(f"{text} …")

    def show(self, status: DemoStatus) -> None:
        """Show the current numbers."""
        if self._console.is_terminal:
            self._live.update(status.line())
            if not self._is_live:
                self._is_live = True
                self._live.start()
        elif time.monotonic() - self._printed >= PLAIN_LINE_SECONDS:
            self._printed = time.monotonic()
            self.say(status.line())
