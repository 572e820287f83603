"""Backtest: firings of each alert over the kept history, and objectives that no day met. Pure.

Every alert is evaluated at the end of each quarter of an hour, because history is kept in 15-minute slices. A shorter
window is read as the whole quarter. An alert that needs finer data has no result but a reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from metrics.alerts.conditions import in_window
from metrics.alerts.model import Alert, Past
from metrics.alerts.moments import Moment, moments
from metrics.alerts.rule_file import alerts
from metrics.alerts.tickets import FIRST_RESPONSE
from metrics.planning.reachable import has_service_level
from metrics.snapshot.windows import TODAY, Cells
from streams.common.durations import parse_duration_ms
from streams.common.vocabulary import Channel
from streams.config.settings import Settings
from streams.numbers.tiers import QUARTER

NEVER_MET_DAYS = 5
"""Days with contacts and all below the objective, from which on it is no accident."""
PastQuarters = Mapping[tuple[Channel, str], Mapping[int, Cells]]
PastWaits = Mapping[tuple[Channel, str], Mapping[int, float]]
Holds = Callable[[Moment], bool]


class Fired(NamedTuple):
    """Firings of one alert on one queue: their number, and their duration in all in milliseconds."""

    channel: Channel
    queue: str
    times: int
    firing_ms: int


class Tested(NamedTuple):
    """The backtest of one alert: its firings by queue; empty where slices cannot decide it."""

    alert: Alert
    fired: tuple[Fired, ...]


class NeverMet(NamedTuple):
    """An objective that no day reached; ``best`` is the ratio of the best of ``days``.

    Of tickets, the objective is an answer to each e-mail within 24 hours. ``small``: the days had too few contacts for
    the alerts of an hour or of today.
    """

    channel: Channel
    queue: str
    objective: float
    days: int
    best: float
    small: bool = False


@dataclass(frozen=True)
class Backtest:
    """All results in the order of the rule file, over the quarters from ``from_ms`` to before ``to_ms``."""

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
    """Evaluate every alert at the end of each quarter of an hour.

    Args:
        quarters: 15-minute slices by queue, with those of four weeks before ``from_ms`` where they are kept.
        settings: as for the rule file.
        from_ms: epoch milliseconds; the first kept slice where that is later.
        to_ms: epoch milliseconds of now.
        emails: the same slices of the tickets that arrived by e-mail.
        waits: the longest wait, in milliseconds, that ended in each slice.

    Raises:
        UserError: a rule could never fire.
    """
    asked = {
        **{key: cells for key, cells in quarters.items() if has_service_level(key[0])},
        **{key: cells for key, cells in (emails or {}).items() if not has_service_level(key[0])},
    }
    first_ms = max(from_ms, min((start_ms for cells in asked.values() for start_ms in cells), default=to_ms))
    every = alerts(settings)
    fired: dict[str, list[Fired]] = {alert.title: [] for alert in every}
    never_met = []
    for (channel, queue), cells in sorted(asked.items()):
        ended = (waits or {}).get((channel, queue))
        seen = list(moments(cells, channel, queue, first_ms, to_ms, settings, ended))
        for alert in every:
            if alert.holds is not None and channel in alert.channels:
                times, firing_ms = _fired(seen, alert.holds, alert)
                if times:
                    fired[alert.title].append(Fired(channel, queue, times, firing_ms))
        never_met += list(_never_met(seen, channel, queue, settings))
    tested = tuple(Tested(alert, tuple(fired[alert.title])) for alert in every)
    return Backtest(first_ms, to_ms, tested, tuple(never_met))


def _fired(seen: list[Moment], holds: Holds, alert: Alert) -> tuple[int, int]:
    """Number of firings and their duration in milliseconds, ``keep_firing_for`` included, also past closing time."""
    hold_ms = parse_duration_ms(alert.keep_firing_for) if alert.keep_firing_for else 0
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
    if has_service_level(channel):
        levels, enough = [at.level(TODAY) for at in last_of_day.values()], settings.alert_minimum_judged
        objective = seen[-1].policy.objective if seen else 1.0
    else:
        answered = in_window(FIRST_RESPONSE, TODAY, limit="24h")
        levels, enough, objective = [answered.tally(at.counts(TODAY)) for at in last_of_day.values()], 1, 1.0
    judged = [level for level in levels if level.judged]
    busy = [level for level in judged if level.judged >= enough]
    # A Saturday with one contact says nothing about a queue of hundreds; of a small queue such days are all there is.
    small = len(busy) < NEVER_MET_DAYS
    days = judged if small else busy
    if len(days) < NEVER_MET_DAYS:
        return
    best = max(level.met / level.judged for level in days)
    if best < objective:
        yield NeverMet(channel, queue, objective, len(days), best, small)


def tellable(alert: Alert) -> bool:
    """True if 15-minute slices can decide whether the alert fired."""
    return alert.past is Past.SLICES
