"""Redis → ``Snapshot``, repeatedly: each refresh reads only the changes since the last one."""

from __future__ import annotations

import logging
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import groupby

from metrics.read.head_watch import Head, HeadWatch, Sign
from metrics.read.health import Trust, channel_health, damaged_health, now_by, watermark_of
from metrics.read.live import live_numbers
from metrics.read.partition_names import stored_rows
from metrics.read.partition_reader import Damages, Partition, PartitionReader, Replies
from metrics.read.partition_view import Aggregates, PartitionView
from metrics.read.quarter_history import QuarterHistory
from metrics.read.queue_names import QueueNames
from metrics.snapshot.snapshot import (
    NO_COUNTS,
    NOTHING_LIVE,
    Counts,
    PipelineNumbers,
    RowKey,
    RowNumbers,
    Snapshot,
    TopicNumbers,
)
from metrics.snapshot.windows import WINDOWS, DayRule, RollingSums
from streams.common.vocabulary import Channel
from streams.config.limits import retentions_ms
from streams.config.policy_book import policy_book, queue_in_force
from streams.config.settings import Settings
from streams.config.stored_settings import Judging, differing_sentence
from streams.contract.topics import CHANNEL_OF, FOLDED, INPUTS, Topic
from streams.facts.domains import DOMAIN_OF
from streams.facts.shared.policy import book_hash
from streams.numbers.live_entries import Instant
from streams.store.damage import Damaged
from streams.store.keys import Status
from streams.store.reconciled import Reconciled

log = logging.getLogger(__name__)

REPLACED_MS = 10_000
"""Time in which workers with other settings are replaced (ms); beyond it the difference lasts, and is told."""
SAID_MS = 2**62
"""In place of the wall time since which a topic is judged otherwise: this has been told."""

_EMPTY_WINDOWS: Mapping[str, Counts] = dict.fromkeys(WINDOWS, NO_COUNTS)


def wall_clock_ms() -> int:
    """Now by this machine's clock."""
    return time.time_ns() // 1_000_000


