"""Parts shared by several dashboards: choices, the banner, tiles that turn grey, states of queues."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from grafana.panels.palette import NOBODY_COUNTED, STATE_CODES, TOO_FEW_COUNTED
from grafana.panels.promql import (
    BY_CHANNEL,
    BY_QUEUE,
    Match,
    at,
    both_lines,
    count,
    denominator,
    each,
    now,
    numerator,
    own,
    quotient,
)
from grafana.panels.spec import PLAIN, Column, Measured, Panel, Query, Shape, Variable
from grafana.panels.words import BLIND_SUFFIX, CHANNEL, FEW, MEDIUM, NO_EXPORTER, NO_TRAFFIC, QUEUE, STATE, WINDOW
from metrics.catalog.model import CALLS_AND_CHATS
from metrics.snapshot.states import FEW_BELOW, State
from streams.common.languages import Bilingual

CHOSEN: Match = {"channel": "$channel", "queue": "$queue"}
CHOSEN_TICKETS: Match = {"queue": "$queue", "medium": "$medium"}
SERVICE_LEVEL = "contact_center_service_level_ratio"
OBJECTIVE = "contact_center_service_level_objective_ratio"
USUAL: Match = {"variant": "short_removed"}
"""The variant of the service level for which objectives are set."""
WAITING = "contact_center_contacts_waiting"
PAST_TARGET = "contact_center_contacts_waiting_past_target"
OFFERED = "contact_center_contacts_offered_total"
SHORT_ABANDONED = "contact_center_contacts_short_abandoned_total"
ONLY_BLIND = "the grey twin of the number before it: only while its channel is blind"

CHANNEL_CHOICE = Variable(name="channel", text=CHANNEL, source=WAITING, all_value="|".join(CALLS_AND_CHATS))
QUEUE_CHOICE = Variable(name="queue", text=QUEUE, source=WAITING, narrowed_by="channel")
TICKET_QUEUE_CHOICE = Variable(name="queue", text=QUEUE, source="contact_center_tickets_overdue")
MEDIUM_CHOICE = Variable(name="medium", text=MEDIUM, source="contact_center_tickets_overdue", narrowed_by="queue")
CHANNEL_NAME = Bilingual("{{channel}}", "{{channel}}")
QUEUE_NAME = Bilingual("{{channel}} · {{queue}}", "{{channel}} · {{queue}}")
ROW_KEYS: Mapping[str, Bilingual] = {"channel": CHANNEL, "queue": QUEUE}


def window_choice(window: str) -> Variable:
    """The variable of a window, ``window`` at first."""
    return Variable(name="window", text=WINDOW, value=window)


def blind_channels(match: Match) -> str:
    """The channels with numbers that cannot be trusted now."""
    channel = {label: value for label, value in match.items() if label == "channel"}
    return f"({own('veinte_blind', BY_CHANNEL, channel, how='max')} == 1)"


def trusted(expr: str, match: Match) -> tuple[Query, Query]:
    """A number by channel, and its grey twin, which has data only while the channel is blind."""
    blind = blind_channels(match)
    grey = Bilingual(*(text + suffix for text, suffix in zip(CHANNEL_NAME, BLIND_SUFFIX, strict=True)))
    return (
        Query(expr=f"{expr} unless on (channel) {blind}", legend=CHANNEL_NAME),
        Query(expr=f"{expr} and on (channel) {blind}", legend=grey, none=ONLY_BLIND, blind=True),
    )


def or_why_not(expr: str, counted: str) -> str:
    """``expr``, or a code where it is empty: ``counted`` is 0, or it is not enough."""
    return f"({expr} or 0 * ({counted} > 0) + {TOO_FEW_COUNTED} or 0 * {counted} + {NOBODY_COUNTED})"


def share_tile(
    name: str,
    match: Match,
    *,
    at_least: int = 1,
    title: Bilingual = PLAIN,
    scale: str = "",
    width: int = 4,
    height: int = 4,
) -> Panel:
    """A tile of a ratio by channel; it shows a percentage of at least ``at_least`` judged contacts."""
    return tile(
        name,
        quotient(name, BY_CHANNEL, match, at_least),
        title=title,
        unit=Measured.SHARE,
        scale=scale,
        counted=denominator(name, BY_CHANNEL, match),
        width=width,
        height=height,
    )


def tile(
    about: str,
    expr: str,
    *,
    unit: Measured = Measured.THINGS,
    scale: str = "",
    title: Bilingual = PLAIN,
    note: Bilingual = PLAIN,
    counted: str = "",
    few: Bilingual = FEW,
    nobody: Bilingual = NO_TRAFFIC,
    match: Match = CHOSEN,
    width: int = 4,
    height: int = 4,
) -> Panel:
    """A tile of one big number a channel, grey while the channel is blind.

    ``counted`` is the expression of the population. Where it is 0 the tile shows ``nobody``; where it is positive and
    there is no number, ``few``. Without an exporter both are empty, and the tile shows that there is no data.
    """
    return Panel(
        shape=Shape.TILES,
        about=(about,),
        title=title,
        note=note,
        queries=trusted(or_why_not(expr, counted) if counted else expr, match),
        unit=unit,
        scale=scale,
        instead={NOBODY_COUNTED: nobody, TOO_FEW_COUNTED: few} if counted else {},
        width=width,
        height=height,
    )


def banner(match: Match, width: int = 18) -> tuple[Panel, ...]:
    """The first row of a dashboard: the trust in the numbers below, and their age."""
    channel = {label: value for label, value in match.items() if label == "channel"}
    blind = Panel(
        shape=Shape.TILES,
        title=Bilingual("Can these numbers be trusted?", "¿Son fiables estos números?"),
        about=("veinte_blind",),
        queries=(Query(expr=own("veinte_blind", BY_CHANNEL, channel, how="max"), legend=CHANNEL_NAME),),
        unit=Measured.TIMES,
        scale="blind",
        empty=NO_EXPORTER,
        width=width,
        height=3,
    )
    age = Panel(
        shape=Shape.TILES,
        about=("veinte_snapshot_age_seconds",),
        queries=(Query(expr=own("veinte_snapshot_age_seconds", (), how="max")),),
        unit=Measured.DURATION,
        scale="age",
        empty=NO_EXPORTER,
        width=24 - width,
        height=3,
    )
    return (blind, age)


def points_from_objective(by: tuple[str, ...], match: Match) -> str:
    """Service level less objective, both weighted by events; it is met at 0 and above."""
    met, judged = both_lines(SERVICE_LEVEL, match)
    place = {label: value for label, value in match.items() if label in BY_QUEUE}
    promised = f"{judged} * on (channel, queue) group_left () {each(OBJECTIVE, BY_QUEUE, place)}"
    return f"sum by ({', '.join(by)}) ({met} - {promised}) / ({denominator(SERVICE_LEVEL, by, match)} >= {FEW_BELOW})"


def state_of_service_level(match: Match) -> str:
    """State of each queue's service level as a code of ``STATE_CODES``: the first match, in the order of the API."""
    judged = denominator(SERVICE_LEVEL, BY_QUEUE, match)
    place = {label: value for label, value in match.items() if label in BY_QUEUE}
    undecided = f"({now(WAITING, BY_QUEUE, place)} - {now(PAST_TARGET, BY_QUEUE, place)} > 0)"
    closed = f"({each('contact_center_queue_open', BY_QUEUE, place)} == 0)"
    window = {label: value for label, value in match.items() if label in (*BY_QUEUE, "window")}
    offered, short = count(OFFERED, BY_QUEUE, window), count(SHORT_ABANDONED, BY_QUEUE, window)
    none = f"({judged} == 0)"
    cases = {
        State.BLIND: (judged, f" and on (channel) {blind_channels(match)}"),
        State.PENDING: (none, f" and on (channel, queue) {undecided}"),
        State.ABANDONED_EARLY: (none, f" and on (channel, queue) ({offered} > 0 and {offered} <= {short})"),
        State.CLOSED: (none, f" and on (channel, queue) {closed}"),
        State.NO_TRAFFIC: (none, ""),
        State.FEW: (f"({judged} < {FEW_BELOW})", ""),
        State.OK: (judged, ""),
    }
    return " or ".join(f"(0 * {rows} + {STATE_CODES[state]}{where})" for state, (rows, where) in cases.items())


