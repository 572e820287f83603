"""The rows of the report: ranges, intervals, formulas, and how they are written."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import datetime
from typing import Any

import pytest

from metrics.read.history import Quarters
from metrics.report.ranges import Bound, Grouping, Interval, Range, interval_start_ms, parse_grouping
from metrics.report.rows import exact_seconds, report_rows, row_fields
from metrics.report.text import render
from metrics.snapshot.snapshot import NO_COUNTS, Counts
from metrics.snapshot.windows import DayRule
from streams.common.errors import UserError
from streams.common.vocabulary import Channel
from streams.facts.conversations.measures import ConversationMeasure
from streams.facts.customers.measures import CustomerMeasure
from streams.facts.domains import MEASURES
from streams.facts.shared.measures import HandlingMeasure
from streams.facts.tickets.measures import TicketMeasure
from streams.numbers.tiers import QUARTER


def ms(text: str) -> int:
    """Epoch milliseconds of an ISO time with an offset."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def rule_of(_channel: Channel, queue: str) -> DayRule:
    """Queues live in Madrid; the settings say UTC."""
    return DayRule("UTC" if queue == "*" else "Europe/Madrid")


def rows_of(quarters: Quarters, first: str, last: str, by: str = "channel") -> list[dict[str, Any]]:
    """The report, by the rules above."""
    return report_rows(quarters, Range(Bound("--from", first), Bound("--to", last)), parse_grouping(by), rule_of)


def picked(rows: list[dict[str, Any]], *fields: str) -> list[tuple[Any, ...]]:
    """Some fields of each row."""
    return [tuple(row[field] for field in fields) for row in rows]


def test_the_range_holds_its_beginning_and_not_its_end() -> None:
    """A slice that begins at ``--from`` is in, one that begins at ``--to`` is not."""
    quarters: Quarters = {
        (Channel.CALL, "sales"): {
            ms("2026-05-04T21:45+00:00"): {ConversationMeasure.OFFERED: 1},
            ms("2026-05-04T22:00+00:00"): {ConversationMeasure.OFFERED: 10},
            ms("2026-05-05T21:45+00:00"): {ConversationMeasure.OFFERED: 100},
            ms("2026-05-05T22:00+00:00"): {ConversationMeasure.OFFERED: 1000},
        }
    }
    assert [("*", 110), ("sales", 110)] == picked(
        rows_of(quarters, "2026-05-05", "2026-05-06", "queue"), "queue", "offered"
    )
    assert [("*", 110), ("sales", 110)] == picked(
        rows_of(quarters, "2026-05-05T00:00+02:00", "2026-05-06T00:00+02:00", "queue"), "queue", "offered"
    )


def test_all_queues_are_summed_before_anything_is_divided() -> None:
    """The ratio of ``*`` comes from the counts of all queues, media and slices, not from their ratios."""
    at_ms = ms("2026-05-05T09:00+00:00")
    quarters: Quarters = {
        (Channel.CALL, "a"): {at_ms: {ConversationMeasure.ANSWERED: 1, ConversationMeasure.ANSWERED_WITHIN: 1}},
        (Channel.CALL, "b"): {
            at_ms + QUARTER.width_ms: {ConversationMeasure.ANSWERED: 3, ConversationMeasure.REACHED_TARGET: 3}
        },
    }
    (row,) = rows_of(quarters, "2026-05-05", "2026-05-06")
    assert (4, 0.25) == (row["answered"], row["service_level"]["short_removed"])


def test_rows_of_nothing_are_left_out() -> None:
    """No row for a queue, an interval or a channel in which none of the fields has anything."""
    quarters: Quarters = {
        (Channel.CALL, "a"): {ms("2026-05-05T09:00+00:00"): {ConversationMeasure.OFFERED: 1}},
        (Channel.CHAT, "b"): {ms("2026-05-05T09:00+00:00"): {ConversationMeasure.CALLBACK_LEGS_DECIDED: 1}},
        (Channel.TICKET, "c"): {ms("2026-05-07T09:00+00:00"): {TicketMeasure.OPENED: 1}},
    }
    rows = rows_of(quarters, "2026-05-05", "2026-05-06", "queue,interval=1h")
    assert [("call", "*"), ("call", "a")] == picked(rows, "channel", "queue")


