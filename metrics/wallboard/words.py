"""Every text of the wallboard in English and Spanish, except the titles of KPIs."""

from __future__ import annotations

from collections.abc import Mapping

from metrics.snapshot.service_level import Variant
from metrics.snapshot.states import State
from metrics.wallboard.bands import Reason
from streams.common.durations import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from streams.common.languages import Bilingual, Language
from streams.common.vocabulary import Channel
from streams.facts.tickets.live import TicketLive

REASONS: Mapping[Reason, Bilingual] = {
    Reason.ON_OBJECTIVE: Bilingual("On objective", "Cumple la meta"),
    Reason.DAY_BELOW: Bilingual("On objective now, day below", "Cumple ahora, el día no"),
    Reason.BELOW: Bilingual("Below objective", "Bajo la meta"),
    Reason.FAR_BELOW: Bilingual("Far below", "Muy por debajo"),
    Reason.WEEK_ON_OBJECTIVE: Bilingual("7 days: on objective", "7 días: cumple la meta"),
    Reason.WEEK_BELOW: Bilingual("7 days: below objective", "7 días: bajo la meta"),
    Reason.WEEK_FAR_BELOW: Bilingual("7 days: far below", "7 días: muy por debajo"),
    Reason.LONG_WAIT: Bilingual("Wait too long", "Espera excesiva"),
    Reason.OVERDUE: Bilingual("Overdue", "Vencidos"),
    Reason.DUE_SOON: Bilingual("Due soon", "Vencen pronto"),
    Reason.ON_TIME: Bilingual("On time", "A tiempo"),
    Reason.FEW: Bilingual("Few contacts", "Pocos datos"),
    Reason.PENDING: Bilingual("Waiting", "En espera"),
    Reason.ABANDONED_EARLY: Bilingual("All hung up", "Todos colgaron"),
    Reason.NO_TRAFFIC: Bilingual("No traffic", "Sin tráfico"),
    Reason.CLOSED: Bilingual("Closed", "Cerrada"),
    Reason.READING: Bilingual("Reading history", "Leyendo histórico"),
    Reason.BLIND: Bilingual("Not live", "Sin actualizar"),
}
STATES: Mapping[State, Bilingual] = {
    State.BLIND: Bilingual("not live", "sin actualizar"),
    State.PENDING: Bilingual("pending", "pendiente"),
    State.ABANDONED_EARLY: Bilingual("all hung up at once", "todos colgaron enseguida"),
    State.CLOSED: Bilingual("closed", "cerrada"),
    State.NO_TRAFFIC: Bilingual("no traffic", "sin tráfico"),
    State.FEW: Bilingual("few", "pocos"),
    State.OK: Bilingual("", ""),
}
CHANNELS: Mapping[Channel, Bilingual] = {
    Channel.CALL: Bilingual("Calls", "Llamadas"),
    Channel.CHAT: Bilingual("Chats", "Chats"),
    Channel.TICKET: Bilingual("Tickets", "Tickets"),
}
VARIANTS: Mapping[Variant, Bilingual] = {
    Variant.SHORT_REMOVED: Bilingual("Short abandons removed (used here)", "Sin abandonos cortos (la que se usa)"),
    Variant.STRICT: Bilingual("Strict: every abandon is a miss", "Estricta: todo abandono es un fallo"),
    Variant.OPTIMISTIC: Bilingual("Optimistic: early abandons count as met", "Optimista: abandono temprano es acierto"),
    Variant.SHORT_CREDITED: Bilingual("Short abandons count as met", "Abandono corto es acierto"),
    Variant.EARLY_IGNORED: Bilingual("Abandons within the target ignored", "Sin los abandonos dentro del objetivo"),
    Variant.ANSWERED_ONLY: Bilingual("Of those answered only", "Solo de los atendidos"),
}
WINDOWS: Mapping[str, Bilingual] = {
    "30m": Bilingual("Last 30 min", "Últimos 30 min"),
    "1h": Bilingual("Last hour", "Última hora"),
    "today": Bilingual("Today", "Hoy"),
    "24h": Bilingual("24 hours", "24 horas"),
    "7d": Bilingual("7 days", "7 días"),
    "28d": Bilingual("28 days", "28 días"),
}
WEEKDAYS = (
    Bilingual("Monday", "lunes"),
    Bilingual("Tuesday", "martes"),
    Bilingual("Wednesday", "miércoles"),
    Bilingual("Thursday", "jueves"),
    Bilingual("Friday", "viernes"),
    Bilingual("Saturday", "sábado"),
    Bilingual("Sunday", "domingo"),
)
SHORT_WEEKDAYS = (
    Bilingual("Mon", "lun"),
    Bilingual("Tue", "mar"),
    Bilingual("Wed", "mié"),
    Bilingual("Thu", "jue"),
    Bilingual("Fri", "vie"),
    Bilingual("Sat", "sáb"),
    Bilingual("Sun", "dom"),
)
BACKLOG_AGES: Mapping[TicketLive, Bilingual] = {
    TicketLive.AGE_UNDER_1H: Bilingual("under 1 h", "menos de 1 h"),
    TicketLive.AGE_1H_4H: Bilingual("1–4 h", "1–4 h"),
    TicketLive.AGE_4H_8H: Bilingual("4–8 h", "4–8 h"),
    TicketLive.AGE_8H_24H: Bilingual("8–24 h", "8–24 h"),
    TicketLive.AGE_1D_3D: Bilingual("1–3 days", "1–3 días"),
    TicketLive.AGE_3D_7D: Bilingual("3–7 days", "3–7 días"),
    TicketLive.AGE_OVER_7D: Bilingual("over 7 days", "más de 7 días"),
}
FCR: Mapping[tuple[str, str], Bilingual] = {
    ("flagged", ""): Bilingual("As agents noted it", "Según anotan los agentes"),
    ("net", ""): Bilingual("The same, eligible contacts only", "Lo mismo, solo contactos elegibles"),
    ("repeat_window", "provisional"): Bilingual("Nobody has come again (provisional)", "Sin repetición (provisional)"),
    ("repeat_window", "final"): Bilingual(
        "Nobody came again in {window} (final)", "Sin repetición en {window} (final)"
    ),
}
"""Texts by basis and state; ``{window}``: time within which a returning customer counts as a repeat."""
SPANS = (
    (DAY_MS, Bilingual("1 day", "1 día"), Bilingual("{number} days", "{number} días")),
    (HOUR_MS, Bilingual("1 hour", "1 hora"), Bilingual("{number} hours", "{number} horas")),
    (MINUTE_MS, Bilingual("1 minute", "1 minuto"), Bilingual("{number} minutes", "{number} minutos")),
    (SECOND_MS, Bilingual("1 second", "1 segundo"), Bilingual("{number} seconds", "{number} segundos")),
)
"""Units of a setting: length in milliseconds, text for one of it, text for several of it."""

