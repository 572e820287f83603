"""``veinte simulate``: sends the events of a simulated contact centre."""

from __future__ import annotations

import math
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from itertools import chain, islice
from threading import Event
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Final
from zoneinfo import ZoneInfo

import typer

from streams.common.durations import DAY_MS, parse_duration_ms
from streams.common.errors import UserError
from streams.config.settings import Settings, load_settings
from streams.sources.simulator.scenarios import Scenario
from streams.sources.sinks import Destination, open_sink

if TYPE_CHECKING:
    from streams.sources.outgoing import OutgoingEvent
    from streams.sources.simulator import SimulationConfig
    from streams.sources.simulator.live import Pace

HIGHEST_RATE: Final = 1_000_000.0
LONGEST_HISTORY_DAYS: Final = 800.0
BAR_STEP: Final = 1_000
"""Events between two updates of the progress bar."""
BUSY: Final = timedelta(days=1, hours=11)
"""Tuesday at 11:00, counted from the start of the week."""


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command(name="simulate")(simulate)


def simulate(
    rate: Annotated[float, typer.Option(help="contacts an hour over all channels at the busiest hour of a Monday")] = (
        600.0
    ),
    speed: Annotated[
        str,
        typer.Option(
            metavar="X",
            help="of the live part: 1 is real time, 60 an hour a minute, max (or 0) as fast as possible. With any "
            'other than 1 the events\' times run away from the wall clock: that needs the setting clock = "event"',
        ),
    ] = "1",
    seed: Annotated[int, typer.Option(help="of all chance: the same seed and start give the same events")] = 1,
    days: Annotated[float, typer.Option(metavar="D", help="days of history to send first, as fast as possible")] = 0.0,
    scenario: Annotated[
        Scenario, typer.Option(help="what goes wrong; outage and spike begin with the live part")
    ] = Scenario.NORMAL,
    lasts: Annotated[
        str | None,
        typer.Option("--for", metavar="DURATION", help="length of the live part in its own time, such as 90s or 8h"),
    ] = None,
    max_events: Annotated[int | None, typer.Option(metavar="N", min=1, help="stop after so many events")] = None,
    to: Annotated[Destination, typer.Option(help="kafka, or - for JSON lines on standard output")] = Destination.KAFKA,
    start: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="begin the live part at this time instead of now, such as 2026-01-05T00:00:00Z; "
            'needs the setting clock = "event"',
        ),
    ] = None,
    busy: Annotated[
        bool,
        typer.Option("--busy", help="set the centre's own clock so that the live part begins on a Tuesday at 11:00"),
    ] = False,
) -> None:
    """Simulate a contact centre: calls, chats and tickets of customers who wait, talk, give up and come again.

    Arrivals, opening hours and shifts follow the time zone of the settings. Without --for or --max-events it goes on
    until Ctrl-C.
    """
    factor = _speed(speed)
    settings = load_settings()
    now_ms = round(time.time() * 1000)
    live_ms = now_ms if start is None else _instant_ms(start)
    for_ms = None if lasts is None else _duration_ms(lasts)
    if factor is None and for_ms is None and max_events is None and to is Destination.KAFKA:
        raise UserError("--speed max would fill the topics without end; add --for DURATION or --max-events N")
    _check_range("--rate", rate, 0.1, HIGHEST_RATE)
    _check_range("--days", days, 0.0, LONGEST_HISTORY_DAYS)

    from streams.sources.simulator import SimulationConfig
    from streams.sources.simulator import simulate as events_of
    from streams.sources.simulator.live import Pace

    config = SimulationConfig(
        start_ms=live_ms - round(days * DAY_MS),
        seed=seed,
        rate=rate,
        scenario=scenario,
        time_zone=settings.time_zone,
        end_ms=None if for_ms is None else live_ms + for_ms,
        disturb_at_ms=live_ms,
        clock_ahead_ms=_until_busy_ms(live_ms, settings) if busy else 0,
    )
    pace = None if factor is None else Pace(live_ms, now_ms, factor)
    events = islice(events_of(config), max_events)
    _run(events, config, pace, to=to, settings=settings, history_ends_now=days > 0 and start is None)


