"""Lies of a board: a missing call is one only while the board says that all is fine."""

from __future__ import annotations

import pytest

from tests.faults.campaign.board import OFFERED, WINDOW, Look, look_of, missing
from tests.faults.campaign.canaries import Canaries


def document(*, blind: bool, shown: dict[str, int]) -> dict[str, object]:
    """The answer of an exporter, cut to what is read of it."""
    rows = [
        {
            "channel": "call",
            "queue": queue,
            "windowed": {OFFERED: [{"labels": {}, "windows": {WINDOW: {"value": count, "state": "ok"}}}]},
        }
        for queue, count in shown.items()
    ]
    health = {"blind": blind, "reason": "behind" if blind else "", "age_seconds": 1.5}
    return {"channels": {"call": health}, "rows": rows}


@pytest.mark.parametrize(
    "blind, shown, due, lacking",
    [
        (False, {"canary-0-0": 3}, {"canary-0-0": 3}, {}),
        (False, {"canary-0-0": 4}, {"canary-0-0": 3}, {}),
        (False, {"canary-0-0": 2}, {"canary-0-0": 3}, {"canary-0-0": 1}),
        (False, {}, {"canary-0-0": 3}, {"canary-0-0": 3}),
        (False, {"canary-0-0": 9}, {"canary-0-0": 3, "canary-0-1": 1}, {"canary-0-1": 1}),
        (True, {}, {"canary-0-0": 3}, {}),
    ],
)
def test_missing_calls(blind: bool, shown: dict[str, int], due: dict[str, int], lacking: dict[str, int]) -> None:
    """A call of any partition that should be shown is missing, unless the board says that it is blind."""
    assert lacking == missing(look_of(document(blind=blind, shown=shown)), due)


def test_other_queues_are_not_looked_at() -> None:
    """Calls of the load are no canaries."""
    assert Look("", {"canary-0-1": 2}, 1.5) == look_of(document(blind=False, shown={"canary-0-1": 2, "Soporte": 7}))


def test_canaries_are_due_once_confirmed() -> None:
    """A call counts from its confirmation on, once however often it is confirmed, and not after it was deleted."""
    canaries = Canaries()
    queue = canaries.queue(1)
    confirm = canaries.sent(queue, "canary-7")
    assert {} == canaries.due(float("inf"))
    confirm(1, 40)
    confirm(1, 41)
    canaries.sent(queue, "canary-8")(1, 50)
    assert ({queue: 2}, {queue: 0}) == (canaries.due(float("inf")), canaries.due(0.0))
    assert 1 == canaries.forget({1: range(45, 60), 0: range(100)})
    assert {queue: 1} == canaries.due(float("inf"))
    canaries.start_anew()
    assert {} == canaries.due(float("inf"))
    assert queue != canaries.queue(1)
