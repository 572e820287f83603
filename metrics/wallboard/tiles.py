"""One queue as a tile. Pure: the numbers are those of the API, by the same formulas and states."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple
from urllib.parse import quote

from metrics.catalog.model import Ratio
from metrics.evaluate.evaluator import Divided, empty_state
from metrics.planning.reachable import Tally, has_service_level, tally
from metrics.snapshot.service_level import EARLY_ALARM_WINDOW, LEGS_ABANDONED_EARLY, Variant
from metrics.snapshot.states import FEW_BELOW, State, divided_state
from metrics.wallboard import words
from metrics.wallboard.bands import (
    Judgement,
    Reason,
    Rules,
    contact_judgement,
    early_judgement,
    is_of_the_week,
    level_judgement,
    queue_judgement,
    ticket_judgement,
)
from metrics.wallboard.figures import count, decimal, opening_text, quotient, seconds, share
from metrics.wallboard.model import Band, Figure, Level, Tile, TileAlert, Trend
from metrics.wallboard.queue_row import RATIOS, Row, part_of_ratio
from metrics.wallboard.tile_figures import contact_figures, ticket_figures
from streams.common.vocabulary import Channel
from streams.facts.conversations.live import ConversationLive

BY_LEVEL = (Reason.ON_OBJECTIVE, Reason.DAY_BELOW, Reason.BELOW, Reason.FAR_BELOW)
"""Reasons from a service level: a tile coloured by one of these shares the colour with that number."""
DAY, WEEK = "today", "7d"
LEVEL_WINDOWS = ("30m", DAY)
TREND_WINDOWS = (("1h", 30), ("30m", 15), ("15m", 5), ("10m", 5), ("5m", 5))
"""Windows from long to short, each with the minutes by which it exceeds the next one."""
STEADY_BELOW = 0.01
"""A change of less than a percentage point is shown as steady."""

SERVICE_LEVEL = RATIOS["contact_center_service_level_ratio"]
FIRST_RESPONSE = RATIOS["contact_center_first_response_within_ratio"]


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
    if row.reading:
        return Judgement(Band.BLIND, Reason.READING)
    live = row.numbers.live
    shape = SHAPES[row.key.channel]
    found = shape.judge(row, _level_of_queue(row, rules), rules)
    if not row.opening.is_open and found.band is Band.PLAIN and not live[ConversationLive.WAITING]:
        return Judgement(Band.CLOSED, Reason.CLOSED)
    return found


def _level_of_queue(row: Row, rules: Rules) -> Judgement:
    """The judgement of the service level: of the window that colours the tile, or of the week where few are in it."""
    now = _level_judgement(row, SHAPES[row.key.channel].window, rules)
    dead = early_judgement(now, _offered(row))
    if dead.band is Band.RED or not row.opening.is_open:
        return dead
    return queue_judgement(now, _level_judgement(row, DAY, rules), _level_judgement(row, WEEK, rules))


def _offered(row: Row) -> int:
    return LEGS_ABANDONED_EARLY.offered.of(row.numbers.windows[EARLY_ALARM_WINDOW])


def _level_judgement(row: Row, window: str, rules: Rules) -> Judgement:
    part = level_part(row, window)
    state = state_of(row, part, window)
    return level_judgement(Tally(part.numerator, part.denominator), state, row.promise.objective, rules)


def tile(row: Row, shown: Judgement, rules: Rules, link: str, alerts: Sequence[TileAlert] = ()) -> Tile:
    """The tile.

    Args:
        row: the queue.
        shown: the judgement after the hold.
        rules: limits between the colours.
        link: address of the queue's own view.
        alerts: those that fire, the gravest first.
    """
    key, shape, of_week = row.key, SHAPES[row.key.channel], is_of_the_week(shown)
    return Tile(
        id=f"{key.channel}-{quote(key.queue, safe='')}",
        queue=row.name,
        channel=key.channel,
        channel_name=row.words(words.CHANNELS[key.channel]),
        link=link,
        band=shown.band,
        state=row.words(words.REASONS[shown.reason]),
        opening=_opening(row),
        open=row.opening.is_open,
        promise=shape.promise(row),
        levels=[_level(row, window, shown, rules) for window in (shape.week_windows if of_week else LEVEL_WINDOWS)],
        figures=shape.figures(row, rules),
        trend=trend(row) if has_service_level(key.channel) and not of_week else None,
        until_ms=row.watermark_ms if row.blind else None,
        alerts=list(alerts),
    )


def _all_hung_up(row: Row, window: str) -> str:
    offered = LEGS_ABANDONED_EARLY.number(row.numbers.windows[window])
    limit = seconds(row.promise.short_abandon_seconds * 1_000, row.language)
    return row.words(words.ABANDONED_EARLY).format(offered=count(offered, row.language), limit=limit)


def _opening(row: Row) -> str:
    if row.opening.is_open:
        return row.words(words.OPEN)
    if row.opening.next_ms is None:
        return row.words(words.CLOSED)
    when = opening_text(row.opening.next_ms, row.now_ms, row.zone, row.language)
    return row.words(words.OPENS).format(when=when)


def _contact_promise(row: Row) -> str:
    goal = share(row.promise.objective, row.language)
    return row.words(words.PROMISE).format(goal=goal, target=seconds(row.target_ms, row.language))


def _ticket_promise(row: Row) -> str:
    return row.words(words.FIRST_RESPONSE_PROMISE).format(goal=share(row.promise.objective, row.language))


def _level(row: Row, window: str, shown: Judgement, rules: Rules) -> Level:
    part = level_part(row, window)
    state = state_of(row, part, window)
    text, note, is_ratio = quotient(part.numerator, part.denominator, state, row.language)
    if state is State.ABANDONED_EARLY:
        text = _all_hung_up(row, window)
    of_week = is_of_the_week(shown)
    held = of_week if window == WEEK else window == SHAPES[row.key.channel].window and shown.reason in BY_LEVEL
    band = shown.band if held else _level_judgement(row, window, rules).band
    return Level(window, row.words(words.WINDOWS[window]), text, note, is_ratio, band)


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
        week_windows: the levels on the tile while seven days colour it.
        judge: the colour, from that of the level.
        promise: the goal in words.
        figures: the numbers below the levels.
    """

    level: Ratio
    labels: Mapping[str, str]
    window: str
    week_windows: tuple[str, ...]
    judge: Callable[[Row, Judgement, Rules], Judgement]
    promise: Callable[[Row], str]
    figures: Callable[[Row, Rules], list[Figure]]


_CONVERSATIONS = Shape(
    SERVICE_LEVEL,
    {"variant": Variant.SHORT_REMOVED.value},
    "30m",
    (*LEVEL_WINDOWS, WEEK),
    lambda row, level, rules: contact_judgement(level, row.numbers.live, row.target_ms, rules),
    _contact_promise,
    contact_figures,
)
_TICKETS = Shape(
    FIRST_RESPONSE,
    {"limit": "target"},
    DAY,
    (WEEK, DAY),
    lambda row, level, rules: ticket_judgement(level, row.numbers.live, rules),
    _ticket_promise,
    ticket_figures,
)
SHAPES: Mapping[Channel, Shape] = {
    channel: shape for shape in (_CONVERSATIONS, _TICKETS) for channel in shape.level.channels
}
