"""The states beside the numbers of the JSON API: blind, pending, abandoned_early, closed, no_traffic, few and ok."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from metrics.exporter.api import Query
from metrics.snapshot.snapshot import ChannelHealth, LiveNumbers, RowKey
from streams.common.vocabulary import Channel
from streams.config.queue_settings import QueueSettings
from streams.facts.conversations.measures import ConversationMeasure
from streams.facts.shared.measures import HandlingMeasure
from streams.numbers.measures import Measure
from tests.support.api_answers import FCR, MAIL, SALES, SERVICE_LEVEL, answer, find_row, window
from tests.support.boards import NOW_MS, counts, everything, live_of, row, snapshot


@pytest.mark.parametrize(
    "plain,live,blind,expected",
    [
        ({}, live_of(), False, (None, "no_traffic")),
        ({}, live_of(waiting=1, undecided=1), False, (None, "pending")),
        ({}, live_of(waiting=1, undecided=1), True, (None, "blind")),
        ({ConversationMeasure.ANSWERED_WITHIN: 9}, live_of(), False, (1.0, "few")),
        ({ConversationMeasure.ANSWERED_WITHIN: 10}, live_of(), False, (1.0, "ok")),
        ({ConversationMeasure.ANSWERED_WITHIN: 10}, live_of(), True, (1.0, "blind")),
    ],
)
def test_the_state_of_the_service_level(
    tmp_path: Path, plain: dict[Measure, int], live: LiveNumbers, blind: bool, expected: tuple[float | None, str]
) -> None:
    """Null where nobody was judged, with the reason beside it; blind keeps the number."""
    health = {Channel.CALL: ChannelHealth(blind=blind, blind_reason="heartbeat" if blind else "", age_ms=0)}
    found = find_row(answer(tmp_path, snapshot({SALES: row(counts(plain), live)}, health)), "sales")
    number = window(found, SERVICE_LEVEL, variant="short_removed")
    assert expected == (number["value"], number["state"])


ALL_HUNG_UP = {
    ConversationMeasure.ARRIVED: 11,
    ConversationMeasure.OFFERED: 11,
    ConversationMeasure.ABANDONED: 11,
    ConversationMeasure.SHORT_ABANDONED: 11,
    ConversationMeasure.ABANDONED_WITHIN: 11,
    ConversationMeasure.SHORT_WITHIN: 11,
    ConversationMeasure.CONTACT_ABANDONED_WITHIN: 11,
    ConversationMeasure.CONTACT_SHORT_WITHIN: 11,
}
CONTACT_LEVEL = "contact_center_contact_service_level_ratio"


@pytest.mark.parametrize(
    "name,labels,expected",
    [
        (SERVICE_LEVEL, {"variant": "short_removed"}, (None, "abandoned_early")),
        (SERVICE_LEVEL, {"variant": "early_ignored"}, (None, "abandoned_early")),
        (SERVICE_LEVEL, {"variant": "answered_only"}, (None, "abandoned_early")),
        (SERVICE_LEVEL, {"variant": "strict"}, (0.0, "ok")),
        (SERVICE_LEVEL, {"variant": "optimistic"}, (1.0, "ok")),
        (SERVICE_LEVEL, {"variant": "short_credited"}, (1.0, "ok")),
        (CONTACT_LEVEL, {}, (None, "abandoned_early")),
        ("contact_center_abandonment_ratio", {}, (None, "no_traffic")),
        ("contact_center_speed_of_answer_seconds", {}, (None, "no_traffic")),
    ],
)
def test_callers_who_all_hang_up_at_once_are_not_no_traffic(
    tmp_path: Path, name: str, labels: dict[str, str], expected: tuple[float | None, str]
) -> None:
    """Eleven short abandons of eleven offers: a service level without a denominator says so, also of all queues."""
    found = answer(tmp_path, snapshot({SALES: row(counts(ALL_HUNG_UP))}))
    for queue in ("sales", "*"):
        (entry,) = [each for each in found["rows"] if (each["channel"], each["queue"]) == ("call", queue)]
        number = window(entry, name, **labels)
        assert expected == (number["value"], number["state"])


def test_one_other_contact_ends_the_state_of_early_abandons(tmp_path: Path) -> None:
    """A twelfth offer that still waits is pending; one that left by a key leaves no traffic to judge."""
    undecided = {**ALL_HUNG_UP, ConversationMeasure.OFFERED: 12}
    states = []
    for live in (live_of(waiting=1, undecided=1), live_of()):
        found = find_row(answer(tmp_path, snapshot({SALES: row(counts(undecided), live)})), "sales")
        states.append(window(found, SERVICE_LEVEL, variant="short_removed")["state"])
    assert ["pending", "no_traffic"] == states


CALLER, TICKET = live_of(waiting=1, waiting_past_target=1), live_of(open_on_hold=1)


@pytest.mark.parametrize(
    "key,live,name,labels,expected",
    [
        (SALES, CALLER, "contact_center_speed_of_answer_seconds", {}, "pending"),
        (SALES, CALLER, "contact_center_time_to_abandon_seconds", {}, "pending"),
        (SALES, CALLER, "contact_center_abandonment_ratio", {}, "pending"),
        (SALES, CALLER, "contact_center_handle_time_seconds", {"part": "wrap"}, "pending"),
        (SALES, CALLER, SERVICE_LEVEL, {"variant": "answered_only"}, "pending"),
        (SALES, CALLER, SERVICE_LEVEL, {"variant": "strict"}, "no_traffic"),
        (SALES, CALLER, FCR, {"basis": "net"}, "pending"),
        (SALES, CALLER, "contact_center_callback_reached_ratio", {}, "no_traffic"),
        (SALES, live_of(callbacks_pending=1), "contact_center_callback_reached_ratio", {}, "pending"),
        (SALES, live_of(callbacks_pending=1), "contact_center_speed_of_answer_seconds", {}, "no_traffic"),
        (SALES, live_of(stale=1), "contact_center_speed_of_answer_seconds", {}, "no_traffic"),
        (MAIL, TICKET, "contact_center_first_response_seconds", {}, "pending"),
        (MAIL, live_of(open_unattended=1), "contact_center_first_response_seconds", {}, "pending"),
        (MAIL, live_of(open_open=1), "contact_center_resolution_seconds", {"which": "full"}, "pending"),
        (MAIL, live_of(), "contact_center_resolution_seconds", {"which": "full"}, "no_traffic"),
    ],
)
def test_a_number_is_pending_while_somebody_waits_and_nobody_was_judged(
    tmp_path: Path, key: RowKey, live: LiveNumbers, name: str, labels: dict[str, str], expected: str
) -> None:
    """Callers in the queue, tickets that are open and callbacks not yet tried are not the silence of an empty queue."""
    found = answer(tmp_path, snapshot({key: row(live=live)}))
    for queue, medium in ((key.queue, key.medium or None), ("*", "*" if key is MAIL else None)):
        (entry,) = [
            entry
            for entry in found["rows"]
            if (entry["channel"], entry["queue"], entry["medium"]) == (key.channel, queue, medium)
        ]
        number = window(entry, name, **labels)
        assert (None, expected) == (number["value"], number["state"])


@pytest.mark.parametrize("key,expected", [(SALES, "few"), (MAIL, "ok")])
@pytest.mark.parametrize("classified,enough", [(49, False), (50, True)])
def test_first_contact_resolution_needs_half_of_the_contacts_classified(
    tmp_path: Path, key: RowKey, expected: str, classified: int, enough: bool
) -> None:
    """Below 0.5 classified, flagged and net are a hint on calls; a ticket without a flag is judged by its events."""
    plain = {
        HandlingMeasure.HANDLED: 100,
        HandlingMeasure.CLASSIFIED: classified,
        HandlingMeasure.FCR_NET: 30,
        HandlingMeasure.FCR_NET_BASE: 40,
    }
    found = find_row(answer(tmp_path, snapshot({key: row(counts(plain))})), key.queue, key.medium or None)
    assert ("ok" if enough else expected) == window(found, FCR, basis="net")["state"]
    assert "ok" == window(found, "contact_center_classified_ratio")["state"]


HOURS = {
    "night": {"time_zone": "UTC", "weekdays": ["20:00-24:00"]},
    "dawn": {"time_zone": "UTC", "weekdays": ["05:00-06:00"]},
    "day": {"time_zone": "UTC", "weekdays": ["09:00-18:00"]},
}
"""It is Wednesday, 11:06:40."""


@pytest.mark.parametrize(
    "calendars,expected",
    [
        (["night", "dawn"], [(False, 20), (False, 20 + 9), (False, 20)]),
        (["night", "day"], [(False, 20), (True, None), (True, None)]),
        (["night", None], [(False, 20), (True, None), (True, None)]),
    ],
)
def test_a_row_says_whether_it_is_open_and_when_it_will_be(
    tmp_path: Path, calendars: list[str | None], expected: list[tuple[bool, int | None]]
) -> None:
    """By the calendar in force, without one always; a sum is open while any queue is, else opens with the first."""
    queues = {
        name: QueueSettings(channel=Channel.CALL, calendar=hours)
        for name, hours in zip(("one", "two"), calendars, strict=True)
    }
    found = answer(tmp_path, snapshot(), query=Query((Channel.CALL,)), calendars=HOURS, queues=queues)
    midnight = datetime(2026, 11, 18, tzinfo=UTC)
    assert expected == [
        (
            row["open"],
            row["next_opening"] and (datetime.fromisoformat(row["next_opening"]) - midnight) // timedelta(hours=1),
        )
        for row in (find_row(found, queue) for queue in ("one", "two", "*"))
    ]


@pytest.mark.parametrize(
    "calendar,plain,live,expected",
    [
        ("night", {}, live_of(), (None, "closed", "closed")),
        ("day", {}, live_of(), (None, "no_traffic", "no_traffic")),
        ("night", {}, live_of(waiting=1, undecided=1, longest_wait=1), (None, "pending", "ok")),
        ("night", {ConversationMeasure.ANSWERED_WITHIN: 9}, live_of(), (1.0, "few", "closed")),
        ("night", {ConversationMeasure.ANSWERED_WITHIN: 10}, live_of(), (1.0, "ok", "closed")),
    ],
)
def test_outside_opening_hours_nothing_to_divide_is_closed(
    tmp_path: Path, calendar: str, plain: dict[Measure, int], live: LiveNumbers, expected: tuple[Any, ...]
) -> None:
    """Who waits is pending even then, and what was judged keeps its number; counts of nothing stay 0."""
    queues = {"sales": QueueSettings(channel=Channel.CALL, calendar=calendar)}
    board = snapshot({SALES: row(counts(plain), live)})
    found = find_row(answer(tmp_path, board, calendars=HOURS, queues=queues), "sales")
    level = window(found, SERVICE_LEVEL, variant="strict")
    (longest,) = found["now"]["contact_center_longest_wait_seconds"]
    assert expected == (level["value"], level["state"], longest["state"])
    assert "ok" == window(found, "contact_center_contacts_offered_total")["state"]


ACROSS: tuple[tuple[str, dict[str, str]], ...] = (
    ("contact_center_redial_ratio", {}),
    ("contact_center_repeat_contact_ratio", {}),
    ("contact_center_repeat_contacts_total", {}),
    ("contact_center_topic_repeat_contact_ratio", {}),
    ("contact_center_first_contact_resolution_gap_ratio", {}),
    (FCR, {"state": "provisional"}),
    (FCR, {"state": "final"}),
)


def test_what_is_found_across_channels_is_blind_with_the_outcomes(tmp_path: Path) -> None:
    """Where the fold of outcomes is silent repeats are blind, and what a channel says by itself is not."""
    silent = ChannelHealth(blind=True, blind_reason="heartbeat", age_ms=60_000, watermark_ms=NOW_MS - 60_000)
    found = answer(tmp_path, snapshot({SALES: row(everything())}, repeats=silent))
    assert ("heartbeat", 60.0, False) == (
        found["repeats"]["reason"],
        found["repeats"]["age_seconds"],
        found["channels"]["call"]["blind"],
    )
    sales = find_row(found, "sales")
    assert ["blind"] * len(ACROSS) == [window(sales, name, "24h", **labels)["state"] for name, labels in ACROSS]
    assert "blind" != window(sales, FCR, basis="flagged")["state"]
    assert "blind" != window(sales, "contact_center_escalation_ratio")["state"]
    seeing = find_row(answer(tmp_path, snapshot({SALES: row(everything())})), "sales")
    assert "blind" not in {window(seeing, name, "24h", **labels)["state"] for name, labels in ACROSS}
