"""Renamed queues: facts, policies and events under an earlier name are those under the present one."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.common.renames import Renames
from streams.common.vocabulary import Channel
from streams.contract.decoding import Decoded, EventDecoder
from streams.contract.topics import Topic
from streams.facts.domains import DOMAIN_OF
from streams.facts.shared.contributions import Stage
from streams.facts.shared.policy import ALWAYS_MS, Policy, PolicyBook
from streams.facts.shared.renaming import renamed_book
from streams.facts.tickets.renaming import unmoved
from tests.support.strategies import Event, logs
from tests.support.words import TOPIC_OF, PlainNames, book, decoded, log_of, pseudonym

# The present names sort as the earlier ones do: of two events of one name and instant the lesser content wins.
EARLIER = {"sales": "salez", "billing": "billinh", "support": "supporu"}
RENAMES: Renames = dict.fromkeys(Channel, EARLIER)


def read(events: list[Event], renames: Renames) -> list[Decoded]:
    """The events as a worker with these settings decodes them."""
    decoders = {
        topic: EventDecoder(topic, record_limit_bytes=65_536, string_limit=256, renames=renames) for topic in Topic
    }
    topics = {**TOPIC_OF, "contact": Topic.CONTACTS}
    return [decoders[topics[each["type"].split(".")[0]]].decode(json.dumps(each).encode()) for each in events]


@pytest.mark.parametrize("channel", ["call", "chat", "ticket"])
@given(drawn=st.data())
def test_stored_facts_become_those_of_the_present_name(channel: str, drawn: st.DataObject) -> None:
    """Facts folded under the earlier name and read under the present one equal those of events decoded under it."""
    log = drawn.draw(logs(channel, contacts=1))
    domain = DOMAIN_OF[TOPIC_OF[channel]]
    before, _ = domain.fold(None, decoded(log), pseudonym)
    kept = copy.deepcopy(before)
    after, _ = domain.fold(None, read(log, RENAMES), pseudonym)
    assert after == domain.renamed(before, RENAMES)
    assert kept == before
    assert after == domain.renamed(after, RENAMES)
    assert before is domain.renamed(before, {})


def test_an_earlier_name_is_no_contradiction() -> None:
    """A leg or ticket that is named under both names is one of the present name, and nothing conflicts."""
    offer, opening = {"queue": "sales"}, {"queue": "billing"}
    for topic, first, second in (
        (Topic.CALLS, ("offered", 0, offer), ("offered", 1, {"queue": "salez"})),
        (Topic.TICKETS, ("opened", 0, opening), ("opened", 1, {"queue": "billinh"})),
    ):
        log = log_of(topic.removesuffix("s"), first, second)
        facts, conflicts = DOMAIN_OF[topic].fold(None, read(log, RENAMES), pseudonym)
        assert 0 == conflicts
        before, _ = DOMAIN_OF[topic].fold(None, decoded(log[:1]), pseudonym)
        stored = DOMAIN_OF[topic].renamed(before, RENAMES)
        assert (facts, 0) == DOMAIN_OF[topic].fold(stored, read(log[1:], RENAMES), pseudonym)
        assert 1 == DOMAIN_OF[topic].fold(None, decoded(log), pseudonym)[1]


def test_only_the_channel_that_names_it() -> None:
    """A renamed queue of calls leaves the chats of the same name alone, in events, outcomes and customers."""
    renames: Renames = {Channel.CALL: {"sales": "salez"}}
    chat, call = (read(log_of(prefix, ("offered", 0)), renames)[0][0].data.queue for prefix in ("chat", "call"))
    assert ("sales", "salez") == (chat, call)
    for channel, expected in (("call", "salez"), ("chat", "sales")):
        data = {"contact": "c-1", "channel": channel, "queue": "sales", "first_queue": "sales", "revision": 1}
        data |= {"begun": "2026-11-21T09:00:00Z", "window_ms": 1, "handled": True, "ended": "2026-11-21T09:00:00Z"}
        event: dict[str, Any] = {"specversion": "1.0", "id": "1", "source": "/s", "type": "contact.outcome"}
        event |= {"time": "2026-11-21T09:00:00Z", "subject": "ab", "data": data}
        domain = DOMAIN_OF[Topic.CONTACTS]
        plain, _ = domain.fold(None, read([event], {}), pseudonym)
        facts, _ = domain.fold(None, read([event], renames), pseudonym)
        (outcome,) = [outcome for _, outcome in facts.contacts.values()]
        assert (expected, expected) == (outcome.queue, outcome.first_queue)
        assert facts == domain.renamed(plain, renames)
        assert (facts, 0) == domain.fold(domain.renamed(plain, renames), read([event], renames), pseudonym)


def to(queue: str) -> dict[str, str]:
    """Data of a transfer."""
    return {"queue": queue}


MOVES: dict[str, tuple[list[tuple[Any, ...]], list[str]]] = {
    "to the present name": ([("opened", 0, to("old")), ("transferred", 90, to("new"))], []),
    "to another earlier name": ([("opened", 0, to("old")), ("transferred", 90, to("older"))], []),
    "away and back": (
        [("opened", 0, to("old")), ("transferred", 90, to("else")), ("transferred", 95, to("new"))],
        ["else", "new"],
    ),
    "in between": (
        [("opened", 0, to("else")), ("transferred", 90, to("old")), ("transferred", 95, to("new"))],
        ["new"],
    ),
    "within a queue that was never renamed": ([("opened", 0, to("else")), ("transferred", 90, to("else"))], ["else"]),
    "routed, then the rename": ([("opened", 0, {}), ("transferred", 5, to("old")), ("transferred", 90, to("new"))], []),
}


@pytest.mark.parametrize("case", MOVES)
def test_a_transfer_between_two_names_is_none(case: str) -> None:
    """A ticket that moves from an earlier name to the present one was not transferred; through another queue it was."""
    steps, expected = MOVES[case]
    log = log_of("ticket", *steps)
    log[0]["data"] = steps[0][2]  # where it names no queue, none
    names = {"old": "new", "older": "new"}
    facts, _ = DOMAIN_OF[Topic.TICKETS].fold(None, read(log, {Channel.TICKET: names}), pseudonym)
    judged = unmoved(facts, names)
    assert (expected, facts.opening) == ([move.queue for move in judged.moves], judged.opening)


def test_a_late_event_makes_it_a_transfer_after_all() -> None:
    """A transfer elsewhere that comes late lies between the two names: both moves count then."""
    names = {"old": "new"}
    log = log_of("ticket", ("opened", 0, to("old")), ("transferred", 90, to("new")), ("transferred", 80, to("else")))
    domain = DOMAIN_OF[Topic.TICKETS]
    facts, _ = domain.fold(None, read(log[:2], {Channel.TICKET: names}), pseudonym)
    assert [] == unmoved(facts, names).moves
    facts, _ = domain.fold(facts, read(log[2:], {Channel.TICKET: names}), pseudonym)
    assert ["else", "new"] == [move.queue for move in unmoved(facts, names).moves]


def policy(target_ms: int) -> Policy:
    """A policy that differs by its target."""
    return Policy(target_ms, 5_000, False, False, 1, 1, 1, 1, 1)


def test_an_old_book_judges_under_the_present_name() -> None:
    """The policy of before the rename goes on judging its contacts; where both names had one, the present name's."""
    old, older, new = ([(ALWAYS_MS, policy(target_ms))] for target_ms in (30_000, 40_000, 50_000))
    names = {"old": "new", "older": "new"}
    assert {"new": old, "x": new} == renamed_book(PolicyBook(policy(1), {"old": old, "x": new}), names).queues
    assert {"new": new} == renamed_book(PolicyBook(policy(1), {"new": new, "old": old}), names).queues
    assert {"new": old} == renamed_book(PolicyBook(policy(1), {"older": older, "old": old}), names).queues
    same = PolicyBook(policy(1), {"new": new})
    assert same is renamed_book(same, names)


def test_what_is_judged_has_the_present_name() -> None:
    """Amounts of every kind of event go to the row of the present name, whatever the events said."""
    request = ("callback_requested", 9, {"queue": "support"})
    log = log_of("call", ("offered", 0), request, ("answered", 10), ("ended", 50))
    names = PlainNames()
    facts, _ = DOMAIN_OF[Topic.CALLS].fold(None, decoded(log), pseudonym)
    present = DOMAIN_OF[Topic.CALLS].renamed(facts, RENAMES)
    DOMAIN_OF[Topic.CALLS].contributions(present, book(Topic.CALLS), names, Stage.KEPT)
    assert set() == {name[0] for name in names.names} & set(EARLIER)
    assert "salez" in {name[0] for name in names.names}
