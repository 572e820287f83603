"""The service level formulas, pure: counts in, numerator and denominator out. Nobody else divides these.

A = answered within the target, B = abandoned within it, b = short abandons (part of B), F = taken out by timeout or
empty within it, L = reached the target.
"""

from __future__ import annotations

from enum import StrEnum

from metrics.snapshot.snapshot import Counts
from streams.facts.conversations.measures import ConversationMeasure


class Variant(StrEnum):
    """How abandoned contacts are treated; also the label ``variant``."""

    SHORT_REMOVED = "short_removed"
    STRICT = "strict"
    OPTIMISTIC = "optimistic"
    SHORT_CREDITED = "short_credited"
    EARLY_IGNORED = "early_ignored"
    ANSWERED_ONLY = "answered_only"


def _variants(answered: int, abandoned: int, short: int, left: int, reached: int) -> dict[Variant, tuple[int, int]]:
    judged = answered + abandoned + left + reached
    return {
        Variant.SHORT_REMOVED: (answered, judged - short),
        Variant.STRICT: (answered, judged),
        Variant.OPTIMISTIC: (answered + abandoned, judged),
        Variant.SHORT_CREDITED: (answered + short, judged),
        Variant.EARLY_IGNORED: (answered, judged - abandoned),
    }


def service_level(counts: Counts) -> dict[Variant, tuple[int, int]]:
    """``(numerator, denominator)`` of the legs' service level by variant; a denominator of 0 means no sample."""
    variants = _variants(
        counts[ConversationMeasure.ANSWERED_WITHIN],
        counts[ConversationMeasure.ABANDONED_WITHIN],
        counts[ConversationMeasure.SHORT_WITHIN],
        counts[ConversationMeasure.LEFT_WITHIN],
        counts[ConversationMeasure.REACHED_TARGET],
    )
    variants[Variant.ANSWERED_ONLY] = (
        counts[ConversationMeasure.ANSWERED_WITHIN],
        counts[ConversationMeasure.ANSWERED],
    )
    return variants


def contact_service_level(counts: Counts) -> tuple[int, int]:
    """``(numerator, denominator)`` of the service level with one event a contact, ``short_removed``."""
    variants = _variants(
        counts[ConversationMeasure.CONTACT_ANSWERED_WITHIN],
        counts[ConversationMeasure.CONTACT_ABANDONED_WITHIN],
        counts[ConversationMeasure.CONTACT_SHORT_WITHIN],
        counts[ConversationMeasure.CONTACT_LEFT_WITHIN],
        counts[ConversationMeasure.CONTACT_REACHED_TARGET],
    )
    return variants[Variant.SHORT_REMOVED]


def ratio(numerator: int, denominator: int) -> float | None:
    """The quotient; ``None`` where nothing happened, never 0 or 1."""
    return numerator / denominator if denominator else None
