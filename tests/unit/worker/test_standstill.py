"""Stops of a partition: what is counted before one, what ends one, what is said of one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.config.settings import Settings
from streams.store.standing import INTERNAL, LET_GO, REFUSED, Stop, resume_mode, resume_request
from streams.worker.intake import Refused
from streams.worker.standstill import before_run, standing, stop_sentence
from tests.support.words import Record

LIMIT = 3
STOP = Stop(REFUSED, 40, 1100, 1000, 1_795_300_000_000, "offset 1139 (not_json: no JSON)")
KINDS = {"good": "", "bad": "not_json", "skipped": "unknown_type"}


def stop_place(kinds: list[str], in_a_row: int) -> int | None:
    """The slow reading: after how many records the limit is reached; ``None`` where it never is."""
    for end in range(len(kinds) + 1):
        run = in_a_row
        for kind in kinds[:end]:
            run = 0 if kind == "good" else run + (kind == "bad")
        if end and run >= LIMIT and kinds[end - 1] == "bad":
            return end
    return None


@given(st.lists(st.sampled_from(sorted(KINDS)), max_size=12), st.sampled_from([0, 1, 2, LET_GO]))
def test_what_is_counted_before_a_stop(kinds: list[str], in_a_row: int) -> None:
    """Records up to the last good one before the run are counted; nothing of the run is."""
    records = [Record(offset, 0, b"k", b"v") for offset in range(len(kinds))]
    refused = [Refused(record, KINDS[kind], "") for record, kind in zip(records, kinds, strict=True) if KINDS[kind]]
    end = stop_place(kinds, in_a_row)
    before = [] if end is None else kinds[:end]
    while before and before[-1] != "good":
        before.pop()
    assert len(before) == before_run(records, refused, in_a_row, LIMIT)


def test_a_raised_limit_ends_a_stop() -> None:
    """A stop holds over starts until the setting allows the run; that of our own faults has no setting."""
    usual, raised = Settings.model_construct(), Settings.model_construct(dead_letters_in_a_row=1001)
    internal = Stop(INTERNAL, 40, 3, 3, 0, "offset 39 (ValueError)")
    assert (STOP, None) == (standing(STOP, usual), standing(STOP, raised))
    assert (internal, None) == (standing(internal, raised), standing(None, usual))


def test_a_request_ends_its_own_stop_only() -> None:
    """The request of an earlier stop, or garbage, ends nothing."""
    for try_again in (False, True):
        request = resume_request(STOP, try_again=try_again)
        assert try_again is resume_mode(STOP, request)
        later = Stop(REFUSED, 40, 1100, 1000, STOP.since_ms + 1, STOP.detail)
        assert resume_mode(later, request) is None
    assert [None, None] == [resume_mode(STOP, request) for request in ("", "40:\x00")]


def test_what_is_said_of_a_stop() -> None:
    """The sentence says how many, where, the last reason, and what to do; a rebuild cannot be resumed."""
    said = stop_sentence("tickets", 0, STOP)
    assert said.startswith("1100 records in a row of tickets-0 cannot be used, the last at offset 1139 (not_json:")
    assert "stands still at offset 40, the others go on" in said
    assert "`veinte resume tickets/0`" in said
    assert "`veinte rebuild --let-go`" in stop_sentence("tickets", 0, STOP, rebuild=True)
    internal = stop_sentence("calls", 1, Stop(INTERNAL, 8, 3, 3, 0, "offset 7 (ValueError: 7)"))
    assert "3 records in a row of calls-1 broke the code of this release" in internal
    assert "`veinte resume calls/1`" in internal
