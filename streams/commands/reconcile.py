"""``veinte reconcile``: numbers in Redis compared with a recount of the events in Kafka."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from streams.common.errors import UserError
from streams.common.plurals import counted

if TYPE_CHECKING:
    from streams.contract.topics import Topic
    from streams.reconcile.run import TopicResult

EXIT_DIFFERENT = 1
SHOWN = 20
REDIS_SECONDS = 10.0
"""Longest wait for the numbers of one partition."""


def register(app: typer.Typer) -> None:
    """Add ``reconcile`` to the command line."""
    app.command()(reconcile)


def reconcile(
    first: Annotated[
        str | None,
        typer.Option("--from", metavar="T", help="Where the range begins: a date or a time; else all that is kept."),
    ] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="T", help="Where it ends; not part of the range.")] = None,
    topics: Annotated[
        list[str] | None,
        typer.Option("--topic", metavar="TOPIC", help="calls, chats, tickets or contacts; may be repeated. Else all."),
    ] = None,
    show: Annotated[int, typer.Option("--show", metavar="N", min=0, max=1_000, help="Differences to print.")] = SHOWN,
) -> None:
    """Recompute the numbers of a range from the events in Kafka and compare every amount with Redis.

    Changes nothing but the metric veinte_reconcile_difference, and may run beside the workers. Dates and times without
    an offset are those of time_zone. Exit status 1 if an amount differs, 0 if none does.
    """
    from rich.console import Console

    from streams.clients.pseudonyms import pseudonym_of_numbers
    from streams.clients.redis_clients import CLIENT_ERRORS, describe, sync_client
    from streams.clients.topic_reader import TopicReader
    from streams.config.settings import load_settings
    from streams.contract.topics import FOLDED
    from streams.reconcile.run import (
        keep_results,
        reconcile_topics,
        sources_in_force,
        whole_quarters,
    )
    from streams.tools.maintenance import parse_topic

    settings = load_settings()
    chosen = tuple(dict.fromkeys(parse_topic(name) for name in topics or ())) or FOLDED
    client = sync_client(settings, REDIS_SECONDS)
    try:
        with TopicReader(settings) as reader, Console(stderr=True).status("starting") as status:
            pseudonym = pseudonym_of_numbers(settings, client)
            sources = sources_in_force(settings, client, reader, pseudonym)
            from_ms, to_ms = whole_quarters(*_range(first, last, sources.settings.time_zone))
            results = {}
            for topic, result in reconcile_topics(sources, chosen, from_ms, to_ms, status.update):
                results[topic] = result
                _print(topic, result, show)
            keep_results(sources, results)
    except CLIENT_ERRORS as error:
        raise describe(settings, error) from None
    finally:
        client.close()
    if any(result.differences for result in results.values()):
        raise typer.Exit(EXIT_DIFFERENT)
    if not any(result.begun for result in results.values()):
        raise UserError(
            f"no worker has ever written numbers under the namespace {settings.namespace}; run `veinte worker`"
        )


def _range(first: str | None, last: str | None, time_zone: str) -> tuple[int | None, int | None]:
    """Both ends in epoch ms; ``None`` for an end that is not given.

    Raises:
        UserError: an end is no time, or the range is empty.
    """
    from_ms, to_ms = _instant_ms("--from", first, time_zone), _instant_ms("--to", last, time_zone)
    if from_ms is not None and to_ms is not None and from_ms >= to_ms:
        raise UserError(f"--to {last} must be later than --from {first}; it is not part of the range itself")
    return from_ms, to_ms


def _instant_ms(option: str, text: str | None, time_zone: str) -> int | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        local = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(time_zone))
        return round(local.timestamp() * 1000)
    except (ValueError, OverflowError):
        raise UserError(
            f"{option} {text} is no time; write a date or a time such as 2026-01-31, 2026-01-31T09:00 or "
            "2026-01-31T09:00+01:00"
        ) from None


def _print(topic: Topic, result: TopicResult, show: int) -> None:
    if not result.begun:
        print(f"{topic}: no worker has read it yet")
        return
    print(
        f"{topic}: {result.cells:,} amounts of {counted(result.contacts, 'contact')} compared"
        f"{_bounds(result)}: {counted(result.differences, 'difference')}",
        flush=True,
    )
    for each in result.named[:show]:
        print(f"  {each}")
    if result.differences > show:
        print(f"  and {result.differences - show:,} more")
    if result.cut is not None and result.begin_ms == result.cut.from_ms:
        print(f"  ({result.cut.reason}: compared from {_text(result.cut.from_ms)} on)")
    if result.unsure:
        print(
            f"  ({counted(result.unsure, 'contact')} came back when their state may have expired, and count as one or "
            f"as several: {counted(result.tolerated, 'amount')} by another reading than the first)"
        )


def _bounds(result: TopicResult) -> str:
    begin = "" if result.begin_ms is None else f" from {_text(result.begin_ms)}"
    return begin + ("" if result.to_ms is None else f" to {_text(result.to_ms)}")


def _text(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
