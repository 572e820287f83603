"""Recounts of the books that a worker keeps, and their differences in words."""

from __future__ import annotations

from streams.facts.domains import DOMAIN_OF
from streams.numbers.names import SEPARATOR
from streams.numbers.tiers import TIERS
from streams.reconcile.comparison import Comparison, Words, stored_slices
from streams.reconcile.recount import Arrived, Extent, Judgement, Recount
from streams.store.registry import Registry
from streams.worker.contact_bounds import FACTS_LIMIT_BYTES
from tests.support.paper_books import NEVER_MS, PaperBooks
from tests.support.words import pseudonym


def kept(paper: PaperBooks) -> Extent:
    """Every slice within its retention."""
    clock_ms = NEVER_MS if paper.clock_ms is None else paper.clock_ms
    return Extent(
        None, None, {tier.letter: (clock_ms - paper.limits.slices[tier.letter]) // tier.width_ms for tier in TIERS}
    )


def recount(paper: PaperBooks, arrived: list[Arrived], extent: Extent) -> Recount:
    """The events recounted, judged as the books judge."""
    domain = DOMAIN_OF[paper.topic]
    letters = domain.live_types.keys()
    live = {field[1:].partition(SEPARATOR)[0] for field in paper.numbers if field[0] in letters}
    names = Registry(paper.names, paper.configured, paper.queue_limit)
    clock_ms = NEVER_MS if paper.clock_ms is None else paper.clock_ms
    found = Recount(
        Judgement(
            domain,
            names,
            {0: paper.book},
            lambda _offset: 0,
            pseudonym,
            paper.limits.keep,
            clock_ms,
            FACTS_LIMIT_BYTES,
            live,
            {},
        ),
        extent,
    )
    contacts: dict[str, list[Arrived]] = {}
    for each in arrived:
        contacts.setdefault(each.event[0].subject, []).append(each)
    for subject, events in contacts.items():
        found.add(subject, events)
    return found


def differences(paper: PaperBooks, found: Recount, extent: Extent) -> list[str]:
    """Differences between the books and the recount, in words."""
    numbers = [(field.encode(), value) for field, value in paper.numbers.items()]
    stored = stored_slices(numbers, extent, lambda row: row, "numbers")
    comparison = Comparison("calls-0", Words(paper.names))
    return [str(each) for each in comparison.differences(found.sums, stored, found.slack)]
