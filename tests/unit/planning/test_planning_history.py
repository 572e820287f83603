"""History of the board for planners: every measure of a quarter of an hour, in any packing."""

from __future__ import annotations

from pathlib import Path

from metrics.read.partition_view import Aggregates
from metrics.read.quarter_history import QuarterHistory
from metrics.read.queue_names import QueueNames
from metrics.snapshot.snapshot import RowKey
from metrics.snapshot.windows import DayRule, RollingSums
from streams.common.vocabulary import Channel
from streams.config.limits import retentions_ms
from streams.facts.conversations.measures import ANSWER, ConversationMeasure
from streams.numbers.codes import code_of
from streams.numbers.tiers import QUARTER
from tests.support.boards import settings

SALES = RowKey(Channel.CALL, "sales")
NOW_MS = 1_795_000_000_000


def test_measures_of_bundles_are_in_the_history(tmp_path: Path) -> None:
    """A measure stored alone and those stored in a composite counter are all in the history."""
    sums: RollingSums[RowKey] = RollingSums(retentions_ms(settings(tmp_path)), lambda _row: DayRule("UTC"))
    board = Aggregates(sums, QueueNames([], 10))
    sums.advance(NOW_MS)
    number = NOW_MS // QUARTER.width_ms - 1
    sums.add(SALES, QUARTER, number, {code_of(ConversationMeasure.TALK_MS): 7, ANSWER.code_of(*ANSWER.members): 3})
    ((start_ms, found),) = QuarterHistory(board).quarters(SALES, 0, NOW_MS)
    assert number * QUARTER.width_ms == start_ms
    assert 7 == found[ConversationMeasure.TALK_MS]
    assert dict.fromkeys(ANSWER.members, 3) == {measure: found[measure] for measure in ANSWER.members}
