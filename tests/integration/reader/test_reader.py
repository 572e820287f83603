"""The reader and the report on a real Redis, with a writer that commits by hand as the worker does."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from typer.testing import CliRunner

from metrics.commands.cli import app
from metrics.evaluate.known_rows import known_rows
from metrics.exporter.text import MetricsPage
from metrics.planning.view import View
from metrics.read.history import day_rules, read_history
from metrics.read.reader import Reader
from metrics.report.ranges import Bound, Grouping, Range
from metrics.report.rows import report_rows
from metrics.snapshot.blindness import DAMAGED
from metrics.snapshot.rows import with_sums
from metrics.snapshot.snapshot import Counts, RowKey
from streams.common.durations import DAY_MS, HOUR_MS, MINUTE_MS
from streams.common.errors import UserError
from streams.common.vocabulary import Channel, Clock
from streams.config.queue_settings import QueueSettings
from streams.config.settings import Settings
from streams.facts.conversations.live import Callback, ContactWaiting, ConversationLive, InProgress, WrapUp
from streams.facts.conversations.measures import FORMULA, ConversationMeasure, ConversationSketch
from streams.facts.customers.measures import CustomerMeasure
from streams.facts.tickets.live import OpenTicket
from streams.numbers.codes import code_of
from streams.numbers.live_entries import Incomplete, LiveEntry, live_field
from streams.numbers.names import dimension_name
from streams.numbers.sketches import sketched
from streams.numbers.tiers import TIERS, TOTALS, Tier, slice_field
from streams.store.keys import CHANGES_KEPT, generation_key
from tests.support.writers import NOW_MS, SALES, Writer, cold, waiting, waiting_field

Factory = Callable[..., Settings]


@pytest.fixture
def settings(settings_factory: Factory) -> Settings:
    """One partition a topic, keys of the test's own."""
    return settings_factory(create=False, partitions=1)


@pytest.fixture
def reader(settings: Settings) -> Iterator[Reader]:
    """A reader that has seen nothing yet."""
    reader = Reader(settings)
    yield reader
    reader.close()


def test_nothing_at_all_is_blind(reader: Reader) -> None:
    """Before any worker ran there is no number, and every channel says so."""
    snapshot = reader.refresh(NOW_MS)
    assert {} == snapshot.rows
    assert {"never_started"} == {health.blind_reason for health in snapshot.channels.values()}


def test_slices_of_all_partitions_meet_by_queue_name(settings_factory: Factory) -> None:
    """Partitions number their rows and dimensions each for itself; the reader adds them up by name."""
    settings = settings_factory(create=False, partitions=2)
    writers = [Writer(settings, partition=n) for n in range(2)]
    writers[0].row("other")
    for writer in writers:
        busy = writer.id_of(dimension_name(("reason", "busy")))
        writer.add(NOW_MS, {ConversationMeasure.OFFERED: 2, code_of(ConversationMeasure.REFUSED, busy): 3})
    counts = cold(settings, NOW_MS).rows[SALES].windows["5m"]
    assert Counts({ConversationMeasure.OFFERED: 4}, {ConversationMeasure.REFUSED: {"reason=busy": 6}}) == counts


