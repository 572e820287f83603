"""Rules about calls and chats as they come and wait."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.alerts.model import Alert, Audience, Group, Past, Severity
from metrics.alerts.promql import BLIND, CLOSED, ON_QUEUE, exact, lines, of, summed
from streams.common.durations import SECOND_MS
from streams.common.languages import Bilingual
from streams.config.settings import Settings

LONGEST_FOR = "1m"
FROZEN_WAITING = 3
FROZEN_FOR = "3m"
FROZEN_SECONDS = 180
SURGE_OFFERED = 20
"""Twice as many as usual of less than that is chance."""


def waiting_group(settings: Settings) -> Group:
    """The group of alerts on demand and waits."""
    return Group(name="veinte-waiting", alerts=(*_waits(settings), *_demand(settings)))


def _waits(settings: Settings) -> Iterator[Alert]:
    longest = of("contact_center_longest_wait_seconds")
    yield Alert(
        name="ContactCenterLongestWait",
        expr=lines(
            f"{longest} > {exact(settings.alert_longest_wait)} * {of('contact_center_service_level_target_seconds')}",
            f"and {ON_QUEUE} {of('contact_center_contacts_offered', window='1h')} >= {settings.alert_minimum_offered}",
            CLOSED,
            BLIND,
        ),
        wait=LONGEST_FOR,
        severity=Severity.TICKET,
        audience=Audience.SUPERVISOR,
        past=Past.SLICES,
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
        expr=lines(
            f"{of('contact_center_contacts_waiting')} >= {FROZEN_WAITING}",
            f"and {ON_QUEUE} {longest} >= {FROZEN_SECONDS}",
            f"and {ON_QUEUE} {of(answered)} - {of(f'{answered} offset {FROZEN_FOR}')} == 0",
            CLOSED,
            BLIND,
        ),
        hold="5m",
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
    share, limit = "contact_center_abandonment", settings.alert_abandonment
    yield Alert(
        name="ContactCenterAbandonment",
        expr=lines(
            f"100 * {of(f'{share}_numerator', window='30m')}",
            f"/ ({of(f'{share}_denominator', window='30m')} >= {settings.alert_minimum_judged}) > {exact(100 * limit)}",
            f"and {ON_QUEUE} {of(f'{share}_numerator', window='10m')}"
            f" > {exact(limit)} * {of(f'{share}_denominator', window='10m')}",
            CLOSED,
        ),
        hold="15m",
        severity=Severity.TICKET,
        audience=Audience.SUPERVISOR,
        past=Past.SLICES,
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
    yield Alert(
        name="ContactCenterCallbackOverdue",
        expr=lines(
            f"{of('contact_center_oldest_callback_seconds')} > {exact(settings.alert_callback / SECOND_MS)}",
            CLOSED,
            BLIND,
        ),
        wait="1m",
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


def _demand(settings: Settings) -> Iterator[Alert]:
    expected = of("contact_center_contacts_expected", window="15m")
    offered = of("contact_center_contacts_offered", window="15m")
    yield Alert(
        name="ContactCenterSilence",
        expr=lines(
            f"{expected} >= {exact(settings.alert_usual)}",
            f"and {ON_QUEUE} {offered} == 0",
            CLOSED,
            BLIND,
        ),
        wait="1m",
        severity=Severity.PAGE,
        audience=Audience.ONCALL,
        past=Past.SLICES,
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
    yield Alert(
        name="ContactCenterTurnedAway",
        expr=lines(
            f"{summed('contact_center_contacts_refused', 'reason', window='15m')} >= {settings.alert_refused}",
            CLOSED,
        ),
        hold="15m",
        severity=Severity.TICKET,
        audience=Audience.SUPERVISOR,
        past=Past.SLICES,
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
        expr=lines(
            f"{offered} >= {SURGE_OFFERED}",
            f"and {ON_QUEUE} {offered} > {exact(settings.alert_surge)} * {expected}",
            CLOSED,
        ),
        wait="5m",
        severity=Severity.INFO,
        audience=Audience.SUPERVISOR,
        past=Past.SLICES,
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
