"""What is counted: the measures that contributions add to slices, and the entries of the live sets.

This module and ``streams.store.keys`` are all that the streams and the metrics share beside the event contract.
Codes are stored in Redis: never reuse one; a change of meaning bumps ``FORMULA``.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

FORMULA = 2
"""Version of what contributions say. A worker that finds another one in Redis asks for ``veinte rebuild``."""

SLICE_MS = 10_000
"""Width of the finest slice; the wider tiers are sums of these."""

DIMENSION_SHIFT = 8
"""A cell is ``measure | dimension id << DIMENSION_SHIFT``; dimension 0 is none. The cells of sketches are negative."""


class Measure(IntEnum):
    """Counts and sums of milliseconds (``_MS``); where each lands is in kpis' attribution column."""

    # calls and chats
    ARRIVED = 1
    OFFERED = 2
    REFUSED = 3  # by reason
    ANSWERED = 4
    WAIT_MS = 5
    ABANDONED = 6
    SHORT_ABANDONED = 7
    ABANDON_WAIT_MS = 8
    CALLBACK_REQUESTED = 9
    LEFT_QUEUE = 10  # by reason
    ANSWERED_WITHIN = 11  # A
    ABANDONED_WITHIN = 12  # B
    SHORT_WITHIN = 13  # b
    LEFT_WITHIN = 14  # F
    REACHED_TARGET = 15  # L
    CONTACT_ANSWERED_WITHIN = 16
    CONTACT_ABANDONED_WITHIN = 17
    CONTACT_SHORT_WITHIN = 18
    CONTACT_LEFT_WITHIN = 19
    CONTACT_REACHED_TARGET = 20
    HANDLED_LEGS = 21
    TALK_MS = 22
    HOLD_MS = 23
    WRAP_MS = 24
    SHORT_CONTACTS = 25
    CALLBACK_LEGS_ANSWERED = 26
    CALLBACK_LEGS_DECIDED = 27
    REDIAL_BASE = 28  # abandoned inbound contacts of known customers, at the abandonment
    REDIALED = 29  # those that were followed by another within the hour
    # every channel
    HANDLED = 30
    CLASSIFIED = 31
    FCR_FLAGGED = 32
    FCR_FLAGGED_BASE = 33
    FCR_NET = 34
    FCR_NET_BASE = 35
    ESCALATIONS = 36  # by kind
    ESCALATIONS_BY_TOPIC = 37  # by topic
    ESCALATED = 38  # handled contacts that were escalated
    CONTACTS_BY_TOPIC = 39  # by topic: arrivals and openings whose topic is known
    # tickets
    OPENED = 40
    SOLVED = 41  # once a ticket, at its solve after the latest reopening
    SOLVES = 42  # every solve
    REOPENED = 43
    FIRST_RESPONSES = 44
    FIRST_RESPONSE_MS = 45
    FULL_RESOLUTION_MS = 46  # its count is SOLVED
    FIRST_RESOLUTIONS = 47
    FIRST_RESOLUTION_MS = 48
    FIRST_RESPONSE_BUSINESS_MS = 49  # its count is FIRST_RESPONSES
    NEXT_RESPONSES = 50
    NEXT_RESPONSE_MS = 51
    RESPONSE_15M_JUDGED = 52  # one event a ticket, at the earlier of reply and deadline
    RESPONSE_15M_MET = 53
    RESPONSE_24H_JUDGED = 54
    RESPONSE_24H_MET = 55
    RESPONSE_TARGET_JUDGED = 56
    RESPONSE_TARGET_MET = 57
    RESOLVED_24H_JUDGED = 58
    RESOLVED_24H_MET = 59
    FIRST_RESOLUTION_BUSINESS_MS = 60  # its count is FIRST_RESOLUTIONS
    FIRST_RESOLUTION_NET_MS = 61
    FULL_RESOLUTION_BUSINESS_MS = 62  # its count is SOLVED
    FULL_RESOLUTION_NET_MS = 63
    COHORT_SOLVED = 64  # solved by now, at the opening
    REMOVED_OPENED = 65  # removed tickets, at their opening: for the clearance time only
    REMOVED = 66  # the same at their removal
    TEAM_OPENED = 67  # by team, at the opening
    TEAM_SOLVED = 68  # by team, at the solve
    TEAM_COHORT_SOLVED = 69  # by team, at the opening
    AGENT_ASSIGNED = 70  # by agent: distinct tickets, at the first assignment to the agent
    AGENT_SOLVED = 71  # by agent, at the solve
    # repeats, from the contacts of a known customer; at the end of the handled contact
    REPEAT_BASE = 80
    REPEATED = 81
    REPEAT_BASE_BY_TOPIC = 82  # by topic
    REPEATED_BY_TOPIC = 83  # by topic
    FCR_WINDOW_BASE = 84
    FCR_WINDOW = 85
    FCR_FINAL_BASE = 86  # at the end of the repeat window
    FCR_FINAL = 87
    FCR_GAP_BASE = 88  # eligible and classified
    FCR_GAP = 89  # flagged as resolved at the first contact, and repeated