def _run(
    events: Iterator[OutgoingEvent],
    config: SimulationConfig,
    pace: Pace | None,
    *,
    to: Destination,
    settings: Settings,
    history_ends_now: bool,
) -> None:
    """Send the history, then the live part, then print a summary in one line."""
    from streams.sources.simulator.live import hand_out

    started = time.monotonic()
    history, live = _split(events, config.disturb_at_ms or config.start_ms)
    # A record has its event's time as timestamp only if that is a true time: a live part at another speed may be ahead
    # of the wall clock, and the broker refuses such a timestamp.
    live_now = history_ends_now and pace is not None and pace.speed == 1
    with ExitStack() as stack:
        stop = stack.enter_context(_stopped_by_signals())
        sink = past = open_sink(to, settings, event_timestamps=history_ends_now)
        stack.enter_context(past)
        hand_out(_with_bar(history, config), past, stop)
        if live_now != history_ends_now and to is Destination.KAFKA:
            sink = open_sink(to, settings, event_timestamps=live_now)
            stack.enter_context(sink)
        if not stop.is_set():
            hand_out(live, sink, stop, pace)
    sent = past.sent + (sink.sent if sink is not past else 0)
    too_old = f"; {past.too_old:,} older than the topics keep were not sent" if past.too_old else ""
    typer.echo(f"simulated {sent:,} events in {time.monotonic() - started:.1f} s{too_old}", err=True)


def _split(events: Iterator[OutgoingEvent], live_ms: int) -> tuple[Iterator[OutgoingEvent], Iterator[OutgoingEvent]]:
    """``events`` before ``live_ms``, and the rest; the first part must be consumed before the second."""
    first_live: list[OutgoingEvent] = []

    def history() -> Iterator[OutgoingEvent]:
        for event in events:
            if event.time_ms >= live_ms:
                first_live.append(event)
                return
            yield event

    return history(), chain(first_live, events)


def _with_bar(events: Iterable[OutgoingEvent], config: SimulationConfig) -> Iterator[OutgoingEvent]:
    """``events`` of the history, with a progress bar on a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    total_ms = (config.disturb_at_ms or config.start_ms) - config.start_ms
    with Progress(console=console, transient=True, disable=not console.is_terminal or total_ms == 0) as bar:
        task = bar.add_task("history", total=total_ms)
        for number, event in enumerate(events):
            if number % BAR_STEP == 0:
                bar.update(task, completed=event.time_ms - config.start_ms)
            yield event


@contextmanager
def _stopped_by_signals() -> Iterator[Event]:
    """Event that the first Ctrl-C or SIGTERM sets; a second one has its usual effect."""
    stop = Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()
        restore()

    for number in before:
        signal.signal(number, on_signal)
    try:
        yield stop
    finally:
        restore()


def _speed(text: str) -> float | None:
    """Factor of the speed, or ``None`` for as fast as possible."""
    if text in ("max", "0"):
        return None
    try:
        factor = float(text)
    except ValueError:
        factor = math.nan
    if not 0 < factor < math.inf:
        raise UserError(f"--speed {text} is no speed; write 1 for real time, 60 for an hour a minute, or max")
    return factor


def _instant_ms(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UserError(f"--start {text} is no time; write one such as 2026-01-05T00:00:00Z") from None
    if moment.tzinfo is None:
        raise UserError(f"--start {text} has no offset; write one such as 2026-01-05T00:00:00Z")
    _check_range("--start: year", moment.year, 1971, 2200)
    return round(moment.timestamp() * 1000)


def _duration_ms(text: str) -> int:
    try:
        return parse_duration_ms(text)
    except ValueError as error:
        raise UserError(f"--for {error}") from None


def _check_range(option: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise UserError(f"{option} {value:g} is out of range; give a value from {least:g} to {most:,.0f}")


def _until_busy_ms(live_ms: int, settings: Settings) -> int:
    """Lead of the centre's clock, in ms, with which it shows a Tuesday, 11:00, at ``live_ms``."""
    moment = datetime.fromtimestamp(live_ms / 1000, ZoneInfo(settings.time_zone))
    since_monday = timedelta(days=moment.weekday(), hours=moment.hour, minutes=moment.minute, seconds=moment.second)
    return (BUSY - since_monday) % timedelta(days=7) // timedelta(milliseconds=1)
