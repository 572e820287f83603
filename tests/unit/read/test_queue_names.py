"""Under which names queues are shown."""

from __future__ import annotations

import pytest

from metrics.read.queue_names import QueueNames
from streams.common.vocabulary import Channel, Medium
from streams.store.registry import LABEL_SETS


def shown(names: QueueNames, *queues: str, channel: Channel = Channel.CALL) -> list[str]:
    return [names.shown(channel, queue) for queue in queues]


def test_the_first_names_of_a_channel_are_kept() -> None:
    """Configured queues are always shown, of the others those that came first, in each channel its own."""
    names = QueueNames({"vip"}, 2)
    names.add(Channel.CALL, ["a", "vip", "other", "b", "a", "c"])
    names.add(Channel.CHAT, ["c"])
    assert ["a", "b", "other", "vip", "other"] == shown(names, "a", "b", "c", "vip", "other")
    assert ["c"] == shown(names, "c", channel=Channel.CHAT)


def test_rows_of_a_channel_have_a_bound() -> None:
    """Of queue and medium together so many are shown, the first ones; configured queues in every medium."""
    names = QueueNames({"vip"}, 200)
    rows = [(f"q{number}", medium) for number in range(100) for medium in Medium]
    names.add_rows(Channel.TICKET, [*rows, ("vip", Medium.EMAIL)])
    kept = [row for row in rows if names.shown_in(Channel.TICKET, *row) == row[0]]
    assert rows[:LABEL_SETS] == kept
    assert "vip" == names.shown_in(Channel.TICKET, "vip", Medium.EMAIL)
    names.add_rows(Channel.TICKET, reversed(rows))
    assert kept == [row for row in rows if names.shown_in(Channel.TICKET, *row) == row[0]]


def test_a_name_never_changes_what_it_is_shown_as() -> None:
    """Names that come later, or again in another order, displace nobody."""
    names = QueueNames((), 2)
    names.add(Channel.CALL, ["a", "b", "c"])
    names.add(Channel.CALL, ["c", "0", "b"])
    assert ["a", "b", "other", "other"] == shown(names, "a", "b", "c", "0")


def test_the_first_name_too_many_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """Who loses sight of a queue reads what to do in the log."""
    names = QueueNames((), 1)
    for _ in range(2):
        names.add(Channel.CALL, ["a", "b", "c"])
    assert ["channel call has more than queue_limit = 1 queues"] == [
        text.partition(" that")[0] for text in caplog.messages
    ]


@pytest.mark.parametrize("names", [QueueNames(), QueueNames({"*"}, 9)])
def test_no_queue_has_the_name_of_the_sum(names: QueueNames) -> None:
    """Without a limit every other name is kept."""
    names.add(Channel.CALL, ["*", "a"])
    assert ["other", "a"] == shown(names, "*", "a")


def test_an_earlier_name_is_shown_as_the_present_one() -> None:
    """It takes no place of an unknown queue, and in another channel it is a queue of its own."""
    names = QueueNames({"new"}, 1, {Channel.CALL: {"old": "new"}})
    names.add(Channel.CALL, ["old", "a", "b"])
    names.add(Channel.CHAT, ["old"])
    assert ["new", "new", "a", "other"] == shown(names, "old", "new", "a", "b")
    assert ["old"] == shown(names, "old", channel=Channel.CHAT)
    assert ["new"] == shown(QueueNames(renames={Channel.CALL: {"old": "new"}}), "old")
