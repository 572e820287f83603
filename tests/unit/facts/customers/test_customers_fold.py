"""A customer's facts are a merge of outcomes, and what they add is the oracle's."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.common.errors import InvalidEvent
from streams.facts.customers import facts as customers
from streams.facts.customers.facts import CONTACT_LIMIT, Customer
from streams.facts.shared.contributions import Contributions, Stage, difference
from streams.facts.shared.outcomes import Outcome
from streams.facts.shared.states import ContactState, encode_state, pack_amounts, unpack_amounts
from tests.oracles.customers_oracle import expect
from tests.support.covers import covers
from tests.support.customer_cases import (
    DAY,
    HOUR,
    KIND,
    RowNames,
    added,
    by_slice,
    customers_log,
    decoded,
    empty_book,
    folded,
    named,
    no_pseudonym,
    told,
    totals,
)
from tests.support.kpi_vectors import CUSTOMERS, FCR
from tests.support.strategies import START_MS, Event, deliveries


@st.composite
def contradicted(draw: st.DrawFn) -> list[Event]:
    """Outcomes, some of which come again with other content under the same revision."""
    log = draw(customers_log())
    for index in draw(st.sets(st.integers(0, len(log) - 1), max_size=3)):
        changes: dict[str, Any] = {
            "topic": draw(st.sampled_from(("bill", "other", None))),
            "removed": draw(st.booleans()),
            "queue": "desk",
        }
        log = [*log, {**log[index], "data": {**log[index]["data"], **changes}}]
    return log


@settings(max_examples=300)
@given(drawn=st.data())
def test_order_repetition_and_batches_do_not_matter(drawn: st.DataObject) -> None:
    """Any permutation with duplicates, in any batches, gives equal facts, even where a revision contradicts itself."""
    log = drawn.draw(contradicted())
    assert folded(log) == folded(*drawn.draw(deliveries(log)))


@covers(*CUSTOMERS, f"{FCR}{{basis=repeat_window}}")
@settings(max_examples=400)
@given(drawn=st.data())
def test_amounts_are_the_oracles(drawn: st.DataObject) -> None:
    """Whatever a customer's contacts told, in whatever order, they add what the definitions say."""
    log = drawn.draw(customers_log())
    assert by_slice(expect(log)) == added(*drawn.draw(deliveries(log)))


@settings(max_examples=150)
@given(drawn=st.data())
def test_differences_lead_to_the_same_amounts(drawn: st.DataObject) -> None:
    """Applying after each batch what changed leaves what all outcomes together add."""
    log = drawn.draw(customers_log())
    names, sums, before, facts = RowNames(), Contributions(), Contributions(), None
    for batch in drawn.draw(deliveries(log)):
        facts, _ = KIND.fold(facts, decoded(batch), no_pseudonym)
        after = KIND.contributions(facts, empty_book(), names, Stage.KEPT)
        for key, cells in difference(after.amounts, before.amounts).items():
            into = sums.amounts.setdefault(key, {})
            for code, amount in cells.items():
                into[code] = into.get(code, 0) + amount
        before = after
    assert by_slice(expect(log)) == +named(sums, names)


@settings(max_examples=100)
@given(drawn=st.data())
def test_the_facts_given_are_not_changed(drawn: st.DataObject) -> None:
    """Facts are values: folding more outcomes into them leaves them as they were."""
    facts = folded(drawn.draw(customers_log()))
    before = msgspec.msgpack.encode(facts)
    KIND.fold(facts, decoded(drawn.draw(customers_log())), no_pseudonym)
    assert before == msgspec.msgpack.encode(facts)


@settings(max_examples=100)
@given(drawn=st.data())
def test_a_state_survives_redis(drawn: st.DataObject) -> None:
    """Facts, amounts and the digest come back equal from the bytes that Redis keeps."""
    facts = folded(drawn.draw(customers_log()))
    assert facts is not None
    contributed = KIND.contributions(facts, empty_book(), RowNames(), Stage.KEPT)
    state = ContactState(facts, pack_amounts(contributed.amounts), list(contributed.live), 3, 2**40, 2**64 - 1)
    again = KIND.state_decoder()(encode_state(state))
    assert state == again
    assert contributed.amounts == unpack_amounts(again.amounts)