class Reader:
    """Keeps every partition's view and the sums over all of them. One thread at a time.

    ``history``: the last weeks by quarter of an hour, as last read. Only the refreshing thread may use it, between two
    refreshes; the object is replaced when the reader starts over. ``judging``: the settings that the numbers are made
    with, in place of the reader's own.
    """

    def __init__(self, settings: Settings, watch: HeadWatch | None = None) -> None:
        """Connects.

        Args:
            settings: of this process.
            watch: of a process that reads again and again, and shall trust a heartbeat only if it has seen it change;
                kept while readers come and go. Without it the wall alone says how old a heartbeat is.

        Raises:
            UserError: Redis cannot be reached or does not match the settings.
        """
        self._settings = settings
        self._watch = watch
        self._redis = PartitionReader(settings)
        self._generation: int | None = None
        self._rules: dict[tuple[Channel, str], DayRule] = {}
        self._damages: Damages = {}
        self._said_damages: set[str] = set()
        self._reconciled: Mapping[str, Reconciled] = {}
        self._other_formulas: set[Topic] = set()
        self._other_policies: dict[Topic, int] = {}
        self._judge_by(Judging(settings))

    def close(self) -> None:
        """Give the connections back."""
        self._redis.close()

    def refresh(self, wall_ms: int | None = None) -> Snapshot:
        """Read the changes and return the snapshot of now.

        An earlier snapshot stays valid: keep showing it, with its age, after an exception. ``wall_ms`` replaces the
        wall clock in tests.

        Raises:
            UserError: the numbers were made with another count of partitions.
            Exception: one of ``streams.clients.redis_clients.CLIENT_ERRORS``: Redis cannot serve; call again later.
        """
        generation = self._redis.generation()
        judging = self._redis.judging(generation)
        if generation != self._generation or judging is not self.judging:
            self._judge_by(judging)
            self._generation = generation
        replies, self._damages = self._redis.read_sound(generation, self._views)
        self._reconciled = self._redis.reconciled(generation)
        at_ms = wall_clock_ms() if wall_ms is None else wall_ms
        read_at = time.monotonic()
        try:
            if not self._take(replies, at_ms):
                self._start_over()
                replies, self._damages = self._redis.read_sound(generation, {})
                self._take(replies, at_ms)
            self._say_damages()
            return self._snapshot(at_ms, self._signs(read_at, at_ms))
        except Exception:
            self._start_over()  # half of a reply may have been taken in
            raise

    def _judge_by(self, judging: Judging) -> None:
        """Start over with the settings of the numbers, and warn of what the process has otherwise."""
        if judging.differing:
            log.warning("%s", differing_sentence(judging.differing))
        self.judging = judging
        settings = self._settings = judging.settings
        self._policies = {topic: book_hash(policy_book(CHANNEL_OF.get(topic), settings)) for topic in FOLDED}
        self._queues = self._new_queues()
        self._start_over()

    def _new_queues(self) -> QueueNames:
        return QueueNames(self._settings.queues.keys(), self._settings.queue_limit, self._settings.renames)

    def _start_over(self) -> None:
        self._views: dict[Partition, PartitionView] = {}
        self._aggregates = Aggregates(RollingSums(retentions_ms(self._settings), self._rule_of), self._queues)
        self._windows: defaultdict[RowKey, dict[str, Counts]] = defaultdict(lambda: dict(_EMPTY_WINDOWS))
        self._totals: dict[RowKey, Counts] = {}
        self.history = QuarterHistory(self._aggregates)
        self._now_ms = 0

    def _take(self, replies: Replies, wall_ms: int) -> bool:
        """Apply all replies. False if the clock went back beyond the kept slices."""
        sums = self._aggregates.sums
        self._add_queues(replies)
        whole = [partition for partition, reply in replies.items() if reply is None or reply.whole]
        if any(partition in self._views or replies[partition] is not None for partition in whole):
            # A whole partition changes most slices: one computation of all windows costs less than following each.
            sums.defer()
        for partition in whole:
            view = self._views.pop(partition, None)
            if view is not None:
                view.retract()
        for partition, reply in replies.items():
            if reply is not None:
                if partition not in self._views:
                    self._views[partition] = PartitionView(partition[0], self._aggregates)
                self._views[partition].take_head(reply)
        statuses = {partition: view.status for partition, view in self._views.items()}
        self._look_at_formulas(statuses)
        self._look_at_policies(statuses, wall_ms)
        self._now_ms = now_by(self._settings.clock, statuses, wall_ms)
        self._follow_day_rules()
        if not sums.advance(self._now_ms):
            return False
        for partition, view in list(self._views.items()):
            reply = replies[partition]
            assert reply is not None
            # Only after `advance`: fields beyond the retention at the new now are not taken in.
            view.let_go()
            try:
                view.take_fields(reply.fields)
            except Damaged as damage:
                self._damages[partition] = self._redis.unreadable(self._generation or 0, partition, damage)
                view.retract()
                del self._views[partition]
                continue
            view.age(self._now_ms, watermark_of(view.status, self._settings.clock, self._now_ms))
        sums.settle()
        return True

    def _say_damages(self) -> None:
        """Warn once of each damage in Redis, which blinds the topic of its partition."""
        said = {str(damage) for damage in self._damages.values()}
        for sentence in sorted(said - self._said_damages):
            log.warning("%s", sentence)
        self._said_damages = said

    def _add_queues(self, replies: Replies) -> None:
        """Register queues by first use in every partition, whatever the order of replies; those of the inputs first."""
        found = sorted(
            (topic not in INPUTS, *numbered)
            for (topic, _), reply in replies.items()
            if reply is not None
            for numbered in stored_rows(reply.names, CHANNEL_OF.get(topic))
        )
        for channel in Channel:
            rows = ((queue, medium) for _, _, its_channel, queue, medium in found if its_channel is channel)
            self._queues.add_rows(channel, rows)

    def _look_at_formulas(self, statuses: Mapping[Partition, Status | None]) -> None:
        """Warn once of each topic counted by another release, whose KPIs lack the measures new in this one."""
        other = {
            topic
            for (topic, _), status in statuses.items()
            if status is not None and status.formula != DOMAIN_OF[topic].formula
        }
        for topic in sorted(other - self._other_formulas):
            log.warning(
                "%s was counted by another release: what is new since is missing, percentiles above all; "
                "run `veinte rebuild` to count anew",
                topic,
            )
        self._other_formulas = other

    def _look_at_policies(self, statuses: Mapping[Partition, Status | None], wall_ms: int) -> None:
        """Warn once of each topic whose worker goes on judging by another policy book than that of the settings."""
        other = {
            topic
            for (topic, _), status in statuses.items()
            if status is not None and status.policy not in ("", self._policies[topic])
        }
        # A worker notes its settings before the first commit under them, and others are replaced one after the other.
        since = {topic: self._other_policies.get(topic, wall_ms) for topic in other}
        for topic in sorted(other):
            if wall_ms - since[topic] >= REPLACED_MS:
                since[topic] = SAID_MS
                log.warning(
                    "a worker of %s judges by other settings of queues, calendars or repeat_window than those shown; "
                    "start all workers and this program with the same settings",
                    topic,
                )
        self._other_policies = since

    def _rule_of(self, row: RowKey) -> DayRule:
        return self._rules.get((row.channel, row.queue)) or DayRule(self._settings.time_zone)

    def _follow_day_rules(self) -> None:
        """Update the day rules of queues to the policies in force now."""
        rules = {}
        for queue, entries in self._settings.queues.items():
            for channel in {entry.channel for entry in entries}:
                promise = queue_in_force(self._settings, channel, queue, self._now_ms)
                rules[channel, queue] = DayRule(promise.time_zone or self._settings.time_zone, promise.day_starts)
        if rules != self._rules:
            self._rules = rules
            self._aggregates.sums.change_rules(self._rule_of)

    def _snapshot(self, wall_ms: int, signs: Mapping[Topic, Mapping[int, Sign]]) -> Snapshot:
        now_ms, clock = self._now_ms, self._settings.clock
        statuses: dict[Topic, list[Status | None]] = {topic: [] for topic in FOLDED}
        for topic, number in self._redis.partitions:
            view = self._views.get((topic, number))
            statuses[topic].append(None if view is None else view.status)
        trust = Trust(clock, now_ms, wall_ms, self._settings.clock_limit)
        health = {topic: channel_health(topic, found, trust, signs[topic]) for topic, found in statuses.items()}
        for (topic, _), damage in self._damages.items():
            health[topic] = damaged_health(health[topic], damage)
        return Snapshot(
            now_ms=now_ms,
            wall_ms=wall_ms,
            clock=clock,
            channels={channel: health[topic] for topic, channel in CHANNEL_OF.items()},
            repeats=health[Topic.CONTACTS],
            rows=self._rows(),
            pipeline=replace(pipeline_numbers(self._views), reconciled=self._reconciled),
        )

    def _signs(self, read_at: float, wall_ms: int) -> Mapping[Topic, Mapping[int, Sign]]:
        """Signs of life by topic and partition, as read at a monotonic and a wall time; empty where nobody watches."""
        signs: defaultdict[Topic, dict[int, Sign]] = defaultdict(dict)
        if self._watch is not None:
            heads = {
                partition: Head(view.nonce, view.number, view.status.wall_ms)
                for partition, view in self._views.items()
                if view.status is not None
            }
            found = self._watch.look(self._generation or 0, heads, read_at, wall_ms)
            for (topic, number), sign in found.items():
                signs[topic][number] = sign
        return signs

    def _rows(self) -> dict[RowKey, RowNumbers]:
        """Rows with a count in a window or a live entry."""
        aggregates = self._aggregates
        touched: set[RowKey] = set()
        for window, rows in aggregates.sums.take_changed():
            touched |= rows
            for row in rows:
                self._windows[row][window] = aggregates.dimensions.counts(aggregates.sums.sums(window, row))
        for row in touched:
            if not any(self._windows[row].values()):
                del self._windows[row]
        for row in aggregates.changed_totals:
            self._totals[row] = aggregates.dimensions.counts(aggregates.totals[row])
        aggregates.changed_totals.clear()
        states: defaultdict[RowKey, list[Instant]] = defaultdict(list)
        for view in self._views.values():
            for identity, state in view.live.items():
                states[view.names.rows[identity]].append(state)
        return {
            row: RowNumbers(
                windows=dict(self._windows[row]) if row in self._windows else _EMPTY_WINDOWS,
                totals=self._totals.get(row, NO_COUNTS),
                live=live_numbers(states[row], self._now_ms) if row in states else NOTHING_LIVE,
            )
            for row in sorted(self._windows.keys() | states.keys())
        }


