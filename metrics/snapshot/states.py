"""The states of a number. Pure."""

from __future__ import annotations

from enum import StrEnum

FEW_BELOW = 10
"""A ratio or an average of fewer contacts is a hint (state ``few``)."""


class State(StrEnum):
    """State of a number; of several that apply, the first in this order."""

    BLIND = "blind"  # nobody knows; the number keeps its last value
    PENDING = "pending"  # somebody waits, nobody has been judged yet
    ABANDONED_EARLY = "abandoned_early"  # there is no service level: everybody hung up within the short-abandon limit
    CLOSED = "closed"  # there is no number, and the queue is outside its opening hours
    NO_TRAFFIC = "no_traffic"  # a denominator of zero: there is no number
    FEW = "few"  # too little behind it
    OK = "ok"


def divided_state(
    blind: bool,
    denominator: int,
    pending: int = 0,
    thin: bool = False,
    closed: bool = False,
    abandoned_early: bool = False,
) -> State:
    """The state of a ratio or an average.

    Args:
        blind: the numbers of the channel cannot be trusted.
        denominator: of the ratio or average.
        pending: contacts still wait for an outcome.
        thin: less is known than the KPI's coverage requires.
        closed: the queue is outside its opening hours.
        abandoned_early: contacts were offered, and all of them were short abandons.
    """
    if blind:
        return State.BLIND
    if denominator == 0:
        if pending:
            return State.PENDING
        if abandoned_early:
            return State.ABANDONED_EARLY
        return State.CLOSED if closed else State.NO_TRAFFIC
    return State.FEW if denominator < FEW_BELOW or thin else State.OK


def plain_state(blind: bool, value: float | None, closed: bool = False) -> State:
    """The state of a count, a setting or a live number; ``None`` is an age without an entry."""
    if blind:
        return State.BLIND
    if value is None:
        return State.CLOSED if closed else State.NO_TRAFFIC
    return State.OK
