"""Burn rates of the error budget of a service level, and the factors that an objective makes possible.

The burn rate is the share of misses over the share that the objective allows: at 80 % it can be 5 at most, when every
leg is late. A rule with a greater factor never fires.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from metrics.alerts.model import Severity
from metrics.planning.reachable import has_service_level
from streams.common.errors import UserError
from streams.common.vocabulary import Channel
from streams.config.queue_settings import QueueSettings
from streams.config.settings import Settings


class BurnWindow(NamedTuple):
    """Two windows of one burn-rate alert: it fires while both burn faster than ``factor``.

    ``setting`` names the setting of the factor.
    """

    long: str
    short: str
    factor: float
    severity: Severity
    setting: str


def burn_windows(settings: Settings) -> tuple[BurnWindow, ...]:
    """The pairs of windows, the fastest first. Those of 7 and 28 days find what small queues miss: their hours and days
    have too few contacts to be judged.

    Raises:
        UserError: a factor can never be reached with the objective of a queue.
    """
    windows = (
        BurnWindow("15m", "5m", settings.alert_fast_burn, Severity.PAGE, "alert_fast_burn"),
        BurnWindow("1h", "10m", settings.alert_slow_burn, Severity.PAGE, "alert_slow_burn"),
        BurnWindow("today", "1h", settings.alert_day_burn, Severity.TICKET, "alert_day_burn"),
        BurnWindow("7d", "24h", settings.alert_week_burn, Severity.TICKET, "alert_week_burn"),
        BurnWindow("28d", "7d", settings.alert_month_burn, Severity.TICKET, "alert_month_burn"),
    )
    # Refused and not left out: a rule that cannot fire would look like protection.
    for queue, objective in _objectives(settings):
        for window in windows:
            check_feasible(window, queue, objective)
    return windows


def check_feasible(window: BurnWindow, queue: str, objective: float) -> None:
    """Refuse a factor with factor × (1 − objective) ≥ 1.

    Raises:
        UserError: even if everything were late, the alert would not fire.
    """
    # Fractions: in floats 5 × (1 − 0.8) is a little less than 1, and an impossible factor of 5 would pass.
    allowed = 1 - Fraction(str(objective))
    if Fraction(str(window.factor)) * allowed >= 1:
        raise UserError(
            f"{window.setting} = {window.factor:g} can never be exceeded by {queue}: with its objective of"
            f" {objective:.4g} the burn rate is at most {float(1 / allowed):.4g}, when everything is late; set"
            f" {window.setting} below that"
        )


def _objectives(settings: Settings) -> Iterator[tuple[str, float]]:
    """Objectives of calls and chats in force now or later, the default included, each with the name of its queue."""
    yield "a queue without settings", QueueSettings(channel=Channel.CALL).objective
    for queue, policies in settings.queues.items():
        for policy in policies:
            if has_service_level(policy.channel):
                yield f"the queue {queue}", policy.objective
