"""Options, clients and filter that the commands of `veinte dead-letters` share."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from streams.common.durations import parse_duration_ms
from streams.common.errors import UserError

if TYPE_CHECKING:
    from streams.clients.redis_clients import SyncClient
    from streams.clients.topic_reader import TopicReader
    from streams.config.settings import Settings
    from streams.tools.dead_letters import Filter, Letter, Marks

Topics = Annotated[
    list[str] | None,
    typer.Option("--topic", metavar="TOPIC", help="calls, chats, tickets or contacts; may be repeated."),
]
Reasons = Annotated[
    list[str] | None, typer.Option("--reason", metavar="REASON", help="Such as wrong_partition; may be repeated.")
]
Since = Annotated[
    str | None,
    typer.Option("--since", metavar="DURATION", help="Refused in the last DURATION, such as 30m, 24h or 7d."),
]
Ids = Annotated[
    list[str] | None,
    typer.Option("--id", metavar="PARTITION:OFFSET", help="Place of the refused record in its topic; may be repeated."),
]


class LetterClients(NamedTuple):
    """Clients and filter of one run."""

    settings: Settings
    reader: TopicReader
    client: SyncClient
    marks: Marks
    wanted: Filter

    def letters(self) -> Iterator[Letter]:
        """The letters that are meant."""
        from streams.tools.dead_letters import read_letters

        return read_letters(self.reader, self.settings, self.wanted)


@contextmanager
def letter_clients(
    topics: list[str] | None, reasons: list[str] | None, since: str | None, ids: list[str] | None
) -> Iterator[LetterClients]:
    """Connect to Kafka and Redis; their errors are sentences."""
    from streams.clients.redis_clients import CLIENT_ERRORS, describe, sync_client
    from streams.clients.topic_reader import TopicReader
    from streams.config.settings import load_settings
    from streams.tools.dead_letters import Marks

    settings = load_settings()
    wanted = _filter(topics, reasons, since, ids)
    client = sync_client(settings)
    try:
        with TopicReader(settings) as reader:
            yield LetterClients(settings, reader, client, Marks(client, settings), wanted)
    except BrokenPipeError:  # of standard output
        raise
    except CLIENT_ERRORS as error:
        raise describe(settings, error) from None
    finally:
        client.close()


def _filter(topics: list[str] | None, reasons: list[str] | None, since: str | None, ids: list[str] | None) -> Filter:
    from streams.contract.decoding import REASONS, SKIPPED
    from streams.contract.topics import FOLDED
    from streams.tools.dead_letters import Filter
    from streams.tools.maintenance import parse_topic

    kept = [reason for reason in REASONS if reason not in SKIPPED]
    for reason in reasons or ():
        if reason not in kept:
            raise UserError(f"--reason {reason!r} is no reason of a dead letter; choose of {', '.join(kept)}")
    places = set()
    for text in ids or ():
        partition, colon, offset = text.partition(":")
        if not (colon and partition.isdecimal() and offset.isdecimal()):
            raise UserError(
                f"--id {text!r} is no place; write PARTITION:OFFSET as `veinte dead-letters list` does, 3:1204"
            )
        places.add((int(partition), int(offset)))
    since_ms = 0 if since is None else now_ms() - duration_ms("--since", since)
    named = tuple(parse_topic(name) for name in topics or ())
    return Filter(named or FOLDED, frozenset(reasons or ()), since_ms, frozenset(places))


def duration_ms(option: str, text: str) -> int:
    """The duration given to an option.

    Raises:
        UserError: it is none.
    """
    try:
        return parse_duration_ms(text)
    except ValueError as error:
        raise UserError(f"{option} {error}") from None


def refuse_all(command: str, *chosen: object) -> None:
    """Refuse a command that would take every letter unless ``--all`` says so.

    Raises:
        UserError: none of the options in ``chosen`` was given.
    """
    if not any(chosen):
        raise UserError(f"`dead-letters {command}` needs --topic, --reason, --since or --id to say which, or --all")


def now_ms() -> int:
    """Now, in epoch milliseconds."""
    return time.time_ns() // 1_000_000
