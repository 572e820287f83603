"""The books of a partition: whatever comes, how often and in which order, sums are the oracle's."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from streams.common.vocabulary import Channel
from streams.config.policy_book import policy_book
from streams.config.settings import Settings
from streams.contract.topics import Topic
from streams.numbers.sketches import bucket_of
from streams.numbers.tiers import TIERS, TOTALS
from streams.worker import ledger as ledger_module
from tests.oracles.contacts_oracle import expect
from tests.oracles.stated import stated
from tests.support.paper_books import GENEROUS, HOUR_MS, LONG_MS, Limits, PaperBooks
from tests.support.strategies import START_MS, deliveries, logs, short
from tests.support.words import POLICIES, TOPIC_OF, log_of, pseudonym, queue_settings, told

CHANNELS = ("call", "chat", "ticket")
LETTERS = [tier.letter for tier in TIERS]


@pytest.mark.parametrize("channel", CHANNELS)
@settings(max_examples=80)
@given(drawn=st.data())
def test_sums_are_the_oracles_in_any_order_and_batches(channel: str, drawn: st.DataObject) -> None:
    """A log in any order, with duplicates, in any batches gives the oracle's sums in every tier, and its sets."""
    log = drawn.draw(logs(channel))
    batches = drawn.draw(deliveries(log))
    note("\n-- next batch\n".join(short(batch) for batch in batches))
    paper = PaperBooks(TOPIC_OF[channel])
    for batch in batches:
        paper.apply(batch)
    expected = expect(log, POLICIES[channel], pseudonym)
    for letter in LETTERS:
        assert paper.inside(expected.amounts, letter) == stated(paper.sums(letter))
    assert expected.live == paper.live()


def test_nothing_is_written_for_what_is_known() -> None:
    """A batch of duplicates writes nothing at all."""
    log = log_of("call", ("offered", 0), ("answered", 9))
    paper = PaperBooks(Topic.CALLS)
    paper.apply(log)
    assert all(not part for part in paper.apply(log[::-1]))


def test_a_new_owner_goes_on_where_the_last_one_stopped() -> None:
    """States and slices come back from their bytes; the next event finds what was added before."""
    paper = PaperBooks(Topic.CALLS)
    paper.apply(log_of("call", ("offered", 0)))
    paper.restart()
    paper.apply(log_of("call", ("offered", 0), ("answered", 20)))
    paper.restart()
    paper.apply(log_of("call", ("offered", 0), ("answered", 20), ("ended", 70)))
    found = told(paper.sums("q"), "OFFERED", "ANSWERED_WITHIN", "TALK_MS", "ARRIVED")
    assert {"OFFERED@0": 1, "ARRIVED@0": 1, "ANSWERED_WITHIN@0": 1, "TALK_MS@0": 50_000} == found
    assert {} == paper.live()


def ticket(*steps: tuple[Any, ...]) -> list[dict[str, Any]]:
    """A ticket's log; times in hours."""
    return log_of("ticket", *((verb, hours * 3600, *rest) for verb, hours, *rest in steps))


def test_a_reopened_ticket_takes_its_solve_back_exactly() -> None:
    """After a reopening the sums are those of a ticket that was not solved, but for what stays true."""
    solved = ticket(("opened", 0), ("replied", 1), ("solved", 2), ("reopened", 200))
    paper = PaperBooks(Topic.TICKETS)
    paper.apply(solved[:3])
    assert 1 == told(paper.sums("q"), "SOLVED")["SOLVED@7200"]
    paper.apply(solved[3:])
    measures = ("SOLVED", "FULL_RESOLUTION_MS", "HANDLED", "FCR_FLAGGED", "FCR_FLAGGED_BASE", "FCR_NET", "FCR_NET_BASE")
    assert {} == told(paper.sums("q"), *measures)
    assert {"SOLVES@7200": 1, "FIRST_RESOLUTIONS@7200": 1, "REOPENED@720000": 1} == told(
        paper.sums("q"), "SOLVES", "FIRST_RESOLUTIONS", "REOPENED"
    )


def test_counters_never_go_back() -> None:
    """A counter grows by a contact's net increase in a commit; what is taken back does not lower it."""
    log = ticket(("opened", 0), ("solved", 2), ("reopened", 3), ("solved", 4))
    paper = PaperBooks(Topic.TICKETS)
    seen = []
    for number in range(1, 5):
        paper.apply(log[:number])
        seen.append(told(paper.sums(TOTALS), "SOLVED", "SOLVES"))
    name = next(iter(seen[1]))
    assert [None, 1, 1, 2] == [each.get(name) for each in seen]
    at_once = PaperBooks(Topic.TICKETS)
    at_once.apply(log)
    assert 1 == at_once.sums(TOTALS)["SOLVED", "sales", "other", "", 0]


