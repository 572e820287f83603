"""Whatever happened, the contacts that are found explain the whole number, as long as their states live."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from metrics.catalog import QUEUE_KPIS
from metrics.catalog.model import Average, Clearance, Count, QueueKpi, Ratio
from metrics.snapshot.windows import SPANS_MS
from streams.common.vocabulary import Channel
from streams.facts.domains import DERIVED_MEASURES
from streams.numbers.tiers import MINUTE, QUARTER, Tier
from tests.oracles.contacts_oracle import expect
from tests.oracles.customers_oracle import expect as repeats
from tests.oracles.stated import is_stated
from tests.support.customer_cases import customers_log
from tests.support.explained import CustomerBooks, PaperSource, explained, settings_for
from tests.support.paper_books import LONG_MS, PaperBooks
from tests.support.strategies import START_MS, Event, deliveries, logs, short
from tests.support.words import POLICIES, TOPIC_OF, pseudonym

NOW_MS = START_MS + 20 * 3_600_000
"""Later than anything that calls and chats do, and before some of what tickets and customers come to."""
GENEROUSLY = {"slice_retention": LONG_MS, "slice_retention_minutes": LONG_MS}
"""The books on paper keep everything, even where their newest event lies days after now."""
WINDOWED = (Ratio, Average, Count, Clearance)


def kpis_of(channel: Channel) -> list[QueueKpi]:
    """Every KPI with a window that comes from the contacts of one channel."""
    return [
        kpi
        for kpi in QUEUE_KPIS
        if isinstance(kpi, WINDOWED) and channel in kpi.channels and not kpi.measures & DERIVED_MEASURES
    ]


def begin_ms(time_ms: int, tier: Tier) -> int:
    """When the slice of an instant begins."""
    return time_ms // tier.width_ms * tier.width_ms


def in_window(amounts: dict[tuple[str, str, str, str, int], int], measure: str) -> int:
    """An oracle's amounts of one measure in the slices of a minute of the last 24 h."""
    found = 0
    for (name, _, _, _, time_ms), amount in amounts.items():
        if name == measure and NOW_MS - SPANS_MS["24h"] < begin_ms(time_ms, MINUTE) <= NOW_MS:
            found += amount
    return found


def misses_so_far(live: dict[Any, Any], kind: str, deadline: int) -> int:
    """Who of an oracle's live entries is past the deadline that stands in one of its fields."""
    return sum(entry[deadline] < NOW_MS - 1_000 for (found, _, _), entry in live.items() if found == kind)


@pytest.mark.parametrize("channel", list(Channel))
@settings(max_examples=40)
@given(drawn=st.data())
def test_listed_contacts_sum_to_the_counts(channel: Channel, drawn: st.DataObject) -> None:
    """For every KPI of a channel the amounts of the contacts are exactly what an oracle counts in the window."""
    log: list[Event] = drawn.draw(logs(channel.value))
    note(short(log))
    paper = PaperBooks(TOPIC_OF[channel])
    for batch in drawn.draw(deliveries(log)):
        paper.apply(batch)
    source = PaperSource([paper], NOW_MS)
    oracle = expect(log, POLICIES[channel], pseudonym, [])
    waiting = {
        "reached_target": misses_so_far(oracle.live, "waiting", 2),
        "contact_reached_target": misses_so_far(oracle.live, "contact_waiting", 1),
    }
    configured = settings_for(Path(), channel, **GENEROUSLY)
    for kpi in kpis_of(channel):
        found = explained(configured, source, NOW_MS, kpi=kpi.name, channel=channel, window="24h", limit="200")
        if not all(is_stated(name.upper()) for name in found.counts):
            continue
        expected = {name: in_window(oracle.amounts, name.upper()) + waiting.get(name, 0) for name in found.counts}
        assert expected == found.counts, kpi.name
        assert expected == found.reach.listed, kpi.name
        assert found.reach.complete
        assert found.reach.found == len(found.contacts)


@settings(max_examples=60)
@given(log=customers_log())
def test_contacts_of_customers_sum_to_the_counts(log: list[Event]) -> None:
    """Contributions of customers are the sums of those of their contacts, on every channel."""
    source = PaperSource([CustomerBooks(log)], NOW_MS)
    oracle = repeats(log)
    configured = settings_for(Path(), **GENEROUSLY)
    for kpi in QUEUE_KPIS:
        if not (isinstance(kpi, WINDOWED) and kpi.measures & DERIVED_MEASURES):
            continue
        for channel in kpi.channels:
            found = explained(configured, source, NOW_MS, kpi=kpi.name, channel=channel, window="28d", limit="200")
            expected = {
                name: sum(
                    amount
                    for (measure, _, _, of, _, time_ms), amount in oracle.items()
                    if measure == name.upper() and of == channel and begin_ms(time_ms, QUARTER) <= NOW_MS
                )
                for name in found.counts
            }
            assert expected == found.counts, kpi.name
            assert expected == found.reach.listed, kpi.name
            assert found.reach.complete
            if isinstance(kpi, Ratio):
                assert found.numerator == sum(each.numerator or 0 for each in found.contacts)
                assert found.denominator == sum(each.denominator or 0 for each in found.contacts)
