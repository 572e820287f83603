"""The states beside every number."""

from __future__ import annotations

import pytest

from metrics.planning.view import UNREADABLE_AFTER_MS, View
from metrics.snapshot.snapshot import ChannelHealth
from metrics.snapshot.states import State, divided_state, plain_state
from streams.common.vocabulary import Channel
from tests.support.boards import snapshot


@pytest.mark.parametrize(
    "blind,denominator,pending,thin,closed,early,expected",
    [
        (True, 0, 3, True, True, True, State.BLIND),
        (True, 500, 0, False, False, False, State.BLIND),
        (False, 0, 1, False, False, False, State.PENDING),
        (False, 0, 1, False, True, True, State.PENDING),
        (False, 0, 0, False, True, True, State.ABANDONED_EARLY),
        (False, 0, 0, False, False, True, State.ABANDONED_EARLY),
        (False, 0, 0, False, True, False, State.CLOSED),
        (False, 0, 0, False, False, False, State.NO_TRAFFIC),
        (False, 1, 1, False, True, False, State.FEW),
        (False, 9, 0, False, False, True, State.FEW),
        (False, 10, 0, False, True, False, State.OK),
        (False, 10, 5, False, False, True, State.OK),
        (False, 500, 0, True, False, False, State.FEW),
    ],
)
def test_the_first_state_that_holds_is_given(
    blind: bool, denominator: int, pending: int, thin: bool, closed: bool, early: bool, expected: State
) -> None:
    """Of blind, pending, abandoned_early, closed, no_traffic, few and ok a ratio has the first that holds."""
    assert expected is divided_state(blind, denominator, pending, thin, closed, early)


@pytest.mark.parametrize(
    "blind,value,closed,expected",
    [
        (True, 5, False, State.BLIND),
        (True, None, True, State.BLIND),
        (False, None, False, State.NO_TRAFFIC),
        (False, None, True, State.CLOSED),
        (False, 0, True, State.OK),
    ],
)
def test_a_count_of_zero_is_a_number_and_an_age_of_nothing_is_none(
    blind: bool, value: float | None, closed: bool, expected: State
) -> None:
    """Zero callers waiting is ok; the longest wait of nobody is no_traffic, or closed outside opening hours."""
    assert expected is plain_state(blind, value, closed)


def test_repeats_are_as_blind_as_their_channel_and_the_outcomes() -> None:
    """Repeats need channel and outcomes; the channel's own reason is the first, and ages grow with the view."""
    lost = ChannelHealth(blind=True, blind_reason="loss", age_ms=1_000)
    silent = ChannelHealth(blind=True, blind_reason="heartbeat", age_ms=60_000)
    view = View(snapshot(health={Channel.CHAT: lost}, repeats=silent), 2_000)
    assert ["heartbeat", "loss"] == [view.blind_reason_of_repeats(channel) for channel in (Channel.CALL, Channel.CHAT)]
    assert ("heartbeat", 62_000, "") == (
        view.outcomes_blind_reason,
        view.outcomes_age_ms,
        view.blind_reason(Channel.CALL),
    )
    assert ["", "unreadable"] == [
        View(snapshot(), age_ms).outcomes_blind_reason for age_ms in (UNREADABLE_AFTER_MS, UNREADABLE_AFTER_MS + 1)
    ]


def test_a_channel_is_blind_for_its_own_reason_or_because_redis_cannot_be_read() -> None:
    """A blind heartbeat names its reason at any age; past the limit every channel is unreadable."""
    board = snapshot(health={Channel.CHAT: ChannelHealth(blind=True, blind_reason="heartbeat", age_ms=60_000)})
    fresh, old = View(board, UNREADABLE_AFTER_MS), View(board, UNREADABLE_AFTER_MS + 1)
    assert ["", "heartbeat"] == [fresh.blind_reason(Channel.CALL), fresh.blind_reason(Channel.CHAT)]
    assert ["unreadable", "heartbeat"] == [old.blind_reason(Channel.CALL), old.blind_reason(Channel.CHAT)]


def test_the_age_of_data_grows_with_the_snapshot() -> None:
    """Data that was 250 ms old when it was read is 3.25 s old three seconds later; never started has no age."""
    board = snapshot(health={Channel.TICKET: ChannelHealth(blind=True, blind_reason="never_started")})
    assert 3_250 == View(board, 3_000).data_age_ms(Channel.CALL)
    assert None is View(board, 3_000).data_age_ms(Channel.TICKET)
