"""Colours of the wallboard: the limits between them, and the minute for which a bad one is held."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from pydantic import ValidationError

from metrics.planning.reachable import Tally
from metrics.snapshot.snapshot import LiveNumbers
from metrics.snapshot.states import State
from metrics.wallboard.bands import (
    Held,
    Judgement,
    Reason,
    Rules,
    Steps,
    contact_judgement,
    early_judgement,
    hold,
    level_judgement,
    queue_judgement,
    rules_of,
    ticket_judgement,
)
from metrics.wallboard.model import Band
from tests.support.boards import live_of, settings

RULES = Rules()
GREEN = Judgement(Band.GREEN, Reason.ON_OBJECTIVE)
AMBER = Judgement(Band.AMBER, Reason.BELOW)
RED = Judgement(Band.RED, Reason.FAR_BELOW)
FEW = Judgement(Band.PLAIN, Reason.FEW)
BLIND = Judgement(Band.BLIND, Reason.BLIND)
LONG_WAIT = Judgement(Band.RED, Reason.LONG_WAIT)
TARGET_MS = 20_000
MINUTE_MS = 60_000


@pytest.mark.parametrize(
    "met,expected",
    [(1000, GREEN), (800, GREEN), (799, AMBER), (700, AMBER), (699, RED), (0, RED)],
)
def test_green_from_the_objective_amber_to_ten_points_below(met: int, expected: Judgement) -> None:
    """A service level exactly on a limit has the better colour; one contact less has the next."""
    assert expected == level_judgement(Tally(met, 1000), State.OK, 0.80, RULES)


@pytest.mark.parametrize(
    "state,band",
    [
        (State.FEW, Band.PLAIN),
        (State.PENDING, Band.PLAIN),
        (State.ABANDONED_EARLY, Band.PLAIN),
        (State.NO_TRAFFIC, Band.PLAIN),
        (State.CLOSED, Band.CLOSED),
        (State.BLIND, Band.BLIND),
    ],
)
def test_what_is_not_judged_has_no_colour(state: State, band: Band) -> None:
    """Three misses of three are few contacts, not red; a blind level is grey."""
    assert band == level_judgement(Tally(0, 3), state, 0.80, RULES).band


@pytest.mark.parametrize(
    "level,wait_ms,expected",
    [
        (GREEN, 60_000, GREEN),
        (GREEN, 60_001, LONG_WAIT),
        (FEW, 60_001, LONG_WAIT),
        (RED, 60_001, RED),
        (BLIND, 60_001, BLIND),
        (GREEN, None, GREEN),
    ],
)
def test_a_wait_of_more_than_three_targets_is_red(level: Judgement, wait_ms: int | None, expected: Judgement) -> None:
    """One caller forgotten for over a minute is red, however good the service level; blind stays grey."""
    assert expected == contact_judgement(
        level, live_of() if wait_ms is None else live_of(longest_wait=wait_ms), TARGET_MS, RULES
    )


@pytest.mark.parametrize(
    "level,live,expected",
    [
        (GREEN, live_of(open_open=3), GREEN),
        (GREEN, live_of(open_open=3, due_soon=1), Judgement(Band.AMBER, Reason.DUE_SOON)),
        (GREEN, live_of(open_open=3, due_soon=1, overdue=1), Judgement(Band.AMBER, Reason.OVERDUE)),
        (RED, live_of(open_open=3, overdue=1), RED),
        (FEW, live_of(open_open=3), Judgement(Band.GREEN, Reason.ON_TIME)),
        (FEW, live_of(), FEW),
        (BLIND, live_of(overdue=1), BLIND),
        (GREEN, live_of(overdue=9), Judgement(Band.AMBER, Reason.OVERDUE)),
        (GREEN, live_of(overdue=10, due_soon=3), Judgement(Band.RED, Reason.OVERDUE)),
        (FEW, live_of(overdue=10), Judgement(Band.RED, Reason.OVERDUE)),
        (BLIND, live_of(overdue=10), BLIND),
    ],
)
def test_tickets_are_never_green_over_late_ones(level: Judgement, live: LiveNumbers, expected: Judgement) -> None:
    """Tickets overdue or due within the hour are amber, ten overdue ones red; nothing late and some open is on time."""
    assert expected == ticket_judgement(level, live, RULES)


@pytest.mark.parametrize(
    "steps,number,band",
    [
        (Steps(), 0, Band.PLAIN),
        (Steps(), 1, Band.AMBER),
        (Steps(), 1_000, Band.AMBER),
        (Steps(3, 5), 2, Band.PLAIN),
        (Steps(3, 5), 3, Band.AMBER),
        (Steps(3, 5), 4, Band.AMBER),
        (Steps(3, 5), 5, Band.RED),
        (Steps(3, 3), 3, Band.RED),
        (Steps(20, 10), 10, Band.RED),
    ],
)
def test_a_count_has_the_colour_of_the_step_it_reaches(steps: Steps, number: int, band: Band) -> None:
    """A count exactly on a step has its colour, one less that of the step before; without a red step none is red."""
    assert band == steps.band(number)


WEEK_RED = Judgement(Band.RED, Reason.WEEK_FAR_BELOW)


@pytest.mark.parametrize(
    "now,day,week,expected",
    [
        (GREEN, GREEN, RED, GREEN),
        (GREEN, AMBER, RED, GREEN),
        (GREEN, RED, RED, Judgement(Band.GREEN, Reason.DAY_BELOW)),
        (AMBER, RED, RED, AMBER),
        (RED, GREEN, GREEN, RED),
        (FEW, RED, GREEN, Judgement(Band.GREEN, Reason.WEEK_ON_OBJECTIVE)),
        (FEW, FEW, AMBER, Judgement(Band.AMBER, Reason.WEEK_BELOW)),
        (FEW, FEW, RED, WEEK_RED),
        (Judgement(Band.PLAIN, Reason.NO_TRAFFIC), FEW, RED, WEEK_RED),
        (Judgement(Band.PLAIN, Reason.PENDING), FEW, RED, WEEK_RED),
        (Judgement(Band.PLAIN, Reason.ABANDONED_EARLY), FEW, RED, WEEK_RED),
        (FEW, FEW, FEW, FEW),
        (BLIND, BLIND, BLIND, BLIND),
    ],
)
def test_few_contacts_take_the_colour_of_seven_days(
    now: Judgement, day: Judgement, week: Judgement, expected: Judgement
) -> None:
    """Where the half hour has too little to judge the week decides and is named; a green one names a day far below."""
    assert expected == queue_judgement(now, day, week)


@pytest.mark.parametrize("offered,band", [(4, Band.PLAIN), (5, Band.RED)])
def test_five_who_all_hang_up_at_once_are_red(offered: int, band: Band) -> None:
    """From five on it is no chance that everybody hangs up at once; other reasons keep their colour."""
    early = Judgement(Band.PLAIN, Reason.ABANDONED_EARLY)
    assert Judgement(band, Reason.ABANDONED_EARLY) == early_judgement(early, offered)
    assert GREEN == early_judgement(GREEN, offered)


def test_a_long_wait_is_red_over_a_red_week() -> None:
    """Somebody who waits too long now says more than the last seven days."""
    assert LONG_WAIT == contact_judgement(WEEK_RED, live_of(longest_wait=60_001), TARGET_MS, RULES)


def shown(*seen: tuple[int, Judgement]) -> list[Judgement]:
    """The shown judgements after each of ``(seconds, deserved)``."""
    held: Held | None = None
    found = []
    for second, deserved in seen:
        held = hold(held, deserved, second * 1_000, MINUTE_MS)
        found.append(held.shown)
    return found


def test_worse_is_shown_at_once_and_better_after_a_minute() -> None:
    """Red is shown at once, and ends after a whole minute of better numbers with the colour deserved then."""
    seen = [(0, GREEN), (10, RED), (20, AMBER), (79, GREEN), (80, GREEN), (81, AMBER)]
    assert [GREEN, RED, RED, RED, GREEN, AMBER] == shown(*seen)


def test_a_queue_at_the_edge_does_not_flicker() -> None:
    """A service level above its objective for a moment stays amber: its minute begins anew."""
    seen = [(second, AMBER if second % 50 == 0 else GREEN) for second in range(0, 200, 10)]
    assert {AMBER} == set(shown(*seen))


def test_grey_comes_and_goes_at_once() -> None:
    """Blindness is shown and ends at once, and no earlier colour is held after it."""
    assert [RED, BLIND, GREEN] == shown((0, RED), (1, BLIND), (2, GREEN))


def test_what_nobody_looked_at_for_a_minute_is_forgotten() -> None:
    """A colour that no browser has shown for a minute is forgotten."""
    assert [RED, GREEN] == shown((0, RED), (61, GREEN))


def test_the_bands_come_from_the_settings(tmp_path: Path) -> None:
    """A tenth in the settings is exactly a tenth."""
    made = rules_of(settings(tmp_path, board_amber_ratio=0.1, board_red_wait=2.5, board_hold="30s"))
    assert Rules(Fraction(1, 10), Fraction(5, 2), 30_000) == made


def test_the_steps_of_a_figure_come_from_the_settings(tmp_path: Path) -> None:
    """Overdue tickets are red from ``alert_overdue`` on where nothing else is set."""
    assert Steps(1, 7) == rules_of(settings(tmp_path, alert_overdue=7)).overdue
    made = rules_of(
        settings(
            tmp_path,
            board_overdue_amber=2,
            board_overdue_red=3,
            board_due_soon_amber=4,
            board_due_soon_red=5,
            board_past_target_amber=6,
            board_past_target_red=8,
        )
    )
    assert (Steps(2, 3), Steps(4, 5), Steps(6, 8)) == (made.overdue, made.due_soon, made.past_target)


def test_red_below_amber_is_refused(tmp_path: Path) -> None:
    """A figure that would be red before it is amber is a mistake, and the sentence names both settings."""
    with pytest.raises(ValidationError, match="board_overdue_red = 2 is below board_overdue_amber = 3"):
        settings(tmp_path, board_overdue_amber=3, board_overdue_red=2)
