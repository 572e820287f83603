"""Faults of clocks: those of a worker and of the exporter, ahead, behind and jumping."""

from __future__ import annotations

import signal

from streams.common.durations import MINUTE_MS, SECOND_MS
from tests.faults.campaign.case import Case
from tests.faults.campaign.kind import Kind

FAR_MS = 20 * MINUTE_MS
JUMP_MS = 30 * MINUTE_MS
UNSEEN_SECONDS = 16.0
"""Longer than a missing call may be hidden."""


def ahead_then_killed(case: Case) -> None:
    """The worker's clock is 20 min ahead, and the worker ends for good."""
    case.pause(0.5, 2.0)
    case.post.set_clock(FAR_MS)
    case.fault()
    case.pause(2.0, 4.0)
    case.crew.dismiss(case.post, signal.SIGKILL)
    case.fault()
    case.pause(UNSEEN_SECONDS, UNSEEN_SECONDS + 2)
    case.post.set_clock(0)
    case.crew.recall(case.post)
    case.pause(2.0, 3.0)


def behind(case: Case) -> None:
    """The worker's clock is 20 min behind, and comes back."""
    for _ in case.times(2):
        case.pause(0.5, 2.0)
        case.post.set_clock(-FAR_MS)
        case.fault()
        case.pause(4.0, 7.0)
        case.post.set_clock(0)
        case.pause(2.0, 4.0)


def back_and_no_broker(case: Case) -> None:
    """The worker's clock was ahead and is stepped back, then the broker hangs."""
    case.pause(0.5, 2.0)
    case.post.set_clock(FAR_MS)
    case.pause(2.0, 3.0)
    case.post.set_clock(0)
    case.fault()
    case.pause(0.2, 1.0)
    case.broker.freeze()
    case.fault()
    case.pause(3.0, 5.0)
    case.broker.thaw()
    case.pause(1.0, 2.0)
    # Frozen, the broker takes no canary either; cut off, the worker alone is without it.
    case.broker.door.shut = True
    case.broker.door.cut()
    case.fault()
    case.pause(UNSEEN_SECONDS, UNSEEN_SECONDS + 2)
    case.broker.door.shut = False


def jumping(case: Case) -> None:
    """The worker's clock jumps to and fro, by seconds and by half an hour."""
    for number in case.times(10):
        widest = JUMP_MS if number % 2 else 15 * SECOND_MS
        case.post.set_clock(int(case.chance.uniform(-widest, widest)))
        case.fault()
        case.pause(0.7, 2.5)
    case.post.set_clock(0)


def exporters(case: Case) -> None:
    """The exporter's clock is 20 min behind, ahead, and right again."""
    for offset_ms in (-FAR_MS, FAR_MS):
        case.pause(0.5, 2.0)
        case.set_exporter_clock(offset_ms)
        case.fault()
        case.pause(5.0, 8.0)
        case.set_exporter_clock(0)
        case.pause(1.0, 2.0)
    case.set_exporter_clock(-FAR_MS)
    case.pause(1.0, 2.0)
    case.crew.dismiss(case.post, signal.SIGKILL)
    case.fault()
    case.pause(UNSEEN_SECONDS, UNSEEN_SECONDS + 2)
    case.set_exporter_clock(0)
    case.crew.recall(case.post)


KINDS = (
    Kind(name="clock-ahead", words="worker's clock 20 min ahead, then killed", inject=ahead_then_killed, shifted=True),
    Kind(name="clock-behind", words="worker's clock 20 min behind", inject=behind, shifted=True),
    Kind(name="clock-jumps", words="worker's clock jumps to and fro", inject=jumping, shifted=True),
    Kind(
        name="clock-back",
        words="worker's clock stepped back, then no broker",
        inject=back_and_no_broker,
        shifted=True,
    ),
    Kind(name="clock-of-exporter", words="exporter's clock 20 min behind and ahead", inject=exporters, shifted=True),
)
