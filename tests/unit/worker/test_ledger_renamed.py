"""Renamed queues in the books of a partition: sums over both names are those of one queue, and nothing is rewritten."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from streams.common.renames import Renames
from streams.common.vocabulary import Channel
from streams.contract.names import clean_name
from streams.contract.topics import CHANNEL_OF, Topic
from streams.facts.shared.renaming import renamed_book
from streams.numbers.names import OTHER
from streams.numbers.tiers import TIERS, TOTALS
from streams.store.registry import Registry
from tests.support.paper_books import GENEROUS, HOUR_MS, PaperBooks
from tests.support.strategies import Event, deliveries, logs, short
from tests.support.words import TOPIC_OF, Named, book, log_of, told

# The present names sort as the earlier ones do: of two events of one name and instant the lesser content wins.
EARLIER = {"sales": "salez", "billing": "billinh"}
RENAMES: Renames = dict.fromkeys(Channel, EARLIER)
LETTERS = [*(tier.letter for tier in TIERS), TOTALS]


def present(batch: list[Event]) -> list[Event]:
    """The events as they are decoded after the rename."""
    return [{**each, "data": {**each["data"], **_renamed(each["data"])}} for each in batch]


def _renamed(data: dict[str, Any]) -> dict[str, Any]:
    queue = clean_name(data.get("queue", ""))
    return {"queue": EARLIER[queue]} if queue in EARLIER else {}


def after_rename(paper: PaperBooks) -> PaperBooks:
    """Another process takes over, with the setting ``was``."""
    channel = CHANNEL_OF.get(paper.topic)
    paper.renames = RENAMES
    paper.book = renamed_book(book(paper.topic), EARLIER) if channel else paper.book
    paper.restart()
    return paper


def shown(amounts: Named) -> Named:
    """Amounts as readers add them: rows of an earlier name are the present one's. Flags of tickets are left out.

    A transfer from a queue to itself that was judged before the rename is judged anew with the next event only.
    """
    found: Named = Counter()
    for (measure, queue, medium, dimension, at_ms), amount in amounts.items():
        if not measure.startswith("FCR_"):
            found[measure, EARLIER.get(queue, queue), medium, dimension, at_ms] += amount
    return Counter({key: amount for key, amount in found.items() if amount})


@pytest.mark.parametrize("channel", ["call", "chat", "ticket"])
@settings(max_examples=60)
@given(drawn=st.data())
def test_sums_over_both_names_are_those_of_one_queue(channel: str, drawn: st.DataObject) -> None:
    """Wherever in a log the rename happens, slices, counters and live entries equal those of one name all along."""
    batches = drawn.draw(deliveries(drawn.draw(logs(channel))))
    cut = drawn.draw(st.integers(0, len(batches)))
    note(f"{cut} batches before\n" + "\n-- next batch\n".join(short(batch) for batch in batches))
    topic = TOPIC_OF[channel]
    paper, one_name = PaperBooks(topic), after_rename(PaperBooks(topic))
    for number, batch in enumerate(batches):
        if number == cut:
            after_rename(paper)
        paper.apply(present(batch) if number >= cut else batch)
        one_name.apply(present(batch))
    if cut == len(batches):
        after_rename(paper)
    for letter in LETTERS:
        assert shown(one_name.sums(letter)) == shown(paper.sums(letter))
    assert shown_live(one_name) == shown_live(paper)


def shown_live(paper: PaperBooks) -> dict[tuple[str, str, str], tuple[Any, ...]]:
    """The live entries, in the rows as readers show them. A request from the menu has its queue in its key too."""
    return {
        (kind, subject, EARLIER.get(leg, leg)): (EARLIER.get(row[0], row[0]), *row[1:]) if row else row
        for (kind, subject, leg), row in paper.live().items()
    }


def test_amounts_move_with_the_next_event_and_counters_do_not_grow() -> None:
    """A contact of before the rename takes its amounts to the present row; what moves is no increase and not late."""
    paper = PaperBooks(Topic.TICKETS)
    opened, replied = log_of("ticket", ("opened", 0, {"queue": "billing"}), ("replied", 60))
    paper.apply([opened])
    stored = dict(paper.numbers)
    after_rename(paper)
    assert (stored, {"OPENED billing@0": 1}) == (paper.numbers, told(paper.sums("q"), "OPENED"))
    paper.apply([replied])
    assert {"OPENED billinh@0": 1} == told(paper.sums("q"), "OPENED")
    assert [1] == [amount for (measure, *_), amount in paper.sums(TOTALS).items() if measure == "OPENED"]
    assert 0 == paper.late


def test_amounts_that_only_move_are_not_late() -> None:
    """The slices of an open ticket's opening may be gone by the rename: no more amounts are late than without one."""
    limits = GENEROUS._replace(slices={tier.letter: HOUR_MS for tier in TIERS})
    late = []
    for is_renamed in (False, True):
        paper = PaperBooks(Topic.TICKETS, limits)
        opened, replied = log_of("ticket", ("opened", 0, {"queue": "billing"}), ("replied", 30 * 3600))
        paper.apply([opened])
        if is_renamed:
            after_rename(paper)
        paper.apply(present([replied]) if is_renamed else [replied])
        late.append(paper.late)
    assert late[0] == late[1]


