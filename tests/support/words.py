"""The pure core put into words, for tests: events in, facts and amounts by name out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from typing import Any, NamedTuple

from msgspec.structs import asdict

from streams.common.vocabulary import Channel
from streams.config.calendars import DAYS
from streams.config.policy_book import policy_book
from streams.config.queue_settings import QueueSettings
from streams.config.settings import Settings
from streams.contract.decoding import Decoded, EventDecoder
from streams.contract.topics import CHANNEL_OF, Topic
from streams.facts.conversations.live import Callback, ContactWaiting, InProgress, MenuCallback, Waiting, WrapUp
from streams.facts.domains import DOMAIN_OF, MEASURES, SKETCHES, parts
from streams.facts.shared.contributions import Amounts, Stage
from streams.facts.shared.policy import PolicyBook
from streams.facts.tickets.live import OpenTicket
from streams.numbers.codes import split_code
from streams.numbers.live_entries import Incomplete
from streams.numbers.names import SEPARATOR, dimension_text
from streams.numbers.sketches import split_sketch_code
from streams.numbers.tiers import SLICE_MS
from tests.oracles.business_hours_oracle import Desk, Hours
from tests.support.strategies import OLD_POLICY_MS, START_MS, event, iso

TOPIC_OF = {"call": Topic.CALLS, "chat": Topic.CHATS, "ticket": Topic.TICKETS, "contact": Topic.CONTACTS}
LIVE_POLICIES: dict[str, list[dict[str, Any]]] = {
    "support": [{"target": 60_000, "short_abandon": 10_000}, {"since_ms": OLD_POLICY_MS, "target": 10_000}],
    "desk": [{"wrap_up": True, "chat_answer": "message", "waiting_ghost": 1_800_000, "in_progress_ghost": 7_200_000}],
}
OFFICE = Desk("Europe/Madrid", [[("09:00", "13:30"), ("15:00", "18:00")]] * 5 + [[], []], closed=["2026-11-25"])
WEEKEND = Desk("America/New_York", [[]] * 5 + [[("03:00", "24:00")]] * 2, special={"2026-11-24": [("00:00", "24:00")]})
DESKS = {"office": OFFICE, "weekend": WEEKEND}
"""Calendars by their name in the settings, as the oracle has them."""
TARGETS: list[dict[str, Any]] = [
    {"medium": "email", "first_response": 86_400_000, "resolution": 3_600_000},
    {"priority": "high", "first_response": 900_000, "next_response": 60_000},
    {"medium": "email", "priority": "high", "resolution": 60_000},
]
TICKET_POLICIES: dict[str, list[dict[str, Any]]] = {
    "billing": [
        {"first_response": 3_600_000, "resolution": 900_000},
        {"since_ms": OLD_POLICY_MS, "calendar": WEEKEND, "first_response": 3_600_000},
    ],
    "repairs": [{"calendar": OFFICE, "resolution": 28_800_000, "targets": TARGETS}],
}
POLICIES = {"call": LIVE_POLICIES, "chat": LIVE_POLICIES, "ticket": TICKET_POLICIES}
"""Limits of queues as the oracle reads them (milliseconds, what differs from the defaults), by channel."""


@dataclass(slots=True)
class Record:
    """A Kafka record; ``timestamp`` is epoch ms."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


AmountKey = tuple[str, str, str, str, int]
"""(measure, queue, medium, dimension, beginning of the 10 s slice). A duration is also counted in its bucket, as the
measure ``WAIT_SKETCH`` with the bucket as its dimension."""
Named = Counter[AmountKey]


