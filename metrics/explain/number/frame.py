"""A question at one instant: its rows, its slices, and the counts of one partition. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from metrics.evaluate.known_rows import known_rows
from metrics.explain.number.gather import BySlice, Gatherer, Miss, Ranges
from metrics.explain.number.question import Question
from metrics.explain.number.split import split_customers
from metrics.planning.view import View
from metrics.read.entries import entry_decoders
from metrics.read.health import Trust, channel_health, watermark_of
from metrics.read.live import observed
from metrics.read.partition_names import Dimensions, Names, pairs, stored_rows
from metrics.read.partition_reader import Partition
from metrics.read.partition_view import Reply
from metrics.read.queue_names import QueueNames
from metrics.snapshot.snapshot import NO_COUNTS, ChannelHealth, Counts, PipelineNumbers, RowKey, RowNumbers, Snapshot
from metrics.snapshot.windows import TODAY, WINDOWS, Cells, DayRule, merge, slices_of, tier_of
from streams.common.vocabulary import Channel
from streams.config.limits import retentions_ms
from streams.config.policy_book import queue_in_force
from streams.config.settings import Settings
from streams.contract.topics import CHANNEL_OF, Topic
from streams.numbers.codes import code_of
from streams.numbers.live_entries import Instant, RowEntry
from streams.numbers.names import SEPARATOR
from streams.numbers.tiers import Tier, parse_slice_field
from streams.store.keys import Status
from streams.store.reading import read_field, text

NOTHING = RowNumbers(dict.fromkeys(WINDOWS, NO_COUNTS))


class Frame:
    """The rows and slices of a question at one instant, and the health of their topics."""

    def __init__(
        self,
        settings: Settings,
        question: Question,
        statuses: Mapping[Partition, Status | None],
        names: Mapping[Partition, Sequence[bytes]],
        now_ms: int,
        wall_ms: int,
    ) -> None:
        """``names``: the registry of each partition, flat.

        Raises:
            BadQuery: the queue or medium is neither in the events nor in the settings.
        """
        self.settings, self.now_ms, self.wall_ms = settings, now_ms, wall_ms
        self.statuses = statuses
        self.dimensions = Dimensions()
        self.queues = QueueNames(settings.queues.keys(), settings.queue_limit, settings.renames)
        found = sorted(row for (topic, _), flat in names.items() for row in stored_rows(flat, CHANNEL_OF.get(topic)))
        for channel in Channel:
            self.queues.add_rows(channel, ((queue, medium) for _, its, queue, medium in found if its is channel))
        rows = {row for partition, flat in names.items() for row in self.registry(partition, flat).rows.values()}
        self.question = question.in_channel(known_rows(self._snapshot(dict.fromkeys(rows, NOTHING)), settings))
        self.kept_ms = retentions_ms(settings)
        window = self.question.window
        self.tier: Tier | None = None if window is None else tier_of(window, self.kept_ms)

    @property
    def channel(self) -> Channel:
        """The channel of the number."""
        assert self.question.channel is not None
        return self.question.channel

    def registry(self, partition: Partition, flat: Sequence[bytes]) -> Names:
        """The names of a partition, with ids of dimensions shared within this frame."""
        names = Names(CHANNEL_OF.get(partition[0]), self.dimensions, self.queues)
        names.load(flat)
        return names

    def rule(self, queue: str) -> DayRule:
        """The day rule of a queue by the policy in force now."""
        promise = queue_in_force(self.settings, self.channel, queue, self.now_ms)
        return DayRule(promise.time_zone or self.settings.time_zone, promise.day_starts)

    def span(self, queue: str) -> tuple[int, int]:
        """First and last number of the slices of a queue in the window."""
        assert self.tier is not None
        window = self.question.window or TODAY
        return slices_of(window, self.tier, self.rule(queue) if window == TODAY else None, self.now_ms)

    def oldest(self, partition: Partition) -> int:
        """Number of the oldest slice kept by a partition; earlier contributions are in no number."""
        assert self.tier is not None
        status = self.statuses[partition]
        clock_ms = None if status is None else status.newest_ms
        return 0 if clock_ms is None else (clock_ms - self.kept_ms[self.tier]) // self.tier.width_ms + 1

    def misses_before_ms(self, partition: Partition) -> int:
        """Deadlines before this are misses, in epoch milliseconds."""
        return watermark_of(self.statuses[partition], self.settings.clock, self.now_ms)

    def health(self, topic: Topic) -> ChannelHealth:
        """Health of a topic."""
        of_topic = [status for partition, status in self.statuses.items() if partition[0] is topic]
        trust = Trust(self.settings.clock, self.now_ms, self.wall_ms, self.settings.clock_limit)
        return channel_health(topic, of_topic, trust)

    def _snapshot(self, rows: Mapping[RowKey, RowNumbers]) -> Snapshot:
        return Snapshot(
            now_ms=self.now_ms,
            wall_ms=self.wall_ms,
            clock=self.settings.clock,
            channels={channel: self.health(topic) for topic, channel in CHANNEL_OF.items()},
            repeats=self.health(Topic.CONTACTS),
            rows=dict(rows),
            pipeline=PipelineNumbers(),
        )

    def view(self, rows: Mapping[RowKey, RowNumbers]) -> View:
        """A view of these rows alone, at now."""
        return View(self._snapshot(rows), 0)


class Entry(NamedTuple):
    """A live entry of the number's rows. ``key``: its key in the contact's state."""

    subject: str
    key: str
    entry: RowEntry


@dataclass
class Page:
    """One partition as read, with its gathered states. ``changed``: fields that changed during the scan."""

    partition: Partition
    names: Names
    number: int
    slices: BySlice
    entries: list[Entry]
    states: dict[RowKey, Instant]
    rows: dict[int, RowKey]
    counts: dict[RowKey, Counts] = field(default_factory=dict)
    gatherer: Gatherer | None = None
    changed: set[str] = field(default_factory=set)

    def changing(self, tier: Tier | None) -> list[tuple[int, int]]:
        """The slices of the window that changed while the states were read."""
        if tier is None:
            return []
        slices = [parse_slice_field(field) for field in self.changed if field[0] == tier.letter]
        known = self.slices.keys() | (self.gatherer.by_slice.keys() if self.gatherer is not None else ())
        changed = {(row, start_ms // tier.width_ms) for _, start_ms, row in slices}
        return sorted(changed & known)

    def agrees(self, tier: Tier | None) -> bool:
        """True if the states explain all slices that did not change during the scan."""
        return self.gatherer is None or self.gatherer.agrees(self.slices, self.changing(tier))


def page_of(frame: Frame, partition: Partition, reply: Reply) -> Page:
    """The counts of a partition for the question."""
    names = frame.registry(partition, reply.names)
    rows = {identity: row for identity, row in names.rows.items() if frame.question.asks_for(row)}
    ranges = {}
    if frame.tier is not None:
        oldest = frame.oldest(partition)
        spans = {identity: frame.span(row.queue) for identity, row in rows.items()}
        ranges = {identity: (max(first, oldest), last) for identity, (first, last) in spans.items()}
    slices, entries = _fields(frame, partition[0], names, rows, ranges, reply)
    states, misses = _live(frame, rows, entries, frame.misses_before_ms(partition))
    page = Page(partition, names, int(reply.number), slices, entries, states, rows)
    page.counts = _counts(frame, page, ranges)
    if frame.tier is not None and partition[0] in frame.question.topics:
        customers = partition[0] is Topic.CONTACTS
        page.gatherer = Gatherer(
            frame.question.reading,
            names,
            frame.dimensions,
            ranges,
            frame.tier,
            frame.question.limit,
            misses,
            split_customers(reply.names) if customers else None,
        )
    return page


def _fields(
    frame: Frame, topic: Topic, names: Names, rows: Mapping[int, RowKey], ranges: Ranges, reply: Reply
) -> tuple[BySlice, list[Entry]]:
    """The slices of the window and the live entries, of the question's rows."""
    decoders = entry_decoders(topic)
    slices: BySlice = {}
    entries: list[Entry] = []
    for raw, packed in pairs(reply.fields):
        letter, number, row = read_field(raw, names.has_row)
        if frame.tier is not None and letter == frame.tier.letter:
            span = ranges.get(row)
            if span is not None and span[0] <= number <= span[1]:
                slices[row, number] = names.stored(raw, packed)
        elif letter in decoders:
            entry = decoders[letter](raw, packed, names.has_row)
            if entry.row in rows:
                subject, _, leg = text("numbers", raw, raw[1:]).partition(SEPARATOR)
                entries.append(Entry(subject, letter + leg, entry))
    return slices, entries


