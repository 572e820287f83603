"""Faults of the workers themselves: killed, stopped, joined, named alike, ended in mid-batch."""

from __future__ import annotations

import signal
from functools import partial

from tests.faults.campaign.case import Case
from tests.faults.campaign.crew import Post
from tests.faults.campaign.kind import Kind

SESSION_SECONDS = 15.0
"""Session timeout of a worker (streams.worker.app.SESSION_TIMEOUT_SECONDS)."""
BURST = 500


def kills(case: Case) -> None:
    """SIGKILL at any moment: while it starts, waits, or works on a burst."""
    for number in case.times(10):
        case.pause(0.5, 2.5)
        if number % 2:
            case.feed.burst(BURST // 2)
            case.pause(0.0, 0.15)
        case.crew.kill(case.post)
        case.fault()


def sleeps(case: Case) -> None:
    """SIGSTOP in mid-work until the group has given the partitions to the other worker, then SIGCONT."""
    both = case.crew.posts
    case.wait("a share for each worker", lambda: all(map(has_share, both)))
    for number in case.times(2):
        sleeper = both[number % 2]
        case.pause(0.5, 2.0)
        case.feed.burst(BURST)
        case.pause(0.0, 0.1)
        case.crew.send(sleeper, signal.SIGSTOP)
        case.fault()
        case.pause(SESSION_SECONDS + 1, SESSION_SECONDS + 4)
        case.feed.burst(BURST // 4)
        case.crew.send(sleeper, signal.SIGCONT)
        case.pause(2.0, 4.0)


def has_share(post: Post) -> bool:
    """True if the worker of a post has partitions, and has committed to them."""
    return post.worker is not None and post.worker.owned > 0


def joins(case: Case) -> None:
    """Another worker joins, takes its share and leaves, the last time by a crash."""
    rounds = case.times(3)
    for number in rounds:
        case.pause(0.5, 2.0)
        other = case.crew.add()
        case.fault()
        case.wait("a share of the new worker", partial(has_share, other))
        case.pause(0.5, 2.0)
        crashes = number == rounds[-1]
        status = case.crew.dismiss(other, signal.SIGKILL if crashes else signal.SIGTERM)
        case.fault()
        if not crashes and status != 0:
            case.problem(f"a worker that was asked to leave ended with {status}")


def same_name(case: Case) -> None:
    """Two workers under one static name: the broker lets the later one in and puts the earlier one out."""
    for _ in case.times(2):
        case.pause(0.5, 2.0)
        other = case.crew.add(*case.post.options)
        case.fault()
        case.wait("a share of the later one", partial(has_share, other))
        case.pause(3.0, 6.0)
        case.crew.dismiss(other)
        case.pause(2.0, 4.0)


def ends_in_a_batch(case: Case) -> None:
    """SIGTERM while a full batch is on its way: the worker finishes it, and ends with 0."""
    for _ in case.times(8):
        case.wait("a ready worker", lambda: case.post.worker and case.post.worker.health("readyz")[0] == 200)
        case.feed.burst(BURST)
        case.pause(0.0, 0.3)
        case.crew.send(case.post, signal.SIGTERM)
        case.fault()
        case.wait("its end", lambda: not case.post.pid)
    wrong = {status for status in case.crew.statuses if status != "0"}
    if wrong:
        case.problem(f"a worker asked to stop ended with {', '.join(sorted(wrong))}")


KINDS = (
    Kind(name="sigkill", words="worker killed (SIGKILL)", inject=kills),
    Kind(name="sigterm", words="worker asked to stop in a full batch (SIGTERM)", inject=ends_in_a_batch),
    Kind(
        name="sigstop",
        words="worker stopped past its session (SIGSTOP), then woken",
        inject=sleeps,
        members=("", ""),
    ),
    Kind(name="joins", words="workers join and leave", inject=joins, members=("",)),
    Kind(name="name-twice", words="a static member name used twice", inject=same_name, refusals=True),
)
