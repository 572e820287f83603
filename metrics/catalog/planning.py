"""KPIs of calls and chats for planning: outlook of today's service level, loss of its objective, usual arrivals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, NamedTuple

from metrics.catalog.model import CALLS_AND_CHATS, Kind, QueueKpi, Unit
from metrics.catalog.quotients import Labels
from metrics.catalog.words import NOW, VEINTE, Text, texts
from metrics.planning.reachable import Outlook
from streams.common.languages import Bilingual

END_OF_TODAY = Bilingual("now, for the end of the queue's day", "ahora, para el final del día de la cola")


class OutlookPart(NamedTuple):
    """One series of an outlook: ``read`` gives its value, ``None`` where there is none.

    ``met``: numerator of a ratio; its denominator is all contacts of the day.
    """

    labels: Labels
    read: Callable[[Outlook], Fraction | None]
    met: Callable[[Outlook], Fraction] | None = None


@dataclass(frozen=True, kw_only=True)
class OutlookKpi(QueueKpi):
    """A gauge of the outlook of a queue's day; ratios with ``x_numerator`` and ``x_denominator``."""

    own_kind: ClassVar[Kind] = Kind.OUTLOOK
    attribution: Bilingual = END_OF_TODAY
    source: Bilingual = VEINTE
    parts: tuple[OutlookPart, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of the parts."""
        return tuple(dict.fromkeys(name for part in self.parts for name, _ in part.labels))

    @property
    def base(self) -> str:
        """Base of the names of numerator and denominator."""
        return self.name.removesuffix("_ratio")


def _seconds(at_ms: int | None) -> Fraction | None:
    return None if at_ms is None else Fraction(at_ms, 1000)


PLANNING: tuple[OutlookKpi, ...] = (
    OutlookKpi(
        name="contact_center_service_level_reachable_ratio",
        text=texts(
            Text(
                "Service level today can still end at",
                "The service level (short_removed) of today at its end: at best if every further contact is answered"
                " within the target, likely if the rest of the day is like that of earlier weeks.",
                "Contacts judged today so far, and those that the rest of the same weekday brought in the mean of the"
                " last four weeks; a week in which nobody came on that day does not count, and without any there is"
                " no number.",
                "best: (met + expected judged) / (judged + expected judged);"
                " likely: (met + expected met) / (judged + expected judged)",
            ),
            Text(
                "Nivel de servicio alcanzable hoy",
                "El nivel de servicio (short_removed) con el que puede cerrar el día: como mucho, si todos los"
                " contactos que faltan se atienden a tiempo; lo probable, si el resto del día es como el de semanas"
                " anteriores.",
                "Contactos evaluados hoy hasta ahora, y los que trajo el resto del mismo día de la semana en la media"
                " de las últimas cuatro semanas; una semana en que ese día no vino nadie no cuenta, y sin ninguna no"
                " hay número.",
                "best: (a tiempo + evaluados previstos) / (evaluados + evaluados previstos);"
                " likely: (a tiempo + a tiempo previstos) / (evaluados + evaluados previstos)",
            ),
        ),
        unit=Unit.RATIO,
        channels=CALLS_AND_CHATS,
        parts=(
            OutlookPart((("outlook", "best"),), lambda found: found.best, lambda found: found.best_met),
            OutlookPart((("outlook", "likely"),), lambda found: found.likely, lambda found: found.likely_met),
        ),
    ),
    OutlookKpi(
        name="contact_center_service_level_lost_timestamp_seconds",
        text=texts(
            Text(
                "Objective lost at",
                "When today's service level objective gets out of reach for good, as epoch seconds: at the current"
                " pace, and if every further contact is missed.",
                "Queues whose objective is lost today or already is; the pace is the share missed in the last 30"
                " minutes (with 10 judged or more), else today (the same), else in the rest of the day in earlier"
                " weeks.",
                "the first instant after which met + expected judged - missed until then < objective x (judged +"
                " expected judged)",
            ),
            Text(
                "Objetivo perdido a las",
                "Cuándo queda fuera de alcance la meta de nivel de servicio de hoy, en segundos desde 1970: al ritmo"
                " actual, y si se incumplen todos los contactos que faltan.",
                "Colas cuya meta se pierde hoy o ya está perdida; el ritmo es la proporción incumplida en los últimos"
                " 30 minutos (con 10 evaluados o más), si no la de hoy (igual), si no la del resto del día en semanas"
                " anteriores.",
                "el primer instante tras el cual a tiempo + evaluados previstos - incumplidos hasta entonces < meta x"
                " (evaluados + evaluados previstos)",
            ),
        ),
        unit=Unit.SECONDS,
        channels=CALLS_AND_CHATS,
        parts=(
            OutlookPart((("pace", "current"),), lambda found: _seconds(found.lost_at_ms)),
            OutlookPart((("pace", "worst"),), lambda found: _seconds(found.lost_at_worst_ms)),
        ),
    ),
    OutlookKpi(
        name="contact_center_contacts_expected",
        text=texts(
            Text(
                "Usual contacts",
                "How many legs the last 15 minutes usually bring: the mean of the same quarters of an hour of the"
                " last four weeks.",
                "Legs offered on the same weekday, of the two quarters that the 15 minutes touch the parts within"
                " them; a week in which nobody came on that day does not count, and without any there is no number.",
                "offered in the same quarters of earlier weeks x their part in the last 15 minutes / weeks",
            ),
            Text(
                "Contactos habituales",
                "Cuántos tramos suelen entrar en los últimos 15 minutos: la media de los mismos cuartos de hora de las"
                " últimas cuatro semanas.",
                "Tramos ofrecidos el mismo día de la semana, de los dos cuartos de hora que tocan los 15 minutos la"
                " parte que cae dentro; una semana en que ese día no vino nadie no cuenta, y sin ninguna no hay"
                " número.",
                "ofrecidos en los mismos cuartos de semanas anteriores x su parte en los últimos 15 minutos / semanas",
            ),
        ),
        unit=Unit.LEGS,
        channels=CALLS_AND_CHATS,
        parts=(OutlookPart((("window", "15m"),), lambda found: found.usual),),
        attribution=NOW,
    ),
    OutlookKpi(
        name="contact_center_queue_utc_offset_seconds",
        text=texts(
            Text(
                "Clock of the queue",
                "How far the queue's own clock is ahead of UTC now: added to an instant, it gives the local time.",
                "Every known queue of calls or chats, by its time zone.",
                "local time - UTC",
            ),
            Text(
                "Reloj de la cola",
                "Cuánto va el reloj de la cola por delante de UTC ahora: sumado a un instante, da la hora local.",
                "Todas las colas conocidas de llamadas y chats, según su zona horaria.",
                "hora local - UTC",
            ),
        ),
        unit=Unit.SECONDS,
        channels=CALLS_AND_CHATS,
        parts=(OutlookPart((), lambda found: _seconds(found.utc_offset_ms)),),
        attribution=NOW,
    ),
)

OUTLOOK_CHANNELS = frozenset(channel for kpi in PLANNING for channel in kpi.channels)
"""Channels with an outlook of the day."""
