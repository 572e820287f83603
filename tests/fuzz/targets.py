"""Targets of fuzzing: functions of any bytes that fail where something else than the expected refusal is raised."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache
from urllib.parse import parse_qsl

from metrics.explain.number.question import Question
from metrics.exporter.api import Query
from metrics.planning.api.documents import PlanningQuery
from metrics.wallboard.query import BoardQuery
from metrics.web.problems import BadQuery
from streams.common.errors import InvalidEvent
from streams.common.languages import Language
from streams.common.vocabulary import Channel, Clock
from streams.config.policy_book import policy_book
from streams.config.settings import Settings
from streams.contract.decoding import REASONS, Decoded, EventDecoder
from streams.contract.topics import CHANNEL_OF, FOLDED, INPUTS, Topic
from streams.facts.domains import DOMAIN_OF
from streams.facts.shared.contributions import Stage
from streams.facts.shared.outcomes import outcome_event
from streams.store.registry import Registry
from streams.worker.event_clock import EventClock, WrongClock
from streams.worker.intake import Intake
from tests.support.words import Record, calendar_settings, pseudonym, queue_settings

MOST_RECORDS = 64
SOURCE = "/veinte/fuzz/0"


@cache
def _settings(clock: str) -> Settings:
    """Settings with opening hours and targets, so that every clock of a ticket runs."""
    return Settings(
        clock=Clock(clock),
        partitions=1,
        calendars=calendar_settings(),
        queues=queue_settings(Channel.TICKET, {"billing": [{"first_response": 3_600_000}]}),
    )


@cache
def _decoder(topic: Topic) -> EventDecoder:
    return EventDecoder.of(topic, _settings("wall"))


def _decoded(topic: Topic, value: bytes | None) -> Decoded | None:
    """The event in a record, ``None`` where it is refused for one of our reasons."""
    try:
        return _decoder(topic).decode(value)
    except InvalidEvent as error:
        refused = error
    assert refused.reason in REASONS, refused.reason
    assert refused.detail.encode(), refused.reason  # it becomes a header of the dead letter
    return None


def decoder(data: bytes) -> None:
    """Any bytes are an event or are refused for one of our reasons, on every topic."""
    for topic in FOLDED:
        _decoded(topic, data)


def facts(data: bytes) -> None:
    """Any events of one contact, a line each, give facts, contributions and an outcome."""
    for topic in INPUTS:
        events = [found for line in data.split(b"\n")[:MOST_RECORDS] if (found := _decoded(topic, line))]
        if events:
            _fold(topic, events)


def _fold(topic: Topic, events: list[Decoded]) -> None:
    domain = DOMAIN_OF[topic]
    with suppress(InvalidEvent):
        found, _ = domain.fold(None, events, pseudonym)
        again, _ = domain.fold(None, events[::-1], pseudonym)
        assert found == again, "facts depend on the order of events"
        book = policy_book(CHANNEL_OF[topic], _settings("wall"))
        for stage in Stage:
            added = domain.contributions(found, book, Registry({}, frozenset(), 200), stage)
            if added.outcome is not None:
                value = outcome_event(
                    added.outcome,
                    customer=b"c" * 8,
                    contact=events[0][0].subject,
                    revision=1,
                    source=SOURCE,
                    time_ms=found.newest_ms,
                    removed=False,
                )
                assert _decoded(Topic.CONTACTS, value) is not None, "an outcome of ours is refused"


def records(data: bytes) -> None:
    """Any records, a line each, are events, wait aside or are dead letters with a reason: none is lost."""
    lines = data.split(b"\n")[:MOST_RECORDS]
    for clock in ("wall", "event"):
        for topic in INPUTS:
            batch = [Record(number, _stamp(line), _key(line), line) for number, line in enumerate(lines)]
            _take(topic, batch, _settings(clock))


@cache
def _intake(topic: Topic, clock: Clock) -> Intake:
    return Intake(topic, 0, _settings(clock), SOURCE)


def _take(topic: Topic, batch: list[Record], settings: Settings) -> None:
    intake = _intake(topic, settings.clock)
    intake.clock = EventClock.of(topic, settings)
    try:
        taken = intake.take(batch, frozenset(), None, 0)
    except WrongClock:
        return
    assert all(refused.reason in REASONS and refused.detail for refused in taken.refused)
    assert len(batch) == taken.applied + len(taken.refused) + len(intake.clock.aside)
    assert taken.applied == sum(map(len, taken.events.values()))


def _key(line: bytes) -> bytes:
    """The subject of an event, as a producer would set the key."""
    _, _, rest = line.partition(b'"subject":"')
    return rest.partition(b'"')[0]


def _stamp(line: bytes) -> int:
    """A timestamp near the time of most events of the corpus, moved by the size of the record."""
    return 1_795_251_612_250 + len(line) * 3_600_000


def queries(data: bytes) -> None:
    """Any query string is a question or is refused with a sentence, on every page of the exporter."""
    pairs = parse_qsl(data.decode("utf-8", "surrogateescape"), keep_blank_values=True)
    parsers: Iterable[Callable[[list[tuple[str, str]]], object]] = (
        Query.parse,
        PlanningQuery.parse,
        Question.parse,
        lambda pairs: BoardQuery.parse(pairs, Language.SPANISH),
    )
    for parse in parsers:
        with suppress(BadQuery):
            parse(pairs)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "decoder": decoder,
    "facts": facts,
    "records": records,
    "queries": queries,
}
