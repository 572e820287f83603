"""Which limits a contact is judged by."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from streams.common.business_hours import Calendar
from streams.common.durations import DAY_MS
from streams.common.vocabulary import Channel
from streams.config.policy_book import policy_book, policy_of
from streams.config.queue_settings import QueueSettings
from streams.config.settings import Settings
from streams.contract.topics import Topic
from streams.facts.shared.policy import ALWAYS_MS, Limits, Policy, PolicyBook, Target, decode_book, encode_book
from tests.support.paper_books import PaperBooks
from tests.support.strategies import START_MS, iso
from tests.support.ticket_words import DAY, MONDAY
from tests.support.words import OFFICE, WEEKEND, book_of, log_of, told

HOUR_MS = 3_600_000
SINCE = iso(START_MS)
MORNINGS: dict[str, Any] = {"time_zone": "Europe/Madrid", "weekdays": ["09:00-13:00"], "closed": ["2026-12-08"]}


def book(channel: Channel = Channel.CALL, **queues: list[QueueSettings]) -> PolicyBook:
    """A book of settings."""
    return policy_book(channel, Settings(queues=queues, calendars={"mornings": MORNINGS}))


def queue(since: str | None = None, channel: Channel = Channel.CALL, **values: object) -> QueueSettings:
    """One policy of a queue."""
    return QueueSettings.model_validate({"since": since, "channel": channel, **values})


def test_defaults() -> None:
    """20 s and 5 s, ghosts after 60 min and 4 h, 24 h to answer a ticket and 72 h to resolve it, always open; in ms."""
    expected = Policy(
        target_ms=20_000,
        short_abandon_ms=5_000,
        wrap_up=False,
        answer_by_message=False,
        waiting_stale_ms=HOUR_MS,
        in_progress_stale_ms=4 * HOUR_MS,
        first_response_ms=24 * HOUR_MS,
        next_response_ms=24 * HOUR_MS,
        resolution_ms=72 * HOUR_MS,
        repeat_window_ms=7 * DAY_MS,
        calendar=None,
        targets=(),
    )
    assert expected == book().policy("any", START_MS)
    assert HOUR_MS == expected.clock.elapsed_ms(0, HOUR_MS)


def test_every_judged_setting_arrives() -> None:
    """Each setting of a queue reaches its policy, fractions of a second to the millisecond."""
    entry = queue(
        channel=Channel.TICKET,
        target_seconds=12.3456,
        short_abandon_seconds=0.0004,
        wrap_up=True,
        chat_answer="message",
        waiting_ghost_after="1m",
        in_progress_ghost_after="2m",
        first_response="3h",
        next_response="4h",
        resolution="5h",
        calendar="mornings",
        targets=[{"priority": "high", "resolution": "1h"}, {"medium": "email", "first_response": "2h"}],
    )
    settings = Settings(repeat_window=3 * DAY_MS, calendars={"mornings": MORNINGS})
    limits = (3 * HOUR_MS, 4 * HOUR_MS, 5 * HOUR_MS)
    targets = (Target("email", None, 2 * HOUR_MS, None, None), Target(None, "high", None, None, HOUR_MS))
    morning = ((540, 780),)
    calendar = Calendar("Europe/Madrid", (morning,) * 5 + ((), ()), (20_795,))
    expected = Policy(12_346, 0, True, True, 60_000, 120_000, *limits, 3 * DAY_MS, calendar, targets)
    assert expected == policy_of(entry, settings)


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
    one = book(sales=[queue(), queue(SINCE, target_seconds=30)], support=[queue(SINCE, calendar="mornings")])
    again = decode_book(encode_book(one))
    assert one == again
    assert 5 * HOUR_MS == again.policy("support", START_MS).clock.elapsed_ms(START_MS, START_MS + 3 * DAY_MS)
    assert one != book(sales=[queue(), queue(SINCE, target_seconds=31)], support=[queue(SINCE)])
    assert ALWAYS_MS == one.queues["sales"][0][0]


def test_the_order_of_queues_makes_no_other_book() -> None:
    """The same settings written in another order are the same policies."""
    a, b = [queue(target_seconds=10)], [queue(target_seconds=30)]
    assert encode_book(book(a=a, b=b)) == encode_book(book(b=b, a=a))


def test_a_book_of_no_channel_has_the_defaults() -> None:
    """A book without a channel has the default policy with the repeat window of the settings."""
    found = policy_book(None, Settings(repeat_window=DAY_MS, queues={"sales": [queue(target_seconds=30)]}))
    assert {} == found.queues
    assert (20_000, DAY_MS) == (found.default.target_ms, found.policy("sales", START_MS).repeat_window_ms)


def test_an_older_book_is_read() -> None:
    """A book that a release without calendars wrote says what it said: always open, no targets."""
    plain = Policy(20_000, 5_000, False, False, HOUR_MS, HOUR_MS, HOUR_MS, HOUR_MS, HOUR_MS)
    older = msgspec.msgpack.encode([msgspec.structs.astuple(plain)[:9], {}])
    assert PolicyBook(plain) == decode_book(older)


HOURS = {"first_response": HOUR_MS, "next_response": 2 * HOUR_MS, "resolution": 3 * HOUR_MS}
MINUTE = {"first_response": 60_000}


@pytest.mark.parametrize(
    "targets,expected",
    [
        ([], (60, 120, 180)),
        ([{"medium": "email", **MINUTE}], (1, 120, 180)),
        ([{"medium": "web", **MINUTE}], (60, 120, 180)),
        ([{"priority": "high", "next_response": 60_000}], (60, 1, 180)),
        ([{"priority": "low", "next_response": 60_000}], (60, 120, 180)),
        ([{"medium": "email", "priority": "low", **MINUTE}], (60, 120, 180)),
        ([{"medium": "web", "priority": "high", **MINUTE}], (60, 120, 180)),
        ([{"priority": "high", "first_response": 120_000}, {"medium": "email", **MINUTE}], (2, 120, 180)),
        (
            [
                {"medium": "email", "priority": "high", "resolution": 60_000},
                {"priority": "high", "resolution": 120_000, "first_response": 120_000},
                {"medium": "email", "resolution": 180_000, "next_response": 180_000, "first_response": 180_000},
            ],
            (2, 3, 1),
        ),
        ([{"medium": "email", "first_response": 0}], (0, 120, 180)),
    ],
)
def test_limits_of_an_urgent_mail(targets: list[dict[str, Any]], expected: tuple[int, int, int]) -> None:
    """Limit by limit: both medium and priority, else the priority, the medium, the queue's own; in minutes."""
    found = book(Channel.TICKET, sales=[queue(None, Channel.TICKET, **HOURS, targets=targets)]).policy("sales", 0)
    assert Limits(*(minutes * 60_000 for minutes in expected)) == found.limits("email", "high")


