"""Rules about arrivals and waits of calls and chats."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.alerts.conditions import AllOf, AtLeast, ShareAbove, count_of, in_window, ratio_of
from metrics.alerts.model import Alert, Audience, Group, Past, Severity
from metrics.alerts.moments import Moment
from metrics.alerts.present import AgeAbove, Present, now_of
from metrics.alerts.promql import BLIND, CLOSED, ON_QUEUE, exact, lines, of
from metrics.snapshot.service_level import EARLY_ALARM_FROM, EARLY_ALARM_WINDOW
from streams.common.durations import SECOND_MS, parse_duration_ms
from streams.common.languages import Bilingual
from streams.config.settings import Settings
from streams.facts.conversations.live import ConversationLive

OFFERED = count_of("contact_center_contacts_offered_total")
SHORT_ABANDONED = count_of("contact_center_contacts_short_abandoned_total")
REFUSED = count_of("contact_center_contacts_refused_total")
ABANDONMENT = ratio_of("contact_center_abandonment_ratio")
OLDEST_CALLBACK = now_of("contact_center_oldest_callback_seconds")
LONGEST_FOR = "1m"
FROZEN_WAITING = 3
FROZEN_FOR = "3m"
FROZEN_SECONDS = 180
SURGE_OFFERED = 20
"""Below this count, twice the usual number is chance."""


def waiting_group(settings: Settings) -> Group:
    """The group of alerts on demand and waits."""
    return Group(name="veinte-waiting", alerts=(*_waits(settings), *_demand(settings)))


def _waits(settings: Settings) -> Iterator[Alert]:
    offered_enough = AtLeast(OFFERED, "1h", settings.alert_minimum_offered)

    def waited_too_long(at: Moment) -> bool:
        limit_ms = settings.alert_longest_wait * at.policy.target_seconds * SECOND_MS + parse_duration_ms(LONGEST_FOR)
        return at.longest_wait_ms >= limit_ms and offered_enough.holds(at)

    def waits_too_long(at: Present) -> bool:
        limit_ms = settings.alert_longest_wait * at.policy.target_seconds * SECOND_MS
        return at.longest_wait_ms > limit_ms and offered_enough.holds(at)

    longest = of("contact_center_longest_wait_seconds")
    yield Alert(
        name="ContactCenterLongestWait",
        short=Bilingual("Somebody waits too long", "Alguien espera demasiado"),
        now=waits_too_long,
        expr=lines(
            f"{longest} > {exact(settings.alert_longest_wait)} * {of('contact_center_service_level_target_seconds')}",
            f"and {ON_QUEUE} {offered_enough.promql()}",
            CLOSED,
            BLIND,
        ),
        for_=LONGEST_FOR,
        severity=Severity.TICKET,
        audience=Audience.SUPERVISOR,
        past=Past.SLICES,
        holds=waited_too_long,
        summary=Bilingual(
            "<queue> (<contacts>): somebody has been waiting for <duration>",
            "<queue> (<contacts>): hay quien lleva <duration> esperando",
        ),
        description=Bilingual(
            f"That is more than {settings.alert_longest_wait:g} times the <target> that this queue promises;"
            " <waiting> are waiting in all.",
            f"Es más de {settings.alert_longest_wait:g} veces los <target> que promete esta cola; en total esperan"
            " <waiting>.",
        ),
    )
    answered = "contact_center_contacts_answered_total"
    yield Alert(
        name="ContactCenterQueueFrozen",
        short=Bilingual("Nobody answered for 3 min", "Nadie atendido en 3 min"),
        now=_is_frozen,
        expr=lines(
            f"{of('contact_center_contacts_waiting')} >= {FROZEN_WAITING}",
            f"and {ON_QUEUE} {longest} >= {FROZEN_SECONDS}",
            f"and {ON_QUEUE} {of(answered)} - {of(f'{answered} offset {FROZEN_FOR}')} == 0",
            CLOSED,
            BLIND,
        ),
        keep_firing_for="5m",
        severity=Severity.PAGE,
        audience=Audience.SUPERVISOR,
        past=Past.MINUTES,
        summary=Bilingual(
            "<queue> (<contacts>): <number> are waiting and nobody has been answered for 3 minutes",
            "<queue> (<contacts>): esperan <number> y no se ha atendido a nadie en 3 minutos",
        ),
        description=Bilingual(
            "Either nobody is logged in to this queue, or contacts do not reach the people who are. Look at the agents"
            " first, then at the routing.",
            "O no hay nadie conectado a esta cola, o los contactos no llegan a quien lo está. Mire primero los agentes"
            " y después el enrutamiento.",
        ),
    )
    limit = settings.alert_abandonment
    often = ShareAbove(in_window(ABANDONMENT, "30m"), limit, settings.alert_minimum_judged)
    lately = ShareAbove(in_window(ABANDONMENT, "10m"), limit)
    yield Alert(
        name="ContactCenterAbandonment",
        short=Bilingual("Too many hang up", "Demasiados abandonos"),
        expr=lines(
            often.percent(),
            f"and {ON_QUEUE} {lately.promql()}",
            CLOSED,
        ),
        keep_firing_for="15m",
        severity=Severity.TICKET,
        audience=Audience.SUPERVISOR,
        past=Past.SLICES,
        holds=lambda at: often.holds(at) and lately.holds(at),
        summary=Bilingual(
            "<queue> (<contacts>): <percent> hung up before an answer in the last 30 minutes",
            "<queue> (<contacts>): el <percent> se fue sin respuesta en los últimos 30 minutos",
        ),
        description=Bilingual(
            f"More than {100 * limit:g}% is too many, short hang-ups left out. Many of them will call again, and count"
            " twice.",
            f"Más del {100 * limit:g}% es demasiado, sin contar quien cuelga enseguida. Muchos volverán a intentarlo y"
            " contarán dos veces.",
        ),
    )
    overdue = AgeAbove(OLDEST_CALLBACK, settings.alert_callback)
    yield Alert(
        name="ContactCenterCallbackOverdue",
        short=Bilingual("Callback overdue", "Devolución atrasada"),
        now=overdue.holds,
        expr=lines(
            overdue.promql(),
            CLOSED,
            BLIND,
        ),
        for_="1m",
        severity=Severity.TICKET,
        audience=Audience.SUPERVISOR,
        past=Past.ATTEMPTS,
        summary=Bilingual(
            "<queue> (<contacts>): a customer has waited <duration> for a promised callback",
            "<queue> (<contacts>): un cliente espera desde hace <duration> la llamada prometida",
        ),
        description=Bilingual(
            "Somebody was told that we would call back and is still waiting for it. The oldest goes first.",
            "Se le dijo a alguien que se le devolvería la llamada y sigue esperando. La más antigua va primero.",
        ),
    )


def _is_frozen(at: Present) -> bool:
    waiting = at.row.live[ConversationLive.WAITING] >= FROZEN_WAITING
    return waiting and min(at.longest_wait_ms, at.unanswered_ms) >= FROZEN_SECONDS * SECOND_MS


def _demand(settings: Settings) -> Iterator[Alert]:
    expected = of("contact_center_contacts_expected", window="15m")
    offered = of(OFFERED.gauge, window="15m")
    any_offered, many_offered = AtLeast(OFFERED, "15m", 1), AtLeast(OFFERED, "15m", SURGE_OFFERED)
    refused = AtLeast(REFUSED, "15m", settings.alert_refused)

    def silent(at: Moment) -> bool:
        return not any_offered.holds(at) and at.usual is not None and at.usual >= settings.alert_usual

    def surging(at: Moment) -> bool:
        return many_offered.holds(at) and at.usual is not None and at.offered > settings.alert_surge * at.usual

    yield Alert(
        name="ContactCenterSilence",
        short=Bilingual("Nobody came in 15 min", "Sin entradas en 15 min"),
        expr=lines(
            f"{expected} >= {exact(settings.alert_usual)}",
            f"and {ON_QUEUE} {offered} == 0",
            CLOSED,
            BLIND,
        ),
        for_="1m",
        severity=Severity.PAGE,
        audience=Audience.ONCALL,
        past=Past.SLICES,
        holds=silent,
        summary=Bilingual(
            "<queue> (<contacts>): nobody came in 15 minutes, where usually <number> do; is the line dead?",
            "<queue> (<contacts>): no ha entrado nadie en 15 minutos, cuando suelen entrar <number>; ¿está muerta la"
            " línea?",
        ),
        description=Bilingual(
            "The queue is open and the numbers are fresh, so what is silent is what comes before: the trunk, the"
            " routing or the connection to the source. Try to reach the queue yourself.",
            "La cola está abierta y los números son recientes, así que lo que calla está antes: el enlace, el"
            " enrutamiento o la conexión con el origen. Pruebe a entrar usted en la cola.",
        ),
    )
    yield _abandoned_early()
    yield Alert(
        name="ContactCenterTurnedAway",
        short=Bilingual("Turned away in 15 min", "Rechazados en 15 min"),
        expr=lines(
            refused.promql(),
            CLOSED,
        ),
        keep_firing_for="15m",
        severity=Severity.TICKET,
        audience=Audience.SUPERVISOR,
        past=Past.SLICES,
        holds=refused.holds,
        summary=Bilingual(
            "<queue> (<contacts>): <number> customers were turned away in 15 minutes of opening hours",
            "<queue> (<contacts>): se rechazó a <number> clientes en 15 minutos de horario de atención",
        ),
        description=Bilingual(
            "They heard that the queue is busy, full or closed, and are in no other number. If it says closed, the"
            " hours of the phone system and ours differ.",
            "Oyeron que la cola está ocupada, llena o cerrada, y no están en ningún otro número. Si dice cerrada, el"
            " horario de la centralita y el nuestro no coinciden.",
        ),
    )
    yield Alert(
        name="ContactCenterSurge",
        short=Bilingual("More than usual", "Más de lo habitual"),
        expr=lines(
            many_offered.promql(),
            f"and {ON_QUEUE} {offered} > {exact(settings.alert_surge)} * {expected}",
            CLOSED,
        ),
        for_="5m",
        severity=Severity.INFO,
        audience=Audience.SUPERVISOR,
        past=Past.SLICES,
        holds=surging,
        summary=Bilingual(
            "<queue> (<contacts>): <number> came in 15 minutes, where usually <usual> do",
            "<queue> (<contacts>): han entrado <number> en 15 minutos, cuando suelen entrar <usual>",
        ),
        description=Bilingual(
            "Something makes customers call now. Ask the first ones what it is: an announcement on the line can spare"
            " others the wait.",
            "Algo hace que los clientes contacten ahora. Pregunte a los primeros qué es: una locución puede ahorrar la"
            " espera a los demás.",
        ),
    )


def _abandoned_early() -> Alert:
    """Callers who all hang up within the limit of a short abandon: no service level sees them."""
    every_one = AllOf(OFFERED, SHORT_ABANDONED, EARLY_ALARM_WINDOW, EARLY_ALARM_FROM)
    return Alert(
        name="ContactCenterAbandonedEarly",
        short=Bilingual("All hang up at once", "Todos cuelgan enseguida"),
        expr=lines(
            every_one.promql(),
            CLOSED,
            BLIND,
        ),
        keep_firing_for="15m",
        severity=Severity.PAGE,
        audience=Audience.ONCALL,
        past=Past.SLICES,
        holds=every_one.holds,
        summary=Bilingual(
            "<queue> (<contacts>): <number> came in 30 minutes and all hung up at once; do they hear anything?",
            "<queue> (<contacts>): entraron <number> en 30 minutos y todos colgaron enseguida; ¿se oye algo?",
        ),
        description=Bilingual(
            "Nobody waited long enough to be judged, so no service level shows it. Callers hang up at once when they"
            " hear silence, an error or the wrong announcement: try to reach the queue yourself.",
            "Nadie esperó lo bastante para contar, así que ningún nivel de servicio lo muestra. Se cuelga enseguida"
            " cuando no se oye nada, hay un error o la locución es otra: pruebe a entrar usted en la cola.",
        ),
    )