def test_intervals_follow_the_local_clock_through_its_changes() -> None:
    """The day on which clocks go forward has 23 hours, and the hour that comes twice is two rows."""
    spring, autumn = ms("2026-03-29T00:00+01:00"), ms("2026-10-25T00:00+02:00")
    quarters: Quarters = {
        (Channel.CALL, "a"): {
            start + n * QUARTER.width_ms: {ConversationMeasure.OFFERED: 1}
            for start in (spring, autumn)
            for n in range(101)
        }
    }
    days = rows_of(quarters, "2026-03-01", "2026-11-01", "queue,interval=day")
    assert [
        ("2026-03-29T00:00:00+01:00", 92),
        ("2026-03-30T00:00:00+02:00", 9),
        ("2026-10-25T00:00:00+02:00", 100),
        ("2026-10-26T00:00:00+01:00", 1),
    ] == picked([row for row in days if row["queue"] == "a"], "from", "offered")
    hours = rows_of(quarters, "2026-10-25T02:00+02:00", "2026-10-25T03:00+01:00", "queue,interval=1h")
    assert [("2026-10-25T02:00:00+02:00", 4), ("2026-10-25T02:00:00+01:00", 4)] == picked(
        [row for row in hours if row["queue"] == "a"], "from", "offered"
    )


@pytest.mark.parametrize(
    "interval,zone,at,expected",
    [
        (Interval.QUARTER, "UTC", "2026-05-05T09:45+00:00", "2026-05-05T09:45+00:00"),
        (Interval.HALF_HOUR, "UTC", "2026-05-05T09:45+00:00", "2026-05-05T09:30+00:00"),
        (Interval.HOUR, "UTC", "2026-05-05T09:45+00:00", "2026-05-05T09:00+00:00"),
        (Interval.HOUR, "Asia/Kolkata", "2026-05-05T09:15+05:30", "2026-05-05T09:00+05:30"),
        (Interval.HOUR, "Europe/Madrid", "2026-10-25T02:30+02:00", "2026-10-25T02:00+02:00"),
        (Interval.HOUR, "Europe/Madrid", "2026-10-25T02:30+01:00", "2026-10-25T02:00+01:00"),
        (Interval.HOUR, "Australia/Lord_Howe", "2026-10-04T02:45+11:00", "2026-10-04T02:30+11:00"),
        (Interval.DAY, "Europe/Madrid", "2026-05-05T00:15+02:00", "2026-05-05T00:00+02:00"),
        (Interval.DAY, "America/Sao_Paulo", "2018-11-04T12:00-02:00", "2018-11-04T01:00-02:00"),
    ],
)
def test_where_an_interval_begins(interval: Interval, zone: str, at: str, expected: str) -> None:
    """On the local clock, and no earlier than its last change."""
    assert ms(expected) == interval_start_ms(interval, ms(at), DayRule(zone))


def test_the_first_interval_begins_with_the_range() -> None:
    """An interval that the range cuts is named by where the range begins."""
    quarters: Quarters = {(Channel.CALL, "a"): {ms("2026-05-05T09:30+00:00"): {ConversationMeasure.OFFERED: 1}}}
    rows = rows_of(quarters, "2026-05-05T09:15Z", "2026-05-05T10:00Z", "interval=1h")
    assert [("2026-05-05T11:15:00+02:00",)] == picked(rows, "from")


def test_fields_of_another_channel_are_null() -> None:
    """Calls have no tickets' fields and tickets none of the calls'; counts and sums of nothing are 0, ratios null."""
    call, ticket = row_fields(Channel.CALL, NO_COUNTS), row_fields(Channel.TICKET, NO_COUNTS)
    tickets = ["opened", "solved", "reopened", "first_response_seconds_sum", "resolution_seconds_sum"]
    tickets += ["first_responses_judged", "first_responses_within_target"]
    every_channel = ["handled_contacts", "classified", "escalated", "repeat_base", "repeated"]
    every_channel += ["fcr_window_base", "fcr_window"]
    assert {*tickets, *every_channel} == {name for name, value in ticket.items() if value == 0}
    assert set(tickets) == {name for name, value in call.items() if value is None}
    assert {None} == set(call["service_level"].values())
    assert ticket["service_level"] is None
    assert list(call) == list(ticket)