def state_column(match: Match) -> Column:
    """A column with the state of each queue in words."""
    return Column(heading=STATE, query=Query(expr=state_of_service_level(match)), words="state")


def column(heading: Bilingual, expr: str, unit: Measured = Measured.THINGS, words: str = "") -> Column:
    """A column of a table."""
    return Column(heading=heading, query=Query(expr=expr), unit=unit, words=words)


def one_each(values: Mapping[str, Bilingual], expr: Callable[[str], str], instant: bool = True) -> tuple[Query, ...]:
    """One query for each value of a label, in the order of ``values``; ``expr`` makes the expression from the value."""
    return tuple(Query(expr=expr(value), legend=legend, instant=instant) for value, legend in values.items())


def line(expr: str, legend: Bilingual = CHANNEL_NAME, hours_back: int = 0) -> Query:
    """A line over time, shifted by ``hours_back`` hours where that is not 0."""
    shifted = at(expr, f"{hours_back}h") if hours_back else expr
    return Query(expr=shifted, legend=legend, instant=False, hours_back=hours_back)


def burned(by: tuple[str, ...], match: Match) -> str:
    """Misses as a multiple of those allowed by the objective: 1 uses up exactly the budget. An objective of 100 % has
    none."""
    place = {label: value for label, value in match.items() if label in BY_QUEUE}
    judged = both_lines(SERVICE_LEVEL, match)[1]
    allowed = f"{judged} * on (channel, queue) group_left () (1 - {each(OBJECTIVE, BY_QUEUE, place)})"
    missed = f"{denominator(SERVICE_LEVEL, by, match)} - {numerator(SERVICE_LEVEL, by, match)}"
    return f"({missed}) / (sum by ({', '.join(by)}) ({allowed}) > 0)"
