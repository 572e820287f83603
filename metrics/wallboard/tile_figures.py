"""The figures of a tile below its service levels: who waits, what came today, what is open. Pure."""

from __future__ import annotations

from metrics.snapshot.snapshot import Counts
from metrics.snapshot.states import FEW_BELOW
from metrics.wallboard import words
from metrics.wallboard.bands import Rules, waits_too_long
from metrics.wallboard.figures import DASH, MINUS, SEPARATOR, count, percent
from metrics.wallboard.model import Band, Figure
from metrics.wallboard.queue_row import RATIOS, Row, part_of_ratio
from streams.common.languages import Bilingual
from streams.facts.conversations.live import ConversationLive
from streams.facts.conversations.measures import ConversationMeasure
from streams.facts.tickets.live import TicketLive
from streams.facts.tickets.measures import TicketMeasure

ABANDONMENT = RATIOS["contact_center_abandonment_ratio"]


def contact_figures(row: Row, rules: Rules) -> list[Figure]:
    """The figures of a queue of calls or chats. Those of today add up: offered = answered + abandoned + others."""
    live, today = row.numbers.live, row.numbers.windows["today"]
    past_target = live[ConversationLive.WAITING_PAST_TARGET]
    oldest_callback_ms = live.age_ms(ConversationLive.OLDEST_CALLBACK)
    return [
        row.figure("waiting", words.WAITING, live[ConversationLive.WAITING]),
        Figure(
            "longest",
            row.words(words.LONGEST),
            DASH,
            since_ms=row.since(live.age_ms(ConversationLive.LONGEST_WAIT)),
            band=_wait_band(row, rules),
        ),
        row.figure("past_target", words.PAST_TARGET, past_target, rules.past_target.band(past_target)),
        row.figure("offered", words.OFFERED, today[ConversationMeasure.OFFERED]),
        row.figure("answered", words.ANSWERED, today[ConversationMeasure.ANSWERED]),
        row.figure("abandoned", words.ABANDONED, today[ConversationMeasure.ABANDONED], note=_abandonment(row, today)),
        _others(row, today),
        Figure(
            "callbacks",
            row.words(words.CALLBACKS),
            count(live[ConversationLive.CALLBACKS_PENDING], row.language),
            "" if oldest_callback_ms is None else row.words(words.OLDEST_CALLBACK),
            note_since_ms=row.since(oldest_callback_ms),
        ),
        row.figure("busy", words.BUSY, live[ConversationLive.BUSY_AGENTS]),
        _reachable(row),
    ]


def _wait_band(row: Row, rules: Rules) -> Band:
    if waits_too_long(row.numbers.live, row.target_ms, rules):
        return Band.RED
    return Band.AMBER if row.numbers.live[ConversationLive.WAITING_PAST_TARGET] else Band.PLAIN


def _abandonment(row: Row, today: Counts) -> str:
    """The note of the abandoned: how many of them are short, and the rate, which leaves the short ones out."""
    short = today[ConversationMeasure.SHORT_ABANDONED]
    text = words.OF_THEM_ONE_SHORT if short == 1 else words.OF_THEM_SHORT
    parts = [_counted(row, text, short)] if short else []
    ratio = part_of_ratio(ABANDONMENT, today)
    if ratio.denominator >= FEW_BELOW:
        parts.append(percent(ratio.numerator, ratio.denominator, row.language))
    return SEPARATOR.join(parts)


def _others(row: Row, today: Counts) -> Figure:
    """The figure of those offered today that are neither answered nor abandoned, and its parts in words.

    An outcome counts when it happens. So one of somebody offered before today is more than today's offers, and is
    taken off here; a leg that has no outcome for too long is no longer counted as waiting.
    """
    rest = (
        today[ConversationMeasure.OFFERED] - today[ConversationMeasure.ANSWERED] - today[ConversationMeasure.ABANDONED]
    )
    named = {
        words.OTHERS_CALLBACKS: today[ConversationMeasure.CALLBACK_REQUESTED],
        words.OTHERS_LEFT: today[ConversationMeasure.LEFT_QUEUE],
        words.OTHERS_WAITING: row.numbers.live[ConversationLive.WAITING],
    }
    unnamed = rest - sum(named.values())
    named[words.OTHERS_UNKNOWN if unnamed > 0 else words.OTHERS_EARLIER] = unnamed
    parts = [_counted(row, text, number) for text, number in named.items() if number]
    return Figure("others", row.words(words.OTHERS), _signed(row, rest), SEPARATOR.join(parts))


def _counted(row: Row, text: Bilingual, number: int) -> str:
    return row.words(text).format(number=_signed(row, number))


def _signed(row: Row, number: int) -> str:
    return f"{MINUS if number < 0 else ''}{count(abs(number), row.language)}"


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
    return Figure("reachable", label, text, note, band=Band.AMBER if lost else Band.PLAIN)


def ticket_figures(row: Row, rules: Rules) -> list[Figure]:
    """The figures of a ticket queue. Open now = unattended + attended + on hold."""
    live, today = row.numbers.live, row.numbers.windows["today"]
    unattended, attended, on_hold = (
        live[measure] for measure in (TicketLive.OPEN_UNATTENDED, TicketLive.OPEN_OPEN, TicketLive.OPEN_ON_HOLD)
    )
    states = {words.OPEN_ATTENDED: attended, words.OPEN_ON_HOLD: on_hold}
    note = SEPARATOR.join(_counted(row, text, number) for text, number in states.items() if number)
    overdue, due_soon = live[TicketLive.OVERDUE], live[TicketLive.DUE_SOON]
    return [
        row.figure("unattended", words.UNATTENDED, unattended),
        Figure(
            "oldest",
            row.words(words.OLDEST_TICKET),
            DASH,
            since_ms=row.since(live.age_ms(TicketLive.OLDEST_TICKET)),
        ),
        row.figure("overdue", words.OVERDUE, overdue, rules.overdue.band(overdue)),
        row.figure("due_soon", words.DUE_SOON, due_soon, rules.due_soon.band(due_soon)),
        row.figure("open_now", words.OPEN_NOW, unattended + attended + on_hold, note=note),
        row.figure("opened", words.OPENED, today[TicketMeasure.OPENED]),
        row.figure("solved", words.SOLVED, today[TicketMeasure.SOLVED]),
    ]