def test_counters_hold_no_sketches() -> None:
    """Percentiles are asked of windows, never of everything since the keys began: slices hold the buckets only."""
    paper = PaperBooks(Topic.CALLS)
    log = log_of("call", ("offered", 0), ("answered", 40), ("ended", 99))
    for number in range(1, 4):
        paper.apply(log[:number])
    found = {letter: {name[0] for name in paper.sums(letter) if "SKETCH" in name[0]} for letter in (*LETTERS, TOTALS)}
    buckets = {"WAIT_SKETCH", "HANDLE_SKETCH", "TALK_SKETCH"}
    assert {**dict.fromkeys(LETTERS, buckets), TOTALS: set()} == found


def test_a_sketch_is_taken_back() -> None:
    """A late event moves a duration to another bucket and leaves nothing in the first."""
    paper = PaperBooks(Topic.CALLS)
    paper.apply(log_of("call", ("offered", 0), ("answered", 40)))
    paper.apply(log_of("call", ("offered", 0), ("answered", 40), ("answered", 15)))
    assert {f"WAIT_SKETCH {bucket_of(15_000)}@10": 1} == told(paper.sums("s"), "WAIT_SKETCH")


def test_an_outcome_that_moves_is_no_increase() -> None:
    """A correction that moves an amount to another slice leaves the counter where it was."""
    paper = PaperBooks(Topic.CALLS)
    paper.apply(log_of("call", ("offered", 0), ("answered", 40)))
    paper.apply(log_of("call", ("offered", 0), ("answered", 40), ("answered", 15)))
    assert 1 == paper.sums(TOTALS)["ANSWERED", "sales", "", "", 0]
    assert {"ANSWERED@10": 1} == told(paper.sums("s"), "ANSWERED")


SHORT = Limits({"s": 60_000, "m": 10 * 60_000, "q": HOUR_MS}, past=LONG_MS, keep=LONG_MS)


def at(seconds: float, subject: str, verb: str = "offered", prefix: str = "call") -> list[dict[str, Any]]:
    """One event of another contact."""
    return [{**each, "subject": subject, "id": f"{subject}{verb}"} for each in log_of(prefix, (verb, seconds))]


def test_amounts_past_their_tier_are_not_added_and_counted() -> None:
    """An event older than a tier's slices is in the wider tiers only; older than the widest it is counted as late."""
    paper = PaperBooks(Topic.CALLS, SHORT)
    paper.apply(at(7200, "now"))
    paper.apply(at(7200 - 120, "two minutes ago"))
    paper.apply(at(7200 - 1200, "twenty minutes ago"))
    assert 0 == paper.late
    paper.apply(at(0, "two hours ago"))
    assert 1 == paper.late
    offered = {letter: told(paper.sums(letter), "OFFERED") for letter in LETTERS}
    assert {"OFFERED@7200": 1} == offered["s"]
    assert {"OFFERED@7200": 1, "OFFERED@7080": 1} == offered["m"]
    assert {"OFFERED@7200": 1, "OFFERED@6300": 1, "OFFERED@5400": 1} == offered["q"]


def test_amounts_past_their_tier_are_not_taken_back() -> None:
    """Once a slice is gone, what it held is neither subtracted from nothing nor from another slice."""
    paper = PaperBooks(Topic.TICKETS, SHORT)
    log = ticket(("opened", 0), ("solved", 0), ("reopened", 9))
    paper.apply(log[:2])
    paper.apply(log)
    assert {"REOPENED@32400": 1, "RESOLVED_24H_JUDGED@86400": 1} == told(paper.sums("q"))
    assert 1 == paper.late


def test_outlived_slices_are_deleted() -> None:
    """When the clock moves on, slices past their retention leave the books."""
    paper = PaperBooks(Topic.CALLS, SHORT)
    paper.apply(at(0, "first"))
    paper.restart()
    paper.apply(at(3599.999, "later"))
    assert {"OFFERED@0": 1, "OFFERED@2700": 1} == told(paper.sums("q"), "OFFERED")
    assert ({"OFFERED@3590": 1}, {"OFFERED@3540": 1}) == tuple(told(paper.sums(x), "OFFERED") for x in "sm")
    paper.apply(at(3600, "last"))
    assert {"OFFERED@2700": 1, "OFFERED@3600": 1} == told(paper.sums("q"), "OFFERED")


KEEP = Limits(GENEROUS.slices, past=HOUR_MS, keep=HOUR_MS)


def test_a_state_ends_when_no_event_may_come_any_more() -> None:
    """A contact in no set is forgotten an hour after its newest event, by the partition's clock; its amounts stay."""
    paper = PaperBooks(Topic.CALLS, KEEP)
    paper.apply(log_of("call", ("offered", 0), ("abandoned", 10)))
    before = paper.sums("q")
    paper.apply(at(3609.999, "x"))
    paper.apply()
    assert ["c-1", "x"] == sorted(paper.contacts)
    paper.apply(at(3610, "y"))
    paper.apply()
    assert (["x", "y"], {"x", "y"}) == (sorted(paper.contacts), set(paper.ghosts))
    assert {} == paper.expiry
    assert before == paper.sums("q") & before


