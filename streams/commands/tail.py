"""`veinte tail`: the events of the topics as they come, one a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from heapq import nlargest
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

if TYPE_CHECKING:
    from streams.clients.topic_reader import Place, Record, TopicReader
    from streams.common.vocabulary import Pseudonym
    from streams.config.settings import Settings

MOST_LINES = 10_000
"""Records before the end that are sorted in memory."""


def register(app: typer.Typer) -> None:
    """Add `veinte tail`."""
    app.command()(tail)


def tail(
    topics: Annotated[
        list[str] | None,
        typer.Option(
            "--topic",
            metavar="TOPIC",
            help="calls, chats, tickets or contacts; may be repeated. Without it "
            "all but contacts, which the worker writes.",
        ),
    ] = None,
    subjects: Annotated[
        list[str] | None,
        typer.Option(
            "--subject",
            metavar="SUBJECT",
            help="A contact; may be repeated. Its events are looked for from the oldest on.",
        ),
    ] = None,
    from_start: Annotated[
        bool, typer.Option("--from-start", help="Begin with the oldest record that is there.")
    ] = False,
    last: Annotated[
        int, typer.Option("-n", min=0, max=MOST_LINES, metavar="N", help="Begin with the last N records.")
    ] = 10,
    once: Annotated[bool, typer.Option("--once", help="End at the end of the topics, do not wait for more.")] = False,
) -> None:
    """Print events as they come, one a line, until Ctrl-C; customers and agents as hashes.

    A line has the event's time in the zone `time_zone`, the topic, partition:offset, type, contact and fields. What a
    worker refuses for what the record itself says is marked "refused" with the reason.
    """
    from streams.clients.topic_reader import TopicReader
    from streams.config.settings import load_settings
    from streams.contract.topics import INPUTS
    from streams.tools.event_text import EventText
    from streams.tools.maintenance import parse_topic

    settings = load_settings()
    chosen = tuple(dict.fromkeys(parse_topic(name) for name in topics or ())) or INPUTS
    pseudonym = _pseudonym(settings)
    texts = {settings.topic(topic): EventText(topic, settings, pseudonym) for topic in chosen}
    wanted = frozenset(subjects or ())
    try:
        with TopicReader(settings) as reader:
            bounds = reader.bounds(texts)
            for record in _records(reader, bounds, wanted, from_start=from_start, last=last, once=once):
                today = datetime.now(ZoneInfo(settings.time_zone)).date().isoformat()
                print(texts[record.topic].line(record, today), flush=True)
    except KeyboardInterrupt:
        return


def _records(
    reader: TopicReader,
    bounds: Mapping[Place, tuple[int, int]],
    subjects: frozenset[str],
    *,
    from_start: bool,
    last: int,
    once: bool,
) -> Iterator[Record]:
    """The records before the end that were asked for, in the order of their timestamps, then those that come."""
    from streams.tools.event_text import subject_of

    def is_wanted(record: Record) -> bool:
        return not subjects or subject_of(record) in subjects

    if from_start:
        yield from filter(is_wanted, reader.read(bounds))
    elif last:
        # A contact's last events may be anywhere; of all contacts the last ones are among the last of each partition.
        near = {place: (start if subjects else max(start, end - last), end) for place, (start, end) in bounds.items()}
        newest = nlargest(last, filter(is_wanted, reader.read(near)), key=_age_order)
        yield from sorted(newest, key=_age_order)
    if not once:
        followed = reader.follow({place: end for place, (_, end) in bounds.items()})
        yield from (record for record in followed if record is not None and is_wanted(record))


def _age_order(record: Record) -> tuple[int, str, int, int]:
    return record.timestamp_ms, record.topic, record.partition, record.offset


def _pseudonym(settings: Settings) -> Pseudonym:
    """The hash of persons under the key that the numbers were made with, so that hashes here are those of `explain`."""
    from streams.clients.pseudonyms import pseudonym_of_numbers
    from streams.clients.redis_clients import CLIENT_ERRORS, describe, sync_client

    client = sync_client(settings)
    try:
        return pseudonym_of_numbers(settings, client)
    except CLIENT_ERRORS as error:
        raise describe(settings, error) from None
    finally:
        client.close()
