"""``veinte replay``: sends a recorded log of a contact centre, or events of the contract, to Kafka."""

from __future__ import annotations

import time
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.common.durations import DAY_MS, format_duration
from streams.common.errors import UserError
from streams.config.settings import Settings, load_settings
from streams.contract.topics import Topic
from streams.sources.sinks import Destination, JsonLines, open_sink

if TYPE_CHECKING:
    from streams.sources.logs.log_files import Log
    from streams.sources.outgoing import OutgoingEvent
    from streams.sources.publisher import Publisher

FLUSH_AHEAD_SECONDS = 0.1
"""If the next event is due later than this, the sent events are confirmed first."""
BAR_STEP = 500
"""Events between two updates of the progress bar: an update costs more than sending one event."""
DEFAULT_SEED = 0
"""Seed of ``--duplicate`` if ``--shuffle`` gives none."""


class LogFormat(StrEnum):
    """Formats with an adapter."""

    ANONYMOUS_BANK = "anonymous-bank"
    ITALIAN_HELPDESK = "italian-helpdesk"
    EVENTS = "events"


class TopicFrom(StrEnum):
    """Column of a log that is used as the contact's topic."""

    TYPE = "type"


class SummaryFormat(StrEnum):
    """Format of the summary."""

    TEXT = "text"
    JSON = "json"


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command(name="replay")(replay)


def replay(
    log_format: Annotated[LogFormat, typer.Argument(metavar="FORMAT", help="what kind of log FILE is")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="the log")],
    speed: Annotated[str, typer.Option(help="max, or times real time: 1 is real time, 60 an hour a minute")] = "max",
    shuffle: Annotated[int | None, typer.Option(metavar="SEED", help="send in a random order")] = None,
    duplicate: Annotated[
        float, typer.Option(metavar="RATIO", min=0, max=1, help="send this share of the events twice")
    ] = 0,
    as_of_now: Annotated[
        bool, typer.Option("--as-of-now", help="move the log so that its last event is now, and send it in time order")
    ] = False,
    topic: Annotated[
        TopicFrom | None, typer.Option(help="anonymous-bank: take a contact's topic from its type")
    ] = None,
    summary: Annotated[SummaryFormat, typer.Option("--format", help="of the summary")] = SummaryFormat.TEXT,
    to: Annotated[Destination, typer.Option(help="kafka, or - for JSON lines on standard output")] = Destination.KAFKA,
) -> None:
    """Send a recorded log as events: a bank's calls, a help desk's tickets, or JSON lines of our own.

    Neither the order nor repeats change any number: try --shuffle 7 --duplicate 0.2. Without --as-of-now a log keeps
    its times; a worker and an exporter with VEINTE_CLOCK=event take "now" from it. With --as-of-now a log longer than
    an event may come late (8 days of calls or chats, 36 days of tickets) is neither shuffled nor repeated.
    """
    factor = _speed(speed, shuffle)
    in_order = factor is not None or as_of_now
    if topic is not None and log_format is not LogFormat.ANONYMOUS_BANK:
        raise UserError(f"--topic {topic} is for anonymous-bank; {log_format} has no such column, leave the option out")
    settings = load_settings()
    log = _read(log_format, file, settings, topic_from_type=topic is TopicFrom.TYPE)
    if as_of_now and (shuffle is not None or duplicate):
        refuse_what_comes_too_late(log, settings, "--duplicate" if shuffle is None else "--shuffle")
    events = prepared(log, shuffle=shuffle, duplicate=duplicate, as_of_now=as_of_now, in_order=in_order)
    with open_sink(to, settings, event_timestamps=as_of_now) as sink:
        total = len(events) if isinstance(events, list) else log.count
        _send(events, sink, factor, total, f"{log_format} → {'standard output' if to == '-' else settings.kafka}")
    result = {
        "format": str(log_format),
        "file": str(file),
        "rows": log.rows,
        "contacts": log.contacts,
        "events": log.count,
        "sent": sink.sent,
        "duplicates": total - log.count,
        "too_old": sink.too_old,
        "left_out": dict(log.left_out),
    }
    _print_summary(result, summary, to_stderr=to is Destination.STDOUT)


