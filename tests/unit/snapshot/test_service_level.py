"""The formulas of the service level."""

from __future__ import annotations

import pytest

from metrics.snapshot.service_level import (
    CONTACT_SERVICE_LEVEL,
    CONTACTS_ABANDONED_EARLY,
    LEGS_ABANDONED_EARLY,
    SERVICE_LEVEL,
    Variant,
    ratio,
)
from metrics.snapshot.snapshot import NO_COUNTS, Counts
from streams.facts.conversations.measures import ConversationMeasure

ICMI = Counts(
    {
        ConversationMeasure.ANSWERED: 1000,
        ConversationMeasure.ANSWERED_WITHIN: 860,
        ConversationMeasure.ABANDONED: 60,
        ConversationMeasure.ABANDONED_WITHIN: 20,
        ConversationMeasure.SHORT_WITHIN: 10,
        ConversationMeasure.REACHED_TARGET: 140 + 40,
    }
)


def service_level(counts: Counts) -> dict[Variant, tuple[int, int]]:
    """Numerator and denominator by variant."""
    return {variant: (met.of(counts), judged.of(counts)) for variant, (met, judged) in SERVICE_LEVEL.items()}


@pytest.mark.parametrize(
    "variant,expected",
    [
        (Variant.SHORT_REMOVED, 0.8190),
        (Variant.STRICT, 0.8113),
        (Variant.OPTIMISTIC, 0.8302),
        (Variant.SHORT_CREDITED, 0.8208),
        (Variant.EARLY_IGNORED, 0.8269),
        (Variant.ANSWERED_ONLY, 0.8600),
    ],
)
def test_the_icmi_vector(variant: Variant, expected: float) -> None:
    """The published example gives the published result in every variant."""
    value = ratio(*service_level(ICMI)[variant])
    assert value is not None
    assert expected == round(value, 4)


def test_taken_out_within_the_target_is_judged_in_every_variant_but_the_answers() -> None:
    """F stands below the line of all variants that judge, and above it in none."""
    counts = Counts(
        {ConversationMeasure.ANSWERED: 1, ConversationMeasure.ANSWERED_WITHIN: 1, ConversationMeasure.LEFT_WITHIN: 3}
    )
    expected = dict.fromkeys(Variant, (1, 4)) | {Variant.ANSWERED_ONLY: (1, 1)}
    assert expected == service_level(counts)


def test_of_nothing_there_is_no_service_level() -> None:
    """Without a judged contact the denominator is zero and the ratio is no number."""
    assert dict.fromkeys(Variant, (0, 0)) == service_level(NO_COUNTS)
    assert ratio(0, 0) is None


def test_whole_contacts_leave_short_abandons_out() -> None:
    """One event a contact, ``short_removed``: answered / (answered + abandoned − short + left + reached)."""
    counts = Counts(
        {
            ConversationMeasure.CONTACT_ANSWERED_WITHIN: 7,
            ConversationMeasure.CONTACT_ABANDONED_WITHIN: 5,
            ConversationMeasure.CONTACT_SHORT_WITHIN: 2,
            ConversationMeasure.CONTACT_LEFT_WITHIN: 1,
            ConversationMeasure.CONTACT_REACHED_TARGET: 3,
        }
    )
    met, judged = CONTACT_SERVICE_LEVEL
    assert (7, 14) == (met.of(counts), judged.of(counts))


@pytest.mark.parametrize(
    "offered,short,expected",
    [(11, 11, 11), (11, 10, 0), (1, 1, 1), (0, 0, 0), (0, 1, 0), (11, 12, 11)],
)
def test_a_queue_whose_callers_all_hang_up_at_once(offered: int, short: int, expected: int) -> None:
    """All eleven count, ten of eleven do not; an abandon of an offer before the window adds nothing."""
    legs = Counts({ConversationMeasure.OFFERED: offered, ConversationMeasure.SHORT_ABANDONED: short})
    contacts = Counts({ConversationMeasure.ARRIVED: offered, ConversationMeasure.CONTACT_SHORT_WITHIN: short})
    assert (expected, expected) == (LEGS_ABANDONED_EARLY.number(legs), CONTACTS_ABANDONED_EARLY.number(contacts))
