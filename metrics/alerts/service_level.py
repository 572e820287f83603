"""Rules about the service level of calls and chats: its error budget, and the outlook of today."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from metrics.alerts.burn import BurnWindow, burn_windows
from metrics.alerts.conditions import AnyMissed, in_window, ratio_of
from metrics.alerts.model import Alert, Audience, Group, Past, Recording, Severity
from metrics.alerts.moments import Moment
from metrics.alerts.promql import CLOSED, ON_QUEUE, exact, lines, of
from metrics.snapshot.service_level import Variant
from metrics.snapshot.windows import TODAY
from streams.common.durations import HOUR_MS
from streams.common.languages import Bilingual
from streams.config.settings import Settings

SERVICE_LEVEL = ratio_of("contact_center_service_level_ratio")
JUDGED = "channel_queue:contact_center_service_level_judged:max"
LEVEL = "channel_queue:contact_center_service_level:ratio"
BURN = "channel_queue:contact_center_service_level_burn_rate:ratio"
_WINDOWED = ("channel", "queue", "window")
_SPOKEN = {
    "15m": Bilingual("in the last 15 minutes", "en los últimos 15 minutos"),
    "1h": Bilingual("in the last hour", "en la última hora"),
    "today": Bilingual("today", "hoy"),
    "24h": Bilingual("in the last 24 hours", "en las últimas 24 horas"),
    "7d": Bilingual("in the last 7 days", "en los últimos 7 días"),
    "28d": Bilingual("in the last 28 days", "en los últimos 28 días"),
}
_SHORT = {
    "15m": Bilingual("15 min", "15 min"),
    "1h": Bilingual("1 h", "1 h"),
    "today": Bilingual("today", "hoy"),
    "7d": Bilingual("7 days", "7 días"),
    "28d": Bilingual("28 days", "28 días"),
}
_DAYS = ("7d", "28d")
"""Long windows in which an hour no longer matters."""
HELD_FOR = "30m"
"""Keeps one alert firing for a queue at the edge of the limit instead of one every few minutes."""

NONE_MET_JUDGED = 5
"""Contacts of a small queue in 24 hours: at an objective of 80 %, so many misses in a row are chance once in 3,000."""
NONE_MET_FOR = "15m"
"""Until a busy queue has too many contacts to be a small one: its first five after a quiet weekend are no alert."""


class NoneMet(NamedTuple):
    """No contact of a window was answered within the target, of at least ``minimum`` and fewer than ``below`` judged.

    From ``below`` on the burn rates judge the queue, and a second alert would say the same.
    """

    window: str
    minimum: int
    below: int

    def promql(self) -> str:
        """The number of judged contacts, where none of them is met."""
        met, judged = in_window(SERVICE_LEVEL, self.window, variant=Variant.SHORT_REMOVED.value).lines()
        return lines(f"{judged} >= {self.minimum} < {self.below}", f"and {ON_QUEUE} {met} == 0")

    def holds(self, at: Moment) -> bool:
        """The same comparison on whole quarters of an hour."""
        met, judged = at.level(self.window)
        return not met and self.minimum <= judged < self.below


def service_level_group(settings: Settings) -> Group:
    """The group of recorded service levels and the alerts on them.

    Raises:
        UserError: a burn rate can never be reached with the objective of a queue.
    """
    return Group(
        name="veinte-service-level",
        recordings=_recordings(),
        alerts=(
            *(_burn(window, settings) for window in burn_windows(settings)),
            _none_met(settings),
            _missed(),
            *_endings(settings),
            _impossible(burn_windows(settings)[0]),
        ),
    )


def _recordings() -> tuple[Recording, ...]:
    variant = Variant.SHORT_REMOVED.value
    met = of("contact_center_service_level_numerator", _WINDOWED, variant=variant)
    judged = of("contact_center_service_level_denominator", _WINDOWED, variant=variant)
    allowed = f"(1 - {of('contact_center_service_level_objective_ratio')} > 0)"
    return (
        Recording(name=JUDGED, expr=judged),
        Recording(name=LEVEL, expr=f"{met} / ({JUDGED} > 0)"),
        # Rounded, since 1 - 0.8 is a little less than 0.2 and an objective met to the point burns at 1, not above it.
        Recording(name=BURN, expr=f"round((1 - {LEVEL}) / {ON_QUEUE} group_left () {allowed}, 0.0001)"),
    )


def _burn(window: BurnWindow, settings: Settings) -> Alert:
    spoken = _SPOKEN[window.long]
    enough = settings.alert_minimum_judged

    def burns(at: Moment) -> bool:
        fast = at.burns(window.long, window.factor) and at.burns(window.short, window.factor)
        return fast and at.level(window.long).judged >= enough

    return Alert(
        name="ContactCenterServiceLevelBurn",
        short=Bilingual(f"Too many late: {_SHORT[window.long].en}", f"Demasiadas esperas: {_SHORT[window.long].es}"),
        holds=burns,
        window=window.long,
        expr=lines(
            f'100 * {LEVEL}{{window="{window.long}"}}',
            f'and {ON_QUEUE} {BURN}{{window="{window.long}"}} > {exact(window.factor)}',
            f'and {ON_QUEUE} {BURN}{{window="{window.short}"}} > {exact(window.factor)}',
            f'and {ON_QUEUE} {JUDGED}{{window="{window.long}"}} >= {settings.alert_minimum_judged}',
            CLOSED,
        ),
        keep_firing_for=HELD_FOR,
        severity=window.severity,
        audience=Audience.SUPERVISOR,
        past=Past.SLICES,
        summary=Bilingual(
            f"<queue> (<contacts>): only <percent> in time {spoken.en}; the goal is <objective>",
            f"<queue> (<contacts>): solo el <percent> a tiempo {spoken.es}; la meta es el <objective>",
        ),
        description=_burn_description(window),
    )


def _burn_description(window: BurnWindow) -> Bilingual:
    """The text of a burn rate: of hours, what helps now; of days, that it is no bad hour."""
    spoken = _SPOKEN[window.long]
    much = Bilingual("what the goal allows", "la que permite la meta")
    if window.factor != 1:
        much = Bilingual(f"{window.factor:g} times {much.en}", f"{window.factor:g} veces {much.es}")
    if window.long not in _DAYS:
        return Bilingual(
            f"The share that waited longer than <target> is over {much.en} {spoken.en}, and it goes on. More people on"
            " this queue help now; so do callbacks instead of waiting.",
            f"La proporción que esperó más de <target> supera {much.es} {spoken.es}, y sigue así. Ayuda poner más gente"
            " en esta cola, u ofrecer devolver la llamada en vez de esperar.",
        )
    lately = _SPOKEN[window.short]
    return Bilingual(
        f"The share that waited longer than <target> is over {much.en} {spoken.en}, and {lately.en} too. It is no bad"
        " hour: the people, the hours and the goal of this queue do not fit each other.",
        f"La proporción que esperó más de <target> supera {much.es} {spoken.es}, y también {lately.es}. No es una mala"
        " hora: la gente, el horario y la meta de esta cola no cuadran.",
    )


def _none_met(settings: Settings) -> Alert:
    """A queue with too few contacts a day for a burn rate, none of which was answered in time."""
    none_met = NoneMet("24h", NONE_MET_JUDGED, settings.alert_minimum_judged)
    return Alert(
        name="ContactCenterServiceLevelNoneMet",
        short=Bilingual("None in time in 24 h", "Ninguno a tiempo en 24 h"),
        holds=lambda at: none_met.holds(at) and none_met.holds(at.before()),
        expr=lines(
            none_met.promql(),
            CLOSED,
        ),
        for_=NONE_MET_FOR,
        severity=Severity.TICKET,
        audience=Audience.SUPERVISOR,
        past=Past.SLICES,
        summary=Bilingual(
            "<queue> (<contacts>): 0 of <number> in time in the last 24 hours; the goal is <objective>",
            "<queue> (<contacts>): 0 de <number> a tiempo en las últimas 24 horas; la meta es el <objective>",
        ),
        description=Bilingual(
            "Few contact this queue, and none of them was answered within <target>. It looks as if nobody serves it:"
            " see who is logged in, and where its contacts go.",
            "A esta cola llegan pocos contactos y ninguno se atendió en <target>. Parece que no hay nadie: mire quién"
            " está conectado y adónde van sus contactos.",
        ),
    )


def _missed() -> Alert:
    """Misses of an objective of 100 %, which has no error budget to burn."""
    missed = AnyMissed(in_window(SERVICE_LEVEL, "15m", variant=Variant.SHORT_REMOVED.value))
    return Alert(
        name="ContactCenterServiceLevelMissed",
        short=Bilingual("Late in the last 15 min", "Tarde en los últimos 15 min"),
        holds=lambda at: at.policy.objective == 1 and missed.holds(at),
        expr=lines(
            missed.promql(),
            f"and {ON_QUEUE} contact_center_service_level_objective_ratio == 1",
            CLOSED,
        ),
        severity=Severity.TICKET,
        audience=Audience.SUPERVISOR,
        past=Past.SLICES,
        summary=Bilingual(
            "<queue> (<contacts>): too long a wait in the last 15 minutes: <number>; the goal is none",
            "<queue> (<contacts>): esperas demasiado largas en los últimos 15 minutos: <number>; la meta es ninguna",
        ),
        description=Bilingual(
            "This queue promises everybody an answer within <target>, so each miss counts. See who waits now and take"
            " them first.",
            "Esta cola promete a todos una respuesta en <target>, así que cuenta cada caso. Mire quién espera ahora y"
            " atiéndalo primero.",
        ),
    )


def _endings(settings: Settings) -> Iterator[Alert]:
    reachable = "contact_center_service_level_reachable"
    lost = of("contact_center_service_level_lost_timestamp_seconds", pace="current")
    objective = of("contact_center_service_level_objective_ratio")
    enough = f'and {ON_QUEUE} {JUDGED}{{window="today"}} >= {settings.alert_minimum_judged}'

    def enough_today(at: Moment) -> bool:
        return at.level(TODAY).judged >= settings.alert_minimum_judged

    def margin_ends(at: Moment) -> bool:
        lost_ms = at.outlook.lost_at_ms
        return enough_today(at) and lost_ms is not None and 0 < lost_ms - at.end_ms <= HOUR_MS

    def unreachable(at: Moment) -> bool:
        best = at.outlook.best
        return enough_today(at) and best is not None and best < at.policy.objective

    yield Alert(
        name="ContactCenterServiceLevelMarginEnds",
        short=Bilingual("Today's margin ends in 1 h", "El margen de hoy se acaba"),
        holds=margin_ends,
        expr=lines(
            f"{lost} + {of('contact_center_queue_utc_offset_seconds')}",
            f"and {ON_QUEUE} ({lost} - time() > 0 and {lost} - time() <= 3600)",
            enough,
            CLOSED,
        ),
        for_="5m",
        severity=Severity.TICKET,
        audience=Audience.SUPERVISOR,
        past=Past.SLICES,
        summary=Bilingual(
            "Today's margin for <queue> (<contacts>) is gone at <clock>",
            "El margen de hoy de <queue> (<contacts>) se acaba a las <clock>",
        ),
        description=Bilingual(
            "As things go now, from then on today cannot reach <objective> in time any more, even if everybody after"
            " that is answered at once. Until then more people on this queue can still save the day.",
            "Al ritmo actual, desde esa hora ya no se podrá cerrar el día con un <objective> a tiempo, ni atendiendo al"
            " instante a todos los que falten. Hasta entonces, más gente en esta cola aún puede salvar el día.",
        ),
    )
    yield Alert(
        name="ContactCenterServiceLevelUnreachable",
        short=Bilingual("Today's goal out of reach", "Meta de hoy inalcanzable"),
        holds=unreachable,
        expr=lines(
            f"100 * {of(f'{reachable}_ratio', outlook='best')}",
            f"and {ON_QUEUE} {of(f'{reachable}_ratio', outlook='best')} < {objective}",
            enough,
            CLOSED,
        ),
        for_="5m",
        severity=Severity.TICKET,
        audience=Audience.SUPERVISOR,
        past=Past.SLICES,
        summary=Bilingual(
            "<queue> (<contacts>): today's goal of <objective> is out of reach; <percent> at best",
            "<queue> (<contacts>): la meta de hoy, el <objective>, ya no se alcanza; como mucho, el <percent>",
        ),
        description=Bilingual(
            "Even if everybody who still comes today is answered within <target>, the day ends below the goal. Nothing"
            " saves today's number; note what happened while it is fresh.",
            "Aunque todos los que falten hoy se atiendan en <target>, el día cierra por debajo de la meta. El número de"
            " hoy no tiene arreglo; anote qué pasó mientras esté fresco.",
        ),
    )


def _impossible(fastest: BurnWindow) -> Alert:
    """The recorded objective differs from the one of these rules: a new policy is in force."""
    return Alert(
        name="VeinteObjectiveWithoutAlert",
        short=Bilingual("A rule cannot fire", "Una regla no puede saltar"),
        expr=f"{exact(fastest.factor)} * (1 - {of('contact_center_service_level_objective_ratio')}) >= 1",
        for_="5m",
        severity=Severity.INFO,
        audience=Audience.PLANNER,
        past=Past.SETTINGS,
        summary=Bilingual(
            "<queue> (<contacts>): with a goal of <objective> the fastest alert can never fire",
            "<queue> (<contacts>): con una meta del <objective>, el aviso más rápido nunca puede saltar",
        ),
        description=Bilingual(
            "The rules were made for stricter goals than the one in force. Run `veinte rules` again with the present"
            " settings: it says what to change.",
            "Las reglas se hicieron para metas más exigentes que la vigente. Ejecute otra vez `veinte rules` con los"
            " ajustes actuales: dice qué cambiar.",
        ),
    )