def test_a_ghost_leaves_its_sets_and_its_miss_is_written() -> None:
    """Who still waits when the state ends becomes a miss in the slice of the deadline, and is nowhere any more."""
    paper = PaperBooks(Topic.CALLS, KEEP)
    paper.apply(at(0, "ghost"))
    paper.apply(at(3600, "x"))
    assert {} == told(paper.sums("s"), "REACHED_TARGET")
    paper.apply()
    assert ["ghost"] == paper.ended
    measures = ("REACHED_TARGET", "CONTACT_REACHED_TARGET")
    assert {"REACHED_TARGET@20": 1, "CONTACT_REACHED_TARGET@20": 1} == told(paper.sums("s"), *measures)
    assert {"x"} == {subject for _, subject, _ in paper.live()}
    assert ["x"] == list(paper.contacts) == list(paper.ghosts)


def test_an_event_keeps_a_state_alive() -> None:
    """A contact that is due is not ended by the very commit that brings it an event."""
    paper = PaperBooks(Topic.CALLS, KEEP)
    paper.apply(at(0, "c"))
    paper.apply(at(3600, "x"))
    paper.apply(at(3600, "c", "answered"))
    paper.apply()
    assert [] == paper.ended
    assert START_MS + 2 * HOUR_MS == paper.ghosts["c"]


def test_an_open_ticket_lives_for_ever() -> None:
    """A ticket's state does not end while it is open, and ends like any other once it is solved."""
    paper = PaperBooks(Topic.TICKETS, KEEP)
    paper.apply(log_of("ticket", ("opened", 0)))
    assert ({}, {}) == (paper.expiry, paper.ghosts)
    paper.apply(log_of("ticket", ("opened", 0), ("solved", 3600 * 99)))
    assert {"c-1": START_MS + 100 * HOUR_MS} == paper.expiry
    paper.apply(log_of("ticket", ("opened", 0), ("solved", 3600 * 99), ("reopened", 3600 * 99 + 1)))
    assert ({}, {}) == (paper.expiry, paper.ghosts)


def test_a_ticket_without_opening_goes_like_a_ghost() -> None:
    """Events of a ticket that nobody opened are forgotten when their time has come, and add nothing."""
    paper = PaperBooks(Topic.TICKETS, KEEP)
    paper.apply(at(0, "t", "solved", "ticket"))
    assert {"t"} == set(paper.ghosts)
    paper.apply(at(3600, "x", "opened", "ticket"))
    paper.apply()
    assert (["x"], {"x"}) == (list(paper.contacts), {subject for _, subject, _ in paper.live()})


def test_an_edited_setting_judges_new_contacts_only() -> None:
    """A contact keeps the policies it began with, through edits, restarts and later events."""
    edited = policy_book(Channel.CALL, Settings(queues=queue_settings(Channel.CALL, {"sales": [{"target": 60_000}]})))
    paper = PaperBooks(Topic.CALLS)
    paper.apply(at(0, "old"))
    paper.book = edited
    paper.restart()
    paper.apply([*at(40, "old", "answered"), *at(0, "new"), *at(40, "new", "answered")])
    assert {"ANSWERED_WITHIN@40": 1, "REACHED_TARGET@20": 1} == told(
        paper.sums("s"), "ANSWERED_WITHIN", "REACHED_TARGET"
    )


def test_a_queue_that_is_configured_later_takes_its_contacts_along() -> None:
    """Amounts in `other` are moved when the queue of their contact has a name of its own."""
    paper = PaperBooks(Topic.CALLS)
    paper.queue_limit, names = 1, ("first", "second")
    paper.restart()
    for name in names:
        log = at(0, name)
        log[0]["data"]["queue"] = name
        paper.apply(log)
    assert {"OFFERED first@0": 1, "OFFERED other@0": 1} == told(paper.sums("s"), "OFFERED")
    paper.configured = frozenset({"second"})
    paper.restart()
    paper.apply(at(9, "second", "answered"))
    assert {"OFFERED first@0": 1, "OFFERED second@0": 1} == told(paper.sums("s"), "OFFERED")


def test_conflicting_offers_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The ledger counts offers that name another queue; few states are cached, the rest is read again."""
    monkeypatch.setattr(ledger_module, "STATES_CACHED", 2)
    paper = PaperBooks(Topic.CALLS)
    for number in range(9):
        paper.apply(at(number, f"c{number}"))
    assert 2 == len(paper.ledger.states)
    paper.apply([{**at(5, "c0")[0], "id": "again", "data": {"queue": "elsewhere"}}])
    assert 1 == paper.ledger.conflicting
    assert 9 == sum(told(paper.sums("q"), "OFFERED").values())