WAITS: Mapping[tuple[str, str], Bilingual] = {
    ("contact_center_speed_of_answer_seconds", "avg"): Bilingual("Answered: mean wait", "Atendidos: espera media"),
    ("contact_center_speed_of_answer_seconds", "p50"): Bilingual("Answered: half within", "Atendidos: la mitad en"),
    ("contact_center_speed_of_answer_seconds", "p90"): Bilingual(
        "Answered: 9 of 10 within", "Atendidos: 9 de cada 10 en"
    ),
    ("contact_center_time_to_abandon_seconds", "avg"): Bilingual("Abandoned: mean wait", "Abandonados: espera media"),
    ("contact_center_time_to_abandon_seconds", "p50"): Bilingual("Abandoned: half within", "Abandonados: la mitad en"),
    ("contact_center_time_to_abandon_seconds", "p90"): Bilingual(
        "Abandoned: 9 of 10 within", "Abandonados: 9 de cada 10 en"
    ),
}
"""Texts by KPI and ``stat``."""

TITLE = Bilingual("Contact centre", "Centro de contacto")
ALL_QUEUES = Bilingual("All queues", "Todas las colas")
WEEK = Bilingual("Week", "Semana")
WEEK_TITLE = Bilingual("Contacts by hour of the week", "Contactos por hora de la semana")
OPEN = Bilingual("Open", "Abierta")
CLOSED = Bilingual("Closed", "Cerrada")
OPENS = Bilingual("Closed · opens {when}", "Cerrada · abre {when}")
TODAY_AT = Bilingual("today {time}", "hoy {time}")
PROMISE = Bilingual("Objective {goal} in {target}", "Meta {goal} en {target}")
FIRST_RESPONSE_PROMISE = Bilingual("Objective {goal} replied in time", "Meta {goal} a tiempo")
OF = Bilingual("{part} of {whole}", "{part} de {whole}")
FEW_NOTE = Bilingual("few contacts", "pocos datos")
ABANDONED_EARLY = Bilingual(
    "{offered} offered, all hung up within {limit}", "{offered} ofrecidos, todos colgaron en {limit} o menos"
)
"""Text of a service level whose state is ``abandoned_early``; ``{limit}``: the queue's limit of a short abandon."""
NOBODY_JUDGED = Bilingual("nobody judged yet", "aún nadie evaluado")
WAITING = Bilingual("Waiting", "En espera")
LONGEST = Bilingual("Longest wait", "Espera más larga")
PAST_TARGET = Bilingual("Past target", "Fuera de objetivo")
OFFERED = Bilingual("Offered", "Ofrecidos")
ANSWERED = Bilingual("Answered", "Atendidos")
ABANDONED = Bilingual("Abandoned", "Abandonados")
OF_THEM_SHORT = Bilingual("{number} of them short", "{number} de ellos cortos")
OF_THEM_ONE_SHORT = Bilingual("{number} of them short", "{number} de ellos corto")
OTHERS = Bilingual("Others", "Otros")
OTHERS_CALLBACKS = Bilingual("{number} asked for a callback", "{number} con devolución pedida")
OTHERS_LEFT = Bilingual("{number} taken out of the queue", "{number} fuera de la cola")
OTHERS_WAITING = Bilingual("{number} waiting", "{number} en espera")
OTHERS_UNKNOWN = Bilingual("{number} without an outcome", "{number} sin desenlace")
OTHERS_EARLIER = Bilingual("{number} from before today", "{number} de antes de hoy")
CALLBACKS = Bilingual("Callbacks", "Devoluciones")
OLDEST_CALLBACK = Bilingual("oldest callback", "la más antigua")
BUSY = Bilingual("Busy", "Ocupados")
REACHABLE = Bilingual("Best today", "Máximo hoy")
OBJECTIVE_LOST = Bilingual("objective lost", "meta perdida")
NO_EARLIER_WEEKS = Bilingual("no history yet", "sin histórico")
UNATTENDED = Bilingual("Unattended", "Sin atender")
DUE_SOON = Bilingual("Due within 1 h", "Vencen en 1 h")
OVERDUE = Bilingual("Overdue", "Vencidos")
OLDEST_TICKET = Bilingual("Oldest open ticket", "Ticket más antiguo")
OPENED = Bilingual("Opened today", "Abiertos hoy")
SOLVED = Bilingual("Solved today", "Resueltos hoy")
OPEN_NOW = Bilingual("Open now", "Abiertos ahora")
OPEN_ATTENDED = Bilingual("{number} answered", "{number} con respuesta")
OPEN_ON_HOLD = Bilingual("{number} on hold", "{number} a la espera")
UP = Bilingual("up {points} pts", "sube {points} pts")
DOWN = Bilingual("down {points} pts", "baja {points} pts")
LEVEL = Bilingual("steady", "estable")
NO_TREND = Bilingual("no trend yet", "sin tendencia")
WEEKLY_MEAN = Bilingual(
    "Contacts an hour, mean of up to four weeks. Busiest: {day} from {hour} h with {mean}.",
    "Contactos por hora, media de hasta cuatro semanas. Hora punta: {day} desde las {hour} h con {mean}.",
)
NOBODY_CAME = Bilingual("Nobody came in the last four weeks.", "No hubo contactos en las últimas cuatro semanas.")
NOT_SUMMED = Bilingual(
    "The last four weeks are being added up; they will show by themselves.",
    "Se están sumando las últimas cuatro semanas; aparecerán solas.",
)
UNKNOWN_QUEUE = Bilingual(
    "There is no queue {queue} yet. This page shows it as soon as its first contact comes.",
    "Aún no hay ninguna cola {queue}. Esta página la mostrará en cuanto llegue su primer contacto.",
)
NO_QUEUES = Bilingual(
    "No contact has come yet and no queue is configured. Queues show up here by themselves.",
    "Aún no ha llegado ningún contacto ni hay colas configuradas. Las colas aparecerán aquí solas.",
)
NOT_LIVE = Bilingual("{channel}: numbers are not live, {why}.", "{channel}: números sin actualizar, {why}.")
READING = Bilingual("{channel}: reading history.", "{channel}: leyendo histórico.")
READING_SHARE = Bilingual("{channel}: reading history, {share}.", "{channel}: leyendo histórico, {share}.")
TOO_MANY_PAGES = Bilingual(
    "Too many pages of chosen queues are being made; open this one again in a few seconds.",
    "Se están preparando demasiadas páginas de colas escogidas; vuelva a abrir esta en unos segundos.",
)
MANAGER_FAILS = Bilingual(
    "Alertmanager does not answer; the alerts here are the board's own.",
    "Alertmanager no responde; los avisos que se ven los calcula el propio panel.",
)
ASIDE_ONE = Bilingual(
    "1 event is far ahead of all others and is not counted until another confirms its time.",
    "1 evento está muy adelantado a todos los demás y no se cuenta hasta que otro confirme su hora.",
)
ASIDE = Bilingual(
    "{number} events are far ahead of all others and are not counted until others confirm their time.",
    "{number} eventos están muy adelantados a todos los demás y no se cuentan hasta que otros confirmen su hora.",
)
REANCHORED = Bilingual(
    "{channel}: the clock was wrong because of events with a wrong time; the numbers were counted anew.",
    "{channel}: el reloj estaba mal por eventos con una hora equivocada; los números se han contado de nuevo.",
)
REFUSED_ONE = Bilingual("1 event refused: {reasons}.", "1 evento rechazado: {reasons}.")
REFUSED = Bilingual("{number} events refused: {reasons}.", "{number} eventos rechazados: {reasons}.")
REFUSED_PART = Bilingual("{number} {reason}", "{number} {reason}")
REFUSALS: Mapping[str, Bilingual] = {
    "no_value": Bilingual("empty record", "registro vacío"),
    "too_large": Bilingual("too large", "demasiado grande"),
    "too_many": Bilingual("too many of one contact", "demasiados de un contacto"),
    "not_utf8": Bilingual("not UTF-8", "no es UTF-8"),
    "not_json": Bilingual("not JSON", "no es JSON"),
    "no_offset": Bilingual("time without an offset", "hora sin desfase"),
    "missing_field": Bilingual("missing field", "falta un campo"),
    "invalid_field": Bilingual("invalid field", "campo no válido"),
    "string_too_long": Bilingual("text too long", "texto demasiado largo"),
    "wrong_topic": Bilingual("wrong topic", "topic equivocado"),
    "wrong_key": Bilingual("wrong key", "clave equivocada"),
    "wrong_partition": Bilingual("wrong partition", "partición equivocada"),
    "too_far_ahead": Bilingual("too far ahead", "demasiado adelantado"),
    "too_old": Bilingual("too old", "demasiado antiguo"),
    "implausible_jump": Bilingual("implausible jump of time", "salto de hora inverosímil"),
    "internal": Bilingual("fault of our own", "fallo nuestro"),
}
"""Texts by the reasons of ``streams.contract.decoding.REASONS``."""
REPEATS_NOT_LIVE = Bilingual("Repeats: numbers are not live, {why}.", "Repeticiones: números sin actualizar, {why}.")
SETTINGS_DIFFER = Bilingual(
    "Settings differ from those that judged: {differences}. Shown are those in the numbers.",
    "La configuración no es la que juzgó: {differences}. Se muestra la de los números.",
)
SETTING_DIFFERS = Bilingual(
    "{setting} is {here} here, {stored} in the numbers", "{setting} es {here} aquí, {stored} en los números"
)
MORE_DIFFER = Bilingual("and {count} more", "y {count} más")
EVERY_CHANNEL = Bilingual("All channels", "Todos los canales")
SKIP = Bilingual("Skip to the numbers", "Ir a los números")
VIEWS = Bilingual("Views", "Vistas")
NEEDS_SCRIPT = Bilingual(
    "The wallboard needs JavaScript. The numbers are also at /api/v1/snapshot.",
    "El panel necesita JavaScript. Los números están también en /api/v1/snapshot.",
)
LIGHT = Bilingual("Light", "Claro")
DARK = Bilingual("Dark", "Oscuro")
VARIANTS_TITLE = Bilingual("Service level, six ways of counting", "Nivel de servicio, seis formas de contar")
VARIANT = Bilingual("Variant", "Variante")
WAIT_TITLE = Bilingual("Waits", "Esperas")
BACKLOG_TITLE = Bilingual("Open tickets by age", "Tickets abiertos por antigüedad")
AGE = Bilingual("Age", "Antigüedad")
TICKETS = Bilingual("Tickets", "Tickets")
REPEATS_TITLE = Bilingual("Repeats", "Repeticiones")
FCR_TITLE = Bilingual("First-contact resolution", "Resolución en el primer contacto")
BASIS = Bilingual("Basis", "Base")
NUMBER = Bilingual("Measure", "Medida")
FINAL_NOTE = Bilingual(
    "Final: contacts that ended {window} before. Provisional ones can still be repeated.",
    "Final: contactos que acabaron {window} antes. Los provisionales aún pueden repetirse.",
)

