"""Colours of the wallboard: the limits between them, and the minute for which a bad one is held."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from metrics.planning.reachable import Tally
from metrics.snapshot.snapshot import LiveNumbers
from metrics.snapshot.states import State
from metrics.wallboard.bands import (
    Held,
    Judgement,
    Reason,
    Rules,
    contact_judgement,
    hold,
    level_judgement,
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
    ],
)
def test_tickets_are_never_green_over_late_ones(level: Judgement, live: LiveNumbers, expected: Judgement) -> None:
    """Overdue tickets and those due within the hour are amber at least; nothing late and something open is on time."""
    assert expected == ticket_judgement(level, live)


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