def _live(
    frame: Frame, rows: Mapping[int, RowKey], entries: Iterable[Entry], before_ms: int
) -> tuple[dict[RowKey, Instant], dict[str, list[Miss]]]:
    """Live numbers by row, and misses so far by contact."""
    by_row: defaultdict[RowKey, list[RowEntry]] = defaultdict(list)
    misses: defaultdict[str, list[Miss]] = defaultdict(list)
    for subject, key, entry in entries:
        by_row[rows[entry.row]].append(entry)
        for measure, deadline_ms in observed([entry], frame.now_ms, before_ms).misses:
            misses[subject].append(Miss(key, entry.row, deadline_ms, measure))
    return {row: observed(of_row, frame.now_ms, before_ms) for row, of_row in by_row.items()}, misses


def _counts(frame: Frame, page: Page, ranges: Ranges) -> dict[RowKey, Counts]:
    """The amounts of the window by row, misses so far included."""
    sums: defaultdict[RowKey, Cells] = defaultdict(dict)
    for (row_id, _), cells in page.slices.items():
        merge(sums[page.rows[row_id]], page.names.ours(cells).items())
    spans = {page.rows[row_id]: span for row_id, span in ranges.items()}
    for row, state in page.states.items():
        for (measure, deadline_ms), amount in state.misses.items():
            if frame.tier is not None and spans[row][0] <= deadline_ms // frame.tier.width_ms <= spans[row][1]:
                merge(sums[row], [(code_of(measure), amount)])
    return {row: frame.dimensions.counts(cells) for row, cells in sums.items()}
