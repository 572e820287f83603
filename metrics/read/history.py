"""Redis → the 15-minute slices of every queue, with the misses so far, for ``veinte report``."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import NamedTuple

from metrics.read.entries import entry_decoders
from metrics.read.health import Trust, channel_health, now_by, watermark_of
from metrics.read.live import observed
from metrics.read.partition_names import Dimensions, Names, pairs
from metrics.read.partition_reader import PartitionReader
from metrics.read.partition_view import Reply
from metrics.read.queue_names import QueueNames
from metrics.read.reader import wall_clock_ms
from metrics.snapshot.snapshot import ChannelHealth
from metrics.snapshot.windows import Cells, DayRule
from streams.common.vocabulary import Channel
from streams.config.policy_book import queue_in_force
from streams.config.settings import Settings
from streams.config.stored_settings import Judging
from streams.contract.topics import CHANNEL_OF, FOLDED, Topic
from streams.facts.conversations.measures import ConversationSketch
from streams.facts.domains import parts
from streams.facts.tickets.measures import TicketMeasure
from streams.numbers.codes import split_code
from streams.numbers.live_entries import RowEntry
from streams.numbers.sketches import estimate_ms, split_sketch_code
from streams.numbers.tiers import QUARTER
from streams.store.damage import Damaged
from streams.store.keys import Status, decode_status
from streams.store.reading import read_field

_WAITS = (ConversationSketch.WAIT, ConversationSketch.ABANDON_WAIT)
EMAIL = "email"
"""The medium with a target of one day for answers."""
_PROMISED = (TicketMeasure.RESPONSE_24H_JUDGED, TicketMeasure.RESPONSE_24H_MET)
Quarters = Mapping[tuple[Channel, str], Mapping[int, Cells]]
"""(channel, queue) → start of a 15-minute slice → amount by measure."""
Waits = Mapping[tuple[Channel, str], Mapping[int, float]]
"""(channel, queue) → start of a 15-minute slice → the longest wait, in milliseconds, that ended in it."""
_Summed = defaultdict[tuple[Channel, str], defaultdict[int, dict[int, int]]]


class Past(NamedTuple):
    """Slices that began by ``now_ms``, with the health of their channels.

    Attributes:
        repeats: health of the numbers across channels.
        statistics: counters in the heads of a topic's partitions (``streams.store.keys.Status``), summed.
        emails: the part of ``quarters`` from e-mails, with the answers within a day only.
        waits: waits of answered or abandoned legs, within the 1 % of a sketch.
        judging: the settings that the numbers are made with.
    """

    now_ms: int
    channels: dict[Channel, ChannelHealth]
    repeats: ChannelHealth
    quarters: Quarters
    statistics: dict[Topic, Counter[str]]
    emails: Quarters
    waits: Waits
    judging: Judging


def read_history(settings: Settings, wall_ms: int | None = None) -> Past:
    """All 15-minute slices in Redis. ``wall_ms`` replaces the wall clock in tests.

    Raises:
        UserError: Redis cannot be reached or does not match the settings, the numbers were made with another count
            of partitions, or a part of them is damaged.
        Exception: one of ``streams.clients.redis_clients.CLIENT_ERRORS``: Redis failed in between.
    """
    redis = PartitionReader(settings)
    try:
        generation = redis.generation()
        judging = redis.judging(generation)
        replies = redis.read(generation, {})
    finally:
        redis.close()
    settings = judging.settings
    at_ms = wall_clock_ms() if wall_ms is None else wall_ms
    statuses = {
        partition: None if reply is None else decode_status(reply.status) for partition, reply in replies.items()
    }
    now_ms = now_by(settings.clock, statuses, at_ms)
    quarters: _Summed = defaultdict(lambda: defaultdict(dict))
    emails: _Summed = defaultdict(lambda: defaultdict(dict))
    waits: defaultdict[tuple[Channel, str], defaultdict[int, float]] = defaultdict(lambda: defaultdict(float))
    heads: dict[Topic, list[Status | None]] = {topic: [] for topic in FOLDED}
    for (topic, number), reply in replies.items():
        status = statuses[topic, number]
        heads[topic].append(status)
        if reply is None:
            continue
        names = Names(CHANNEL_OF.get(topic), Dimensions(), QueueNames(renames=settings.renames))
        names.load(reply.names)
        until_ms = watermark_of(status, settings.clock, now_ms)
        try:
            for row, start_ms, part, amount in _amounts(topic, names, reply, now_ms, until_ms):
                key = names.rows[row]
                queue = key.channel, key.queue
                if part < 0:
                    if wait_ms := _wait_ms(part):
                        waits[queue][start_ms] = max(waits[queue][start_ms], wait_ms)
                    continue
                measure = split_code(part)[0]
                _add(quarters[queue][start_ms], measure, amount)
                if key.medium == EMAIL and measure in _PROMISED:
                    _add(emails[queue][start_ms], measure, amount)
        except Damaged as damage:
            raise redis.unreadable(generation, (topic, number), damage) from damage.__cause__
    trust = Trust(settings.clock, now_ms, at_ms, settings.clock_limit)
    health = {topic: channel_health(topic, found, trust) for topic, found in heads.items()}
    channels = {channel: health[topic] for topic, channel in CHANNEL_OF.items()}
    statistics = {topic: _statistics(found) for topic, found in heads.items()}
    return Past(now_ms, channels, health[Topic.CONTACTS], quarters, statistics, emails, waits, judging)


def _add(cells: dict[int, int], measure: int, amount: int) -> None:
    cells[measure] = cells.get(measure, 0) + amount


def _wait_ms(part: int) -> float:
    """The wait of a sketch's bucket in milliseconds; 0 for any other counter."""
    sketch, bucket = split_sketch_code(part)
    return estimate_ms(bucket) if sketch in _WAITS else 0.0


def _statistics(heads: Iterable[Status | None]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for status in heads:
        counted.update(status.statistics if status is not None else {})
    return counted


def day_rules(settings: Settings, now_ms: int) -> Callable[[Channel, str], DayRule]:
    """Day rules of the queues by the policies in force now, as for the window ``today``; of ``*`` and unknown queues by
    the settings alone."""

    @cache
    def rule_of(channel: Channel, queue: str) -> DayRule:
        policy = queue_in_force(settings, channel, queue, now_ms)
        return DayRule(policy.time_zone or settings.time_zone, policy.day_starts)

    return rule_of


def _amounts(
    topic: Topic, names: Names, reply: Reply, now_ms: int, until_ms: int
) -> Iterator[tuple[int, int, int, int]]:
    """(row id, start of the slice, counter code, amount), of slices and of misses so far."""
    decoders = entry_decoders(topic)
    waiting: defaultdict[int, list[RowEntry]] = defaultdict(list)
    for field, packed in pairs(reply.fields):
        letter, number, row = read_field(field, names.has_row)
        if letter == QUARTER.letter:
            start_ms = number * QUARTER.width_ms
            if start_ms <= now_ms:
                for code, amount in names.stored(field, packed).items():
                    for part in parts(code):
                        yield row, start_ms, part, amount
        elif letter in decoders:
            entry = decoders[letter](field, packed, names.has_row)
            waiting[entry.row].append(entry)
    for row_id, entries in waiting.items():
        for (missed, deadline_ms), amount in observed(entries, now_ms, until_ms).misses.items():
            yield row_id, deadline_ms // QUARTER.width_ms * QUARTER.width_ms, missed, amount
