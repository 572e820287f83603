"""The JSON of ``/api/v1/explain``: a number, its counts and formula, and the contacts behind it. Pure.

Identifiers of contacts are keyed hashes, as everywhere. Names of measures and units are those of the catalogue; times
are RFC 3339, durations seconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from metrics.explain.number.facts import LegFacts, RepeatFacts, TicketFacts
from metrics.planning.reachable import has_service_level
from metrics.snapshot.instants import Instant, instant_text, writable_ms
from metrics.snapshot.states import State
from metrics.snapshot.windows import DayRule
from metrics.web.differing import DifferingSetting
from metrics.web.problems import SCHEMA_DIALECT
from streams.common.vocabulary import Channel, Clock
from streams.config.policy_book import queue_in_force
from streams.config.queue_settings import QueueSettings
from streams.config.settings import Settings
from streams.numbers.tiers import Tier

SCHEMA_TITLE = "Veinte explanation"
Local = Annotated[str, Meta(description="RFC 3339, by the clock of the queue")]


class Because(StrEnum):
    """Reason why the contacts found do not explain the whole number."""

    COMPLETE = ""
    EXPIRED = "expired"  # some contacts' states were deleted at the end of their retention
    STOPPED = "stopped"  # the search took too long, or there are too many contacts


class Bounds(Struct, frozen=True):
    """The slices that are summed."""

    name: str
    begins: Instant
    ends: Annotated[Instant, Meta(description="of the running slice, which is part of it")]
    begins_local: Local
    ends_local: Local
    slice_seconds: int


class Target(Struct, frozen=True):
    """Limits of some tickets of a queue, in seconds; null means the queue's own limit."""

    medium: str | None
    priority: str | None
    first_response_seconds: float | None
    next_response_seconds: float | None
    resolution_seconds: float | None


class PolicyInForce(Struct, frozen=True):
    """The queue's targets in force now. A contact is judged by the policy in force at its arrival."""

    since: Annotated[Instant | None, Meta(description="null: always")]
    calendar: Annotated[str | None, Meta(description="name of its opening hours; null: always open")]
    time_zone: str
    day_starts: str
    limits: Annotated[dict[str, float], Meta(description="seconds, and the objective as a ratio")]
    targets: list[Target]


class Added(Struct, frozen=True):
    """Contribution of one contact to one measure in one slice of 10 s."""

    measure: str
    at: Annotated[Instant, Meta(description="when the slice begins")]
    queue: str
    medium: str | None
    amount: Annotated[int, Meta(description="a count, or milliseconds where the measure ends in _ms")]
    dimension: Annotated[str, Meta(description='such as reason=timeout; "" where there is none')] = ""


class Contact(Struct, frozen=True, omit_defaults=True):
    """A contact behind the number."""

    contact: Annotated[str, Meta(description="keyed hash of its identifier")]
    channel: Channel
    at: Annotated[Instant, Meta(description="where its newest amount landed; what is true now: since when")]
    missed: Annotated[bool, Meta(description="below the line and not above it")] = False
    so_far: Annotated[bool, Meta(description="it still waits, past its target: a miss as long as it does")] = False
    numerator: float | UnsetType = UNSET
    denominator: int | UnsetType = UNSET
    age_seconds: Annotated[float | UnsetType, Meta(description="of what is true now")] = UNSET
    added: list[Added] = []
    legs: Annotated[list[LegFacts], Meta(description="visits of a call or chat to queues")] = []
    ticket: TicketFacts | None = None
    repeats: Annotated[RepeatFacts | None, Meta(description="what its customer's other contacts did")] = None


class Reach(Struct, frozen=True):
    """Share of the number explained by the contacts found. ``listed``: the number's sums over all of them."""

    found: int
    missed: int
    shown: int
    listed: dict[str, int]
    complete: bool
    incomplete_because: Because
    changing: Annotated[int, Meta(description="slices that changed while the contacts were read; left out of complete")]
    read: Annotated[int, Meta(description="contacts that were looked at")]
    kept_days: Annotated[float, Meta(description="how long a contact is known after its newest event")]


