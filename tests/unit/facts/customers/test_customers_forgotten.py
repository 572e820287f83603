"""A forgotten customer: the state is dropped, late outcomes are refused, and the amounts of before stay."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.config.settings import Settings
from streams.contract.topics import Topic
from streams.numbers.tiers import TEN_SECONDS
from streams.reconcile.recount import Arrived
from streams.tools.forget import tombstone
from streams.worker.intake import Intake
from tests.support.customer_cases import (
    CUSTOMER,
    DAY,
    HOUR,
    WEEK,
    added,
    by_slice,
    customers_log,
    decoded,
    folded,
    told,
)
from tests.support.paper_books import PaperBooks
from tests.support.recounts import differences, kept, recount
from tests.support.strategies import START_MS, Event, deliveries
from tests.support.words import Record

FORGOTTEN_MS = 8 * WEEK
"""After the beginning of every contact that `customers_log` draws."""


def forgotten(at_ms: int = FORGOTTEN_MS) -> Event:
    """The tombstone of the customer."""
    found: Event = json.loads(tombstone(CUSTOMER, START_MS + at_ms))
    return found


def again(log: list[Event]) -> list[Event]:
    """Later contacts of the same customer, otherwise the same."""
    text = json.dumps(log)
    for each in log:
        text = text.replace(f'"contact": "{each["data"]["contact"]}"', f'"contact": "{each["data"]["contact"]}-again"')
    shifted: list[Event] = json.loads(text)
    for each in shifted:
        for holder, name in ((each, "time"), *((each["data"], name) for name in ("begun", "ended", "abandoned"))):
            if name in holder:
                holder[name] = holder[name].replace("2026", "2027")
    return shifted


def stored(books: PaperBooks) -> Any:
    """Facts and amounts of the customer as they are stored."""
    state = books.ledger.states[CUSTOMER]
    return state.facts, state.amounts


def amounts_of(books: PaperBooks) -> Counter[Any]:
    """The sums of the finest tier by measure, queue, medium and time."""
    return books.sums(TEN_SECONDS.letter)


@settings(max_examples=60)
@given(drawn=st.data())
def test_amounts_stay_and_late_outcomes_are_refused(drawn: st.DataObject) -> None:
    """Whatever arrives in whatever batches: the slices are those of before the tombstone, and of later contacts alone;
    a recount of the log says the same."""
    before, after = drawn.draw(customers_log()), again(drawn.draw(customers_log()))
    batches = drawn.draw(deliveries(before))
    late = drawn.draw(deliveries([*before, *after, *drawn.draw(st.sampled_from(([], [forgotten()])))]))
    if drawn.draw(st.booleans()):  # in one portion
        batches[-1], late = [*batches[-1], forgotten(), *late[0]], late[1:]
    else:
        late = [[forgotten()], *late]
    books, alone = PaperBooks(Topic.CONTACTS), [PaperBooks(Topic.CONTACTS) for _ in range(2)]
    arrived: list[Arrived] = []
    for batch in (*batches, *late):
        clock_ms = books.clock_ms
        books.apply(batch)
        arrived += [Arrived(len(arrived) + n, clock_ms, event) for n, event in enumerate(decoded(batch))]
    for each, log in zip(alone, (before, after), strict=True):
        each.apply(log)
    expected = amounts_of(alone[0])
    expected.update(amounts_of(alone[1]))
    assert {key: amount for key, amount in expected.items() if amount} == {
        key: amount for key, amount in amounts_of(books).items() if amount
    }
    extent = kept(books)
    assert [] == differences(books, recount(books, arrived, extent), extent)


def test_the_state_names_no_earlier_contact() -> None:
    """Nothing of a contact is left in the state but the time of the tombstone."""
    books = PaperBooks(Topic.CONTACTS)
    books.apply([told("c-1", 0, HOUR), told("c-2", DAY, DAY + HOUR)])
    before = amounts_of(books)
    books.apply([forgotten()])
    facts, amounts = stored(books)
    assert ({}, START_MS + FORGOTTEN_MS, []) == (facts.contacts, facts.forgotten_ms, amounts)
    assert b"c-1" not in books.contacts[CUSTOMER]
    assert before == amounts_of(books)
    books.apply([told("c-1", 0, 2 * HOUR, revision=2)])
    assert {} == stored(books)[0].contacts


def test_a_customer_that_comes_back_is_a_new_one() -> None:
    """A later contact is no repeat of an earlier one, and has repeats of its own."""
    new = [told("c-3", FORGOTTEN_MS, FORGOTTEN_MS + HOUR), told("c-4", FORGOTTEN_MS + DAY, FORGOTTEN_MS + DAY + HOUR)]
    facts = folded([told("c-1", 0, HOUR), forgotten(), *new])
    assert facts is not None
    assert {"call:c-3", "call:c-4"} == set(facts.contacts)
    assert by_slice(added(new)) == by_slice(added([told("c-1", 0, HOUR), forgotten(), *new]))


def test_a_tombstone_moves_no_clock() -> None:
    """It is of no source and of no time of the log: a rebuild reads it before the outcomes that it publishes."""
    partition = Intake(Topic.CONTACTS, 0, Settings(), "/veinte/of/this/rebuild")
    key = CUSTOMER.encode()
    of_another = Record(0, START_MS, key, json.dumps(told("c-1", 0, HOUR)).encode())
    taken = partition.take([of_another, Record(1, START_MS, key, tombstone(CUSTOMER, START_MS))], frozenset(), None, 0)
    assert (None, 1, 2, []) == (taken.newest_ms, taken.applied, taken.taken, taken.refused)
    assert [CUSTOMER] == list(taken.events)
    wrong = partition.take([Record(2, START_MS, b"another", tombstone(CUSTOMER, START_MS))], frozenset(), None, 0)
    assert ["wrong_key"] == [each.reason for each in wrong.refused]