class Sketch(IntEnum):
    """Durations whose percentiles are shown: counts in buckets (``streams.numbers.sketches``). The count and the sum of
    each are measures; what took no time is in no bucket, so it is the count less all buckets."""

    WAIT = 1
    ABANDON_WAIT = 2
    HANDLE = 3
    TALK = 4
    HOLD = 5
    WRAP = 6
    FIRST_RESPONSE = 7
    FIRST_RESPONSE_BUSINESS = 8
    NEXT_RESPONSE = 9
    FIRST_RESOLUTION = 10
    FIRST_RESOLUTION_BUSINESS = 11
    FIRST_RESOLUTION_NET = 12
    FULL_RESOLUTION = 13
    FULL_RESOLUTION_BUSINESS = 14
    FULL_RESOLUTION_NET = 15


class Tier(NamedTuple):
    """A width of slices; ``letter`` begins the field of each of its slices."""

    letter: str
    width_ms: int


TEN_SECONDS = Tier("s", SLICE_MS)
MINUTE = Tier("m", 60_000)
QUARTER = Tier("q", 900_000)
TIERS = (TEN_SECONDS, MINUTE, QUARTER)
TIER_OF = {tier.letter: tier for tier in TIERS}
TOTALS = "t"
"""Letter of the field that keeps a row's counters: only ever increasing sums since the keys began."""


def cell(measure: Measure, dimension: int = 0) -> int:
    """The cell of a slice that keeps ``measure`` for a dimension id."""
    return measure | dimension << DIMENSION_SHIFT


def split_cell(code: int) -> tuple[int, int]:
    """``(measure, dimension id)`` of a cell."""
    return code & ((1 << DIMENSION_SHIFT) - 1), code >> DIMENSION_SHIFT


class Row(NamedTuple):
    """What a slice belongs to: a queue and, for tickets, the medium by which the ticket came ("" otherwise)."""

    queue: str
    medium: str = ""


ROW_PREFIX = "r"
DIMENSION_PREFIX = "d"
SEPARATOR = "\x1f"


def row_name(queue: str, medium: str, channel: str = "") -> str:
    """How the registry of a partition spells a row. ``channel`` only where a partition has rows of many."""
    name = f"{ROW_PREFIX}{queue}{SEPARATOR}{medium}"
    return f"{name}{SEPARATOR}{channel}" if channel else name


def parse_row_name(name: str) -> tuple[str, str, str]:
    """``(queue, medium, channel)`` of a row's name; the channel is "" where its partition has one only."""
    queue, medium, *rest = name.removeprefix(ROW_PREFIX).split(SEPARATOR)
    return queue, medium, rest[0] if rest else ""


def dimension_name(kind: str, value: str) -> str:
    """How the registry of a partition spells a dimension, such as reason=timeout."""
    return f"{DIMENSION_PREFIX}{kind}={value}"


def slice_field(tier: Tier, start_ms: int, row: int) -> str:
    """The field of one slice in the ``numbers`` hash."""
    return f"{tier.letter}{start_ms // tier.width_ms}:{row}"


def parse_slice_field(field: str) -> tuple[Tier, int, int]:
    """``(tier, start_ms, row)`` of a slice's field."""
    units, _, row = field[1:].partition(":")
    tier = TIER_OF[field[0]]
    return tier, int(units) * tier.width_ms, int(row)
