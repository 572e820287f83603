"""The form of the tables: for each alert the series of the firing case, and their changes in each other case.

A case lasts up to 50 minutes in steps of one. The series of the firing case hold from the first minute to ``AT``. From
then on, in cases in which the alert ends, the series of ``well`` replace them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

AT = 16
"""Minutes until each ``for`` is over: the alert fires."""
STILL = 19
"""Minutes: an alert with ``keep_firing_for`` still fires."""
OVER = 50
"""Minutes until every ``keep_firing_for`` is over."""
CALLS = {"channel": "call", "queue": "Ventas"}
MAIL = {"channel": "ticket", "queue": "Soporte"}
Series = Mapping[str, float | str]
"""Selector → a constant value, or promtool's notation of values a minute."""


class Kind(StrEnum):
    """The cases required of every alert, as the end of a sentence."""

    FIRES = "fires"
    BELOW = "does not fire just below its limit"
    RECOVERS = "is over when its cause is"
    NO_TRAFFIC = "does not fire without traffic"
    CLOSED = "does not fire while the queue is closed"
    LOW_VOLUME = "does not fire on a few contacts"
    MISSING = "does not fire without a series that it needs"
    TWICE = "fires the same with two exporters side by side"


@dataclass(frozen=True, kw_only=True)
class AlertCase:
    """One alert. ``says``: summary en and es, description en and es, word for word.

    ``below``, ``quiet``, ``few`` (no traffic, low volume) and ``well`` (recovered) replace series of ``fires``; a value
    of "" removes one. ``below`` and ``few`` are several cases. ``spoken``: series used by the texts only.
    ``why_not``: kinds that this alert cannot have, with the reason. ``closed``: series that close the queue;
    ``regardless`` of them it fires.
    """

    title: str
    fires: Series
    labels: Mapping[str, str]
    says: tuple[str, str, str, str]
    below: tuple[Series, ...]
    well: Series
    quiet: Series = field(default_factory=dict)
    few: tuple[Series, ...] = ()
    spoken: Series = field(default_factory=dict)
    closed: Series = field(default_factory=dict)
    regardless: bool = False
    why_not: Mapping[Kind, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name without the window."""
        return self.title.partition(" ")[0]

    @property
    def all_series(self) -> dict[str, float | str]:
        """All series of the firing case."""
        return {**self.fires, **self.spoken}


def s(metric: str, **labels: str) -> str:
    """A selector of one series."""
    matchers = ",".join(f'{label}="{value}"' for label, value in labels.items())
    return f"{metric}{{{matchers}}}" if matchers else metric


def call(metric: str, **labels: str) -> str:
    """A series of the call queue."""
    return s(f"contact_center_{metric}", **CALLS, **labels)


def mail(metric: str, **labels: str) -> str:
    """A series of the e-mails of the ticket queue."""
    return s(f"contact_center_{metric}", **MAIL, **{"medium": "email", **labels})


CALLS_CLOSED = {call("queue_open"): 0}
MAIL_CLOSED = {s("contact_center_queue_open", **MAIL): 0}
OBJECTIVE = {call("service_level_objective_ratio"): 0.8}
TARGET = {call("service_level_target_seconds"): 20}
