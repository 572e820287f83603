"""Faults of operation: the exporter killed, rebuilds killed and under load, another hash key."""

from __future__ import annotations

import contextlib
from functools import partial

from streams.store.keys import rebuild_key
from tests.faults.campaign.case import Case
from tests.faults.campaign.crew import Post
from tests.faults.campaign.kind import Kind
from tests.faults.campaign.kinds.log_faults import rebuild

REFUSAL = "another VEINTE_HASH_KEY"
OTHER_KEY = "another key than that of the numbers"


def exporter_killed(case: Case) -> None:
    """SIGKILL of the exporter; started again some seconds later."""
    for _ in case.times(4):
        case.pause(0.5, 2.0)
        assert case.exporter is not None
        case.exporter.kill()
        case.fault()
        case.pause(0.0, 3.0)
        case.start_exporter()
        board = case.board
        assert board is not None
        case.wait("a board that sees", lambda: not board.last.reason)  # noqa: B023  # asked within the round


def rebuild_killed(case: Case) -> None:
    """SIGKILL of a rebuild at any moment; repeated until one ends."""
    for _ in case.times(4):
        case.pause(0.5, 1.5)
        program = case.crew.program("rebuild")
        case.pause(1.0, 5.0)
        if program.status is None:
            program.kill()
            case.fault()
        with contextlib.closing(case.client()) as client:
            client.delete(rebuild_key(case.settings.namespace))  # instead of the minute until its lock expires
    rebuild(case)


def rebuild_under_load(case: Case) -> None:
    """A rebuild while records arrive at full pace, and another."""
    for _ in case.times(2):
        case.pause(1.0, 2.0)
        case.fault()
        rebuild(case)


def was_refused(case: Case, post: Post, before: int) -> bool:
    """True if the worker of a post ended with the sentence about the hash key, said ``before`` times until then."""
    return post.refused and case.crew.said().count(REFUSAL) > before


def other_hash_key(case: Case) -> None:
    """A worker with another hash key is refused in a sentence; with the old one it goes on."""
    for _ in case.times(2):
        case.pause(0.5, 2.0)
        case.crew.dismiss(case.post)
        before = case.crew.said().count(REFUSAL)
        other = case.crew.add("--member", "other", VEINTE_HASH_KEY=OTHER_KEY)
        case.fault()
        case.wait("a refusal that names the hash key", partial(was_refused, case, other, before))
        case.crew.dismiss(other)
        case.crew.recall(case.post)
        case.pause(2.0, 4.0)


KINDS = (
    Kind(name="exporter-killed", words="exporter killed and started again", inject=exporter_killed),
    Kind(name="rebuild-killed", words="rebuild killed and repeated", inject=rebuild_killed),
    Kind(name="rebuild-under-load", words="rebuild under load", inject=rebuild_under_load),
    Kind(name="hash-key", words="hash key changed and changed back", inject=other_hash_key, refusals=True),
)
