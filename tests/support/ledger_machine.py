"""The life of a partition's books: contacts come and go, events come late and twice, owners change, time passes."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from streams.numbers.tiers import TIERS, TOTALS
from streams.store import slices
from streams.worker import ledger
from tests.oracles.contacts_oracle import expect
from tests.oracles.log_reading import time_of
from tests.oracles.stated import stated
from tests.support.paper_books import HOUR_MS, Limits, PaperBooks
from tests.support.strategies import Event, contact, iso, short
from tests.support.words import POLICIES, TOPIC_OF, Named, pseudonym

DAY_MS = 24 * HOUR_MS
LIVE_LIMITS = Limits({"s": 60_000, "m": 15 * 60_000, "q": 3 * HOUR_MS}, past=2 * HOUR_MS, keep=2 * HOUR_MS + 300_000)
TICKET_LIMITS = Limits({"s": HOUR_MS, "m": DAY_MS, "q": 4 * DAY_MS}, past=5 * DAY_MS, keep=5 * DAY_MS + 300_000)
LEAPS_MS = (1, 9_999, 10_000, 60_000, 900_000, HOUR_MS, 2 * HOUR_MS, 3 * HOUR_MS, DAY_MS, 6 * DAY_MS)


class Books(RuleBasedStateMachine):
    """Delivers logs of contacts to a partition's books and compares them with the oracle after every step."""

    channel = "call"
    limits = LIVE_LIMITS

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(ledger, "STATES_CACHED", 2)
        self.patch.setattr(slices, "CACHED", 6)
        self.paper = PaperBooks(TOPIC_OF[self.channel], self.limits)
        self.passed_ms = 0
        self.contacts = 0
        self.pending: list[Event] = []
        self.taken: list[Event] = []
        self.by_life: list[Event] = []
        self.lives: Counter[str] = Counter()
        self.totals: Named = Counter()

    def teardown(self) -> None:
        """The caches have their size again."""
        self.patch.undo()

    @rule(drawn=st.data())
    def a_contact_begins(self, drawn: st.DataObject) -> None:
        """Its events are on their way, at times around now."""
        log = drawn.draw(contact(self.channel, f"c{self.contacts}"))
        self.contacts += 1
        self.pending += [{**each, "time": iso(time_of(each) + self.passed_ms)} for each in log]

    @rule(leap_ms=st.sampled_from(LEAPS_MS))
    def time_passes(self, leap_ms: int) -> None:
        """Later contacts begin later."""
        self.passed_ms += leap_ms

    @rule(chance=st.randoms(use_true_random=False), share=st.sampled_from((0.3, 0.7, 1.0)))
    def events_come(self, chance: Any, share: float) -> None:
        """Some of what is on its way comes, in any order, with some of what had come before."""
        chosen = [each for each in self.pending if chance.random() < share]
        self.pending = [each for each in self.pending if each not in chosen]
        chosen += [each for each in self.taken if chance.random() < 0.2]
        chance.shuffle(chosen)
        self._apply(chosen)

    @rule()
    def nothing_comes(self) -> None:
        """A heartbeat; what has had its time is swept."""
        self._apply([])

    @rule(chance=st.randoms(use_true_random=False))
    def a_portion_is_given_up(self, chance: Any) -> None:
        """Events are folded and discarded, because they are too many for one commit."""
        self.paper.give_up([each for each in self.pending if chance.random() < 0.5])

    @rule()
    def another_owner_takes_over(self) -> None:
        """Only what Redis holds survives."""
        self.paper.restart()

    def _apply(self, chosen: list[Event]) -> None:
        batch, clock_ms = [], self.paper.clock_ms
        for each in chosen:
            time_ms = time_of(each)
            if clock_ms is None or time_ms >= clock_ms - self.limits.past:
                batch.append(each)
                clock_ms = time_ms if clock_ms is None else max(clock_ms, time_ms)
        note(short(batch))
        ended = len(self.paper.ended)
        self.paper.apply(batch)
        self.lives.update(self.paper.ended[ended:])
        self.taken += batch
        self.by_life += [{**each, "subject": f"{each['subject']}#{self.lives[each['subject']]}"} for each in batch]

    @invariant()
    def sums_and_sets_are_the_oracles(self) -> None:
        """Inside retention every sum is exact, in every tier, and so is every live entry."""
        ended = [f"{subject}#{life}" for subject, lives in self.lives.items() for life in range(lives)]
        expected = expect(self.by_life, POLICIES[self.channel], pseudonym, ended)
        for tier in TIERS:
            assert self.paper.inside(expected.amounts, tier.letter) == stated(self.paper.sums(tier.letter))
        live = {(kind, name.split("#")[0], leg): entry for (kind, name, leg), entry in expected.live.items()}
        assert live == self.paper.live()

    @invariant()
    def counters_never_go_back(self) -> None:
        """No counter is less than it was."""
        totals = self.paper.sums(TOTALS)
        assert all(totals[key] >= amount for key, amount in self.totals.items())
        self.totals = totals

    @invariant()
    def every_state_has_an_end(self) -> None:
        """A contact has a state until it is ended, and a due time unless it is an open ticket."""
        alive = {each["subject"].split("#")[0] for each in self.by_life if self._lives_on(each["subject"])}
        assert alive == set(self.paper.contacts)
        open_tickets = {subject for kind, subject, _ in self.paper.live() if kind == "open_ticket"}
        in_sets = {subject for _, subject, _ in self.paper.live()}
        assert alive - in_sets == set(self.paper.expiry)
        assert in_sets - open_tickets == set(self.paper.ghosts)

    def _lives_on(self, name: str) -> bool:
        subject, _, life = name.partition("#")
        return self.lives[subject] == int(life)


class ChatBooks(Books):
    """The same of chats."""

    channel = "chat"


class TicketBooks(Books):
    """The same of tickets, with time in days."""

    channel = "ticket"
    limits = TICKET_LIMITS
