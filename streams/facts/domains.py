"""Registry of the domains, with the measures, sketches and counter codes of all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum
from functools import cache
from typing import Any, TypeVar

from streams.common.vocabulary import Channel
from streams.contract.topics import Topic
from streams.facts.conversations.domain import CALLS, CHATS
from streams.facts.customers.domain import CUSTOMERS
from streams.facts.shared.domain import Domain
from streams.facts.tickets.domain import TICKETS
from streams.numbers.codes import Codes, split_code
from streams.numbers.measures import Measure, Sketch
from streams.numbers.sketches import is_sketch

Numbered = TypeVar("Numbered", bound=IntEnum)
DOMAINS: tuple[Domain[Any], ...] = (CALLS, CHATS, TICKETS, CUSTOMERS)
DOMAIN_OF: dict[Topic, Domain[Any]] = {domain.topic: domain for domain in DOMAINS}
DOMAIN_OF_CHANNEL: Mapping[Channel, Domain[Any]] = {
    domain.channel: domain for domain in DOMAINS if domain.channel is not None
}


def by_number(enums: Iterable[type[Numbered]]) -> dict[int, Numbered]:
    """Members of all enums by their numbers.

    Raises:
        ValueError: two members have one number.
    """
    found: dict[int, Numbered] = {}
    for member in (member for enum in dict.fromkeys(enums) for member in enum):
        first = found.setdefault(int(member), member)
        if first is not member:
            raise ValueError(
                f"{first!r} and {member!r} have one number; give the newer one {max(found) + 1}, the next that is free"
            )
    return found


MEASURES: Mapping[int, Measure] = by_number(declared for domain in DOMAINS for declared in domain.measures)
"""Every measure by its code."""
SKETCHES: Mapping[int, Sketch] = by_number(declared for domain in DOMAINS for declared in domain.sketches)
"""Every sketch by its number."""
DERIVED_MEASURES: frozenset[Measure] = frozenset(
    measure for domain in DOMAINS if domain.is_derived for declared in domain.measures for measure in declared
)
"""Measures across channels: blind wherever the outcomes of contacts are."""

_CODES = Codes(
    (counter for domain in DOMAINS for counter in domain.composites),
    (shared for domain in DOMAINS for shared in domain.shared_sums),
    (shared for domain in DOMAINS for shared in domain.shared_sketches),
    MEASURES,
    SKETCHES,
)
parts = _CODES.parts
"""Codes of the single measures and sketches in a counter code."""
is_counter = _CODES.is_counter
"""True of a counter code that some domain declares, whatever its dimension."""


def allows_negative(code: int) -> bool:
    """True of a counter code whose measures may all have negative amounts."""
    return not is_sketch(code) and all(MEASURES[split_code(part)[0]].signed for part in parts(code))


def has_medium(channel: Channel) -> bool:
    """True where the rows of a channel are split by the medium of the contact."""
    return "medium" in DOMAIN_OF_CHANNEL[channel].row_labels


@cache
def measures_of(channel: Channel) -> frozenset[Measure]:
    """The measures of a channel's rows: its domain's own, and those across channels."""
    own = (measure for declared in DOMAIN_OF_CHANNEL[channel].measures for measure in declared)
    return DERIVED_MEASURES.union(own)
