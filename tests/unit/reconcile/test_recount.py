"""The recount of a partition against the books that a worker keeps of the same events."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis.stateful import invariant

from streams.reconcile.recount import Arrived
from tests.support.ledger_machine import Books, TicketBooks
from tests.support.recounts import differences, kept, recount
from tests.support.strategies import Event
from tests.support.words import decoded


class Recounted(Books):
    """Delivers logs of contacts to a partition's books, and recounts all that came after every step."""

    def __init__(self) -> None:
        super().__init__()
        self.arrived: list[Arrived] = []

    def _apply(self, chosen: list[Event]) -> None:
        clock_ms, came = self.paper.clock_ms, len(self.taken)
        super()._apply(chosen)
        for event in decoded(self.taken[came:]):
            self.arrived.append(Arrived(len(self.arrived), clock_ms, event))

    @invariant()
    def sums_and_sets_are_the_oracles(self) -> None:
        """Every amount of every slice that is kept is the recounted one."""
        extent = kept(self.paper)
        assert [] == differences(self.paper, recount(self.paper, self.arrived, extent), extent)

    @invariant()
    def counters_never_go_back(self) -> None:
        """Counters are not recounted."""

    @invariant()
    def every_state_has_an_end(self) -> None:
        """States are not recounted."""


class RecountedTickets(Recounted, TicketBooks):
    """The same of tickets."""


FEW = settings(max_examples=25, stateful_step_count=20)
TestCalls: Any = Recounted.TestCase
TestCalls.settings = FEW
TestTickets: Any = RecountedTickets.TestCase
TestTickets.settings = FEW