def test_a_caller_is_a_miss_while_waiting_and_stays_one(settings: Settings, reader: Reader) -> None:
    """Past 20 s the miss shows, in the slice of the deadline; the late answer does not move it."""
    writer = Writer(settings)
    writer.wait("c1", NOW_MS - 20_000)
    at_the_target = reader.refresh(NOW_MS).rows[SALES]
    writer.commit(watermark_ms=NOW_MS + 1_001)
    past_it = reader.refresh(NOW_MS + 1_001).rows[SALES]
    answer = {ConversationMeasure.ANSWERED: 1, ConversationMeasure.WAIT_MS: 45_000}
    row, deadline_ms, answered_ms = writer.row("sales"), NOW_MS, NOW_MS + 25_000
    fields: dict[str, Any] = {waiting_field("c1"): None}
    for tier in TIERS:
        fields[slice_field(tier, answered_ms, row)] = answer
        field = slice_field(tier, deadline_ms, row)
        fields[field] = {**fields.get(field, {}), ConversationMeasure.REACHED_TARGET: 1}
    writer.commit(fields, watermark_ms=answered_ms)
    answered = reader.refresh(answered_ms).rows[SALES]
    reached = [row.windows["5m"][ConversationMeasure.REACHED_TARGET] for row in (at_the_target, past_it, answered)]
    assert [0, 1, 1] == reached
    assert [1, 1, 0] == [row.live[ConversationLive.WAITING] for row in (at_the_target, past_it, answered)]
    assert (1, 0, 1) == (
        at_the_target.live[ConversationLive.UNDECIDED],
        past_it.live[ConversationLive.UNDECIDED],
        past_it.live[ConversationLive.WAITING_PAST_TARGET],
    )


def test_without_a_worker_now_goes_on(settings: Settings, reader: Reader) -> None:
    """Windows empty out and callers age while nothing is written; misses after what was seen are not claimed."""
    writer = Writer(settings)
    writer.add(NOW_MS, {ConversationMeasure.OFFERED: 1})
    writer.wait("c1", NOW_MS)
    reader.refresh(NOW_MS)
    later = reader.refresh(NOW_MS + 6 * MINUTE_MS)
    row = later.rows[SALES]
    assert "heartbeat" == later.channels[Channel.CALL].blind_reason
    assert (0, 1) == (row.windows["5m"][ConversationMeasure.OFFERED], row.windows["10m"][ConversationMeasure.OFFERED])
    assert (6 * MINUTE_MS, 1, 0) == (
        row.live.age_ms(ConversationLive.LONGEST_WAIT),
        row.live[ConversationLive.WAITING_PAST_TARGET],
        row.windows["1h"][ConversationMeasure.REACHED_TARGET],
    )


def test_a_row_goes_when_nothing_is_left_of_it(settings: Settings, reader: Reader) -> None:
    """A queue without anything in 28 days and nothing live is no row any more."""
    Writer(settings).add(NOW_MS, {ConversationMeasure.OFFERED: 1})
    assert [SALES] == list(reader.refresh(NOW_MS).rows)
    assert [] == list(reader.refresh(NOW_MS + 28 * DAY_MS).rows)


def test_a_new_owner_makes_the_partition_load_anew(settings: Settings, reader: Reader) -> None:
    """Under a new nonce, or a lower number, what is not stored any more is gone, whatever was noted as changed."""
    writer = Writer(settings)
    writer.add(NOW_MS, {ConversationMeasure.OFFERED: 1})
    writer.wait("c1", NOW_MS - HOUR_MS + 1)
    reader.refresh(NOW_MS)
    offered = []
    for nonce, number in (("second", 40), ("second", 0)):
        writer.redis.delete(*writer.keys)
        writer.nonce, writer.number, writer.ids = nonce, number, {}
        writer.row("someone else")
        writer.add(NOW_MS, {ConversationMeasure.OFFERED: 5 + number})
        snapshot = reader.refresh(NOW_MS)
        assert cold(settings, NOW_MS) == snapshot
        offered.append(snapshot.rows[SALES].windows["5m"][ConversationMeasure.OFFERED])
    assert [45, 5] == offered


def test_a_reader_too_far_behind_loads_anew(settings: Settings, reader: Reader) -> None:
    """A change older than the kept commits is found by a full reload."""
    writer = Writer(settings)
    writer.add(NOW_MS, {ConversationMeasure.OFFERED: 1})
    reader.refresh(NOW_MS)
    writer.add(NOW_MS, {ConversationMeasure.OFFERED: 2})
    writer.redis.delete(writer.keys.changed)
    writer.number += CHANGES_KEPT
    writer.commit()
    assert 2 == reader.refresh(NOW_MS).rows[SALES].windows["5m"][ConversationMeasure.OFFERED]


