"""Rules of Prometheus as plain immutable values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from metrics.alerts.moments import Moment
from metrics.alerts.present import Present
from metrics.catalog.model import CALLS_AND_CHATS
from streams.common.languages import Bilingual
from streams.common.vocabulary import Channel


class Severity(StrEnum):
    """Urgency of an alert: act at once, act today, or for information."""

    PAGE = "page"
    TICKET = "ticket"
    INFO = "info"


class Audience(StrEnum):
    """Reader of an alert."""

    SUPERVISOR = "supervisor"
    ONCALL = "oncall"
    PLANNER = "planner"


class Past(StrEnum):
    """Data that the backtest of a rule needs: 15-minute slices, or the reason why they are not enough."""

    SLICES = "slices"
    MINUTES = "three minutes without an answer do not show in quarters of an hour"
    ATTEMPTS = "slices count callbacks by attempt, and do not say which request an attempt was for"
    IN_TIME = "slices say what ran out, and not what was answered in its last hour"
    HOW_LONG = "slices say what ran out, and not for how long it then stayed open"
    HINDSIGHT = "a repeat is kept with the contact that it repeats, up to a week before, and not with when it was known"
    PIPELINE = "it is about the pipeline, whose past only Prometheus keeps"
    SETTINGS = "it cannot fire while the rules are those that the settings ask for"


@dataclass(frozen=True, kw_only=True)
class Alert:
    """One alerting rule.

    Attributes:
        for_: duration of Prometheus for which the expression must hold before the alert fires; "" for none.
        keep_firing_for: duration of Prometheus for which the alert keeps firing after that; "" for none.
        short: the alert in a few words, for the tile of its queue; ``None`` where it is about no queue.
        holds: the same condition on a past quarter of an hour, for a queue of ``channels``; ``None`` where ``past`` is
            the reason.
        now: the same condition on the numbers of now, where ``holds`` is missing or reads them otherwise.
        summary, description: texts that may hold the placeholders of ``metrics.alerts.wording``.
        window: the long window of a burn rate, which distinguishes rules of one name.
    """

    name: str
    expr: str
    severity: Severity
    audience: Audience
    summary: Bilingual
    description: Bilingual
    past: Past
    for_: str = ""
    keep_firing_for: str = ""
    short: Bilingual | None = None
    holds: Callable[[Moment], bool] | None = None
    now: Callable[[Present], bool] | None = None
    channels: tuple[Channel, ...] = CALLS_AND_CHATS
    window: str = ""

    @property
    def title(self) -> str:
        """The name, with the window where several rules share the name."""
        return f"{self.name} ({self.window})" if self.window else self.name


@dataclass(frozen=True, kw_only=True)
class Recording:
    """One recording rule."""

    name: str
    expr: str


@dataclass(frozen=True, kw_only=True)
class Group:
    """Rules that Prometheus evaluates one after the other."""

    name: str
    alerts: tuple[Alert, ...]
    recordings: tuple[Recording, ...] = field(default=())
