"""Which limits a contact is judged by."""

from __future__ import annotations

import pytest

from streams.policy import ALWAYS_MS, Policy, PolicyBook, decode_book, encode_book
from streams.settings import Channel, QueueSettings, Settings
from tests.strategies import START_MS, iso

HOUR_MS = 3_600_000
SINCE = iso(START_MS)


def book(channel: Channel = Channel.CALL, **queues: list[QueueSettings]) -> PolicyBook:
    """A book of settings."""
    return PolicyBook.of(channel, Settings(queues=queues))


def queue(since: str | None = None, channel: Channel = Channel.CALL, **values: object) -> QueueSettings:
    """One policy of a queue."""
    return QueueSettings.model_validate({"since": since, "channel": channel, **values})


def test_defaults() -> None:
    """20 s and 5 s, ghosts after 60 min and 4 h, 24 h to answer a ticket and 72 h to resolve it; in milliseconds."""
    expected = Policy(
        target_ms=20_000,
        short_abandon_ms=5_000,
        wrap_up=False,
        answer_by_message=False,
        waiting_ghost_ms=HOUR_MS,
        in_progress_ghost_ms=4 * HOUR_MS,
        first_response_ms=24 * HOUR_MS,
        next_response_ms=24 * HOUR_MS,
        resolution_ms=72 * HOUR_MS,
    )
    assert expected == book().policy("any", START_MS)


def test_every_judged_setting_arrives() -> None:
    """Each setting of a queue reaches its policy, fractions of a second to the millisecond."""
    settings = queue(
        target_seconds=12.3456,
        short_abandon_seconds=0.0004,
        wrap_up=True,
        chat_answer="message",
        waiting_ghost_after="1m",
        in_progress_ghost_after="2m",
        first_response="3h",
        next_response="4h",
        resolution="5h",
    )
    assert Policy(12_346, 0, True, True, 60_000, 120_000, 3 * HOUR_MS, 4 * HOUR_MS, 5 * HOUR_MS) == Policy.of(settings)


@pytest.mark.parametrize(
    "first_ms,target_ms",
    [(START_MS - 10**12, 10_000), (START_MS - 1, 10_000), (START_MS, 30_000), (START_MS + HOUR_MS - 1, 30_000),
     (START_MS + HOUR_MS, 40_000), (START_MS + 10**12, 40_000)],
)  # fmt: skip
def test_the_policy_in_force(first_ms: int, target_ms: int) -> None:
    """A policy holds from its `since` on, that instant included, whatever the order in the settings."""
    found = book(
        sales=[
            queue(iso(START_MS + HOUR_MS), target_seconds=40),
            queue(None, target_seconds=10),
            queue(SINCE, target_seconds=30),
        ]
    )
    assert target_ms == found.policy("sales", first_ms).target_ms


def test_before_its_first_policy_a_queue_has_the_defaults() -> None:
    """A queue whose only policy begins later is judged by the defaults until then."""
    found = book(sales=[queue(SINCE, target_seconds=30)])
    assert [20_000, 30_000] == [found.policy("sales", time_ms).target_ms for time_ms in (START_MS - 1, START_MS)]


def test_a_book_is_one_channels() -> None:
    """A queue of the same name in another channel is another queue."""
    entries = [queue(target_seconds=10), queue(None, Channel.CHAT, target_seconds=60)]
    assert [10_000, 60_000, 20_000] == [
        book(channel, sales=entries).policy("sales", START_MS).target_ms for channel in Channel
    ]
    assert ({"sales"}, set()) == (set(book(sales=entries).queues), set(book(Channel.TICKET, sales=entries).queues))


def test_a_book_survives_redis() -> None:
    """A book comes back equal from its bytes, so that a restart finds it again; an edit makes another."""
    one = book(sales=[queue(), queue(SINCE, target_seconds=30)], support=[queue(SINCE)])
    assert one == decode_book(encode_book(one))
    assert one != book(sales=[queue(), queue(SINCE, target_seconds=31)], support=[queue(SINCE)])
    assert ALWAYS_MS == one.queues["sales"][0][0]


def test_the_order_of_queues_makes_no_other_book() -> None:
    """The same settings written in another order are the same policies."""
    a, b = [queue(target_seconds=10)], [queue(target_seconds=30)]
    assert encode_book(book(a=a, b=b)) == encode_book(book(b=b, a=a))
