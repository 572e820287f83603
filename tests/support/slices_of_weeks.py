"""Slices of earlier weeks for the tests of the planning: the same as the product and as the oracle read them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hypothesis import strategies as st

from metrics.planning.plan import Planning, plan
from metrics.snapshot.snapshot import Counts, RowKey
from streams.config.settings import Settings
from streams.facts.conversations.measures import ConversationMeasure
from streams.facts.customers.measures import CustomerMeasure
from streams.facts.shared.measures import HandlingMeasure
from streams.facts.tickets.measures import TicketMeasure
from tests.oracles.planning_oracle import Amounts, Slices

QUARTER_MS = 900_000
MEASURES = {
    "offered": ConversationMeasure.OFFERED,
    "opened": TicketMeasure.OPENED,
    "A": ConversationMeasure.ANSWERED_WITHIN,
    "B": ConversationMeasure.ABANDONED_WITHIN,
    "b": ConversationMeasure.SHORT_WITHIN,
    "F": ConversationMeasure.LEFT_WITHIN,
    "L": ConversationMeasure.REACHED_TARGET,
    "handled": ConversationMeasure.HANDLED_LEGS,
    "handle_ms": ConversationMeasure.TALK_MS,
}
TOPICS = {"contacts": HandlingMeasure.CONTACTS_BY_TOPIC, "repeats": CustomerMeasure.REPEATED_BY_TOPIC}


def ms(text: str) -> int:
    """Epoch milliseconds of an ISO time with an offset."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def counts(amounts: Amounts) -> Counts:
    """Amounts as the product reads them."""
    plain: dict[int, int] = {measure: amounts[name] for name, measure in MEASURES.items() if name in amounts}
    split: dict[int, Mapping[str, int]] = {
        measure: {f"topic={topic}": number for topic, number in amounts[name].items()}
        for name, measure in TOPICS.items()
        if name in amounts
    }
    return Counts(plain, split)


def quarters(slices: Slices) -> dict[int, Counts]:
    """Slices as the product reads them."""
    return {start_s * 1000: counts(amounts) for start_s, amounts in slices}


def at(text: str, **amounts: Any) -> tuple[int, Amounts]:
    """A slice that begins at an ISO time."""
    return ms(text) // 1000, amounts


@dataclass
class FakeHistory:
    """A history of rows made by hand; ``asked`` notes which rows were read."""

    held: Mapping[RowKey, Slices]
    asked: list[RowKey] = field(default_factory=list)

    def rows(self) -> Collection[RowKey]:
        return self.held.keys()

    def quarters(self, row: RowKey, from_ms: int, to_ms: int) -> list[tuple[int, Counts]]:
        self.asked.append(row)
        return [found for found in sorted(quarters(self.held.get(row, ())).items()) if from_ms <= found[0] < to_ms]


def planned_a_week_after(key: RowKey, now_ms: int) -> Planning:
    """The planning of a row with ten contacts in the hour that follows, a week earlier: 6 met, 4 missed."""
    start_s = (now_ms // QUARTER_MS + 4) * QUARTER_MS // 1000 - 7 * 86_400
    history = FakeHistory({key: [(start_s, {"offered": 10, "A": 6, "L": 4})]})
    return plan(history, now_ms, Settings())


ZONES = ("Europe/Madrid", "Asia/Kolkata", "America/New_York", "UTC")
NOWS_MS = st.one_of(
    st.sampled_from(
        [
            ms("2026-03-29T00:59:00+00:00"),  # before the clocks go forward in Madrid
            ms("2026-03-29T12:00:00+02:00"),
            ms("2026-10-25T02:20:00+02:00"),  # an hour that comes twice
            ms("2026-10-25T02:20:00+01:00"),
            ms("2026-10-25T23:59:59+01:00"),
            ms("2026-11-08T09:07:30+01:00"),  # two weeks after the clocks went back
            ms("2026-04-26T02:10:00+02:00"),  # four weeks after an hour that never was
        ]
    ),
    st.integers(ms("2026-02-20T00:00:00+00:00"), ms("2026-12-20T00:00:00+00:00")),
)
_SMALL = st.integers(0, 12)


@st.composite
def _amounts(draw: st.DrawFn) -> dict[str, Any]:
    found: dict[str, Any] = {name: draw(_SMALL) for name in ("offered", "opened", "A", "B", "F", "L", "handled")}
    found["b"] = draw(st.integers(0, found["B"]))
    found["handle_ms"] = found["handled"] * 1000
    for about in TOPICS:
        found[about] = draw(
            st.dictionaries(st.sampled_from(["bill", "fibre", "other", "move"]), st.integers(1, 9), max_size=2)
        )
    return found


@st.composite
def weeks_before(draw: st.DrawFn, now_ms: int) -> Slices:
    """Slices up to now: some anywhere in four weeks, most near the same hours of today and of the weeks before."""
    first_s, last_s = (now_ms - 29 * 86_400_000) // 1000, now_ms // 1000
    near = st.builds(
        lambda week, away: last_s - week * 7 * 86_400 + away * 900, st.integers(0, 4), st.integers(-100, 100)
    )
    starts = draw(st.lists(st.one_of(near, near, st.integers(first_s, last_s)), max_size=25))
    kept = sorted({start // 900 * 900 for start in starts if first_s < start // 900 * 900 <= last_s})
    return [(start, draw(_amounts())) for start in kept]
