"""Failed tries of clients: each has a few in a minute, whatever the others do."""

from __future__ import annotations

from streams.access import tries
from streams.access.tries import CLIENTS_COUNTED, KNOWN_KEPT, PERIOD_SECONDS, TRIES, Tries

WRONG, RIGHT = b"wrong", b"right"


class Clock:
    """Seconds set by the test."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_client_has_so_many_tries_a_minute() -> None:
    """The tenth wrong token is the last that is looked at; others are heard, and a minute later the client is."""
    clock = Clock()
    own = Tries(clock)
    exhausted = []
    for _ in range(TRIES):
        assert own.may_try("10.0.0.1", WRONG)
        exhausted.append(own.fail("10.0.0.1"))
    assert [False] * (TRIES - 1) + [True] == exhausted
    assert (False, False, True) == (
        own.may_try("10.0.0.1", WRONG),
        own.may_try("10.0.0.1", RIGHT),
        own.may_try("10.0.0.2", WRONG),
    )
    clock.now = PERIOD_SECONDS - 1
    assert (False, 1) == (own.may_try("10.0.0.1", WRONG), own.seconds_left)
    clock.now = PERIOD_SECONDS
    assert own.may_try("10.0.0.1", WRONG)


def test_who_was_right_before_does_not_wait_for_who_guesses_from_the_same_address() -> None:
    """A Prometheus keeps its scrapes although somebody behind the same address tries tokens; elsewhere it is a try."""
    own = Tries(Clock())
    own.succeed("10.0.0.1", RIGHT)
    for client in ("10.0.0.1", "10.0.0.2"):
        for _ in range(TRIES):
            own.fail(client)
    assert (True, False, False) == (
        own.may_try("10.0.0.1", RIGHT),
        own.may_try("10.0.0.1", WRONG),
        own.may_try("10.0.0.2", RIGHT),
    )


def test_what_is_remembered_is_bounded() -> None:
    """Tries of ten thousand clients are counted, and a thousand right tokens remembered, the oldest forgotten first."""
    assert (10_000, 1_000) == (tries.CLIENTS_COUNTED, tries.KNOWN_KEPT)
    own = Tries(Clock())
    for number in range(CLIENTS_COUNTED + 5):
        for _ in range(TRIES):
            own.fail(f"c{number}")
    assert (False, True) == (own.may_try("c0", WRONG), own.may_try(f"c{CLIENTS_COUNTED + 1}", WRONG))
    for number in range(KNOWN_KEPT + 1):
        own.succeed("c0", b"%d" % number)
    assert (False, True) == (own.may_try("c0", b"0"), own.may_try("c0", b"1"))
