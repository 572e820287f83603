"""``veinte report``: KPIs of a past range, the planner's raw material."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from metrics.snapshot.blindness import NEVER_STARTED, why_blind
from metrics.snapshot.windows import DayRule
from streams.common.durations import DAY_MS
from streams.common.errors import UserError
from streams.contract.topics import Topic, dead_letter_topic

if TYPE_CHECKING:
    from metrics.read.history import Past
    from streams.config.settings import Settings


_REJECTED = "rejected."
"""Prefix of the reason in the statistics of a head."""


class ReportFormat(StrEnum):
    """Format of the rows."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


class ReportLanguage(StrEnum):
    """Language of the table."""

    ENGLISH = "en"
    SPANISH = "es"


def register(app: typer.Typer) -> None:
    """Add ``report`` to the command line."""
    app.command("report")(report)


def report(
    first: Annotated[
        str,
        typer.Option("--from", metavar="T", help="Where it begins: a date (each queue's own day) or a time."),
    ],
    last: Annotated[str, typer.Option("--to", metavar="T", help="Where it ends; not part of the range.")],
    by: Annotated[
        str, typer.Option("--by", metavar="LIST", help="queue, interval=15m|30m|1h|day; channel is always there.")
    ] = "channel",
    output_format: Annotated[ReportFormat, typer.Option("--format", help="How the rows are written.")] = (
        ReportFormat.TABLE
    ),
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write here instead.")] = None,
    lang: Annotated[
        ReportLanguage | None, typer.Option("--lang", help="Of the table; alert_language if not given.")
    ] = None,
) -> None:
    """KPIs of a past range, in whole slices of 15 minutes.

    A date means each queue's own day, from its day_starts in its time_zone.
    A time without an offset is read on the queue's own clock.
    All queues (*) are the sum of the queues, each by its own days.
    """
    from metrics.read.history import day_rules, read_history
    from metrics.report.ranges import Bound, Range, parse_grouping
    from metrics.report.rows import report_rows
    from metrics.report.text import render
    from streams.clients.redis_clients import CLIENT_ERRORS, describe
    from streams.common.languages import Language
    from streams.config.settings import load_settings

    grouping = parse_grouping(by)
    span = Range(Bound("--from", first), Bound("--to", last))
    settings = load_settings()
    span.at_ms(DayRule(settings.time_zone))  # refuses a wrong range before anything is read
    try:
        past = read_history(settings)
    except CLIENT_ERRORS as error:
        raise describe(settings, error) from None
    settings = past.judging.settings
    begins_ms, _ = span.at_ms(DayRule(settings.time_zone))
    rows = report_rows(past.quarters, span, grouping, day_rules(settings, past.now_ms))
    for warning in _warnings(past, begins_ms, settings):
        typer.echo(f"veinte: {warning}", err=True)
    _write(render(rows, output_format.value, Language(lang or settings.alert_language)), output)


def _warnings(past: Past, begins_ms: int, settings: Settings) -> Iterator[str]:
    """Warnings about the numbers, a sentence each."""
    from streams.common.languages import Language
    from streams.config.stored_settings import differing_sentence

    blind = {channel: health for channel, health in past.channels.items() if health.blind}
    if len(blind) == len(past.channels) and {health.blind_reason for health in blind.values()} == {NEVER_STARTED}:
        yield f"no worker has ever written numbers under the namespace {settings.namespace}; run `veinte worker`"
        return
    if past.judging.differing:
        yield differing_sentence(past.judging.differing)
    parts = {f"numbers of the channel {channel}": health for channel, health in blind.items()}
    parts |= {"repeats and resolution by repeat window": past.repeats} if past.repeats.blind else {}
    for part, health in parts.items():
        if health.blind_reason != NEVER_STARTED:
            why = why_blind(health.blind_reason, health.facts, Language.ENGLISH, settings.time_zone)
            yield f"{part} may be incomplete ({why})"
    for topic, counted in past.statistics.items():
        yield from _left_out(topic, counted, settings)
    if begins_ms < past.now_ms - settings.slice_retention:
        days = settings.slice_retention / DAY_MS
        yield f"--from lies before what is kept ({days:g} days, slice_retention): older numbers are gone"


def _left_out(topic: Topic, counted: Mapping[str, int], settings: Settings) -> Iterator[str]:
    """Warnings about records and amounts on ``topic`` that are in no number, since its first count."""
    from streams.contract.decoding import SKIPPED

    reasons = {name.removeprefix(_REJECTED): n for name, n in counted.items() if n and name.startswith(_REJECTED)}
    dead = {reason: n for reason, n in reasons.items() if reason not in SKIPPED}
    skipped = sum(reasons.values()) - sum(dead.values())
    if dead:
        details = ", ".join(
            f"{reason} {n:,}" for reason, n in sorted(dead.items(), key=lambda item: (-item[1], item[0]))
        )
        where = settings.topic(dead_letter_topic(topic))
        yield f"{topic}: {sum(dead.values()):,} records were rejected ({details}), see {where}"
    if skipped:
        yield f"{topic}: {skipped:,} records of a type that the contract does not have were skipped"
    if counted.get("late", 0):
        yield f"{topic}: {counted['late']:,} amounts came too late for the slices they belong to (slice_retention)"


def _write(text: str, output: Path | None) -> None:
    if output is None:
        sys.stdout.write(text)
        return
    try:
        output.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise UserError(f"--output {output} cannot be written ({error.strerror}); name another file") from None