def test_each_field_has_its_measure() -> None:
    """Every field of the report shows the amount that the contract names."""
    fields = row_fields(Channel.CALL, Counts({measure: 1000 * measure for measure in MEASURES.values()}))
    assert {
        "arrived": 1000 * ConversationMeasure.ARRIVED,
        "callbacks": 1000 * ConversationMeasure.CALLBACK_REQUESTED,
        "wait_seconds_sum": ConversationMeasure.WAIT_MS,
        "abandon_wait_seconds_sum": ConversationMeasure.ABANDON_WAIT_MS,
        "handled": 1000 * ConversationMeasure.HANDLED_LEGS,
        "talk_seconds_sum": ConversationMeasure.TALK_MS,
        "hold_seconds_sum": ConversationMeasure.HOLD_MS,
        "wrap_seconds_sum": ConversationMeasure.WRAP_MS,
        "handled_contacts": 1000 * HandlingMeasure.HANDLED,
        "classified": 1000 * HandlingMeasure.CLASSIFIED,
        "escalated": 1000 * HandlingMeasure.ESCALATED,
        "repeat_base": 1000 * CustomerMeasure.REPEAT_BASE,
        "repeated": 1000 * CustomerMeasure.REPEATED,
        "fcr_window_base": 1000 * CustomerMeasure.FCR_WINDOW_BASE,
        "fcr_window": 1000 * CustomerMeasure.FCR_WINDOW,
    }.items() <= fields.items()
    tickets = row_fields(Channel.TICKET, Counts({measure: 1000 * measure for measure in MEASURES.values()}))
    assert (1000 * TicketMeasure.RESPONSE_TARGET_JUDGED, 1000 * TicketMeasure.RESPONSE_TARGET_MET) == (
        tickets["first_responses_judged"],
        tickets["first_responses_within_target"],
    )


@pytest.mark.parametrize("milliseconds,expected", [(0, "0"), (20_000, "20"), (20_001, "20.001"), (10**15 + 7, None)])
def test_seconds_are_exact(milliseconds: int, expected: str | None) -> None:
    """ContactSummary seconds are integers; the rest has the milliseconds, without an error of rounding."""
    written = json.dumps(exact_seconds(milliseconds))
    assert (expected or "1000000000000.007") == written


@pytest.mark.parametrize(
    "by,expected",
    [
        ("", Grouping(False, None)),
        ("channel", Grouping(False, None)),
        ("queue", Grouping(True, None)),
        ("channel, queue,interval=30m", Grouping(True, Interval.HALF_HOUR)),
    ],
)
def test_what_by_means(by: str, expected: Grouping) -> None:
    """Rows always have their channel; queue and interval are asked for."""
    assert expected == parse_grouping(by)


@pytest.mark.parametrize(
    "by", ["team", "interval", "interval=2h", "queue,queue", "interval=1h,interval=day", "queue=a"]
)
def test_a_wrong_by_is_refused(by: str) -> None:
    """Unknown and repeated labels of ``--by`` are named in the error."""
    with pytest.raises(UserError, match="--by"):
        parse_grouping(by)


@pytest.mark.parametrize(
    "first,last,sentence",
    [
        ("soon", "2026-05-05", "--from soon is no time"),
        ("2026-05-05", "2026-02-30", "--to 2026-02-30 is no time"),
        ("2026-05-05T09:07", "2026-05-06", "--from 2026-05-05T09:07 is not on a quarter of an hour"),
        ("2026-05-05", "2026-05-05T23:59:59", "--to 2026-05-05T23:59:59 is not on a quarter of an hour"),
        ("2026-05-05", "2026-05-05", "--to must be later than --from"),
        ("0001-01-01", "2026-05-05", "--from 0001-01-01 is out of reach"),
    ],
)
def test_a_wrong_range_is_refused(first: str, last: str, sentence: str) -> None:
    """One sentence says which bound is wrong, even where there is nothing to report."""
    with pytest.raises(UserError, match=sentence):
        rows_of({}, first, last)


