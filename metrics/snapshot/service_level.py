"""The service level formulas as data: numerator and denominator of each variant. They are divided only here.

A = answered within the target, B = abandoned within it, b = short abandons (part of B), F = taken out by timeout or
empty within it, L = reached the target.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from metrics.snapshot.amounts import Amount
from metrics.snapshot.snapshot import Counts
from streams.facts.conversations.measures import ConversationMeasure


class Variant(StrEnum):
    """Treatment of abandoned contacts in a service level; also the label ``variant``."""

    SHORT_REMOVED = "short_removed"
    STRICT = "strict"
    OPTIMISTIC = "optimistic"
    SHORT_CREDITED = "short_credited"
    EARLY_IGNORED = "early_ignored"
    ANSWERED_ONLY = "answered_only"


Line = tuple[Amount, Amount]
"""Numerator and denominator."""

_A = ConversationMeasure.ANSWERED_WITHIN
_B = ConversationMeasure.ABANDONED_WITHIN
_SHORT = ConversationMeasure.SHORT_WITHIN
_F = ConversationMeasure.LEFT_WITHIN
_L = ConversationMeasure.REACHED_TARGET

SERVICE_LEVEL: Mapping[Variant, Line] = {
    Variant.SHORT_REMOVED: (Amount((_A,)), Amount((_A, _B, _F, _L), (_SHORT,))),
    Variant.STRICT: (Amount((_A,)), Amount((_A, _B, _F, _L))),
    Variant.OPTIMISTIC: (Amount((_A, _B)), Amount((_A, _B, _F, _L))),
    Variant.SHORT_CREDITED: (Amount((_A, _SHORT)), Amount((_A, _B, _F, _L))),
    Variant.EARLY_IGNORED: (Amount((_A,)), Amount((_A, _F, _L))),
    Variant.ANSWERED_ONLY: (Amount((_A,)), Amount((ConversationMeasure.ANSWERED,))),
}
"""Service level of the legs by variant. Source: ICMI, service level variants."""

CONTACT_SERVICE_LEVEL: Line = (
    Amount((ConversationMeasure.CONTACT_ANSWERED_WITHIN,)),
    Amount(
        (
            ConversationMeasure.CONTACT_ANSWERED_WITHIN,
            ConversationMeasure.CONTACT_ABANDONED_WITHIN,
            ConversationMeasure.CONTACT_LEFT_WITHIN,
            ConversationMeasure.CONTACT_REACHED_TARGET,
        ),
        (ConversationMeasure.CONTACT_SHORT_WITHIN,),
    ),
)
"""Service level of contacts, with one event a contact; the formula is that of ``short_removed``."""


class EarlyAbandons(NamedTuple):
    """Measures of a queue whose callers all hang up at once: the offered contacts, and the short abandons of them."""

    offered: Amount
    short: Amount

    def number(self, counts: Counts) -> int:
        """The number of offered contacts if all of them were short abandons, else 0.

        An abandon of the first seconds of a window may belong to an offer before it, so there can be more of them.
        """
        offered = self.offered.of(counts)
        return offered if self.short.of(counts) >= offered else 0


LEGS_ABANDONED_EARLY = EarlyAbandons(
    Amount((ConversationMeasure.OFFERED,)), Amount((ConversationMeasure.SHORT_ABANDONED,))
)
CONTACTS_ABANDONED_EARLY = EarlyAbandons(
    Amount((ConversationMeasure.ARRIVED,)), Amount((ConversationMeasure.CONTACT_SHORT_WITHIN,))
)
EARLY_ALARM_FROM = 5
"""Contacts in ``EARLY_ALARM_WINDOW`` that all hang up at once: from this number on it is no chance but a dead line."""
EARLY_ALARM_WINDOW = "30m"


def ratio(numerator: int, denominator: int) -> float | None:
    """The quotient; ``None`` where the denominator is zero, never 0 or 1."""
    return numerator / denominator if denominator else None
