"""A static member name used by two workers, told from a membership that ended by itself."""

from __future__ import annotations

from streams.worker.membership import TWICE_SECONDS, Membership

SESSION = 15.0


def losses(*moments: tuple[str, float]) -> list[bool]:
    """Answers of a membership to its losses."""
    membership = Membership(SESSION)
    found = []
    for what, at in moments:
        if what == "heard":
            membership.heard(at)
        else:
            found.append(membership.lost(at))
    return found


def test_two_losses_soon_after_a_heartbeat() -> None:
    """The name was taken back once and lost again: another worker has it. Much later it would be a new loss."""
    taken = (("heard", 0.0), ("lost", 3.0), ("heard", 6.0))
    assert [False, True] == losses(*taken, ("lost", 9.0))
    late = TWICE_SECONDS + 10
    assert [False, False] == losses(*taken, ("heard", late), ("lost", late))


def test_a_session_that_timed_out() -> None:
    """A worker that slept for longer than its session has lost its membership by that, and so has one just started."""
    assert [False, False] == losses(("lost", 0.0), ("heard", 1.0), ("lost", 2.0 + SESSION))
    assert [False, False] == losses(
        ("heard", 0.0), ("lost", 1.0 + SESSION), ("heard", 2.0 + SESSION), ("lost", 3.0 + 2 * SESSION)
    )