QUARTERS: Quarters = {
    (Channel.CALL, "sales, north"): {
        ms("2026-05-05T09:00+00:00"): {
            ConversationMeasure.OFFERED: 4,
            ConversationMeasure.ANSWERED: 3,
            ConversationMeasure.ANSWERED_WITHIN: 3,
            ConversationMeasure.WAIT_MS: 30_500,
            ConversationMeasure.REACHED_TARGET: 1,
        }
    },
    (Channel.TICKET, "mail"): {ms("2026-05-05T09:00+00:00"): {TicketMeasure.OPENED: 2, TicketMeasure.SOLVED: 1}},
}


def test_json_is_the_list_of_rows() -> None:
    """The JSON has exactly the rows, and is an empty list without any."""
    rows = rows_of(QUARTERS, "2026-05-05", "2026-05-06", "queue")
    assert (rows, []) == (json.loads(render(rows, "json")), json.loads(render([], "json")))


def test_csv_has_a_column_a_variant() -> None:
    """Every row has every column, the service level one a variant, and null is empty."""
    rows = rows_of(QUARTERS, "2026-05-05", "2026-05-06", "queue")
    read = list(csv.DictReader(io.StringIO(render(rows, "csv"))))
    assert [
        ("*", "4", "0.75", "30.5", ""),
        ("sales, north", "4", "0.75", "30.5", ""),
        ("*", "", "", "", "2"),
        ("mail", "", "", "", "2"),
    ] == [
        tuple(row[name] for name in ("queue", "offered", "service_level_strict", "wait_seconds_sum", "opened"))
        for row in read
    ]
    assert render(rows, "csv").splitlines()[0] == render([], "csv").splitlines()[0]


def test_the_table_shows_shares_of_contacts() -> None:
    """People read how many were repeated and resolved at once in per cent; of nothing there is a dash."""
    at_ms = ms("2026-05-05T09:00+00:00")
    contacts: dict[int, int] = {
        CustomerMeasure.REPEAT_BASE: 8,
        CustomerMeasure.REPEATED: 1,
        CustomerMeasure.FCR_WINDOW_BASE: 4,
        CustomerMeasure.FCR_WINDOW: 3,
    }
    responses: dict[int, int] = {TicketMeasure.RESPONSE_TARGET_JUDGED: 3, TicketMeasure.RESPONSE_TARGET_MET: 1}
    calls: Quarters = {(Channel.CALL, "a"): {at_ms: contacts}}
    tickets: Quarters = {(Channel.TICKET, "b"): {at_ms: {**contacts, **responses}}}
    shown = [render(rows_of(quarters, "2026-05-05", "2026-05-06"), "table") for quarters in (calls, tickets)]
    assert [["12.5%", "75.0%"], ["33.3%", "12.5%", "75.0%"]] == [re.findall(r"[0-9.]+%", text) for text in shown]


def test_the_table_shows_both_kinds_of_channels() -> None:
    """People read service level in per cent and averages; nothing at all is said in words."""
    text = render(rows_of(QUARTERS, "2026-05-05", "2026-05-06", "queue"), "table")
    assert all(part in text for part in ("Calls and chats", "sales, north", "75.0%", "10.2", "Tickets", "mail"))
    assert "nothing happened\n" == render([], "table")


@pytest.mark.parametrize("offered,expected", [(11, "all hung up"), (12, "–")])
def test_the_table_says_where_all_hung_up_at_once(offered: int, expected: str) -> None:
    """Eleven short abandons of eleven offers are not the dash of nobody; of twelve they are."""
    amounts: dict[int, int] = {
        ConversationMeasure.OFFERED: offered,
        ConversationMeasure.ABANDONED: 11,
        ConversationMeasure.SHORT_ABANDONED: 11,
        ConversationMeasure.ABANDONED_WITHIN: 11,
        ConversationMeasure.SHORT_WITHIN: 11,
    }
    quarters: Quarters = {(Channel.CALL, "a"): {ms("2026-05-05T09:00+00:00"): amounts}}
    text = render(rows_of(quarters, "2026-05-05", "2026-05-06"), "table")
    (row,) = [line for line in text.splitlines() if line.strip().startswith("call")]
    assert expected == re.split(r" {2,}", row.strip())[11]
