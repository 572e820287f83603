"""Signs of life by the reader's own clock."""

from __future__ import annotations

from metrics.read.head_watch import Head, HeadWatch, Sign
from streams.contract.topics import Topic

LIMIT_MS = 5_000
WALL_MS = 1_800_000_000_000
CALLS = (Topic.CALLS, 0)


class Looks:
    """A watch, and the reader's clocks: the monotonic one in seconds, the wall's error in milliseconds."""

    def __init__(self) -> None:
        self.watch = HeadWatch(LIMIT_MS)
        self.at = 0.0
        self.error_ms = 0

    def look(self, number: int, seconds: float = 1, generation: int = 0, ahead_ms: int = 0) -> Sign:
        """The sign ``seconds`` later, of a head with this commit number whose clock is ``ahead_ms`` ahead."""
        self.at += seconds
        wall_ms = WALL_MS + round(self.at * 1000) + self.error_ms
        head = Head(b"nonce", str(number).encode(), WALL_MS + round(self.at * 1000) + ahead_ms)
        return self.watch.look(generation, {CALLS: head}, self.at, wall_ms)[CALLS]


def test_a_head_is_trusted_once_it_has_changed() -> None:
    """At first nobody knows if its owner lives; then its age is the most time since the last change."""
    looks = Looks()
    assert Sign(0, False) == looks.look(7)
    assert Sign(1000, False) == looks.look(7)
    assert Sign(1000, True) == looks.look(8)
    assert [Sign(2000, True), Sign(3000, True)] == [looks.look(8), looks.look(8)]


def test_a_reader_that_was_stopped() -> None:
    """A change during a minute without looks may be a minute old; the next one is younger."""
    looks = Looks()
    looks.look(1)
    looks.look(2)
    assert [Sign(60_000, True), Sign(1000, True)] == [looks.look(3, seconds=60), looks.look(4)]


def test_other_numbers_begin_anew() -> None:
    """After a rebuild's switch the heads are others, and none has changed yet."""
    looks = Looks()
    looks.look(7)
    assert looks.look(8).confirmed
    assert Sign(0, False) == looks.look(9, generation=1)
    assert looks.look(10, generation=1).confirmed


def test_a_worker_whose_clock_is_behind() -> None:
    """One old heartbeat may have been under way for long; two in a row are a clock."""
    looks = Looks()
    looks.look(1)
    assert [False, False, True, True] == [looks.look(number, ahead_ms=-11_000).late for number in (2, 2, 3, 3)]
    assert [False, False] == [looks.look(4).late, looks.look(5, ahead_ms=-11_000).late]


def test_a_wrong_clock_begins_anew() -> None:
    """A step of the reader's clock, a worker's clock that was ahead: another change is needed after it."""
    looks = Looks()
    looks.look(1)
    assert looks.look(2).confirmed
    looks.error_ms = LIMIT_MS + 1
    assert [False, True] == [looks.look(number).confirmed for number in (3, 4)]
    assert [False, False, True] == [
        looks.look(5, ahead_ms=60_000).confirmed,
        looks.look(5).confirmed,
        looks.look(6).confirmed,
    ]
