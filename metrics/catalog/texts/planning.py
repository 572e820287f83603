"""What people read about how today may end."""

from __future__ import annotations

from collections.abc import Mapping

from metrics.catalog.words import Text, Texts, texts

PLANNING: Mapping[str, Texts] = {
    "contact_center_service_level_reachable_ratio": texts(
        Text(
            "Service level today can still end at",
            "The service level (short_removed) of today at its end: at best if every further contact is answered within"
            " the target, likely if the rest of the day is like that of earlier weeks.",
            "Contacts judged today so far, and those that the rest of the same weekday brought in the mean of the last"
            " four weeks; a week in which nobody came on that day does not count, and without any there is no number.",
            "best: (met + expected judged) / (judged + expected judged);"
            " likely: (met + expected met) / (judged + expected judged)",
        ),
        Text(
            "Nivel de servicio alcanzable hoy",
            "El nivel de servicio (short_removed) con el que puede cerrar el día: como mucho, si todos los contactos"
            " que faltan se atienden a tiempo; lo probable, si el resto del día es como el de semanas anteriores.",
            "Contactos evaluados hoy hasta ahora, y los que trajo el resto del mismo día de la semana en la media de"
            " las últimas cuatro semanas; una semana en que ese día no vino nadie no cuenta, y sin ninguna no hay"
            " número.",
            "best: (a tiempo + evaluados previstos) / (evaluados + evaluados previstos);"
            " likely: (a tiempo + a tiempo previstos) / (evaluados + evaluados previstos)",
        ),
    ),
    "contact_center_service_level_lost_timestamp_seconds": texts(
        Text(
            "Objective lost at",
            "When today's service level objective gets out of reach for good, as epoch seconds: at the current pace,"
            " and if every further contact is missed.",
            "Queues whose objective is lost today or already is; the pace is the share missed in the last 30 minutes"
            " (with 10 judged or more), else today (the same), else in the rest of the day in earlier weeks.",
            "the first instant after which met + expected judged - missed until then < objective x (judged + expected"
            " judged)",
        ),
        Text(
            "Objetivo perdido a las",
            "Cuándo queda fuera de alcance la meta de nivel de servicio de hoy, en segundos desde 1970: al ritmo"
            " actual, y si se incumplen todos los contactos que faltan.",
            "Colas cuya meta se pierde hoy o ya está perdida; el ritmo es la proporción incumplida en los últimos 30"
            " minutos (con 10 evaluados o más), si no la de hoy (igual), si no la del resto del día en semanas"
            " anteriores.",
            "el primer instante tras el cual a tiempo + evaluados previstos - incumplidos hasta entonces < meta x"
            " (evaluados + evaluados previstos)",
        ),
    ),
    "contact_center_contacts_expected": texts(
        Text(
            "Usual contacts",
            "How many legs the last 15 minutes usually bring: the mean of the same quarters of an hour of the last four"
            " weeks.",
            "Legs offered on the same weekday, of the two quarters that the 15 minutes touch the parts within them; a"
            " week in which nobody came on that day does not count, and without any there is no number.",
            "offered in the same quarters of earlier weeks x their part in the last 15 minutes / weeks",
        ),
        Text(
            "Contactos habituales",
            "Cuántos tramos suelen entrar en los últimos 15 minutos: la media de los mismos cuartos de hora de las"
            " últimas cuatro semanas.",
            "Tramos ofrecidos el mismo día de la semana, de los dos cuartos de hora que tocan los 15 minutos la parte"
            " que cae dentro; una semana en que ese día no vino nadie no cuenta, y sin ninguna no hay número.",
            "ofrecidos en los mismos cuartos de semanas anteriores x su parte en los últimos 15 minutos / semanas",
        ),
    ),
    "contact_center_queue_utc_offset_seconds": texts(
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
}