def queue_settings(channel: Channel, policies: Mapping[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """The same limits as the settings have them."""
    return {
        name: [
            QueueSettings(
                channel=channel,
                since=iso(policy["since_ms"]) if "since_ms" in policy else None,
                target_seconds=policy.get("target", 20_000) / 1000,
                short_abandon_seconds=policy.get("short_abandon", 5_000) / 1000,
                wrap_up=policy.get("wrap_up", False),
                chat_answer=policy.get("chat_answer", "event"),
                waiting_ghost_after=policy.get("waiting_ghost", 3_600_000),
                in_progress_ghost_after=policy.get("in_progress_ghost", 14_400_000),
                first_response=policy.get("first_response", 86_400_000),
                next_response=policy.get("next_response", 86_400_000),
                resolution=policy.get("resolution", 259_200_000),
                calendar=next((name for name, desk in DESKS.items() if desk is policy.get("calendar")), None),
                targets=policy.get("targets", ()),
            )
            for policy in dated
        ]
        for name, dated in policies.items()
    }


def calendar_settings() -> dict[str, Any]:
    """``DESKS`` as the settings have them."""
    return {
        name: {
            "time_zone": desk.zone,
            **{day: _periods(hours) for day, hours in zip(DAYS, desk.week, strict=True)},
            "closed": list(desk.closed),
            "special": {day: _periods(hours) for day, hours in desk.special.items()},
        }
        for name, desk in DESKS.items()
    }


def _periods(hours: Hours) -> list[str]:
    return [f"{begin}-{end}" for begin, end in hours]


def book_of(channel: Channel, policies: Mapping[str, list[dict[str, Any]]], **others: Any) -> PolicyBook:
    """The policies as the oracle has them, in a book; ``others`` are settings beside those of queues."""
    queues = queue_settings(channel, policies)
    return policy_book(channel, Settings(hash_key=None, queues=queues, calendars=calendar_settings(), **others))


@cache
def book(topic: Topic) -> PolicyBook:
    """The policies that ``POLICIES`` describe."""
    channel = CHANNEL_OF.get(topic)
    return book_of(Channel.CALL, {}) if channel is None else book_of(channel, POLICIES[channel])


@cache
def decoder(topic: Topic) -> EventDecoder:
    """A decoder with the usual limits."""
    return EventDecoder(topic, record_limit_bytes=65_536, string_limit=256)


def topic_of(events: Iterable[dict[str, Any]]) -> Topic:
    """The topic that carries these events."""
    return next(TOPIC_OF[each["type"].split(".")[0]] for each in events)


def decoded(events: Iterable[dict[str, Any]]) -> list[Decoded]:
    """The events as the worker reads them from JSON."""
    return [decoder(topic_of([each])).decode(json.dumps(each).encode()) for each in events]


def pseudonym(identifier: str) -> bytes:
    """A short keyed hash."""
    return blake2b(identifier.encode(), key=b"tests", digest_size=12).digest()


class PlainNames:
    """Ids for names as they come, and the way back."""

    def __init__(self) -> None:
        self.names: list[tuple[str, ...]] = [("", "")]

    def row(self, queue: str, medium: str = "", channel: str = "") -> int:
        return self._id((queue, SEPARATOR.join((medium, channel)) if channel else medium))

    def dimension(self, *labels: tuple[str, str]) -> int:
        return self._id((dimension_text(labels), SEPARATOR))

    def _id(self, name: tuple[str, ...]) -> int:
        if name not in self.names:
            self.names.append(name)
        return self.names.index(name)


class InWords(NamedTuple):
    """Contributions with names instead of ids."""

    amounts: Named
    live: dict[tuple[str, str], tuple[Any, ...]]
    """(set, leg) → the entry's fields; its row as queue, and medium for tickets."""
    outcome: dict[str, Any] | None
    """The fields of what the contact tells its customer's other contacts."""
    customers: tuple[bytes | None, list[bytes]]
    """The one in force, and all others."""


SETS = {
    Waiting.letter: "waiting",
    ContactWaiting.letter: "contact_waiting",
    InProgress.letter: "in_progress",
    WrapUp.letter: "wrap_up",
    Callback.letter: "callback",
    MenuCallback.letter: "menu_callback",
    Incomplete.letter: "incomplete",
    OpenTicket.letter: "open_ticket",
}


def named_cells(code: int, names: Sequence[tuple[str, ...]]) -> list[tuple[str, str]]:
    """The measures that a cell stands for, each with its dimension; of a sketch its name and the bucket."""
    return [_named_cell(part, names) for part in parts(code)]


def _named_cell(code: int, names: Sequence[tuple[str, ...]]) -> tuple[str, str]:
    if code < 0:
        sketch, bucket = split_sketch_code(code)
        return f"{SKETCHES[sketch].name}_SKETCH", str(bucket)
    measure, dimension = split_code(code)
    return MEASURES[measure].name, names[dimension][0]


def named_amounts(amounts: Amounts, names: Sequence[tuple[str, ...]]) -> Named:
    """Amounts by name; zeros left out."""
    found: Named = Counter()
    for (number, row), cells in amounts.items():
        queue, medium = names[row]
        for code, amount in cells.items():
            for measure, dimension in named_cells(code, names):
                found[measure, queue, medium, dimension, number * SLICE_MS] += amount
    return found


def named_entry(kind: str, entry: Any, names: Sequence[tuple[str, ...]]) -> tuple[Any, ...]:
    """The fields of a live entry, its row by name."""
    values = [getattr(entry, field) for field in entry.__struct_fields__]
    if not values:
        return ()
    queue, medium = names[values[0]]
    return (queue, medium, *values[1:]) if kind == OpenTicket.letter else (queue, *values[1:])


def in_words(events: Iterable[dict[str, Any]], *, expired: bool = False, policies: PolicyBook | None = None) -> InWords:
    """Contributions of one contact's events, by name."""
    events = list(events)
    topic, names = topic_of(events), PlainNames()
    domain = DOMAIN_OF[topic]
    facts, _ = domain.fold(None, decoded(events), pseudonym)
    stage = Stage.EXPIRED if expired else Stage.KEPT
    contributed = domain.contributions(facts, policies or book(topic), names, stage)
    live = {(SETS[key[0]], key[1:]): named_entry(key[0], entry, names.names) for key, entry in contributed.live.items()}
    outcome = None if contributed.outcome is None else asdict(contributed.outcome)
    return InWords(named_amounts(contributed.amounts, names.names), live, outcome, domain.customers(facts))


def by_slice(amounts: Mapping[AmountKey, int]) -> Named:
    """The oracle's amounts in slices of 10 s."""
    found: Named = Counter()
    for (measure, queue, medium, dimension, time_ms), amount in amounts.items():
        found[measure, queue, medium, dimension, time_ms // SLICE_MS * SLICE_MS] += amount
    return nonzero(found)


def nonzero(amounts: Named) -> Named:
    """Without zeros."""
    return Counter({key: amount for key, amount in amounts.items() if amount})


def log_of(prefix: str, *steps: tuple[Any, ...]) -> list[dict[str, Any]]:
    """One contact's events from ``(verb, seconds after 9:00, data)`` triples; ``data`` may be left out.

    Offers and openings go to the queue ``sales`` where ``data`` names none; ``None`` as queue opens without one.
    """
    log = []
    for number, (verb, seconds, *rest) in enumerate(steps):
        data = dict(rest[0]) if rest else {}
        if verb in ("offered", "opened", "refused"):
            data.setdefault("queue", "sales")
        if verb == "opened" and data["queue"] is None:
            del data["queue"]
        log.append(event(f"{prefix}.{verb}", "c-1", number, START_MS + round(seconds * 1000), **data))
    return log


def told(amounts: Named, *measures: str) -> dict[str, int]:
    """Amounts as ``"MEASURE dimension queue@slice"`` in seconds after 9:00; the queue ``sales`` goes unsaid.

    ``measures`` picks some; all but sketches where none is named.
    """
    found = {}
    for (measure, queue, _, dimension, slice_ms), amount in amounts.items():
        if measure not in measures if measures else measure.endswith("_SKETCH"):
            continue
        words = [measure, dimension.rpartition("=")[2], "" if queue == "sales" else queue]
        found[f"{' '.join(word for word in words if word)}@{(slice_ms - START_MS) // 1000}"] = amount
    return found
