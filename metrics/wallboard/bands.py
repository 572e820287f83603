"""The colour of a queue: the judgement of its numbers, and the minute for which a bad colour is held. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from metrics.planning.reachable import Tally
from metrics.snapshot.service_level import EARLY_ALARM_FROM
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
    DAY_BELOW = "day_below"
    BELOW = "below"
    FAR_BELOW = "far_below"
    WEEK_ON_OBJECTIVE = "week_on_objective"
    WEEK_BELOW = "week_below"
    WEEK_FAR_BELOW = "week_far_below"
    LONG_WAIT = "long_wait"
    OVERDUE = "overdue"
    DUE_SOON = "due_soon"
    ON_TIME = "on_time"
    FEW = "few"
    PENDING = "pending"
    ABANDONED_EARLY = "abandoned_early"
    NO_TRAFFIC = "no_traffic"
    CLOSED = "closed"
    READING = "reading"
    BLIND = "blind"


class Judgement(NamedTuple):
    """A colour and its reason."""

    band: Band
    reason: Reason


class Steps(NamedTuple):
    """Counts from which on a figure is amber and red; ``red`` is ``None`` where no count is red."""

    amber: int = 1
    red: int | None = None

    def band(self, number: int) -> Band:
        """The colour of a count."""
        if self.red is not None and number >= self.red:
            return Band.RED
        return Band.AMBER if number >= self.amber else Band.PLAIN


class Rules(NamedTuple):
    """Limits between the colours.

    Attributes:
        amber: distance below the objective that is still amber, a ratio.
        red_wait: a wait longer than this many targets is red.
        hold_ms: milliseconds of better numbers before the colour improves.
        overdue, due_soon: of tickets; they colour the figure and its tile.
        past_target: of those who wait past the target; they colour the figure only.
    """

    amber: Fraction = Fraction(1, 10)
    red_wait: Fraction = Fraction(3)
    hold_ms: int = MINUTE_MS
    overdue: Steps = Steps(red=10)
    due_soon: Steps = Steps()
    past_target: Steps = Steps()


def rules_of(settings: Settings) -> Rules:
    """The limits from the settings, exactly as written: 0.1 is a tenth."""
    overdue_red = settings.board_overdue_red
    return Rules(
        amber=Fraction(str(settings.board_amber_ratio)),
        red_wait=Fraction(str(settings.board_red_wait)),
        hold_ms=settings.board_hold,
        overdue=Steps(settings.board_overdue_amber, settings.alert_overdue if overdue_red is None else overdue_red),
        due_soon=Steps(settings.board_due_soon_amber, settings.board_due_soon_red),
        past_target=Steps(settings.board_past_target_amber, settings.board_past_target_red),
    )


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


_OF_THE_WEEK = {
    Reason.ON_OBJECTIVE: Reason.WEEK_ON_OBJECTIVE,
    Reason.BELOW: Reason.WEEK_BELOW,
    Reason.FAR_BELOW: Reason.WEEK_FAR_BELOW,
}
_TOO_FEW = frozenset({Reason.FEW, Reason.PENDING, Reason.ABANDONED_EARLY, Reason.NO_TRAFFIC})


def is_of_the_week(shown: Judgement) -> bool:
    """True if the colour is that of the last seven days, because fewer days have too few judged contacts."""
    return shown.reason in _OF_THE_WEEK.values()


def queue_judgement(now: Judgement, day: Judgement, week: Judgement) -> Judgement:
    """The judgement of a queue from those of its service level now, today and in seven days.

    Where too few were judged the week decides and the reason says so. A queue that is on its objective now and far
    below it today is green, and the reason names both.
    """
    if now.reason in _TOO_FEW and week.reason in _OF_THE_WEEK:
        return Judgement(week.band, _OF_THE_WEEK[week.reason])
    if now.reason is Reason.ON_OBJECTIVE and day.reason is Reason.FAR_BELOW:
        return Judgement(now.band, Reason.DAY_BELOW)
    return now


def early_judgement(now: Judgement, offered: int) -> Judgement:
    """Red where a number of contacts that is no chance any more all hung up at once; ``now`` of all others."""
    dead = now.reason is Reason.ABANDONED_EARLY and offered >= EARLY_ALARM_FROM
    return Judgement(Band.RED, Reason.ABANDONED_EARLY) if dead else now


def waits_too_long(live: LiveNumbers, target_ms: int, rules: Rules) -> bool:
    """Somebody is waiting for more than the target times ``red_wait``."""
    longest_ms = live.age_ms(ConversationLive.LONGEST_WAIT)
    return longest_ms is not None and longest_ms > target_ms * rules.red_wait


def contact_judgement(level: Judgement, live: LiveNumbers, target_ms: int, rules: Rules) -> Judgement:
    """Judge a queue of calls or chats: its service level of the last half hour, or red by one long wait."""
    of_now = level.band is Band.RED and not is_of_the_week(level)
    if level.band is Band.BLIND or of_now or not waits_too_long(live, target_ms, rules):
        return level
    return Judgement(Band.RED, Reason.LONG_WAIT)


def ticket_judgement(level: Judgement, live: LiveNumbers, rules: Rules) -> Judgement:
    """Judge a ticket queue: its first responses of today, and never green with tickets overdue or nearly due."""
    if level.band in (Band.BLIND, Band.RED):
        return level
    overdue, due_soon = rules.overdue.band(live[TicketLive.OVERDUE]), rules.due_soon.band(live[TicketLive.DUE_SOON])
    for found, reason in ((overdue, Reason.OVERDUE), (due_soon, Reason.DUE_SOON)):
        if found is Band.RED:
            return Judgement(found, reason)
    for found, reason in ((overdue, Reason.OVERDUE), (due_soon, Reason.DUE_SOON)):
        if found is Band.AMBER:
            return Judgement(found, reason)
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