def test_a_call_of_before_is_judged_by_its_own_policy() -> None:
    """The book of before the rename has the policy under the earlier name, and goes on judging its contacts."""
    paper = PaperBooks(Topic.CALLS)
    strict = renamed_book(book(Topic.CALLS), {"sales": "x"})
    paper.apply(log_of("call", ("offered", 0)))
    after_rename(paper)
    paper.book = strict
    paper.restart()
    paper.apply(present(log_of("call", ("offered", 0), ("answered", 25), ("ended", 60))))
    whole = PaperBooks(Topic.CALLS)
    whole.apply(log_of("call", ("offered", 0), ("answered", 25), ("ended", 60)))
    assert shown(whole.sums("q")) == shown(paper.sums("q"))


def test_without_the_setting_there_are_two_rows_again() -> None:
    """Contacts of before the rename are shown under the earlier name, those of after it under the present one."""
    paper = PaperBooks(Topic.CALLS)
    first, second = log_of("call", ("offered", 0)), log_of("call", ("offered", 20))
    second[0] |= {"subject": "c-2", "id": "other"}
    paper.apply(first)
    after_rename(paper).apply(present(second))
    paper.renames = {}
    paper.restart()
    assert {"OFFERED@0": 1, "OFFERED salez@0": 1} == told(paper.sums("q"), "OFFERED")
    paper.apply([*first, *present(second)])
    assert {"OFFERED@0": 1, "OFFERED salez@0": 1} == told(paper.sums("q"), "OFFERED")


def test_a_row_of_before_takes_no_place_of_an_unknown_queue() -> None:
    """Rows of earlier names are configured: the limit of unknown queues counts the others only."""
    stored = {"rold\x1f": 1, "rolder\x1f": 2, "rknown\x1f": 3}
    registry = Registry(stored, frozenset({"new"}), 2, {"": {"old": "new", "older": "new"}})
    assert (1, 2) == (registry.present(1), registry.present(2))
    rows = [registry.row(queue) for queue in ("new", "first", "second")]
    assert [4, 4, 4, 3, 5] == [registry.present(row) for row in (1, 2, 4, 3, 5)]
    assert (registry.row(OTHER), 1) == (rows[2], registry.folded["queue"])


def test_rows_of_a_partition_of_customers_have_their_own_channel() -> None:
    """A renamed queue of calls is another than the queue of chats with its earlier name."""
    stored = {"rold\x1f\x1fcall": 1, "rold\x1f\x1fchat": 2}
    registry = Registry(stored, frozenset({"new"}), 2, {"call": {"old": "new"}})
    row = registry.row("new", "", "call")
    assert (row, 2) == (registry.present(1), registry.present(2))