NO_SUCH_VIEW = Bilingual("This link shows nothing", "Este enlace no muestra nada")
USE_THESE = Bilingual("These links do:", "Estos enlaces sí:")
UNKNOWN_VALUE = Bilingual(
    "{name} = {value} is unknown; use one of {values}", "{name} = {value} no existe; use uno de estos: {values}"
)
UNKNOWN_PARAMETER = Bilingual(
    "{name} is no parameter of the board; use view, queue, channel, lang or theme",
    "{name} no es un parámetro del panel; use view, queue, channel, lang o theme",
)
TWICE = Bilingual("{name} comes twice; give it once", "{name} viene dos veces; póngalo una vez")
EMPTY_QUEUE = Bilingual(
    "queue is empty; name one, such as queue=sales, or leave it out",
    "queue está vacío; nombre una cola, como queue=sales, o quítelo",
)
ONE_QUEUE = Bilingual(
    "view = 'queue' shows one queue; name it, such as /?view=queue&queue=sales",
    "view = 'queue' muestra una cola; nómbrela, como /?view=queue&queue=sales",
)
ONE_QUEUE_OR_ALL = Bilingual(
    "view = 'week' shows one queue or all; give queue once or leave it out",
    "view = 'week' muestra una cola o todas; ponga queue una vez o quítelo",
)
TOO_MANY_QUEUES = Bilingual(
    "{number} queues are too many for one screen; give {most} at most",
    "{number} colas son demasiadas para una pantalla; ponga {most} como mucho",
)

