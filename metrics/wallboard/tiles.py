"""One queue as a tile. Pure: the numbers are those of the API, by the same formulas and states."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import NamedTuple
from urllib.parse import quote

from metrics.catalog import QUEUE_KPIS
from metrics.catalog.model import Ratio
from metrics.evaluate.evaluator import Divided, divided, empty_state
from metrics.planning.plan import outlook_of
from metrics.planning.reachable import Outlook, Tally, has_service_level, tally
from metrics.planning.view import View
from metrics.snapshot.opening import Opening
from metrics.snapshot.service_level import Variant
from metrics.snapshot.snapshot import Counts, RowKey, RowNumbers
from metrics.snapshot.states import FEW_BELOW, State, divided_state
from metrics.wallboard import words
from metrics.wallboard.bands import (
    Judgement,
    Reason,
    Rules,
    contact_judgement,
    level_judgement,
    ticket_judgement,
    waits_too_long,
)
from metrics.wallboard.figures import DASH, count, decimal, opening_text, percent, quotient, seconds, share
from metrics.wallboard.model import Band, Figure, Level, Tile, Trend
from streams.common.languages import Bilingual, Language
from streams.common.vocabulary import Channel
from streams.config.policy_book import queue_in_force
from streams.config.queue_settings import QueueSettings
from streams.config.settings import Settings
from streams.facts.conversations.live import ConversationLive
from streams.facts.conversations.measures import ConversationMeasure
from streams.facts.tickets.live import TicketLive
from streams.facts.tickets.measures import TicketMeasure

BY_LEVEL = (Reason.ON_OBJECTIVE, Reason.BELOW, Reason.FAR_BELOW)
"""Reasons from a service level: a tile coloured by one of these shares the colour with that number."""
LEVEL_WINDOWS = ("30m", "today")
TREND_WINDOWS = (("1h", 30), ("30m", 15), ("15m", 5), ("10m", 5), ("5m", 5))
"""Windows from long to short, each with the minutes by which it exceeds the next one."""
STEADY_BELOW = 0.01
"""A change of less than a percentage point is shown as steady."""

_RATIOS = {kpi.name: kpi for kpi in QUEUE_KPIS if isinstance(kpi, Ratio)}
SERVICE_LEVEL = _RATIOS["contact_center_service_level_ratio"]
ABANDONMENT = _RATIOS["contact_center_abandonment_ratio"]
FIRST_RESPONSE = _RATIOS["contact_center_first_response_within_ratio"]


class Row(NamedTuple):
    """A queue with the inputs of its judgement.

    Attributes:
        promise: the policy in force: target, objective and time zone.
        blind: its numbers cannot be trusted.
        watermark_ms: epoch ms up to which all events are counted; ``None`` where no worker has reported it.
    """

    key: RowKey
    numbers: RowNumbers
    opening: Opening
    promise: QueueSettings
    outlook: Outlook | None
    blind: bool
    watermark_ms: int | None
    now_ms: int
    zone: str
    language: Language

    def words(self, text: Bilingual) -> str:
        """A text in the language of the board."""
        return text.of(self.language)


def row_of(
    view: View, key: RowKey, numbers: RowNumbers, opening: Opening, settings: Settings, language: Language
) -> Row:
    """The row of a queue, with the policy in force and the outlook of its day."""
    now_ms = view.snapshot.now_ms
    return Row(
        key=key,
        numbers=numbers,
        opening=opening,
        promise=queue_in_force(settings, key.channel, key.queue, now_ms),
        outlook=outlook_of(view.planning, key, numbers, now_ms, settings) if has_service_level(key.channel) else None,
        blind=bool(view.blind_reason(key.channel)),
        watermark_ms=view.snapshot.channels[key.channel].watermark_ms,
        now_ms=now_ms,
        zone=settings.time_zone,
        language=language,
    )


def part_of_ratio(kpi: Ratio, counts: Counts, **labels: str) -> Divided:
    """One series of a ratio of the catalogue."""
    wanted = tuple(labels.items())
    return next(part for part in divided(kpi, counts) if part.labels == wanted)


def level_part(row: Row, window: str) -> Divided:
    """Numerator and denominator of a queue's service level; of tickets, first replies within their limit."""
    shape = SHAPES[row.key.channel]
    return part_of_ratio(shape.level, row.numbers.windows[window], **shape.labels)


def state_of(row: Row, part: Divided, window: str) -> State:
    """The state of a ratio in a window, by the rules of the API."""
    if part.denominator:
        return divided_state(row.blind, part.denominator)
    counts, live = row.numbers.windows[window], row.numbers.live
    return empty_state(part.series, counts, live, blind=row.blind, closed=not row.opening.is_open)