def refuse_what_comes_too_late(log: Log, settings: Settings, option: str) -> None:
    """Refuse a log if ``option`` would delay events beyond the limit of a worker on the wall clock.

    Raises:
        UserError: the events of one topic span more time than its past limit.
    """
    from streams.config.limits import past_limit_ms

    first_ms: dict[str, int] = {}
    last_ms: dict[str, int] = {}
    for event in log.events:
        first_ms[event.topic] = min(event.time_ms, first_ms.get(event.topic, event.time_ms))
        last_ms[event.topic] = max(event.time_ms, last_ms.get(event.topic, event.time_ms))
    for topic, oldest_ms in first_ms.items():
        span_ms, limit_ms = last_ms[topic] - oldest_ms, past_limit_ms(Topic(topic), settings)
        if span_ms > limit_ms:
            raise UserError(
                f"the {topic} of this log span {span_ms / DAY_MS:.1f} days, and with --as-of-now and {option} an event "
                f"more than {format_duration(limit_ms)} (past_limit) behind the newest one is refused as too old; "
                "leave out --as-of-now and set VEINTE_CLOCK=event for the worker and the exporter"
            )


def prepared(
    log: Log, *, shuffle: int | None, duplicate: float, as_of_now: bool, in_order: bool
) -> Iterable[OutgoingEvent]:
    """The events of ``log`` in the order to be sent: shifted to now, sorted or shuffled, with duplicates."""
    from streams.sources.replay import in_time_order, moved, shuffled, with_duplicates

    events = log.events
    if as_of_now and log.newest_ms is not None:
        events = moved(events, round(time.time() * 1000) - log.newest_ms)
    if in_order and shuffle is None:
        events = in_time_order(events)
    if shuffle is not None:
        events = shuffled(events, shuffle)
    if duplicate:
        events = with_duplicates(list(events), duplicate, DEFAULT_SEED if shuffle is None else shuffle)
    return events


def _speed(text: str, shuffle: int | None) -> float | None:
    """Factor of the speed, or ``None`` for as fast as possible."""
    if text == "max":
        return None
    try:
        factor = float(text)
    except ValueError:
        factor = 0.0
    if not 0 < factor < float("inf"):
        raise UserError(f"--speed {text} is no speed; write max, 1 for real time or 60 for an hour a minute")
    if shuffle is not None:
        raise UserError(f"--speed {text} plays events as they happened and --shuffle does not; leave one of them out")
    return factor


def _read(log_format: LogFormat, file: Path, settings: Settings, *, topic_from_type: bool) -> Log:
    from streams.sources.logs import anonymous_bank, event_lines, italian_helpdesk

    if log_format is LogFormat.ANONYMOUS_BANK:
        return anonymous_bank.read(file, topic_from_type=topic_from_type)
    if log_format is LogFormat.ITALIAN_HELPDESK:
        return italian_helpdesk.read(file)
    return event_lines.read(file, settings)


def _send(
    events: Iterable[OutgoingEvent], sink: Publisher | JsonLines, factor: float | None, total: int, title: str
) -> None:
    """Send all events, at ``factor`` times real time or as fast as possible, with a progress bar on a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from streams.sources.replay import due_seconds

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(title, total=total)
        started = time.monotonic()
        timed = ((0.0, event) for event in events) if factor is None else due_seconds(events, factor)
        for number, (due, event) in enumerate(timed, 1):
            ahead = due - (time.monotonic() - started)
            if ahead > FLUSH_AHEAD_SECONDS:
                bar.update(task, completed=number - 1)
                sink.flush()
                ahead = due - (time.monotonic() - started)
            if ahead > 0:
                time.sleep(ahead)
            sink.send(event)
            if number % BAR_STEP == 0:
                bar.update(task, completed=number)
        bar.update(task, completed=total)


def _print_summary(result: dict[str, Any], summary: SummaryFormat, *, to_stderr: bool) -> None:
    if summary is SummaryFormat.JSON:
        import json

        text = json.dumps(result)
    else:
        left_out = ", ".join(f"{reason} {count:,}" for reason, count in result["left_out"].items() if count)
        text = (
            f"{result['format']} {result['file']}: {result['rows']:,} rows, {result['contacts']:,} contacts, "
            f"{result['events']:,} events\n"
            f"sent {result['sent']:,} (repeats {result['duplicates']:,}), "
            f"too old for the topic {result['too_old']:,}\n"
            f"rows left out: {left_out or 'none'}"
        )
    typer.echo(text, err=to_stderr)