class Explanation(Struct, frozen=True, kw_only=True):
    """One number, explained."""

    kpi: str
    labels: dict[str, str]
    channel: Channel
    queue: str
    medium: str | None
    window: Annotated[Bounds | None, Meta(description="null for what is true now")]
    time_zone: Annotated[str, Meta(description="of the queue: local times and days are by its clock")]
    unit: str
    title: dict[str, str]
    help: dict[str, str]
    formula: dict[str, str]
    attribution: dict[str, str]
    now: Instant
    read_at: Instant
    clock: Clock
    blind: Annotated[str, Meta(description='why the number cannot be trusted; "" while it can')]
    value: float | None
    state: State
    numerator: float | UnsetType = UNSET
    denominator: int | UnsetType = UNSET
    counts: Annotated[dict[str, int], Meta(description="by measure; milliseconds where the name ends in _ms")]
    policy: Annotated[PolicyInForce | None, Meta(description="null where all queues are asked for")]
    reach: Reach
    contacts: list[Contact]
    settings_differ: Annotated[list[DifferingSetting], Meta(description="empty where all is alike")] = []


def _iso(at_ms: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(writable_ms(at_ms) / 1000, tz=UTC).astimezone(zone).isoformat(timespec="seconds")


def bounds(window: str, tier: Tier, spans: Iterable[tuple[int, int]], rule: DayRule) -> Bounds:
    """The stretch of all ``spans`` of slices together; today begins at another instant in another time zone."""
    known = list(spans)
    first_ms = min(first for first, _ in known) * tier.width_ms
    last_ms = (max(last for _, last in known) + 1) * tier.width_ms
    zone = ZoneInfo(rule.zone)
    return Bounds(
        window,
        instant_text(first_ms),
        instant_text(last_ms),
        _iso(first_ms, zone),
        _iso(last_ms, zone),
        tier.width_ms // 1000,
    )


def policy_in_force(settings: Settings, channel: Channel, queue: str, now_ms: int) -> PolicyInForce:
    """The queue's targets in force now, from the settings."""
    promise = queue_in_force(settings, channel, queue, now_ms)
    return PolicyInForce(
        None if promise.since is None else instant_text(round(promise.since.timestamp() * 1000)),
        promise.calendar,
        promise.time_zone or settings.time_zone,
        promise.day_starts,
        _conversation_limits(promise) if has_service_level(channel) else _ticket_limits(promise),
        [
            Target(
                None if target.medium is None else str(target.medium),
                None if target.priority is None else str(target.priority),
                _seconds(target.first_response),
                _seconds(target.next_response),
                _seconds(target.resolution),
            )
            for target in promise.targets
        ],
    )


def _conversation_limits(promise: QueueSettings) -> dict[str, float]:
    return {
        "target_seconds": promise.target_seconds,
        "objective_ratio": promise.objective,
        "short_abandon_seconds": promise.short_abandon_seconds,
        "waiting_ghost_after_seconds": promise.waiting_ghost_after / 1000,
        "in_progress_ghost_after_seconds": promise.in_progress_ghost_after / 1000,
    }


def _ticket_limits(promise: QueueSettings) -> dict[str, float]:
    return {
        "first_response_seconds": promise.first_response / 1000,
        "next_response_seconds": promise.next_response / 1000,
        "resolution_seconds": promise.resolution / 1000,
    }


def _seconds(duration_ms: int | None) -> float | None:
    return None if duration_ms is None else duration_ms / 1000


def explanation_schema() -> dict[str, Any]:
    """The JSON Schema of :class:`Explanation`."""
    (reference,), definitions = msgspec.json.schema_components([Explanation], ref_template="#/$defs/{name}")
    return {"$schema": SCHEMA_DIALECT, "title": SCHEMA_TITLE, **reference, "$defs": definitions}


def explanation_schema_text() -> bytes:
    """The published schema, as it is committed and served."""
    return msgspec.json.format(msgspec.json.encode(explanation_schema()), indent=2) + b"\n"


encode = msgspec.json.Encoder().encode
