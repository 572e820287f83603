"""Every KPI of queues gives the numbers that were worked out by hand, and adds up over queues."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.catalog import QUEUE_KPIS
from metrics.catalog.model import (
    Average,
    Clearance,
    Count,
    Now,
    OpeningKpi,
    QueueKpi,
    Ratio,
    Setting,
    Unit,
    WindowedKpi,
)
from metrics.catalog.planning import OutlookKpi
from metrics.evaluate.evaluator import clearing, counted, divided
from metrics.snapshot.rows import sum_rows
from metrics.snapshot.snapshot import NO_COUNTS, Counts, LiveNumbers
from streams.common.vocabulary import Channel
from streams.config.queue_settings import QueueSettings
from streams.facts.domains import MEASURES
from streams.facts.tickets.measures import TicketMeasure
from tests.support.boards import DIMENSION_OF, LIVE_MEASURES, counts, live_of, row
from tests.support.covers import covers
from tests.support.kpi_values import KPIS, WINDOW, values_of
from tests.support.kpi_vectors import TWENTY_ONE, VECTORS, Vector

HUNDREDTH = 0.01
"""The bound of a percentile."""
SHOWN = [kpi for kpi in QUEUE_KPIS if not isinstance(kpi, Setting | OpeningKpi | OutlookKpi)]
SETTINGS_KPIS = {kpi.name: kpi for kpi in QUEUE_KPIS if isinstance(kpi, Setting)}


@pytest.mark.parametrize("name", VECTORS)
def test_the_vectors_of_a_kpi_cover_each_of_its_series(name: str) -> None:
    """A KPI may be worked out from counts here, or from events where they are counted; one here has all its series."""
    series = set(values_of(KPIS[name], NO_COUNTS))
    assert series <= {name for vector in VECTORS[name] for name in vector.values}


@covers("contact_center_abandonment_ratio", "contact_center_backlog_clearance_seconds")
@pytest.mark.parametrize("name,vector", [(name, vector) for name, own in VECTORS.items() for vector in own])
def test_a_kpi_gives_what_was_worked_out_by_hand(name: str, vector: Vector) -> None:
    """Counts in, numbers out; a percentile is within 1 %."""
    found = values_of(KPIS[name], vector.given, vector.live)
    for labels, expected in vector.values.items():
        if expected is None:
            assert found[labels] is None
        else:
            assert found[labels] == pytest.approx(expected, rel=HUNDREDTH if "stat=p" in labels else 1e-12)


@pytest.mark.parametrize("kpi", SHOWN, ids=lambda kpi: kpi.name)
def test_of_nothing_there_is_no_ratio_and_a_count_of_zero(kpi: QueueKpi) -> None:
    """Ratios, averages, percentiles and ages of nothing are no number, counts are 0, values nobody had are not there;
    nothing to clear takes no time."""
    values = values_of(kpi, NO_COUNTS)
    if isinstance(kpi, WindowedKpi) and kpi.top:
        assert {} == values
    elif isinstance(kpi, Clearance):
        assert {"": 0.0} == values
    else:
        no_number = isinstance(kpi, Ratio | Average) or (isinstance(kpi, Now) and kpi.unit is Unit.SECONDS)
        assert {None if no_number else 0} == set(values.values())


@covers(*SETTINGS_KPIS)
def test_the_promises_are_those_of_the_policy() -> None:
    """Objective and target are read as they are set."""
    promise = QueueSettings(channel=Channel.CALL, objective=0.9, target_seconds=15)
    assert {
        "contact_center_service_level_objective_ratio": 0.9,
        "contact_center_service_level_target_seconds": 15.0,
    } == {name: getattr(promise, kpi.setting) for name, kpi in SETTINGS_KPIS.items()}


@covers(*SETTINGS_KPIS)
@given(st.floats(0.01, 1), st.floats(5, 86_400))
def test_any_promise_is_shown_as_it_is_set(objective: float, target: float) -> None:
    """No rounding, no unit in between."""
    promise = QueueSettings(channel=Channel.CHAT, objective=objective, target_seconds=target)
    assert [objective, target] == [getattr(promise, kpi.setting) for kpi in SETTINGS_KPIS.values()]


def test_of_too_many_values_the_largest_are_shown() -> None:
    """Of 21 topics the 20 with most contacts are there; ties are broken by name."""
    kpi = KPIS["contact_center_topic_contacts"]
    for numbers, left_out in ((TWENTY_ONE, "topic 01"), (dict.fromkeys(TWENTY_ONE, 7), "topic 21")):
        shown = values_of(kpi, counts(contacts_by_topic=numbers))
        assert set(TWENTY_ONE) - {left_out} == {name.removeprefix("topic=") for name in shown}


def some_counts() -> st.SearchStrategy[Counts]:
    """Any amounts of any measures, split ones by three values."""
    amounts = st.integers(0, 1_000)
    plain = st.fixed_dictionaries({measure: amounts for measure in MEASURES.values() if measure not in DIMENSION_OF})
    split = st.fixed_dictionaries(
        {
            measure: st.dictionaries(st.sampled_from([f"{kind}={value}" for value in ("a", "b", "other")]), amounts)
            for measure, kind in DIMENSION_OF.items()
        }
    )
    return st.builds(Counts, plain, split)


def amounts_of(kpi: QueueKpi, happened: Counts) -> dict[tuple[object, ...], int]:
    """Everything a windowed KPI is made of: what is above and below the line, what is counted; no zeros."""
    found: dict[tuple[object, ...], int] = {}
    match kpi:
        case Count():
            found.update(counted(kpi, happened))
        case Clearance():
            found[()] = clearing(kpi, live_of(), happened, WINDOW).net_closings
        case Ratio() | Average():
            for part in divided(kpi, happened):
                found[*part.labels, "above"], found[*part.labels, "below"] = part.numerator, part.denominator
    return {labels: number for labels, number in found.items() if number}


@covers(*(kpi.name for kpi in SHOWN if not isinstance(kpi, Now)))
@given(some_counts(), some_counts())
def test_what_is_counted_in_two_queues_adds_up(one: Counts, other: Counts) -> None:
    """Numerators, denominators and counts of the sum over queues are the sums of theirs; ratios are divided last."""
    for kpi in SHOWN:
        first, second, both = (amounts_of(kpi, happened) for happened in (one, other, one + other))
        added = {labels: first.get(labels, 0) + second.get(labels, 0) for labels in first | second}
        assert ({labels: number for labels, number in added.items() if number}, kpi.name) == (both, kpi.name)


def some_live() -> st.SearchStrategy[LiveNumbers]:
    """Any live numbers; ages may be of nothing."""
    counts = st.dictionaries(st.sampled_from([m for m in LIVE_MEASURES if not m.is_age]), st.integers(1, 1_000))
    ages = st.dictionaries(st.sampled_from([m for m in LIVE_MEASURES if m.is_age]), st.integers(0, 10**9))
    return st.builds(LiveNumbers, counts, ages)


@covers(*(kpi.name for kpi in SHOWN if isinstance(kpi, Now)))
@given(some_live(), some_live())
def test_what_is_true_now_in_two_queues_adds_up(one: LiveNumbers, other: LiveNumbers) -> None:
    """Of two queues together counts are added and ages are the greater; nothing waiting has no age."""
    both = sum_rows([row(live=one), row(live=other)]).live
    for kpi in (kpi for kpi in SHOWN if isinstance(kpi, Now)):
        for part in kpi.parts:
            found = [value for value in (one.value(part.measure), other.value(part.measure)) if value is not None]
            together = max if kpi.unit is Unit.SECONDS else sum
            assert ((together(found) if found else None), kpi.name) == (both.value(part.measure), kpi.name)


@covers("contact_center_backlog_clearance_seconds")
@given(st.integers(1, 10_000), st.integers(1, 10_000), st.integers(2, 9))
def test_clearance_is_open_tickets_at_the_pace_of_the_window(open_now: int, closed: int, times: int) -> None:
    """Twice the tickets take twice as long, twice the pace half as long, and the same pace over a week is the same."""
    kpi = KPIS["contact_center_backlog_clearance_seconds"]
    assert isinstance(kpi, Clearance)

    def seconds(tickets: int, solves: int, window: str = "24h") -> float:
        found = clearing(kpi, live_of(open_open=tickets), Counts({TicketMeasure.SOLVES: solves}), window).seconds
        assert found is not None
        return found

    once = seconds(open_now, closed)
    assert times * once == pytest.approx(seconds(times * open_now, closed))
    assert once / times == pytest.approx(seconds(open_now, times * closed))
    assert once == pytest.approx(seconds(open_now, 7 * closed, "7d"))