def test_an_emptied_redis_is_empty(settings: Settings, reader: Reader) -> None:
    """A partition that vanished takes its numbers along and is blind."""
    writer = Writer(settings)
    writer.add(NOW_MS, {ConversationMeasure.OFFERED: 1})
    reader.refresh(NOW_MS)
    writer.redis.delete(*writer.keys)
    snapshot = reader.refresh(NOW_MS)
    assert ({}, "never_started") == (snapshot.rows, snapshot.channels[Channel.CALL].blind_reason)


def test_the_generation_in_force_is_read(settings: Settings, reader: Reader) -> None:
    """After a rebuild switched to other keys nothing of the old ones is left."""
    Writer(settings).add(NOW_MS, {ConversationMeasure.OFFERED: 1})
    reader.refresh(NOW_MS)
    rebuilt = Writer(settings, generation=1)
    rebuilt.add(NOW_MS, {ConversationMeasure.OFFERED: 8})
    rebuilt.redis.set(generation_key(settings.namespace), 1)
    snapshot = reader.refresh(NOW_MS)
    assert 8 == snapshot.rows[SALES].windows["5m"][ConversationMeasure.OFFERED]
    assert cold(settings, NOW_MS) == snapshot


def test_a_clock_that_goes_back_far_finds_everything_again(settings: Settings, reader: Reader) -> None:
    """Slices that the reader let go are loaded again when now returns to them."""
    writer = Writer(settings)
    writer.add(NOW_MS, {ConversationMeasure.OFFERED: 1})
    reader.refresh(NOW_MS)
    reader.refresh(NOW_MS + 3 * DAY_MS)
    assert cold(settings, NOW_MS) == reader.refresh(NOW_MS)


def test_the_event_clock_follows_the_newest_event(settings_factory: Factory) -> None:
    """A drained log of the past is neither blind nor old, and its last misses count."""
    settings = settings_factory(create=False, partitions=1, clock=Clock.EVENT)
    writer = Writer(settings)
    writer.wait("c1", NOW_MS - 21_000)
    writer.add(NOW_MS, {ConversationMeasure.OFFERED: 1})
    snapshot = cold(settings, NOW_MS + 400 * DAY_MS)
    health = snapshot.channels[Channel.CALL]
    assert (NOW_MS, False, 0) == (snapshot.now_ms, health.blind, health.age_ms)
    assert (1, 1) == tuple(
        snapshot.rows[SALES].windows["5m"][m] for m in (ConversationMeasure.OFFERED, ConversationMeasure.REACHED_TARGET)
    )


def test_the_pipeline_about_itself(settings: Settings, reader: Reader) -> None:
    """Counters of the heads are added up by topic; lag is a partition's."""
    writer = Writer(settings)
    statistics = {"applied": 5, "rejected.too_old": 2, "late": 1, "lost": 4, "conflicting": 3, "folded.queue": 6}
    incomplete = {live_field(Incomplete.letter, "c1"): Incomplete()}
    writer.redis.hset(writer.keys.conflicts, "owner", 2)
    writer.commit(incomplete, statistics=statistics, lost_unacknowledged=4, refused_ms=NOW_MS - 7)
    snapshot = reader.refresh(NOW_MS)
    calls = snapshot.pipeline.topics["calls"]
    assert ({"too_old": 2}, {"queue": 6}, 5, 1, 4, 4, 3, 1, NOW_MS, NOW_MS - 7) == (
        calls.rejected,
        calls.folded,
        calls.applied,
        calls.late,
        calls.lost,
        calls.lost_unacknowledged,
        calls.conflicting,
        calls.incomplete,
        calls.newest_ms,
        calls.refused_ms,
    )
    assert ({("calls", 0): 3}, {"owner": 2}) == (snapshot.pipeline.lag, snapshot.pipeline.conflicts)
    assert "loss" == snapshot.channels[Channel.CALL].blind_reason