def test_a_state_without_a_digest_has_told_nothing() -> None:
    """A state that was stored before outcomes were told is read as one that told nothing."""
    packed = msgspec.msgpack.encode([[{}, 7], [], [], 1, 12])
    assert ContactState(Customer({}, 7), [], [], 1, 12, 0) == KIND.state_decoder()(packed)


def test_the_highest_revision_wins_whole() -> None:
    """Nothing of an older revision stays, whichever comes first."""
    old, new = told("c-1", 0, 60_000, topic="bill", revision=9), told("c-1", 5, revision=10)
    assert folded([new]) == msgspec.structs.replace(folded([old, new]) or Customer(), newest_ms=START_MS + 5)
    assert folded([old, new]) == folded([new], [old])


def test_a_removed_contact_keeps_its_revision_and_its_beginning_only() -> None:
    """A removed contact takes little room, and no outcome of an older revision restores it."""
    removed = told("c-1", 5, 10, topic="bill", revision=4, removed=True)
    stale = told("c-1", 5, 10, topic="bill", revision=3)
    facts = folded([removed], [stale])
    assert facts is not None
    assert {"call:c-1": (4, Outcome("call", "", START_MS + 5, 0, removed=True))} == facts.contacts


def test_a_contact_comes_back_when_a_later_revision_says_so() -> None:
    """A contact that was given to another customer and back again counts once more."""
    log = [told("c-1", 0, 60_000, revision=revision, removed=revision == 2) for revision in (1, 2, 3)]
    assert [1, 0, 1] == [totals(log[:upto]).get("REPEAT_BASE", 0) for upto in (1, 2, 3)]


def test_contacts_of_two_channels_may_share_a_name() -> None:
    """A call and a chat of the same name are two contacts."""
    log = [told("c-1", 0, 60_000), told("c-1", HOUR, 2 * HOUR, channel="chat")]
    assert {"REPEAT_BASE": 2, "REPEATED": 1} == {
        name: amount for name, amount in totals(log).items() if name.startswith("REPEAT")
    }


def test_other_content_of_the_same_revision_is_a_conflict() -> None:
    """Each delivery that contradicts what is known is counted, a repetition is not."""
    one, other = told("c-1", 0, topic="bill"), told("c-1", 0, topic="login")
    assert 0 == KIND.fold(None, decoded([one, one]), no_pseudonym)[1]
    assert 1 == KIND.fold(None, decoded([one, other]), no_pseudonym)[1]
    assert 0 == KIND.fold(None, decoded([one, {**other, "data": {**other["data"], "revision": 2}}]), no_pseudonym)[1]


def test_the_newest_event_ends_the_state() -> None:
    """The facts know the time of their newest outcome, whatever order they came in."""
    late, early = told("c-1", 0, 5 * DAY), told("c-2", HOUR)
    facts = folded([late], [early])
    assert facts is not None
    assert START_MS + 5 * DAY == facts.newest_ms


def test_past_the_limit_settled_contacts_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Contacts that can add nothing any more are dropped for new ones, whatever the order and the batches."""
    monkeypatch.setattr(customers, "CONTACT_LIMIT", 5)
    old = [told(f"old-{number}", number * HOUR, removed=number % 3 == 0) for number in range(4)]
    new = [told(f"new-{number}", 60 * DAY + number * HOUR) for number in range(5)]
    chance = random.Random(3)
    for _ in range(20):
        log = [*old, *new]
        chance.shuffle(log)
        cut = chance.randrange(1, len(log))
        facts = folded(log[:cut], [*log[cut:], new[-1]])
        assert facts is not None
        assert {f"call:new-{number}" for number in range(5)} == set(facts.contacts)


def test_a_contact_past_the_limit_is_refused() -> None:
    """A customer of a thousand contacts keeps them all; one more is refused, a newer outcome of a known one is not."""
    log = [told(f"c-{number}", number) for number in range(CONTACT_LIMIT + 1)]
    full = folded(log[:-1])
    assert full is not None
    assert CONTACT_LIMIT == len(full.contacts)
    with pytest.raises(InvalidEvent, match=r"too_many: .*anonymous_customers"):
        KIND.fold(full, decoded(log[-1:]), no_pseudonym)
    again = {**log[0], "data": {**log[0]["data"], "revision": 9}}
    assert 9 == KIND.fold(full, decoded([again]), no_pseudonym)[0].contacts["call:c-0"][0]
