"""KPIs of calls and chats: what today's service level can still end at, when its objective is lost, what is usual."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, NamedTuple

from metrics.catalog.model import CALLS_AND_CHATS, Kind, QueueKpi, Unit
from metrics.catalog.quotients import Labels
from metrics.catalog.words import NOW, VEINTE, Bilingual
from metrics.planning.reachable import Outlook

END_OF_TODAY = Bilingual("now, for the end of the queue's day", "ahora, para el final del día de la cola")


class OutlookPart(NamedTuple):
    """One series: reads it off an outlook, ``None`` where there is none. ``met``: what is above the line of a ratio;
    below it are all contacts of the day."""

    labels: Labels
    read: Callable[[Outlook], Fraction | None]
    met: Callable[[Outlook], Fraction] | None = None


@dataclass(frozen=True, kw_only=True)
class OutlookKpi(QueueKpi):
    """A gauge of how the day of a queue may end; ratios with ``x_numerator`` and ``x_denominator``."""

    kind: ClassVar[Kind] = Kind.OUTLOOK
    attribution: Bilingual = END_OF_TODAY
    source: Bilingual = VEINTE
    parts: tuple[OutlookPart, ...]

    @property
    def base(self) -> str:
        """The name of which numerator and denominator are made."""
        return self.name.removesuffix("_ratio")


def _seconds(at_ms: int | None) -> Fraction | None:
    return None if at_ms is None else Fraction(at_ms, 1000)


PLANNING: tuple[OutlookKpi, ...] = (
    OutlookKpi(
        name="contact_center_service_level_reachable_ratio",
        unit=Unit.RATIO,
        channels=CALLS_AND_CHATS,
        labels=("outlook",),
        parts=(
            OutlookPart((("outlook", "best"),), lambda found: found.best, lambda found: found.best_met),
            OutlookPart((("outlook", "likely"),), lambda found: found.likely, lambda found: found.likely_met),
        ),
    ),
    OutlookKpi(
        name="contact_center_service_level_lost_timestamp_seconds",
        unit=Unit.SECONDS,
        channels=CALLS_AND_CHATS,
        labels=("pace",),
        parts=(
            OutlookPart((("pace", "current"),), lambda found: _seconds(found.lost_at_ms)),
            OutlookPart((("pace", "worst"),), lambda found: _seconds(found.lost_at_worst_ms)),
        ),
    ),
    OutlookKpi(
        name="contact_center_contacts_expected",
        unit=Unit.LEGS,
        channels=CALLS_AND_CHATS,
        labels=("window",),
        parts=(OutlookPart((("window", "15m"),), lambda found: found.usual),),
        attribution=NOW,
    ),
    OutlookKpi(
        name="contact_center_queue_utc_offset_seconds",
        unit=Unit.SECONDS,
        channels=CALLS_AND_CHATS,
        parts=(OutlookPart((), lambda found: _seconds(found.utc_offset_ms)),),
        attribution=NOW,
    ),
)
