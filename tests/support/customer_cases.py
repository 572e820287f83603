"""Outcomes of contacts for tests: events in, facts and amounts by name out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import Any

from hypothesis import strategies as st

from streams.common.vocabulary import Channel
from streams.config.policy_book import policy_book
from streams.config.settings import Settings
from streams.contract.decoding import Decoded, EventDecoder
from streams.contract.topics import Topic
from streams.facts.customers.facts import Customer
from streams.facts.domains import DOMAIN_OF, MEASURES, parts
from streams.facts.shared.contributions import Contributions, Stage
from streams.facts.shared.policy import PolicyBook
from streams.numbers.codes import split_code
from streams.numbers.names import dimension_text
from streams.numbers.tiers import QUARTER, SLICE_MS
from tests.oracles.customers_oracle import Amounts
from tests.support.strategies import START_MS, Event, iso

HOUR = 3_600_000
DAY = 24 * HOUR
WEEK = 7 * DAY
CUSTOMER = "0123456789abcdef01234567"
DECODER = EventDecoder(Topic.CONTACTS, record_limit_bytes=65_536, string_limit=256)
KIND = DOMAIN_OF[Topic.CONTACTS]

EDGES_MS = (
    0, 0, 1, 9_999, 60_000, HOUR - 1, HOUR, HOUR + 1, DAY, 3 * DAY - 1, 3 * DAY, 3 * DAY + 1, 6 * DAY,
    WEEK - 1, WEEK, WEEK + 1, 8 * DAY,
)  # fmt: skip


def told(
    contact: str,
    begun_ms: int,
    ended_ms: int | None = None,
    /,
    *,
    revision: int = 1,
    channel: str = "call",
    **data: Any,
) -> Event:
    """An outcome; times are ms after 9:00. With ``ended_ms`` the contact was handled, in the queue ``sales``."""
    ended: dict[str, Any] = {} if ended_ms is None else {"handled": True, "ended": iso(START_MS + ended_ms)}
    live = {"via": "inbound", "first_queue": "sales"} if channel != "ticket" else {"medium": "email"}
    if "abandoned_ms" in data:
        data["abandoned"] = iso(START_MS + data.pop("abandoned_ms"))
    fixed = {"contact": contact, "channel": channel, "revision": revision, "begun": iso(START_MS + begun_ms)}
    return {
        "specversion": "1.0",
        "id": f"{channel}.{contact}.{revision}",
        "source": "/veinte/test/1",
        "type": "contact.outcome",
        "time": iso(START_MS + max(begun_ms, ended_ms or 0)),
        "subject": CUSTOMER,
        "data": {**fixed, "queue": "sales", "window_ms": WEEK, **live, **ended, **data},
    }


def decoded(events: Iterable[Event]) -> list[Decoded]:
    """The events as the worker reads them from JSON."""
    return [DECODER.decode(json.dumps(each).encode()) for each in events]


def no_pseudonym(identifier: str) -> bytes:
    """Outcomes name nobody in clear, so nothing may be hashed."""
    raise AssertionError(f"{identifier} was hashed")


def folded(*batches: list[Event]) -> Customer | None:
    """Facts of the batches, one after the other."""
    facts = None
    for batch in batches:
        facts, _ = KIND.fold(facts, decoded(batch), no_pseudonym)
    return facts


class RowNames:
    """Ids for names as they come, and the way back."""

    def __init__(self) -> None:
        self.names: list[tuple[str, ...]] = [("",)]

    def row(self, queue: str, medium: str = "", channel: str = "") -> int:
        return self._id((queue, medium, channel))

    def dimension(self, *labels: tuple[str, str]) -> int:
        return self._id((dimension_text(labels),))

    def _id(self, name: tuple[str, ...]) -> int:
        if name not in self.names:
            self.names.append(name)
        return self.names.index(name)


@cache
def empty_book() -> PolicyBook:
    """Repeats are judged by what outcomes say; no policy of a queue has a part in it."""
    return policy_book(Channel.CALL, Settings(hash_key=None))


def named(contributed: Contributions, names: RowNames) -> Amounts:
    """Amounts by name and slice."""
    found: Amounts = Counter()
    for (number, row), cells in contributed.amounts.items():
        queue, medium, channel = names.names[row]
        for code, amount in cells.items():
            for part in parts(code):
                measure, dimension = split_code(part)
                key = (MEASURES[measure].name, queue, medium, channel, names.names[dimension][0], number * SLICE_MS)
                found[key] += amount
    return found


def added(*batches: list[Event]) -> Amounts:
    """Contributions of one customer's outcomes, by name."""
    names = RowNames()
    return named(KIND.contributions(folded(*batches), empty_book(), names, Stage.KEPT), names)


def by_slice(amounts: Amounts) -> Amounts:
    """The oracle's amounts in slices of 10 s; what becomes final in those that begin a quarter of an hour."""
    found: Amounts = Counter()
    for (*row, time_ms), amount in amounts.items():
        measure, queue, medium, channel, dimension = row
        width_ms = QUARTER.width_ms if measure.startswith("FCR_FINAL") else SLICE_MS
        found[measure, queue, medium, channel, dimension, time_ms // width_ms * width_ms] += amount
    return found


def totals(*batches: list[Event]) -> dict[str, int]:
    """The sum of each measure over rows, dimensions and time."""
    sums: Counter[str] = Counter()
    for (measure, *_), amount in added(*batches).items():
        sums[measure] += amount
    return dict(sums)


@st.composite
def revisions(draw: st.DrawFn, contact: str, revision_count: int) -> list[Event]:
    """One contact's outcomes, revision by revision; its beginning may move."""
    channel = draw(st.sampled_from(("call", "call", "chat", "ticket")))
    edges = st.sampled_from(EDGES_MS)
    log = []
    for revision in range(revision_count):
        begun_ms = draw(edges) + draw(edges)
        data: dict[str, Any] = {
            "topic": draw(st.sampled_from(("bill", "login", None))),
            "queue": draw(st.sampled_from(("sales", "support"))),
            "window_ms": draw(st.sampled_from((WEEK, WEEK, 3 * DAY))),
            "fcr_eligible": draw(st.sampled_from((True, True, False))),
            "flagged": draw(st.sampled_from((True, False, None))),
            "removed": draw(st.sampled_from((False, False, False, True))),
        }
        if channel != "ticket":
            vias = ("inbound", "inbound", "inbound", "callback", "outbound", "transfer", "")
            data["via"] = draw(st.sampled_from(vias))
            if draw(st.booleans()):
                data["abandoned_ms"] = begun_ms + draw(edges)
        ended_ms = begun_ms + draw(st.sampled_from((*EDGES_MS, -1))) if draw(st.integers(0, 3)) else None
        log.append(told(contact, begun_ms, ended_ms, revision=revision, channel=channel, **data))
    return log


@st.composite
def customers_log(draw: st.DrawFn) -> list[Event]:
    """The outcomes of one customer's contacts, in no order that means anything."""
    count = draw(st.integers(1, 6))
    return [event for number in range(count) for event in draw(revisions(f"c-{number}", draw(st.integers(1, 3))))]
