"""The end of a log as the broker's answers tell it: what is applied, and which transaction stays open."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.worker.log_end import MARKS, TRANSACTION_SECONDS, Applied, Fetched, LogEnd, Transaction

EPOCH_MS = 1_800_000_000_000


def answer(at: float, stable: int, end: int, position: int | None = None) -> Fetched:
    """An answer at ``at`` seconds; without a position all that can be read is handed out."""
    return Fetched(stable if position is None else position, stable, end, at, EPOCH_MS + round(at * 1000))


def looked(*answers: Fetched, applied: int | None = None) -> LogEnd:
    """The end after these answers, of a partition that has applied all that it was handed, or up to ``applied``."""
    end = LogEnd()
    for each in answers:
        end.look(each, each.position if applied is None else applied, each.position)
    return end


def applied_at(end: LogEnd) -> float | None:
    """Monotonic time before which everything is applied."""
    return None if end.applied is None else end.applied.at


def test_a_drained_log_is_applied_up_to_the_last_answer() -> None:
    """Where nothing is left to read, everything before the broker's answer is applied, also behind a last marker."""
    end = looked(answer(1, 10, 10), answer(2, 10, 10), answer(3, 12, 12))
    assert (3, True, None) == (applied_at(end), end.caught_up, end.transaction)


@pytest.mark.parametrize("handed,applied", [(None, 10), (10, 8)])
def test_records_on_their_way_are_not_applied(handed: int | None, applied: int) -> None:
    """Fetched records may still wait for the agent."""
    end = LogEnd()
    end.look(answer(1, 10, 10), applied, handed)
    assert (None, False) == (end.applied, end.caught_up)


def test_a_transaction_that_stays_open() -> None:
    """Nothing behind its first record is applied from when it began; it is named after ten seconds at one offset."""
    answers = [answer(second, 10, 10 if second == 1 else 10 + second) for second in range(1, 13)]
    early, late = looked(*answers[:11]), looked(*answers)
    assert (1, None) == (applied_at(early), early.transaction)
    assert (1, True, Transaction(10, EPOCH_MS + 2000)) == (applied_at(late), late.caught_up, late.transaction)
    late.look(answer(13, 40, 40), 40, 40)
    assert (13, None) == (applied_at(late), late.transaction)


def test_transactions_one_after_the_other() -> None:
    """A producer that is never without a transaction is none that hangs: what is applied follows it."""
    end = LogEnd()
    for second in range(1, 60):
        stable = second // 3 * 30
        end.look(answer(second, stable, second * 10 + 5), stable, stable)
        assert end.transaction is None
        assert second < 6 or second - (applied_at(end) or 0) <= 4


def test_a_silent_broker_has_not_said_that_a_transaction_is_open() -> None:
    """Ten seconds count from answer to answer, not from looks at the same one."""
    end, held = LogEnd(), answer(1, 10, 12)
    for _ in range(60):
        end.look(held, 10, 10)
    assert end.transaction is None
    end.look(answer(1 + TRANSACTION_SECONDS, 10, 12), 10, 10)
    assert Transaction(10, EPOCH_MS + 1000) == end.transaction


def test_a_new_owner_knows_the_transaction() -> None:
    """A transaction that the owner before saw open stays named while it is at the same offset, and no longer."""
    known = Transaction(10, EPOCH_MS - 60_000)
    end = LogEnd(known)
    end.look(answer(1, 10, 12), 10, 10)
    assert known == end.transaction
    end.look(answer(2, 11, 12), 11, 11)
    assert end.transaction is None


@pytest.mark.parametrize(
    "now_at,now_ms,expected_ms",
    [
        (101, EPOCH_MS + 1000, EPOCH_MS),
        (101, EPOCH_MS + 1000 - 1_200_000, EPOCH_MS - 1_200_000),
        (101, EPOCH_MS + 1000 + 1_200_000, EPOCH_MS),
    ],
    ids=["same clock", "set back 20 min", "set ahead 20 min, or woken from sleep"],
)
def test_an_instant_by_a_clock_that_was_set(now_at: float, now_ms: int, expected_ms: int) -> None:
    """An answer of a second ago is never younger than a second, whatever became of the wall clock since."""
    assert expected_ms == Applied(100, EPOCH_MS).by(now_at, now_ms)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.booleans()), max_size=3 * MARKS))
def test_applied_is_never_more_than_was_read(steps: list[tuple[int, int, bool]]) -> None:
    """By an oracle that remembers every answer: the log of the claimed instant ended at or before what can be read."""
    end, ends, stable, log_end = LogEnd(), {}, 0, 0
    for at, (published, ended, reads) in enumerate(steps, start=1):
        log_end += published
        stable = min(log_end, stable + ended)
        ends[at] = log_end
        found = answer(at, stable, log_end, stable if reads else max(0, stable - 1))
        end.look(found, found.position, found.position)
        if end.applied is not None:
            assert ends[round(end.applied.at)] <= stable
        if reads and stable == log_end:
            assert at == applied_at(end)
        assert len(end._marks) <= MARKS