@pytest.mark.parametrize("ours,theirs", [(1, 2), (2, 1)])
def test_a_part_of_the_numbers_is_never_shown_as_all(settings_factory: Factory, ours: int, theirs: int) -> None:
    """Numbers made with another count of partitions are refused by exporter and report, with what to set."""
    settings = settings_factory(create=False, partitions=ours)
    writer = Writer(settings)
    reader = Reader(settings)
    writer.add(NOW_MS, {ConversationMeasure.OFFERED: 1})
    before = reader.refresh(NOW_MS)
    writer.partitions = theirs
    writer.commit()
    for read in (reader.refresh, lambda now_ms: cold(settings, now_ms), lambda now_ms: read_history(settings, now_ms)):
        with pytest.raises(UserError) as caught:
            read(NOW_MS)
        assert f"holds numbers of calls made with {theirs} partitions, but partitions = {ours}" in str(caught.value)
        assert f"set VEINTE_PARTITIONS={theirs}" in str(caught.value)
    writer.partitions = ours
    writer.commit()
    assert before.rows == reader.refresh(NOW_MS).rows
    reader.close()


def test_a_queue_that_is_stored_as_a_star_is_not_the_sum_over_queues(settings: Settings, reader: Reader) -> None:
    """It is shown as `other`, with what `other` has of its own, in the exporter, the API and the report."""
    writer = Writer(settings)
    for queue, amount in (("sales", 1), ("*", 10), ("other", 100)):
        writer.add(NOW_MS, {ConversationMeasure.OFFERED: amount}, queue)
    rows = with_sums(known_rows(reader.refresh(NOW_MS), settings), [Channel.CALL])
    offered = {key.queue: numbers.windows["1h"][ConversationMeasure.OFFERED] for key, numbers in rows.items()}
    assert {"*": 111, "other": 110, "sales": 1} == offered
    past = read_history(settings, NOW_MS)
    span = Range(Bound("--from", "2027-01-15T00:00Z"), Bound("--to", "2027-01-16T00:00Z"))
    reported = report_rows(past.quarters, span, Grouping(True, None), day_rules(settings, NOW_MS))
    assert [("*", 111), ("other", 110), ("sales", 1)] == [(row["queue"], row["offered"]) for row in reported]


def test_ten_thousand_queue_names_are_few_labels_and_exact_sums(settings_factory: Factory) -> None:
    """Of a channel are shown the configured queues, the first names of all partitions, and `other` with the rest."""
    partitions, limit, names = 8, 5, 10_000
    queues = {name: [{"channel": "call"}] for name in ("vip", f"q{names - 1}")}
    settings = settings_factory(create=False, partitions=partitions, queue_limit=limit, queues=queues)
    writers = [Writer(settings, partition=number) for number in range(partitions)]
    for number, writer in enumerate(writers):
        own = [writer.row(f"q{name}") for name in range(number, names, partitions)]
        writer.commit(
            {slice_field(tier, NOW_MS, row): {ConversationMeasure.OFFERED: 2} for tier in TIERS for row in own}
            | {f"{TOTALS}{row}": {ConversationMeasure.OFFERED: 2} for row in own}
            | {waiting_field("c"): waiting(own[-1], NOW_MS - 5_000)}
        )
    reader = Reader(settings)
    for step in range(3):
        writers[0].add(NOW_MS, {ConversationMeasure.OFFERED: 1}, f"late{step}")
        view = View(reader.refresh(NOW_MS), 0)
        page = MetricsPage(settings).render(view, view).decode()
        offered: dict[str, dict[str, float]] = {}
        for family in text_string_to_metric_families(page):
            for sample in family.samples:
                if sample.labels.get("window", "1h") == "1h" and "queue" in sample.labels:
                    offered.setdefault(sample.name, {})[sample.labels["queue"]] = sample.value
        shown = offered["contact_center_contacts_offered"]
        assert {"vip", f"q{names - 1}", "other", *(f"q{name}" for name in range(limit))} == set(shown)
        assert 2 * names + step + 1 == sum(shown.values())
        assert 2 * names == sum(offered["contact_center_contacts_offered_total"].values())
        assert partitions == sum(offered["contact_center_contacts_waiting"].values())
        assert cold(settings, NOW_MS) == view.snapshot
    reader.close()