def judgement(row: Row, rules: Rules) -> Judgement:
    """The colour of a queue by its current numbers, before any is held."""
    live = row.numbers.live
    shape = SHAPES[row.key.channel]
    found = shape.judge(row, _level_judgement(row, shape.window, rules), rules)
    if not row.opening.is_open and found.band is Band.PLAIN and not live[ConversationLive.WAITING]:
        return Judgement(Band.CLOSED, Reason.CLOSED)
    return found


def _level_judgement(row: Row, window: str, rules: Rules) -> Judgement:
    part = level_part(row, window)
    state = state_of(row, part, window)
    return level_judgement(Tally(part.numerator, part.denominator), state, row.promise.objective, rules)


def target_ms(row: Row) -> int:
    """The answer target of the queue, in milliseconds."""
    return round(row.promise.target_seconds * 1_000)


def tile(row: Row, shown: Judgement, rules: Rules, link: str) -> Tile:
    """The tile. ``shown``: the judgement after the hold; ``link``: the queue's own view."""
    key, shape = row.key, SHAPES[row.key.channel]
    return Tile(
        id=f"{key.channel}-{quote(key.queue, safe='')}",
        queue=key.queue,
        channel=key.channel,
        channel_name=row.words(words.CHANNELS[key.channel]),
        link=link,
        band=shown.band,
        state=row.words(words.REASONS[shown.reason]),
        opening=_opening(row),
        open=row.opening.is_open,
        promise=shape.promise(row),
        levels=[_level(row, window, shown, rules) for window in LEVEL_WINDOWS],
        figures=shape.figures(row, rules),
        trend=trend(row) if has_service_level(key.channel) else None,
        until_ms=row.watermark_ms if row.blind else None,
    )


def _opening(row: Row) -> str:
    if row.opening.is_open:
        return row.words(words.OPEN)
    if row.opening.next_ms is None:
        return row.words(words.CLOSED)
    when = opening_text(row.opening.next_ms, row.now_ms, row.zone, row.language)
    return row.words(words.OPENS).format(when=when)


def _contact_promise(row: Row) -> str:
    goal = share(row.promise.objective, row.language)
    return row.words(words.PROMISE).format(goal=goal, target=seconds(target_ms(row), row.language))


def _ticket_promise(row: Row) -> str:
    return row.words(words.FIRST_RESPONSE_PROMISE).format(goal=share(row.promise.objective, row.language))


def _level(row: Row, window: str, shown: Judgement, rules: Rules) -> Level:
    part = level_part(row, window)
    text, note, is_ratio = quotient(part.numerator, part.denominator, state_of(row, part, window), row.language)
    held = window == SHAPES[row.key.channel].window and shown.reason in BY_LEVEL
    band = shown.band if held else _level_judgement(row, window, rules).band
    return Level(window, row.words(words.WINDOWS[window]), text, note, is_ratio, band)


def _figure(row: Row, key: str, label: Bilingual, number: int, band: Band = Band.PLAIN, note: str = "") -> Figure:
    return Figure(key, row.words(label), count(number, row.language), note, band=band)


def _since(row: Row, age_ms: int | None) -> int | None:
    return None if age_ms is None else row.now_ms - age_ms


def _contact_figures(row: Row, rules: Rules) -> list[Figure]:
    live, today = row.numbers.live, row.numbers.windows["today"]
    return [
        _figure(row, "waiting", words.WAITING, live[ConversationLive.WAITING]),
        Figure(
            "longest",
            row.words(words.LONGEST),
            DASH,
            since_ms=_since(row, live.age_ms(ConversationLive.LONGEST_WAIT)),
            band=_wait_band(row, rules),
        ),
        _figure(
            row,
            "past_target",
            words.PAST_TARGET,
            live[ConversationLive.WAITING_PAST_TARGET],
            _amber_if(live[ConversationLive.WAITING_PAST_TARGET]),
        ),
        _figure(row, "offered", words.OFFERED, today[ConversationMeasure.OFFERED]),
        _figure(row, "answered", words.ANSWERED, today[ConversationMeasure.ANSWERED]),
        _figure(row, "abandoned", words.ABANDONED, today[ConversationMeasure.ABANDONED], note=_abandonment(row, today)),
        Figure(
            "callbacks",
            row.words(words.CALLBACKS),
            count(live[ConversationLive.CALLBACKS_PENDING], row.language),
            row.words(words.OLDEST) if live.age_ms(ConversationLive.OLDEST_CALLBACK) is not None else "",
            note_since_ms=_since(row, live.age_ms(ConversationLive.OLDEST_CALLBACK)),
        ),
        _figure(row, "busy", words.BUSY, live[ConversationLive.BUSY_AGENTS]),
        _reachable(row),
    ]


def _amber_if(number: int) -> Band:
    return Band.AMBER if number else Band.PLAIN