def pipeline_numbers(views: Mapping[Partition, PartitionView]) -> PipelineNumbers:
    """Numbers of the pipeline, from the heads of its partitions."""
    conflicts: Counter[str] = Counter()
    for view in views.values():
        conflicts.update(view.conflicts)
    by_topic = groupby(sorted(views.items(), key=lambda item: item[0]), key=lambda item: item[0][0])
    return PipelineNumbers(
        topics={str(topic): _topic_numbers([view for _, view in items]) for topic, items in by_topic},
        lag={
            (str(topic), partition): max(0, view.status.log_end - view.position)
            for (topic, partition), view in views.items()
            if view.status is not None
        },
        conflicts=dict(conflicts),
        stopped={
            (str(topic), partition): "" if view.status.stop is None else view.status.stop.reason
            for (topic, partition), view in views.items()
            if view.status is not None
        },
    )


def _topic_numbers(views: Iterable[PartitionView]) -> TopicNumbers:
    statistics: Counter[str] = Counter()
    newest: list[int] = []
    unacknowledged = incomplete = refused_ms = aside = reanchored_ms = 0
    for view in views:
        incomplete += len(view.incomplete)
        if view.status is not None:
            statistics.update(view.status.statistics)
            unacknowledged += view.status.lost_unacknowledged
            refused_ms = max(refused_ms, view.status.refused_ms)
            aside += view.status.aside
            reanchored_ms = max(reanchored_ms, view.status.reanchored_ms)
            if view.status.newest_ms is not None:
                newest.append(view.status.newest_ms)

    def split(prefix: str) -> dict[str, int]:
        return {name.removeprefix(prefix): count for name, count in statistics.items() if name.startswith(prefix)}

    return TopicNumbers(
        applied=statistics["applied"],
        rejected=split("rejected."),
        late=statistics["late"],
        lost=statistics["lost"],
        lost_unacknowledged=unacknowledged,
        conflicting=statistics["conflicting"],
        folded=split("folded."),
        incomplete=incomplete,
        newest_ms=max(newest, default=None),
        refused_ms=refused_ms,
        aside=aside,
        reanchored_ms=reanchored_ms,
    )
