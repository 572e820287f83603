"""Topics and partitions as a person writes them on the command line."""

from __future__ import annotations

import pytest

from streams.common.errors import UserError
from streams.contract.topics import Topic
from streams.tools.maintenance import parse_topic_partition


@pytest.mark.parametrize(
    "text, expected",
    {"tickets": (Topic.TICKETS, None), "calls/0": (Topic.CALLS, 0), "contacts/7": (Topic.CONTACTS, 7)}.items(),
)
def test_a_topic_and_a_partition(text: str, expected: tuple[Topic, int | None]) -> None:
    """A topic alone means all its partitions."""
    assert expected == parse_topic_partition(text, 8)


@pytest.mark.parametrize("text", ["tickets/8", "tickets/", "tickets/-1", "tickets/1/2", "tickets/x", "tickets/²"])
def test_no_such_partition(text: str) -> None:
    """The sentence says which there are."""
    with pytest.raises(UserError, match="names no partition; tickets has 0 to 7, as in tickets/0"):
        parse_topic_partition(text, 8)


def test_no_such_topic() -> None:
    """The sentence names the topics."""
    with pytest.raises(UserError, match="is no topic of events; choose one of calls"):
        parse_topic_partition("mails/0", 8)
