"""Contributions of one customer's contacts: repeats and redials (kpis.md, "First-contact resolution")."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from functools import cached_property

from streams.common.vocabulary import Via
from streams.facts.customers.facts import Customer
from streams.facts.customers.measures import FINAL, REPEAT, CustomerMeasure
from streams.facts.shared.contributions import Contributions, Names, Stage
from streams.facts.shared.outcomes import Outcome
from streams.facts.shared.policy import PolicyBook
from streams.numbers.codes import code_of
from streams.numbers.tiers import QUARTER

REDIAL_WINDOW_MS = 3_600_000
"""A contact up to 1 h (ms) after an abandonment is a redial: the same demand, counted twice."""
WHOLE_MS = QUARTER.width_ms
"""Final amounts are added at the start of their quarter of an hour (ms): by 10 s the week ahead would be 60,000 slices
of each queue."""
REDIAL_BASE, REDIALED = int(CustomerMeasure.REDIAL_BASE), int(CustomerMeasure.REDIALED)
BASE, REPEATED = REPEAT.bit(CustomerMeasure.REPEAT_BASE), REPEAT.bit(CustomerMeasure.REPEATED)
WINDOW_BASE, WINDOW = REPEAT.bit(CustomerMeasure.FCR_WINDOW_BASE), REPEAT.bit(CustomerMeasure.FCR_WINDOW)
GAP_BASE, GAP = REPEAT.bit(CustomerMeasure.FCR_GAP_BASE), REPEAT.bit(CustomerMeasure.FCR_GAP)
REPEATED_FOR_GOOD = FINAL.code_of(CustomerMeasure.FCR_FINAL_BASE)
RESOLVED_FOR_GOOD = FINAL.code_of(CustomerMeasure.FCR_FINAL_BASE, CustomerMeasure.FCR_FINAL)
UNASKED = frozenset({Via.CALLBACK.value, Via.OUTBOUND.value})
"""Origins of contacts that the desk began itself: these repeat nothing."""


class Beginnings:
    """Beginnings of the contacts that may repeat another, in order; most customers have one or two."""

    def __init__(self, outcomes: Iterable[Outcome]) -> None:
        self._outcomes = [outcome for outcome in outcomes if outcome.via not in UNASKED]
        self._all = sorted(outcome.begun_ms for outcome in self._outcomes)

    def any_other(self, than: Outcome, start_ms: int, end_ms: int, *, on_topic: bool) -> bool:
        """True if a contact other ``than`` this one began from ``start_ms`` to ``end_ms`` (epoch ms), both included.

        ``on_topic``: only contacts of the same topic; a topic missing on either side matches any.
        """
        # Counts include the contact itself, then it is subtracted: a sorted list without it for each contact would make
        # a customer with many contacts quadratic.
        itself = start_ms <= than.begun_ms <= end_ms and than.via not in UNASKED
        if _between(self._all, start_ms, end_ms) <= itself:
            return False
        if not on_topic or than.topic is None:
            return True
        same = _between(self._by_topic.get(than.topic, []), start_ms, end_ms)
        return same + _between(self._by_topic.get(None, []), start_ms, end_ms) > itself

    @cached_property
    def _by_topic(self) -> dict[str | None, list[int]]:
        """Beginnings by topic; ``None`` for contacts without one."""
        found: dict[str | None, list[int]] = {}
        for outcome in self._outcomes:
            found.setdefault(outcome.topic, []).append(outcome.begun_ms)
        for times in found.values():
            times.sort()
        return found


def _between(times: list[int], start_ms: int, end_ms: int) -> int:
    return bisect_right(times, end_ms) - bisect_left(times, start_ms)


def contributions(facts: Customer, _book: PolicyBook, names: Names, _stage: Stage = Stage.KEPT) -> Contributions:
    """Amounts of a customer's contacts, each judged by the repeat window in its own outcome."""
    contributed = Contributions()
    outcomes = [outcome for _, outcome in facts.contacts.values() if not outcome.removed]
    beginnings = Beginnings(outcomes)
    for outcome in outcomes:
        _add(contributed, outcome, beginnings, names)
    return contributed


def by_contact(facts: Customer, names: Names) -> Iterator[tuple[str, Contributions]]:
    """The same amounts contact by contact, as pairs of ``channel:contact`` and contributions."""
    outcomes = {name: outcome for name, (_, outcome) in facts.contacts.items() if not outcome.removed}
    beginnings = Beginnings(list(outcomes.values()))
    for name, outcome in outcomes.items():
        contributed = Contributions()
        _add(contributed, outcome, beginnings, names)
        yield name, contributed


def _add(contributed: Contributions, outcome: Outcome, beginnings: Beginnings, names: Names) -> None:
    if outcome.handled and outcome.ended_ms is not None:
        _add_handled(contributed, outcome, outcome.ended_ms, beginnings, names)
    if outcome.abandoned_ms is not None and outcome.via == Via.INBOUND:
        _add_abandoned(contributed, outcome, outcome.abandoned_ms, beginnings, names)


def _add_handled(
    contributed: Contributions, outcome: Outcome, ended_ms: int, beginnings: Beginnings, names: Names
) -> None:
    """Repeats and first-contact resolution of a handled contact, at its end and at the end of its window."""
    final_ms = ended_ms + outcome.window_ms
    repeated = beginnings.any_other(outcome, ended_ms, final_ms, on_topic=True)
    row = names.row(outcome.queue, outcome.medium, outcome.channel)
    mask = BASE | REPEATED if repeated else BASE
    if outcome.fcr_eligible:
        mask |= WINDOW_BASE if repeated else WINDOW_BASE | WINDOW
        # The final amount is added at once to the slice of the window's end, which may be days ahead: so nothing has to
        # be scheduled, and a repeat before then corrects the amount like any later event.
        contributed.add(final_ms // WHOLE_MS * WHOLE_MS, row, (REPEATED_FOR_GOOD if repeated else RESOLVED_FOR_GOOD, 1))
        if outcome.flagged is not None:
            mask |= GAP_BASE | GAP if outcome.flagged and repeated else GAP_BASE
    cells = [(REPEAT.code(mask), 1)]
    if outcome.topic is not None:
        topic = names.dimension(("topic", outcome.topic))
        cells.append((code_of(CustomerMeasure.REPEAT_BASE_BY_TOPIC, topic), 1))
        if repeated:
            cells.append((code_of(CustomerMeasure.REPEATED_BY_TOPIC, topic), 1))
    contributed.add(ended_ms, row, *cells)


def _add_abandoned(
    contributed: Contributions, outcome: Outcome, abandoned_ms: int, beginnings: Beginnings, names: Names
) -> None:
    """Abandonment of a contact and its redial within the hour, if any, in the queue where the wait began."""
    again = beginnings.any_other(outcome, abandoned_ms, abandoned_ms + REDIAL_WINDOW_MS, on_topic=False)
    row = names.row(outcome.first_queue, outcome.medium, outcome.channel)
    contributed.add(abandoned_ms, row, (REDIAL_BASE, 1), (REDIALED, again))