EDITS: dict[str, tuple[dict[str, Any], dict[str, Any], str, str]] = {
    # the policy that the ticket came under, the one of the edited settings; where its misses land, and a new ticket's
    "another calendar": (
        {"calendar": OFFICE, "first_response": HOUR_MS},
        {"calendar": WEEKEND, "first_response": HOUR_MS},
        f"RESPONSE_TARGET_JUDGED@{MONDAY + 3600}",
        "RESPONSE_TARGET_JUDGED@3600",
    ),
    "another limit": (
        {"first_response": HOUR_MS},
        {"first_response": DAY_MS},
        "RESPONSE_TARGET_JUDGED@3600",
        f"RESPONSE_TARGET_JUDGED@{DAY}",
    ),
    "another target": (
        {"targets": [{"medium": "email", "first_response": HOUR_MS}]},
        {"targets": [{"medium": "email", "first_response": 2 * HOUR_MS}]},
        "RESPONSE_TARGET_JUDGED@3600",
        "RESPONSE_TARGET_JUDGED@7200",
    ),
}


@pytest.mark.parametrize("case", EDITS)
def test_an_edited_setting_does_not_rewrite_the_past(case: str) -> None:
    """A ticket keeps calendar, limits and targets that it came under, through a restart and its later events."""
    before, after, expected, of_new = EDITS[case]
    opening = ("opened", 0, {"channel": "email"})
    paper = PaperBooks(Topic.TICKETS)
    for policy, events in (
        (before, log_of("ticket", opening)),
        (after, log_of("ticket", opening, ("customer_replied", 60))),
        (after, [{**each, "subject": "c-2"} for each in log_of("ticket", opening)]),
    ):
        paper.book = book_of(Channel.TICKET, {"sales": [policy]})
        paper.restart()
        paper.apply(events)
    assert {expected: 1, of_new: 1} == told(paper.sums("s"), "RESPONSE_TARGET_JUDGED")
