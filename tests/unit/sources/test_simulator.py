"""The simulated contact centre: what its events must look like, whatever the seed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter, defaultdict
from functools import cache
from itertools import islice, pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.common.durations import DAY_MS, HOUR_MS
from streams.contract.decoding import EventDecoder
from streams.contract.events import TYPES_OF
from streams.contract.topics import Topic
from streams.sources.outgoing import OutgoingEvent
from streams.sources.simulator import Scenario, SimulationConfig, simulate
from streams.sources.simulator.catalogue import CHAT_SLOTS, QUEUE_NAMED

MONDAY_MS = 1_767_571_200_000
"""2026-01-05T00:00:00Z."""
OUTCOMES = {"answered", "abandoned", "callback_requested", "left_queue"}
ENCODE = msgspec.json.Encoder().encode


@cache
def week() -> list[OutgoingEvent]:
    """Eight days of an understaffed centre, so that everything that can happen does."""
    config = SimulationConfig(
        MONDAY_MS, seed=5, rate=250, scenario=Scenario.UNDERSTAFFED, end_ms=MONDAY_MS + 8 * DAY_MS
    )
    return list(simulate(config))


def verb(event: OutgoingEvent) -> str:
    return str(event.body["type"].partition(".")[2])


def by_contact() -> dict[str, list[OutgoingEvent]]:
    contacts: dict[str, list[OutgoingEvent]] = defaultdict(list)
    for event in week():
        contacts[event.key].append(event)
    return contacts


def legs() -> dict[tuple[str, int], list[OutgoingEvent]]:
    """The events of each leg of calls and chats."""
    found: dict[tuple[str, int], list[OutgoingEvent]] = defaultdict(list)
    for event in week():
        if "leg" in event.body["data"]:
            found[event.key, event.body["data"]["leg"]].append(event)
    return found


@settings(max_examples=10)
@given(seed=st.integers(), rate=st.floats(1, 5_000), scenario=st.sampled_from(Scenario))
def test_same_seed_same_events(seed: int, rate: float, scenario: Scenario) -> None:
    """The same configuration gives the same events, to the byte."""
    config = SimulationConfig(MONDAY_MS + 9 * HOUR_MS, seed=seed, rate=rate, scenario=scenario)
    first = [ENCODE(event.body) for event in islice(simulate(config), 300)]
    assert first == [ENCODE(event.body) for event in islice(simulate(config), 300)]


def test_events_do_not_depend_on_hash_order() -> None:
    """Another hash seed of the interpreter changes nothing."""
    program = (
        "from itertools import islice; from streams.sources.simulator import *; "
        f"print([e.body for e in islice(simulate(SimulationConfig({MONDAY_MS + 9 * HOUR_MS})), 2000)])"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert 1 == len(outputs)


def test_other_seed_other_events() -> None:
    """Another seed gives other events, and contacts of another name."""
    first, second = (
        list(islice(simulate(SimulationConfig(MONDAY_MS + 9 * HOUR_MS, seed=seed)), 500)) for seed in (1, 2)
    )
    assert [event.time_ms for event in first] != [event.time_ms for event in second]
    assert not {event.key for event in first} & {event.key for event in second}


def test_an_earlier_end_only_cuts() -> None:
    """``end_ms`` is the first instant without events, and changes none before it."""
    end_ms = MONDAY_MS + 10 * HOUR_MS
    cut = list(simulate(SimulationConfig(MONDAY_MS, end_ms=end_ms)))
    whole = list(islice(simulate(SimulationConfig(MONDAY_MS)), len(cut) + 1))
    assert whole[:-1] == cut
    assert cut[-1].time_ms < end_ms <= whole[-1].time_ms


def test_every_event_keeps_the_contract() -> None:
    """The worker's own decoder takes every event on its topic, with the time that it was said to have."""
    decoders = {
        topic: EventDecoder(topic, record_limit_bytes=1_024, string_limit=64)
        for topic in (Topic.CALLS, Topic.CHATS, Topic.TICKETS)
    }
    for event in week():
        decoded, time_ms, _ = decoders[Topic(event.topic)].decode(ENCODE(event.body))
        assert event.time_ms == time_ms
        assert event.key == decoded.subject


def test_everything_that_can_happen_happens() -> None:
    """All event types of all three topics come out, but for those by which a system takes back what it said."""
    seen = {event.body["type"] for event in week()}
    missing = set().union(*(TYPES_OF[topic] for topic in (Topic.CALLS, Topic.CHATS, Topic.TICKETS))) - seen
    nobody_does_that_in_a_chat = {"chat.callback_requested", "chat.held", "chat.resumed"}
    taken_back = {
        *(f"{prefix}.{verb}" for prefix in ("call", "chat") for verb in ("corrected", "removed", "callback_cancelled")),
        "ticket.restored",
    }
    assert nobody_does_that_in_a_chat | taken_back == missing


def test_events_come_in_the_order_of_their_times() -> None:
    """Times never go back, and contacts interleave."""
    assert all(earlier.time_ms <= later.time_ms for earlier, later in pairwise(week()))
    assert any(earlier.key != later.key for earlier, later in pairwise(week()))


def test_identifiers_are_short_and_unique() -> None:
    """Source and id name an event once, and stay short: they are kept in state."""
    identifiers = {(event.body["source"], event.body["id"]) for event in week()}
    assert len(week()) == len(identifiers)
    assert all(len(source) + len(identifier) <= 20 for source, identifier in identifiers)