def _wait_band(row: Row, rules: Rules) -> Band:
    if waits_too_long(row.numbers.live, target_ms(row), rules):
        return Band.RED
    return _amber_if(row.numbers.live[ConversationLive.WAITING_PAST_TARGET])


def _abandonment(row: Row, today: Counts) -> str:
    part = part_of_ratio(ABANDONMENT, today)
    return percent(part.numerator, part.denominator, row.language) if part.denominator >= FEW_BELOW else ""


def _reachable(row: Row) -> Figure:
    """The figure of the best service level still possible today."""
    label, outlook = row.words(words.REACHABLE), row.outlook
    if outlook is None or outlook.best is None:
        note = "" if outlook is not None and outlook.weeks else row.words(words.NO_EARLIER_WEEKS)
        return Figure("reachable", label, DASH, note)
    best = outlook.best
    lost = best < row.promise.objective
    note = row.words(words.OBJECTIVE_LOST) if lost else ""
    text = percent(best.numerator, best.denominator, row.language)
    return Figure("reachable", label, text, note, band=_amber_if(lost))


def _ticket_figures(row: Row, _rules: Rules) -> list[Figure]:
    live, today = row.numbers.live, row.numbers.windows["today"]
    open_now = live[TicketLive.OPEN_UNATTENDED] + live[TicketLive.OPEN_OPEN] + live[TicketLive.OPEN_ON_HOLD]
    return [
        _figure(row, "unattended", words.UNATTENDED, live[TicketLive.OPEN_UNATTENDED]),
        Figure(
            "oldest", row.words(words.OLDEST_TICKET), DASH, since_ms=_since(row, live.age_ms(TicketLive.OLDEST_TICKET))
        ),
        _figure(row, "overdue", words.OVERDUE, live[TicketLive.OVERDUE], _amber_if(live[TicketLive.OVERDUE])),
        _figure(row, "due_soon", words.DUE_SOON, live[TicketLive.DUE_SOON], _amber_if(live[TicketLive.DUE_SOON])),
        _figure(row, "open_now", words.OPEN_NOW, open_now),
        _figure(row, "opened", words.OPENED, today[TicketMeasure.OPENED]),
        _figure(row, "solved", words.SOLVED, today[TicketMeasure.SOLVED]),
    ]


def trend(row: Row) -> Trend:
    """The service level of the last hour in steps, and the last half hour against the one before."""
    inside = [tally(row.numbers.windows[window]) for window, _ in TREND_WINDOWS] + [Tally(0, 0)]
    steps = [_less(whole, part) for whole, part in pairwise(inside)]
    half, before = inside[1], _less(inside[0], inside[1])
    way, text = _way(row, half, before)
    return Trend(
        points=[step.met / step.judged if step.judged else None for step in steps],
        minutes=[minutes for _, minutes in TREND_WINDOWS],
        objective=row.promise.objective,
        way=way,
        text=text,
    )


def _less(whole: Tally, part: Tally) -> Tally:
    return Tally(whole.met - part.met, whole.judged - part.judged)


def _way(row: Row, half: Tally, before: Tally) -> tuple[str, str]:
    if min(half.judged, before.judged) < FEW_BELOW:
        return "", row.words(words.NO_TREND)
    change = half.met / half.judged - before.met / before.judged
    if abs(change) < STEADY_BELOW:
        return "level", row.words(words.LEVEL)
    text = words.UP if change > 0 else words.DOWN
    return ("up" if change > 0 else "down"), row.words(text).format(points=decimal(abs(change) * 100, row.language))


class Shape(NamedTuple):
    """The tile of a kind of queue.

    Attributes:
        level: the ratio on the tile; ``labels`` pick its series.
        window: the one whose level colours the tile.
        judge: the colour, from that of the level.
        promise: the goal in words.
        figures: the numbers below the levels.
    """

    level: Ratio
    labels: Mapping[str, str]
    window: str
    judge: Callable[[Row, Judgement, Rules], Judgement]
    promise: Callable[[Row], str]
    figures: Callable[[Row, Rules], list[Figure]]


_CONVERSATIONS = Shape(
    SERVICE_LEVEL,
    {"variant": Variant.SHORT_REMOVED.value},
    "30m",
    lambda row, level, rules: contact_judgement(level, row.numbers.live, target_ms(row), rules),
    _contact_promise,
    _contact_figures,
)
_TICKETS = Shape(
    FIRST_RESPONSE,
    {"limit": "target"},
    "today",
    lambda row, level, _rules: ticket_judgement(level, row.numbers.live),
    _ticket_promise,
    _ticket_figures,
)
SHAPES: Mapping[Channel, Shape] = {
    channel: shape for shape in (_CONVERSATIONS, _TICKETS) for channel in shape.level.channels
}
