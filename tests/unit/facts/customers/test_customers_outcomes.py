"""Outcomes as events, and the digest that says whether one changed."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.common.errors import InvalidEvent
from streams.config.settings import Settings
from streams.contract.decoding import EventDecoder
from streams.contract.topics import Topic
from streams.facts.shared.outcomes import Outcome, digest, outcome_event, outcome_of
from tests.support.customer_cases import DECODER
from tests.support.strategies import START_MS, iso

CUSTOMER = bytes.fromhex("0123456789abcdef01234567")
OTHER = bytes.fromhex("ff23456789abcdef01234567")
OUTCOME = Outcome("call", "sales", START_MS, 604_800_000, via="inbound", first_queue="sales", handled=True)

_NAMES = st.text(st.characters(codec="utf-8"), max_size=256)
_QUEUES = st.text(st.characters(codec="utf-8", min_codepoint=32), min_size=1, max_size=256)
_MOMENTS = st.integers(-(10**12), 10**13)
OUTCOMES = st.builds(
    Outcome,
    channel=st.sampled_from(("call", "chat", "ticket")),
    queue=_QUEUES.filter(lambda name: name != "*"),
    begun_ms=_MOMENTS,
    window_ms=st.integers(0, 10**12),
    medium=st.sampled_from(("", "email")),
    first_queue=_NAMES,
    via=st.sampled_from(("", "inbound", "callback")),
    topic=st.none() | _NAMES,
    removed=st.booleans(),
    handled=st.booleans(),
    ended_ms=st.none() | _MOMENTS,
    abandoned_ms=st.none() | _MOMENTS,
    resolved=st.sampled_from((None, True, False)),
    flagged=st.sampled_from((None, True, False)),
    fcr_eligible=st.booleans(),
    handoffs=st.integers(0, 40),
)


def record(outcome: Outcome = OUTCOME, **changes: Any) -> bytes:
    """The event of an outcome, told in the usual way but for ``changes``."""
    told: dict[str, Any] = {
        "customer": CUSTOMER,
        "contact": "c-1",
        "revision": 7,
        "source": "/veinte/test/1",
        "time_ms": START_MS,
        "removed": False,
    }
    return outcome_event(outcome, **{**told, **changes})


def name_of(value: bytes) -> tuple[str, str]:
    """Source and id, which name an event."""
    event = json.loads(value)
    return event["source"], event["id"]


@given(
    outcome=OUTCOMES,
    contact=_NAMES.filter(bool),
    revision=st.integers(0, 2**62),
    time_ms=_MOMENTS,
    removed=st.booleans(),
)
def test_an_outcome_comes_back_from_its_event(
    outcome: Outcome, contact: str, revision: int, time_ms: int, removed: bool
) -> None:
    """The decoder of the topic takes every outcome, and gives the same back."""
    value = record(outcome, contact=contact, revision=revision, time_ms=time_ms, removed=removed)
    event, at_ms, sequence = DECODER.decode(value)
    assert (time_ms, -1, CUSTOMER.hex()) == (at_ms, sequence, event.subject)
    assert (contact, revision) == (event.data.contact, event.data.revision)
    assert msgspec.structs.replace(outcome, removed=outcome.removed or removed) == outcome_of(event.data)


def test_the_event_is_a_cloud_event_of_the_contract() -> None:
    """Type, subject, source and time stand where every event has them."""
    event = json.loads(record())
    assert ("1.0", "contact.outcome", CUSTOMER.hex(), "/veinte/test/1") == tuple(
        event[field] for field in ("specversion", "type", "subject", "source")
    )
    assert ("call", "c-1", 7, "2026-11-21T09:00:00Z") == tuple(
        event["data"][field] for field in ("channel", "contact", "revision", "begun")
    )


def test_an_event_is_named_once_and_for_all() -> None:
    """Contact, channel, revision and customer make the id; told again later it is the same."""
    assert name_of(record()) == name_of(record(time_ms=START_MS + 5, removed=True))
    others = (
        record(contact="c-2"),
        record(revision=8),
        record(customer=OTHER),
        record(msgspec.structs.replace(OUTCOME, channel="chat")),
        record(contact="7/c-1", revision=1),
    )
    assert 1 + len(others) == len({name_of(value) for value in (record(), *others)})


def test_the_longest_contact_fits_the_limits_of_an_event() -> None:
    """A subject as long as a string may be still gives an outcome that its topic takes."""
    subject = "ñ" * 256
    assert subject == DECODER.decode(record(contact=subject, revision=2**62))[0].data.contact


@pytest.mark.parametrize(
    "change",
    [
        {"begun": "2026-11-21T09:00:00"},
        {"ended": "2026-11-21T09:00:00"},
        {"abandoned": "2026-11-21T09:00:00"},
        {"revision": -1},
        {"revision": 2**63},
        {"window_ms": 2**63},
        {"handoffs": 2**32},
        {"channel": "letter"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_the_streams_never_write_is_refused(change: dict[str, Any]) -> None:
    """A forged outcome is a dead letter, never an error in the fold: no naive times, no numbers that cannot be kept."""
    event = json.loads(record())
    good = DECODER.decode(json.dumps(event).encode())[0].data
    assert iso(START_MS) == good.begun.isoformat()
    event["data"].update(change)
    with pytest.raises(InvalidEvent):
        DECODER.decode(json.dumps(event).encode())


def test_nothing_to_tell_has_the_digest_zero() -> None:
    """Zero says that nobody need hear anything; whoever has something to tell never gets it."""
    assert [0, 0, 0] == [digest(None, [], OUTCOME), digest(CUSTOMER, [], None), digest(None, [], None)]
    assert 0 not in (digest(CUSTOMER, [], OUTCOME), digest(None, [OTHER], OUTCOME))


def test_the_digest_changes_with_everything_that_is_told() -> None:
    """Another customer, another former one or any other field of the outcome is another digest."""
    changed = {
        "channel": "chat",
        "queue": "support",
        "begun_ms": 5,
        "window_ms": 5,
        "medium": "email",
        "first_queue": "support",
        "via": "",
        "topic": "bill",
        "removed": True,
        "handled": False,
        "ended_ms": 5,
        "abandoned_ms": 5,
        "resolved": False,
        "flagged": False,
        "fcr_eligible": False,
        "handoffs": 5,
    }
    assert set(Outcome.__struct_fields__) == changed.keys()
    digests = [
        digest(CUSTOMER, [], OUTCOME),
        digest(OTHER, [], OUTCOME),
        digest(None, [CUSTOMER], OUTCOME),
        digest(CUSTOMER, [OTHER], OUTCOME),
        *(digest(CUSTOMER, [], msgspec.structs.replace(OUTCOME, **{field: value})) for field, value in changed.items()),
    ]
    assert len(digests) == len(set(digests))
    assert all(0 < each < 2**64 for each in digests)
    assert digest(CUSTOMER, [OTHER], OUTCOME) == digest(
        bytes(CUSTOMER), [bytes(OTHER)], msgspec.structs.replace(OUTCOME)
    )


def test_an_outcome_may_be_larger_than_any_event() -> None:
    """The limits of a record are those of what others send: an outcome repeats names that were within them."""
    strict = EventDecoder.of(Topic.CONTACTS, Settings(record_limit_bytes=1024, string_limit=256))
    long = msgspec.structs.replace(OUTCOME, queue="q" * 256, first_queue="q" * 256, topic="t" * 256)
    value = record(long, contact="c" * 256)
    assert len(value) > 1024
    assert long == outcome_of(strict.decode(value)[0].data)


def test_the_digest_is_the_same_in_every_process() -> None:
    """A worker that takes over reads the digest that another one stored."""
    program = (
        "from streams.facts.shared.outcomes import Outcome, digest\n"
        f"print(digest({CUSTOMER!r}, [{OTHER!r}], Outcome('call', 'sales', 5, 6, topic='bill')))"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert {b"%d\n" % digest(CUSTOMER, [OTHER], Outcome("call", "sales", 5, 6, topic="bill"))} == found