def test_a_renamed_queue_is_one_row_everywhere(settings_factory: Factory) -> None:
    """Slices, counters, misses and who waits under the earlier name are added to the present queue, in every partition.

    The exporter, the report and the repeats agree; a reader without the setting shows both.
    """
    queues = {"new": [{"channel": "call", "was": ["old"]}]}
    settings = settings_factory(create=False, partitions=2, queue_limit=1, queues=queues)
    first, second = Writer(settings), Writer(settings, partition=1)
    customers = Writer(settings, "contacts")
    reader = Reader(settings)
    for writer, queue, amount in ((first, "old", 1), (first, "new", 10), (second, "old", 100), (second, "x", 1000)):
        writer.add(NOW_MS, {ConversationMeasure.OFFERED: amount}, queue)
        writer.commit({f"{TOTALS}{writer.row(queue)}": {ConversationMeasure.OFFERED: amount}})
        assert cold(settings, NOW_MS) == reader.refresh(NOW_MS)
    first.wait("c1", NOW_MS - 30_000, "old")
    second.wait("c2", NOW_MS - 5_000, "new")
    customers.add(NOW_MS, {CustomerMeasure.REPEATED: 3}, "old", "", "call")
    customers.add(NOW_MS, {CustomerMeasure.REPEATED: 30}, "new", "", "call")
    snapshot = reader.refresh(NOW_MS)
    assert cold(settings, NOW_MS) == snapshot
    assert {"new": 111, "x": 1000} == {
        key.queue: numbers.windows["1h"][ConversationMeasure.OFFERED] for key, numbers in snapshot.rows.items()
    }
    row = snapshot.rows[RowKey(Channel.CALL, "new")]
    assert (111, 2, 33, 1) == (
        row.totals[ConversationMeasure.OFFERED],
        row.live[ConversationLive.WAITING],
        row.windows["1h"][CustomerMeasure.REPEATED],
        row.windows["1h"][ConversationMeasure.REACHED_TARGET],
    )
    page = MetricsPage(settings).render(View(snapshot, 0), View(snapshot, 0)).decode()
    assert set() == {name for name in ("old", "other") if f'queue="{name}"' in page}
    past = read_history(settings, NOW_MS)
    span = Range(Bound("--from", "2027-01-15T00:00Z"), Bound("--to", "2027-01-16T00:00Z"))
    reported = report_rows(past.quarters, span, Grouping(True, None), day_rules(settings, NOW_MS))
    assert [("*", 1111), ("new", 111), ("x", 1000)] == [(row["queue"], row["offered"]) for row in reported]
    reader.close()
    apart = settings.model_copy(update={"queues": {}, "queue_limit": 9})
    assert {"old": 101, "new": 10, "x": 1000} == {
        key.queue: numbers.windows["1h"][ConversationMeasure.OFFERED]
        for key, numbers in cold(apart, NOW_MS).rows.items()
    }


