"""Contributions of calls and chats equal those of the oracle that reads the definitions literally."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from tests.oracles.contacts_oracle import expect
from tests.oracles.log_reading import customers
from tests.oracles.names_oracle import as_read
from tests.oracles.stated import stated
from tests.support.covers import covers
from tests.support.kpi_vectors import CALLS, CONTACTS, FCR, TICKETS
from tests.support.strategies import STORIES, contact, short
from tests.support.words import POLICIES, by_slice, in_words, nonzero, pseudonym

KINDS = [(channel, kind) for channel, stories in STORIES.items() for kind in stories]


@covers(*CALLS, *TICKETS, *CONTACTS, f"{FCR}{{basis=flagged|net}}")
@pytest.mark.parametrize("channel,kind", KINDS)
@settings(max_examples=150)
@given(drawn=st.data())
def test_amounts_and_live_sets_are_the_oracles(channel: str, kind: str, drawn: st.DataObject) -> None:
    """Whatever happened to a contact, its amounts, live entries and outcome are what the definitions say."""
    log: list[dict[str, Any]] = drawn.draw(contact(channel, "c-1", kind))
    expired = drawn.draw(st.sampled_from((False, False, True)))
    note(short(log))
    found = in_words(log, expired=expired)
    expected = expect(log, POLICIES[channel], pseudonym, ended=["c-1"] if expired else [])
    assert by_slice(expected.amounts) == stated(nonzero(found.amounts))
    assert {(kind, leg): entry for (kind, _, leg), entry in expected.live.items()} == found.live
    assert expected.outcomes.get("c-1") == found.outcome
    assert customers(as_read(log), pseudonym) == found.customers