SCRIPT_WORDS: Mapping[str, Bilingual] = {
    "lost": Bilingual("No connection to the server. Trying again…", "Sin conexión con el servidor. Reintentando…"),
    "back": Bilingual("Connected again", "Conexión recuperada"),
    "dataAge": Bilingual("Data {age} old", "Datos de hace {age}"),
    "noAge": Bilingual("No data yet", "Aún sin datos"),
    "days": Bilingual("d", "d"),
    "hours": Bilingual("h", "h"),
    "minutes": Bilingual("min", "min"),
    "seconds": Bilingual("s", "s"),
    "trend": Bilingual("Service level of the last hour", "Nivel de servicio de la última hora"),
    "day": Bilingual("Day", "Día"),
    "hour": Bilingual("Hour", "Hora"),
    "peak": Bilingual("busiest hour", "hora punta"),
    "turn": Bilingual("Screen {turn} of {all}, a key holds it", "Pantalla {turn} de {all}, una tecla la detiene"),
    "elsewhere": Bilingual("Red, not in sight ({count}): {queues}", "En rojo, no a la vista ({count}): {queues}"),
    "changed": Bilingual("{queue}: {state}", "{queue}: {state}"),
    "moreAlerts": Bilingual("{count} more", "{count} más"),
}
"""Texts used by the browser's scripts."""


def script_words(language: Language) -> dict[str, str]:
    """The texts of the browser's scripts in one language."""
    return {name: words.of(language) for name, words in SCRIPT_WORDS.items()}
