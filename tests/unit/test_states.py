"""The states beside every number."""

from __future__ import annotations

import pytest

from metrics.snapshot import ChannelHealth
from metrics.states import UNREADABLE_AFTER_MS, State, View, divided_state, plain_state
from streams.settings import Channel
from tests.unit.boards import snapshot


@pytest.mark.parametrize(
    "blind,denominator,pending,thin,expected",
    [
        (True, 0, 3, True, State.BLIND),
        (True, 500, 0, False, State.BLIND),
        (False, 0, 1, False, State.PENDING),
        (False, 0, 0, False, State.NO_TRAFFIC),
        (False, 1, 1, False, State.FEW),
        (False, 9, 0, False, State.FEW),
        (False, 10, 0, False, State.OK),
        (False, 10, 5, False, State.OK),
        (False, 500, 0, True, State.FEW),
    ],
)
def test_the_first_state_that_holds_is_given(
    blind: bool, denominator: int, pending: int, thin: bool, expected: State
) -> None:
    """Of blind, pending, no_traffic, few and ok a ratio has the first that holds."""
    assert expected is divided_state(blind, denominator, pending, thin)


@pytest.mark.parametrize(
    "blind,value,expected",
    [(True, 5, State.BLIND), (True, None, State.BLIND), (False, None, State.NO_TRAFFIC), (False, 0, State.OK)],
)
def test_a_count_of_zero_is_a_number_and_an_age_of_nothing_is_none(
    blind: bool, value: float | None, expected: State
) -> None:
    """Zero callers waiting is ok; the longest wait of nobody is no_traffic."""
    assert expected is plain_state(blind, value)


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