def test_a_contact_begins_with_its_arrival() -> None:
    """The first event of a contact is its offer, its refusal or its opening, and no ticket opens twice."""
    for events in by_contact().values():
        assert verb(events[0]) in {"offered", "refused", "opened"}
        assert sum(verb(event) == "opened" for event in events) <= 1
        if verb(events[0]) == "refused":
            assert 1 == len(events)


def test_a_leg_has_at_most_one_outcome() -> None:
    """Every leg is offered once and leaves its queue once; only who still waits at the end has not."""
    without = 0
    for events in legs().values():
        verbs = Counter(verb(event) for event in events)
        assert 1 == verbs["offered"]
        assert "offered" == verb(events[0])
        outcomes = sum(verbs[outcome] for outcome in OUTCOMES)
        assert outcomes <= 1
        without += 1 - outcomes
    assert without < 30


def test_a_conversation_follows_its_answer() -> None:
    """Talk, hold, transfer, end and wrap-up come after the answer, in this order and once."""
    for events in legs().values():
        verbs = [verb(event) for event in events if verb(event) != "message"]
        if "answered" not in verbs:
            assert not {"held", "resumed", "ended", "transferred", "wrapped_up", "escalated"} & set(verbs)
            continue
        rest = verbs[verbs.index("answered") + 1 :]
        ends = [place for place, what in enumerate(rest) if what in {"ended", "transferred"}]
        assert len(ends) <= 1
        if "wrapped_up" in rest:
            assert ends
            assert rest[-1] == "wrapped_up"
            assert ends[0] == len(rest) - 2
        holds = [what for what in rest if what in {"held", "resumed"}]
        assert all(what == ("held", "resumed")[place % 2] for place, what in enumerate(holds))


def test_a_second_leg_has_a_reason() -> None:
    """A leg after the first comes by transfer, overflow or callback, after what brought it about."""
    cause_of = {"transfer": "transferred", "overflow": "left_queue", "callback": "callback_requested"}
    found = Counter[str]()
    for events in by_contact().values():
        for place, event in enumerate(events):
            if verb(event) == "offered":
                via = event.body["data"]["via"]
                found[via] += 1
                earlier = {verb(other) for other in events[:place]}
                assert (via == "inbound") == (event.body["data"]["leg"] == 0)
                assert via == "inbound" or cause_of[via] in earlier
    assert {"inbound", "transfer", "overflow", "callback"} == set(found)


@pytest.mark.parametrize("prefix, most", [("call.", 1), ("chat.", CHAT_SLOTS)])
def test_agents_never_hold_more_than_they_can(prefix: str, most: int) -> None:
    """Between answer and wrap-up an agent has one call, or up to three chats, and does use what she can."""
    held: dict[str, set[tuple[str, int]]] = defaultdict(set)
    largest = 0
    for event in week():
        data = event.body["data"]
        if event.body["type"] == f"{prefix}answered":
            held[data["agent"]].add((event.key, data["leg"]))
            largest = max(largest, len(held[data["agent"]]))
        elif event.body["type"] == f"{prefix}wrapped_up":
            held[data["agent"]].remove((event.key, data["leg"]))
    assert most == largest


def test_closed_queues_take_nobody() -> None:
    """Inbound calls and chats enter a queue only while it is open; outside they are refused as closed."""
    for event in week():
        data = event.body["data"]
        minutes, weekday = (event.time_ms - MONDAY_MS) // 60_000 % 1440, (event.time_ms - MONDAY_MS) // DAY_MS % 7
        if verb(event) == "offered" and data["via"] == "inbound":
            assert QUEUE_NAMED[data["queue"]].is_open(weekday, minutes)
        if verb(event) == "refused" and data["reason"] == "closed":
            assert not QUEUE_NAMED[data["queue"]].is_open(weekday, minutes)


def test_tickets_wait_for_office_hours() -> None:
    """Nobody is assigned at night, though tickets are opened then, and an automated reply comes first to some."""
    hours = {what: Counter[int]() for what in ("opened", "assigned")}
    automated = 0
    for event in week():
        if event.topic == Topic.TICKETS and verb(event) in hours:
            hours[verb(event)][event.time_ms // HOUR_MS % 24] += 1
        automated += event.body["data"].get("automated") is True
    assert all(hours["opened"][hour] for hour in range(24))
    assert not any(hours["assigned"][hour] for hour in (21, 22, 23, 0, 1, 2, 3, 4, 5, 6, 7))
    assert automated


def test_a_ticket_is_solved_before_it_is_reopened_or_closed() -> None:
    """Reopening and closing follow a solve; a removed ticket has no solve; nothing follows the closing."""
    for events in by_contact().values():
        if events[0].topic != Topic.TICKETS:
            continue
        solved = False
        verbs = [verb(event) for event in events]
        for what in verbs:
            assert solved or what not in {"reopened", "closed"}
            solved = what == "solved" or (solved and what != "reopened")
        assert not ("removed" in verbs and "solved" in verbs)
        assert not {"closed", "removed"} & set(verbs[:-1])


def test_customers_come_again() -> None:
    """Some known customers contact again about the same topic within a week, and on another channel too."""
    last: dict[tuple[str, str], OutgoingEvent] = {}
    repeats, other_channel = 0, 0
    for events in by_contact().values():
        data = events[0].body["data"]
        if "customer" in data and "topic" in data:
            before = last.get((data["customer"], data["topic"]))
            repeats += before is not None
            other_channel += before is not None and before.topic != events[0].topic
            last[data["customer"], data["topic"]] = events[0]
    assert repeats > len(by_contact()) / 25
    assert other_channel > 0
