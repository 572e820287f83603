"""The colour of a queue: the judgement of its numbers, and the minute for which a bad colour is held. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from metrics.planning.reachable import Tally
from metrics.snapshot.snapshot import LiveNumbers
from metrics.snapshot.states import State
from metrics.wallboard.model import Band
from streams.common.durations import MINUTE_MS
from streams.config.settings import Settings
from streams.facts.conversations.live import ConversationLive
from streams.facts.tickets.live import TicketLive


class Reason(StrEnum):
    """Reason of a queue's colour; each has its words in ``metrics.wallboard.words``."""

    ON_OBJECTIVE = "on_objective"
    BELOW = "below"
    FAR_BELOW = "far_below"
    LONG_WAIT = "long_wait"
    OVERDUE = "overdue"
    DUE_SOON = "due_soon"
    ON_TIME = "on_time"
    FEW = "few"
    PENDING = "pending"
    ABANDONED_EARLY = "abandoned_early"
    NO_TRAFFIC = "no_traffic"
    CLOSED = "closed"
    BLIND = "blind"


class Judgement(NamedTuple):
    """A colour and its reason."""

    band: Band
    reason: Reason


class Rules(NamedTuple):
    """Limits between the colours.

    Attributes:
        amber: distance below the objective that is still amber, a ratio.
        red_wait: a wait longer than this many targets is red.
        hold_ms: milliseconds of better numbers before the colour improves.
    """

    amber: Fraction = Fraction(1, 10)
    red_wait: Fraction = Fraction(3)
    hold_ms: int = MINUTE_MS


def rules_of(settings: Settings) -> Rules:
    """The limits from the settings, exactly as written: 0.1 is a tenth."""
    amber, red_wait = Fraction(str(settings.board_amber_ratio)), Fraction(str(settings.board_red_wait))
    return Rules(amber, red_wait, settings.board_hold)


_UNJUDGED = {
    State.FEW: Judgement(Band.PLAIN, Reason.FEW),
    State.PENDING: Judgement(Band.PLAIN, Reason.PENDING),
    State.ABANDONED_EARLY: Judgement(Band.PLAIN, Reason.ABANDONED_EARLY),
    State.NO_TRAFFIC: Judgement(Band.PLAIN, Reason.NO_TRAFFIC),
    State.CLOSED: Judgement(Band.CLOSED, Reason.CLOSED),
    State.BLIND: Judgement(Band.BLIND, Reason.BLIND),
}


def level_judgement(level: Tally, state: State, objective: float, rules: Rules) -> Judgement:
    """Judge a service level: green at or above the objective, amber a little below, red under that."""
    if state is not State.OK:
        return _UNJUDGED[state]
    goal = Fraction(str(objective))
    if level.met >= goal * level.judged:
        return Judgement(Band.GREEN, Reason.ON_OBJECTIVE)
    if level.met >= (goal - rules.amber) * level.judged:
        return Judgement(Band.AMBER, Reason.BELOW)
    return Judgement(Band.RED, Reason.FAR_BELOW)


def waits_too_long(live: LiveNumbers, target_ms: int, rules: Rules) -> bool:
    """Somebody is waiting for more than the target times ``red_wait``."""
    longest_ms = live.age_ms(ConversationLive.LONGEST_WAIT)
    return longest_ms is not None and longest_ms > target_ms * rules.red_wait


def contact_judgement(level: Judgement, live: LiveNumbers, target_ms: int, rules: Rules) -> Judgement:
    """Judge a queue of calls or chats: its service level of the last half hour, or red by one long wait."""
    if level.band is not Band.BLIND and waits_too_long(live, target_ms, rules):
        return Judgement(Band.RED, Reason.LONG_WAIT) if level.reason is not Reason.FAR_BELOW else level
    return level


def ticket_judgement(level: Judgement, live: LiveNumbers) -> Judgement:
    """Judge a ticket queue: its first responses of today, and never green with tickets overdue or nearly due."""
    if level.band in (Band.BLIND, Band.RED):
        return level
    if live[TicketLive.OVERDUE]:
        return Judgement(Band.AMBER, Reason.OVERDUE)
    if live[TicketLive.DUE_SOON]:
        return Judgement(Band.AMBER, Reason.DUE_SOON)
    if (
        level.band is Band.PLAIN
        and live[TicketLive.OPEN_UNATTENDED] + live[TicketLive.OPEN_OPEN] + live[TicketLive.OPEN_ON_HOLD]
    ):
        return Judgement(Band.GREEN, Reason.ON_TIME)
    return level


_SEVERITY = {Band.AMBER: 1, Band.RED: 2}


@dataclass(frozen=True, slots=True)
class Held:
    """The shown judgement of a tile.

    Attributes:
        shown: the judgement on the screens.
        seen_ms: epoch ms at which the tile was last composed for a browser.
        easing_ms: epoch ms since when the queue has deserved better; ``None`` while it does not.
    """

    shown: Judgement
    seen_ms: int
    easing_ms: int | None = None


def hold(before: Held | None, deserved: Judgement, now_ms: int, hold_ms: int) -> Held:
    """The next judgement to show: a worse or a blind one at once, a better one after it has lasted for ``hold_ms``.

    Args:
        before: the result of the last call; ``None`` at first. One older than ``hold_ms`` is ignored.
        deserved: the judgement of the current numbers.
        now_ms: epoch milliseconds.
        hold_ms: milliseconds for which a better judgement must last.
    """
    if before is None or deserved.band is Band.BLIND or abs(now_ms - before.seen_ms) > hold_ms:
        return Held(deserved, now_ms)
    if _SEVERITY.get(deserved.band, 0) >= _SEVERITY.get(before.shown.band, 0):
        return Held(deserved, now_ms)
    easing_ms = now_ms if before.easing_ms is None else before.easing_ms
    if now_ms - easing_ms >= hold_ms:
        return Held(deserved, now_ms)
    return Held(before.shown, now_ms, easing_ms)
