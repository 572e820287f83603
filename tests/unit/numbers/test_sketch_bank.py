"""Percentiles of the bank's log: what its calls add, against exact quantiles of the durations in its rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest

from metrics.evaluate.percentiles import percentiles_ms
from metrics.snapshot.windows import SPANS_MS, TODAY
from streams.common.durations import DAY_MS
from streams.contract.decoding import Decoded
from streams.contract.topics import Topic
from streams.facts.conversations.measures import ConversationMeasure, ConversationSketch
from streams.facts.domains import DOMAIN_OF, MEASURES, SKETCHES, parts
from streams.facts.shared.contributions import Stage
from streams.numbers.codes import split_code
from streams.numbers.measures import Measure, Sketch
from streams.numbers.sketches import split_sketch_code
from streams.numbers.tiers import SLICE_MS
from streams.sources.logs import anonymous_bank
from tests.oracles import bank_oracle
from tests.oracles.logs import BANK, research_log
from tests.support.words import PlainNames, book, decoded, pseudonym

ISRAEL = ZoneInfo("Asia/Jerusalem")
ALL = "*"
SHARES = (0.5, 0.9, 0.95, 1.0)
PROMISED = 0.01
COUNT_OF = {
    ConversationSketch.WAIT: ConversationMeasure.ANSWERED,
    ConversationSketch.ABANDON_WAIT: ConversationMeasure.ABANDONED,
    ConversationSketch.HANDLE: ConversationMeasure.HANDLED_LEGS,
}


class Place(NamedTuple):
    """Where a duration counts: its sketch and queue, and the number of a step or of the window that it ends."""

    sketch: Sketch
    queue: str
    number: int


def utc_ms(moment: datetime) -> int:
    """A wall clock of the bank as epoch ms."""
    return round(moment.replace(tzinfo=ISRAEL).timestamp() * 1000)


def exact_durations(path: Path) -> Iterator[tuple[Sketch, str, int, int]]:
    """(sketch, queue, when it counts, duration) in ms, straight from the rows."""
    for row in bank_oracle.rows_of(str(path)):
        call = bank_oracle.call_of(row)
        if call is None:
            continue
        offered, left = utc_ms(call.offered), utc_ms(call.left)
        if call.answered is None:
            yield ConversationSketch.ABANDON_WAIT, call.kind, left, left - offered
        else:
            answered = utc_ms(call.answered)
            yield ConversationSketch.WAIT, call.kind, answered, answered - offered
            yield ConversationSketch.HANDLE, call.kind, left, left - answered


def added_cells(path: Path) -> Iterator[tuple[str, int, int, int]]:
    """(queue, slice, cell, amount) of every call, as the streams add them."""
    calls: dict[str, list[Decoded]] = defaultdict(list)
    for event in anonymous_bank.read(path).events:
        calls[event.key] += decoded([event.body])
    kind, names = DOMAIN_OF[Topic.CALLS], PlainNames()
    for events in calls.values():
        facts, _ = kind.fold(None, events, pseudonym)
        for (number, row), cells in kind.contributions(facts, book(Topic.CALLS), names, Stage.KEPT).amounts.items():
            for code, amount in cells.items():
                for part in parts(code):
                    yield names.names[row][0], number * SLICE_MS, part, amount


@pytest.fixture(scope="module")
def bank() -> Path:
    """The bank's log."""
    return research_log(BANK)


@pytest.fixture(scope="module")
def exact(bank: Path) -> list[tuple[Sketch, str, int, int]]:
    """All durations."""
    return list(exact_durations(bank))


@pytest.fixture(scope="module")
def added(bank: Path) -> list[tuple[str, int, int, int]]:
    """All cells."""
    return list(added_cells(bank))


def counted_by_step(
    added: list[tuple[str, int, int, int]], step_of: Callable[[int], int]
) -> tuple[dict[Place, Counter[int]], Counter[Place]]:
    """The buckets of each step, and how many durations it has, both as the streams count them."""
    buckets: dict[Place, Counter[int]] = defaultdict(Counter)
    counts: Counter[Place] = Counter()
    sketch_of: dict[Measure, ConversationSketch] = {measure: sketch for sketch, measure in COUNT_OF.items()}
    for queue, slice_ms, code, amount in added:
        for name in (queue, ALL):
            if code < 0:
                number_of_sketch, bucket = split_sketch_code(code)
                buckets[Place(SKETCHES[number_of_sketch], name, step_of(slice_ms))][bucket] += amount
            elif (measure := MEASURES[split_code(code)[0]]) in sketch_of:
                counts[Place(sketch_of[measure], name, step_of(slice_ms))] += amount
    return buckets, counts


@pytest.mark.parametrize("window", [name for name in SPANS_MS if name != TODAY])
def test_percentiles_of_the_bank_are_within_1_percent(
    window: str, exact: list[tuple[Sketch, str, int, int]], added: list[tuple[str, int, int, int]]
) -> None:
    """Waits and handle times of every queue and of all, in every place of every window: the largest error is ≤ 1 %.

    Windows follow each other, those longer than a day begin at every midnight. A window of 24h from midnight to
    midnight is what `today` holds at its end.
    """
    step_ms = min(SPANS_MS[window], DAY_MS)
    steps = SPANS_MS[window] // step_ms
    first = datetime.fromtimestamp(min(time_ms for _, _, time_ms, _ in exact) / 1000, ISRAEL)
    origin_ms = utc_ms(first.replace(hour=0, minute=0, second=0, microsecond=0))

    def step_of(time_ms: int) -> int:
        return (time_ms - origin_ms) // step_ms

    in_step: dict[Place, list[int]] = defaultdict(list)
    for sketch, queue, time_ms, duration_ms in exact:
        for name in (queue, ALL):
            in_step[Place(sketch, name, step_of(time_ms))].append(duration_ms)
    buckets_in_step, counts = counted_by_step(added, step_of)
    assert {place: len(durations) for place, durations in in_step.items()} == counts
    truth: dict[Place, list[int]] = defaultdict(list)
    buckets: dict[Place, Counter[int]] = defaultdict(Counter)
    for place, durations in in_step.items():
        for number in range(place.number, place.number + steps):
            truth[place._replace(number=number)] += durations
            buckets[place._replace(number=number)].update(buckets_in_step[place])
    largest = 0.0
    for place, durations in truth.items():
        durations.sort()
        found = percentiles_ms(buckets[place], len(durations) - buckets[place].total(), SHARES)
        assert found is not None
        for share, value in zip(SHARES, found, strict=True):
            nearest = durations[ceil(Fraction(str(share)) * len(durations)) - 1]
            error = abs(value - nearest) / nearest if nearest else value
            largest = max(largest, error)
    print(f"\n{window}: largest error {largest:.4%} over {len(truth)} places of queue, duration and window")
    assert largest <= PROMISED
