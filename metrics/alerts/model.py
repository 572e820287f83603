"""What a rule of Prometheus says, as plain immutable values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from metrics.alerts.moments import Moment
from metrics.catalog.model import CALLS_AND_CHATS
from streams.common.languages import Bilingual
from streams.common.vocabulary import Channel


class Severity(StrEnum):
    """What an alert asks for: somebody at once, somebody today, nobody."""

    PAGE = "page"
    TICKET = "ticket"
    INFO = "info"


class Audience(StrEnum):
    """Who should read an alert."""

    SUPERVISOR = "supervisor"
    ONCALL = "oncall"
    PLANNER = "planner"


class Past(StrEnum):
    """Whether 15-minute slices of the past say when a rule would have fired, and if not, what is missing."""

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

    ``for_`` and ``keep_firing_for`` are durations of Prometheus: how long the expression must hold before the alert
    fires, and how long it goes on after that; "" for none. ``holds`` asks the same of a quarter of an hour of the past,
    for a queue of ``channels``; ``None`` where ``past`` says what is missing. ``summary`` and ``description``
    may hold the marks of ``metrics.alerts.wording``. ``window``: the long window of a burn rate, which tells rules of
    one name apart.
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
    holds: Callable[[Moment], bool] | None = None
    channels: tuple[Channel, ...] = CALLS_AND_CHATS
    window: str = ""

    @property
    def title(self) -> str:
        """The name, with the window where that is needed to know the rule by."""
        return f"{self.name} ({self.window})" if self.window else self.name


@dataclass(frozen=True, kw_only=True)
class Recording:
    """One recording rule."""

    name: str
    expr: str


@dataclass(frozen=True, kw_only=True)
class Group:
    """Rules that are computed one after the other."""

    name: str
    alerts: tuple[Alert, ...]
    recordings: tuple[Recording, ...] = field(default=())
