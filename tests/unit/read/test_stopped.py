"""A partition that stands still makes its channel blind, and says which, since when, and what ends it."""

from __future__ import annotations

from typing import Any

import pytest

from metrics.planning.view import View
from metrics.read.health import Trust, channel_health
from metrics.snapshot.snapshot import ChannelHealth
from streams.common.languages import Language
from streams.common.vocabulary import Channel, Clock
from streams.contract.topics import Topic
from streams.store.keys import Status
from streams.store.standing import Stop
from tests.support.boards import NOW_MS, snapshot

STOP = Stop("refused", 40, 1000, 1000, NOW_MS - 60_000, "offset 1039 (not_json: no JSON)")


def health(clock: Clock = Clock.WALL, **values: Any) -> ChannelHealth:
    """The channel of a partition in order and one with these values in its status."""
    well: dict[str, Any] = {
        "watermark_ms": NOW_MS,
        "newest_ms": NOW_MS,
        "wall_ms": NOW_MS,
        "at_end": True,
        "log_end": 10,
        "formula": 1,
        "names": 0,
        "statistics": {},
    }
    statuses = [Status(**well), Status(**{**well, "at_end": False, "stop": STOP, **values})]
    return channel_health(Topic.TICKETS, statuses, Trust(clock, NOW_MS, NOW_MS, 5_000))


@pytest.mark.parametrize(
    "clock,values,expected",
    [
        (Clock.WALL, {}, "stopped"),
        (Clock.EVENT, {}, "stopped"),
        (Clock.WALL, {"watermark_ms": NOW_MS - 3_600_000}, "stopped"),
        (Clock.WALL, {"lost_unacknowledged": 1}, "stopped"),
        (Clock.WALL, {"wall_ms": NOW_MS - 10_001}, "heartbeat"),
        (Clock.WALL, {"stop": None}, ""),
    ],
)
def test_when_a_stop_is_the_reason(clock: Clock, values: dict[str, Any], expected: str) -> None:
    """It is graver than a lag, which follows from it, and less than a worker that is silent."""
    assert (expected, bool(expected)) == (health(clock, **values).blind_reason, health(clock, **values).blind)


def test_the_sentence_of_a_stop() -> None:
    """Partition, time and command stand in it, in both languages."""
    view = View(snapshot(health={Channel.TICKET: health()}), 0)
    english, spanish = (view.why_blind(Channel.TICKET, language, "UTC") for language in Language)
    assert english.startswith("tickets-1 stands still since ")
    assert english.endswith("because what comes next cannot be counted; `veinte resume tickets` lets it go on")
    assert spanish.startswith("tickets-1 está parada desde las ")