def random_changes(writer: Writer, random_: random.Random, now_ms: int, known: set[str]) -> dict[str, Any]:
    """A few changes of every kind of field, deletions of known ones among them."""
    changes: dict[str, Any] = {}
    for _ in range(random_.randrange(6)):
        row = writer.row(random_.choice(["sales", "help", "more"]), "", random_.choice(writer.channels))
        ages_ms = [-7 * DAY_MS, -30_000, 0, 20_000, 4 * MINUTE_MS, 59 * MINUTE_MS, 23 * HOUR_MS, 27 * DAY_MS]
        age_ms = random_.choice(ages_ms)
        at_ms = now_ms - age_ms
        tier: Tier = random_.choice(TIERS)
        reason = writer.id_of(dimension_name(("reason", random_.choice(["busy", "full"]))))
        amount = random_.randrange(1, 9)
        subject = f"c{random_.randrange(20)}"
        entries: list[tuple[str, LiveEntry | dict[int, int]]] = [
            (
                slice_field(tier, at_ms, row),
                {
                    ConversationMeasure.OFFERED: amount,
                    code_of(ConversationMeasure.REFUSED, reason): amount,
                    sketched(ConversationSketch.WAIT, amount * 1_000)[0]: amount,
                },
            ),
            (f"{TOTALS}{row}", {ConversationMeasure.OFFERED: amount}),
            (waiting_field(subject), waiting(row, now_ms - random_.randrange(HOUR_MS + 9))),
            (live_field(ContactWaiting.letter, subject), ContactWaiting(row, now_ms - random_.randrange(40_000))),
            (live_field(InProgress.letter + "0", subject), InProgress(row, now_ms, now_ms + HOUR_MS, now_ms, b"x")),
            (live_field(WrapUp.letter + "0", subject), WrapUp(row, now_ms, now_ms + MINUTE_MS, b"y")),
            (live_field(Callback.letter + "0", subject), Callback(row, now_ms - 5)),
            (live_field(Incomplete.letter, subject), Incomplete()),
            (live_field(OpenTicket.letter, subject), OpenTicket(row, now_ms - 9, False, True, now_ms + 9, None)),
        ]
        field, value = random_.choice(entries)
        changes[field] = value
        known.add(field)
    for field in random_.sample(sorted(known), min(len(known), random_.randrange(3))):
        changes.setdefault(field, None)
    return changes


@pytest.mark.parametrize("seed", range(6))
def test_refreshing_equals_starting(settings_factory: Factory, seed: int) -> None:
    """After any sequence of commits and moves of now, the reader says what one that starts now says."""
    settings = settings_factory(
        create=False, partitions=2, queues={"sales": [{"channel": "call", "day_starts": "06:00"}]}
    )
    random_ = random.Random(seed)
    writers = [Writer(settings, topic, n) for topic in ("calls", "tickets", "contacts") for n in range(2)]
    known: list[set[str]] = [set() for _ in writers]
    reader = Reader(settings)
    now_ms = NOW_MS
    for _ in range(25):
        now_ms += random_.choice([0, 1_000, 1_000, 10_000, 61_000, 30 * MINUTE_MS, -5_000, 26 * HOUR_MS, -DAY_MS])
        for writer, fields in zip(writers, known, strict=True):
            if random_.random() < 0.1:
                writer.nonce = str(random_.random())
            if random_.random() < 0.7:
                writer.commit(random_changes(writer, random_, now_ms, fields), watermark_ms=now_ms, wall_ms=now_ms)
        assert cold(settings, now_ms) == reader.refresh(now_ms)
    reader.close()


def test_a_damaged_head_leaves_the_reader_whole(settings: Settings, reader: Reader) -> None:
    """While the head of calls is something else they are blind, and afterwards all is as if nothing had been."""
    writer = Writer(settings)
    writer.add(NOW_MS, {ConversationMeasure.OFFERED: 1})
    before = reader.refresh(NOW_MS)
    writer.redis.set(writer.keys.head + "!", 1)
    writer.redis.rename(writer.keys.head, writer.keys.head + "?")
    writer.redis.rename(writer.keys.head + "!", writer.keys.head)
    assert DAMAGED == reader.refresh(NOW_MS).channels[Channel.CALL].blind_reason
    writer.redis.rename(writer.keys.head + "?", writer.keys.head)
    assert before == reader.refresh(NOW_MS)


