"""How often each alert would have fired over the kept past, and objectives that are never met. Pure.

The past is kept by quarter of an hour: an alert is asked at the end of each, and a window shorter than that is read as
the whole quarter. What needs more than such slices says so instead of a number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from metrics.alerts.burn import burn_windows
from metrics.alerts.model import Alert, Past
from metrics.alerts.moments import TODAY, Moment, moments
from metrics.alerts.rule_file import alerts
from metrics.alerts.waiting import LONGEST_FOR, SURGE_OFFERED
from metrics.planning.reachable import Tally
from metrics.snapshot.windows import Cells
from streams.common.durations import HOUR_MS, SECOND_MS, parse_duration_ms
from streams.common.vocabulary import Channel
from streams.config.settings import Settings
from streams.facts.conversations.measures import ConversationMeasure
from streams.facts.tickets.measures import TicketMeasure
from streams.numbers.tiers import QUARTER

NEVER_MET_DAYS = 5
"""Days with enough contacts and all below the objective, from which on it is no accident."""
PastQuarters = Mapping[tuple[Channel, str], Mapping[int, Cells]]
PastWaits = Mapping[tuple[Channel, str], Mapping[int, float]]
Holds = Callable[[Moment], bool]


class Fired(NamedTuple):
    """How often an alert fired on one queue, and how long in all."""

    channel: Channel
    queue: str
    times: int
    firing_ms: int


class Tested(NamedTuple):
    """What the past says about one alert: where it fired, or nothing where slices do not tell."""

    alert: Alert
    fired: tuple[Fired, ...]


class NeverMet(NamedTuple):
    """An objective that no day reached; ``best`` is what the best of ``days`` came to.

    Of tickets: that each e-mail is answered within 24 hours.
    """

    channel: Channel
    queue: str
    objective: float
    days: int
    best: float


@dataclass(frozen=True)
class Backtest:
    """Everything, in the order of the rule file; the quarters from ``from_ms`` to before ``to_ms``."""

    from_ms: int
    to_ms: int
    tested: tuple[Tested, ...]
    never_met: tuple[NeverMet, ...]


def backtest(
    quarters: PastQuarters,
    settings: Settings,
    from_ms: int,
    to_ms: int,
    *,
    emails: PastQuarters | None = None,
    waits: PastWaits | None = None,
) -> Backtest:
    """Ask every alert at the end of each quarter of an hour.

    Args:
        quarters: 15-minute slices by queue, with those of four weeks before ``from_ms`` where they are kept.
        settings: as for the rule file.
        from_ms: epoch milliseconds; a later one counts where nothing is kept from then.
        to_ms: now.
        emails: the same slices of what came by e-mail.
        waits: the longest wait, in milliseconds, that ended in each slice.

    Raises:
        UserError: a rule that could never fire.
    """
    asked = {
        **{key: cells for key, cells in quarters.items() if key[0] is not Channel.TICKET},
        **{key: cells for key, cells in (emails or {}).items() if key[0] is Channel.TICKET},
    }
    first_ms = max(from_ms, min((start_ms for cells in asked.values() for start_ms in cells), default=to_ms))
    of_waiting, of_emails = _conditions(settings), {"ContactCenterEmailMissed": _email_missed}
    fired: dict[str, list[Fired]] = {title: [] for title in (*of_waiting, *of_emails)}
    never_met = []
    by_title = {alert.title: alert for alert in alerts(settings)}
    for (channel, queue), cells in sorted(asked.items()):
        ended = (waits or {}).get((channel, queue))
        seen = list(moments(cells, channel, queue, first_ms, to_ms, settings, ended))
        for title, holds in (of_emails if channel is Channel.TICKET else of_waiting).items():
            found = _fired(seen, holds, by_title[title])
            if found[0]:
                fired[title].append(Fired(channel, queue, *found))
        never_met += list(_never_met(seen, channel, queue, settings))
    tested = tuple(Tested(alert, tuple(fired.get(title, ()))) for title, alert in by_title.items())
    return Backtest(first_ms, to_ms, tested, tuple(never_met))


def _conditions(settings: Settings) -> dict[str, Holds]:
    """What must hold at a moment, by the title of the alert: those that slices can tell."""
    enough = settings.alert_minimum_judged

    def burn(long: str, short: str, factor: float) -> Holds:
        return lambda at: at.level(long).judged >= enough and at.burns(long, factor) and at.burns(short, factor)

    def missed(at: Moment) -> bool:
        met, judged = at.level("15m")
        return at.policy.objective == 1 and judged > met

    def margin_ends(at: Moment) -> bool:
        lost_ms = at.outlook.lost_at_ms
        return _enough_today(at) and lost_ms is not None and 0 < lost_ms - at.end_ms <= HOUR_MS

    def unreachable(at: Moment) -> bool:
        best = at.outlook.best
        return _enough_today(at) and best is not None and best < at.policy.objective

    def _enough_today(at: Moment) -> bool:
        return at.level(TODAY).judged >= enough

    def abandonment(at: Moment) -> bool:
        (lost, decided), (lately, lately_decided) = _abandoned(at, "30m"), _abandoned(at, "10m")
        limit = settings.alert_abandonment
        return decided >= enough and lost > limit * decided and lately > limit * lately_decided

    def longest_wait(at: Moment) -> bool:
        limit_ms = settings.alert_longest_wait * at.policy.target_seconds * SECOND_MS + parse_duration_ms(LONGEST_FOR)
        return (
            at.longest_wait_ms >= limit_ms
            and at.counts("1h")[ConversationMeasure.OFFERED] >= settings.alert_minimum_offered
        )

    def silence(at: Moment) -> bool:
        return at.offered == 0 and at.usual is not None and at.usual >= settings.alert_usual

    def turned_away(at: Moment) -> bool:
        return at.counts("15m")[ConversationMeasure.REFUSED] >= settings.alert_refused

    def surge(at: Moment) -> bool:
        return at.offered >= SURGE_OFFERED and at.usual is not None and at.offered > settings.alert_surge * at.usual

    return {
        **{
            f"ContactCenterServiceLevelBurn ({window.long})": burn(window.long, window.short, window.factor)
            for window in burn_windows(settings)
        },
        "ContactCenterServiceLevelMissed": missed,
        "ContactCenterServiceLevelMarginEnds": margin_ends,
        "ContactCenterServiceLevelUnreachable": unreachable,
        "ContactCenterLongestWait": longest_wait,
        "ContactCenterAbandonment": abandonment,
        "ContactCenterSilence": silence,
        "ContactCenterTurnedAway": turned_away,
        "ContactCenterSurge": surge,
    }


def _email_missed(at: Moment) -> bool:
    return _promised(at, "24h").judged > _promised(at, "24h").met


def _promised(at: Moment, window: str) -> Tally:
    """E-mails answered within 24 hours, of those whose time was over."""
    counts = at.counts(window)
    return Tally(counts[TicketMeasure.RESPONSE_24H_MET], counts[TicketMeasure.RESPONSE_24H_JUDGED])


def _abandoned(at: Moment, window: str) -> tuple[int, int]:
    counts = at.counts(window)
    lost = counts[ConversationMeasure.ABANDONED] - counts[ConversationMeasure.SHORT_ABANDONED]
    others = (ConversationMeasure.ANSWERED, ConversationMeasure.CALLBACK_REQUESTED, ConversationMeasure.LEFT_QUEUE)
    return lost, lost + sum(counts[measure] for measure in others)


def _fired(seen: list[Moment], holds: Holds, alert: Alert) -> tuple[int, int]:
    """How many times, and for how long: what is held counts as firing, also past closing time."""
    hold_ms = parse_duration_ms(alert.hold) if alert.hold else 0
    times, firing_ms, until_ms = 0, 0, None
    for at in seen:
        if holds(at):
            begins_ms = at.end_ms
            if until_ms is None or begins_ms > until_ms:
                times, until_ms = times + 1, begins_ms
            ends_ms = begins_ms + QUARTER.width_ms + hold_ms
            firing_ms += ends_ms - until_ms
            until_ms = ends_ms
    return times, firing_ms


def _never_met(seen: list[Moment], channel: Channel, queue: str, settings: Settings) -> Iterator[NeverMet]:
    last_of_day = {at.plan.start_ms: at for at in seen}
    if channel is Channel.TICKET:
        levels, enough, objective = [_promised(at, TODAY) for at in last_of_day.values()], 1, 1.0
    else:
        levels, enough = [at.level(TODAY) for at in last_of_day.values()], settings.alert_minimum_judged
        objective = seen[-1].policy.objective if seen else 1.0
    judged = [level for level in levels if level.judged >= enough]
    if len(judged) < NEVER_MET_DAYS:
        return
    best = max(level.met / level.judged for level in judged)
    if best < objective:
        yield NeverMet(channel, queue, objective, len(judged), best)


def tellable(alert: Alert) -> bool:
    """Whether slices of the past say when an alert would have fired."""
    return alert.past is Past.SLICES
