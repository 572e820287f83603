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
from metrics.alerts.waiting import SURGE_OFFERED
from metrics.windows import Cells
from streams.measures import QUARTER, Measure
from streams.settings import HOUR_MS, Channel, Settings, parse_duration_ms

NEVER_MET_DAYS = 5
"""Days with enough contacts and all below the objective, from which on it is no accident."""
PastQuarters = Mapping[tuple[Channel, str], Mapping[int, Cells]]
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
    """An objective that no day reached; ``best`` is the service level of the best of ``days``."""

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


def backtest(quarters: PastQuarters, settings: Settings, from_ms: int, to_ms: int) -> Backtest:
    """Ask every alert at the end of each quarter of an hour.

    Args:
        quarters: 15-minute slices by queue, with those of four weeks before ``from_ms`` where they are kept.
        settings: as for the rule file.
        from_ms: epoch milliseconds; a later one counts where nothing is kept from then.
        to_ms: now.

    Raises:
        UserError: a rule that could never fire.
    """
    kept = [start_ms for (channel, _), cells in quarters.items() if channel is not Channel.TICKET for start_ms in cells]
    first_ms = max(from_ms, min(kept, default=to_ms))
    conditions = _conditions(settings)
    fired: dict[str, list[Fired]] = {title: [] for title in conditions}
    never_met = []
    by_title = {alert.title: alert for alert in alerts(settings)}
    for (channel, queue), cells in sorted(quarters.items()):
        if channel is Channel.TICKET:
            continue
        seen = list(moments(cells, channel, queue, first_ms, to_ms, settings))
        for title, holds in conditions.items():
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

    def silence(at: Moment) -> bool:
        return at.offered == 0 and at.usual is not None and at.usual >= settings.alert_usual

    def turned_away(at: Moment) -> bool:
        return at.counts("15m")[Measure.REFUSED] >= settings.alert_refused

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
        "ContactCenterAbandonment": abandonment,
        "ContactCenterSilence": silence,
        "ContactCenterTurnedAway": turned_away,
        "ContactCenterSurge": surge,
    }


def _abandoned(at: Moment, window: str) -> tuple[int, int]:
    counts = at.counts(window)
    lost = counts[Measure.ABANDONED] - counts[Measure.SHORT_ABANDONED]
    others = (Measure.ANSWERED, Measure.CALLBACK_REQUESTED, Measure.LEFT_QUEUE)
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
    levels = [at.level(TODAY) for at in last_of_day.values()]
    judged = [level for level in levels if level.judged >= settings.alert_minimum_judged]
    if len(judged) < NEVER_MET_DAYS:
        return
    objective = seen[-1].policy.objective
    best = max(level.met / level.judged for level in judged)
    if best < objective:
        yield NeverMet(channel, queue, objective, len(judged), best)


def tellable(alert: Alert) -> bool:
    """Whether slices of the past say when an alert would have fired."""
    return alert.past is Past.SLICES