def test_the_report_counts_misses_so_far(settings: Settings) -> None:
    """A caller who still waits past the target is in the past quarter's service level."""
    writer = Writer(settings)
    writer.wait("c1", NOW_MS - 25 * MINUTE_MS)
    writer.add(NOW_MS + 20 * MINUTE_MS, {ConversationMeasure.OFFERED: 1})
    past = read_history(settings, NOW_MS)
    (row,) = report_rows(
        past.quarters,
        Range(Bound("--from", "2027-01-15T00:00Z"), Bound("--to", "2027-01-16T00:00Z")),
        Grouping(False, None),
        day_rules(settings, NOW_MS),
    )
    assert (1, 0, 0.0) == (row["reached_target"], row["offered"], row["service_level"]["strict"])


def test_the_report_warns_of_what_is_in_no_number(
    settings_factory: Factory,
    environment_of: Callable[[Settings], dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Refused, skipped and late events of all partitions are said on standard error, a sentence a topic and kind."""
    settings = settings_factory(create=False, clock=Clock.EVENT)
    Writer(settings).commit(statistics={"applied": 5, "rejected.invalid_field": 10, "rejected.too_old": 1200})
    Writer(settings, partition=1).commit(statistics={"rejected.invalid_field": 2, "rejected.unknown_type": 3})
    Writer(settings, "tickets").commit(statistics={"late": 4})
    Writer(settings, "contacts").commit(statistics={"late": 6})
    for name, value in environment_of(settings).items():
        monkeypatch.setenv(name, value)
    result = CliRunner().invoke(app, ["report", "--from", "2027-01-15", "--to", "2027-01-16"])
    dead = settings.topic("calls.dead")
    assert [
        f"veinte: calls: 1,212 records were rejected (too_old 1,200, invalid_field 12), see {dead}",
        "veinte: calls: 3 records of a type that the contract does not have were skipped",
        "veinte: tickets: 4 amounts came too late for the slices they belong to (slice_retention)",
        "veinte: contacts: 6 amounts came too late for the slices they belong to (slice_retention)",
    ] == [line for line in result.stderr.splitlines() if "numbers of the channel" not in line]


def test_the_command_reports(
    settings_factory: Factory,
    environment_of: Callable[[Settings], dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """``veinte report`` writes the rows of a range to a file, bounds read in each queue's own zone."""
    settings = settings_factory(
        create=False,
        partitions=1,
        clock=Clock.EVENT,
        queues={"sales": (QueueSettings(channel=Channel.CALL, time_zone="Europe/Madrid"),)},
    )
    writer = Writer(settings)
    writer.commit(newest_ms=NOW_MS)
    writer.add(
        NOW_MS, {ConversationMeasure.OFFERED: 3, ConversationMeasure.ANSWERED: 3, ConversationMeasure.WAIT_MS: 12_250}
    )
    for name, value in environment_of(settings).items():
        monkeypatch.setenv(name, value)
    target = tmp_path / "report.json"
    arguments = ["--from", "2027-01-15", "--to", "2027-01-16", "--by", "queue,interval=1h", "--format", "json"]
    result = CliRunner().invoke(app, ["report", *arguments, "-o", str(target)])
    assert (0, "") == (result.exit_code, result.stdout)
    fields = ("queue", "from", "offered", "wait_seconds_sum")
    found = [tuple(row[field] for field in fields) for row in json.loads(target.read_text())]
    assert [
        ("*", "2027-01-15T09:00:00+01:00", 3, 12.25),
        ("sales", "2027-01-15T09:00:00+01:00", 3, 12.25),
    ] == found


def test_numbers_of_another_release_are_told_once(
    settings: Settings, reader: Reader, caplog: pytest.LogCaptureFixture
) -> None:
    """Where a worker of another release counted, the reader says so in one sentence, until a rebuild."""
    writer = Writer(settings)
    writer.commit(formula=FORMULA + 1)
    reader.refresh(NOW_MS)
    reader.refresh(NOW_MS + 500)
    assert ["calls was counted by another release"] == [text.partition(":")[0] for text in caplog.messages]
    writer.commit(formula=FORMULA)
    reader.refresh(NOW_MS + 1000)
    assert 1 == len(caplog.messages)
