"""The bank's call log counted straight from its rows, by local day and type: the expected file's fields, and repeats.

Standard library only, and nothing of the product. ``python bank_oracle.py FILE`` prints the numbers,
``python bank_oracle.py FILE 7 none`` or ``… 3 type`` the repeats within so many days, about any topic or about the
call's type.
"""

from __future__ import annotations

import csv
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple, Protocol

TARGET = timedelta(seconds=20)
SHORT = timedelta(seconds=5)
HALF_DAY = timedelta(hours=12)
DAY = timedelta(days=1)
REDIAL = timedelta(hours=1)
UNKNOWN_CUSTOMER = "0"

Numbers = dict[tuple[str, str], dict[str, float]]
Sums = defaultdict[tuple[str, str], dict[str, float]]


class Add(Protocol):
    """Adds an amount to a field of a moment's day and a type, and to the totals."""

    def __call__(self, moment: datetime, kind: str, field: str, amount: float = 1) -> None: ...


class Call(NamedTuple):
    """A call that was offered. ``left``: its end, both for a served customer and for one who hung up."""

    kind: str
    customer: str
    offered: datetime
    answered: datetime | None
    left: datetime


def at(date: str, clock: str) -> datetime:
    """The local time of a clock on a date."""
    hours, minutes, seconds = map(int, clock.split(":"))
    return midnight(date) + timedelta(hours=hours, minutes=minutes, seconds=seconds)


@cache
def midnight(date: str) -> datetime:
    """The beginning of a date; a log has few of them and many clocks."""
    return datetime.strptime(date, "%y%m%d")  # noqa: DTZ007 - only wall clocks are compared


def follow(previous: datetime, clock: datetime) -> datetime:
    """``clock`` on the next day, if it is more than half a day before ``previous``; else unchanged."""
    return clock + DAY if clock < previous - HALF_DAY else clock


def bank_numbers(path: str) -> Numbers:
    """Numbers by (day as yymmdd, type); ``*`` is all days, all types. Counts and sums of zero are left out."""
    sums = empty_sums()
    for row in rows_of(path):
        count_row(row, adding_to(sums))
    for fields in sums.values():
        add_service_levels(fields)
    return {key: without_zeros(fields) for key, fields in sums.items()}


def repeat_numbers(path: str, days: int, *, topic_is_type: bool) -> Numbers:
    """Repeats within ``days`` of 24 h and redials, by day and type as above.

    With ``topic_is_type`` a call about another type is no repeat; without, every call is about the same.
    """
    sums = empty_sums()
    by_customer: defaultdict[str, list[Call]] = defaultdict(list)
    for row in rows_of(path):
        call = call_of(row)
        if call is not None and call.customer != UNKNOWN_CUSTOMER:
            by_customer[call.customer].append(call)
    for calls in by_customer.values():
        for call in calls:
            others = [other for other in calls if other is not call]
            if call.answered is None:
                count_redial(call, others, adding_to(sums))
            else:
                same = [other for other in others if other.kind == call.kind or not topic_is_type]
                count_repeat(call, same, days * DAY, adding_to(sums))
    return {key: without_zeros(fields) for key, fields in sums.items()}


def rows_of(path: str) -> Iterator[dict[str, str]]:
    """The rows of the log by column."""
    with open(path, encoding="ascii", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t")


def empty_sums() -> Sums:
    """Fields by (day, type), nothing counted yet."""
    return defaultdict(lambda: defaultdict(int))


def adding_to(sums: Sums) -> Add:
    """A function that adds an amount to its day and type, and to the totals."""

    def add(moment: datetime, kind: str, field: str, amount: float = 1) -> None:
        for day in (moment.strftime("%y%m%d"), "*"):
            for queue in (kind, "*"):
                sums[day, queue][field] += amount

    return add


def call_of(row: dict[str, str]) -> Call | None:
    """The call of a row; ``None`` for a phantom, and for a caller who hung up inside the voice menu."""
    if row["outcome"] == "PHANTOM":
        return None
    kind, customer, date = row["type"], row["customer_id"], row["date"]
    clocks = {name: at(date, row[name]) for name in row if name.endswith(("_entry", "_exit", "_start"))}
    left_menu = follow(clocks["vru_entry"], clocks["vru_exit"])
    queued = (row["q_start"], row["q_exit"]) != ("0:00:00", "0:00:00")
    served = (row["ser_start"], row["ser_exit"]) != ("0:00:00", "0:00:00")
    anchor = left_menu
    if queued:
        joined = anchor = follow(left_menu, clocks["q_start"])
        left_queue = follow(joined, clocks["q_exit"])
    if row["outcome"] == "HANG":
        return Call(kind, customer, joined, None, max(joined, left_queue)) if queued else None
    if served:
        service_from = follow(anchor, clocks["ser_start"])
        service_to = follow(service_from, clocks["ser_exit"])
    else:
        service_from = service_to = left_queue if queued else left_menu
    offered = joined if queued else min(left_menu, service_from)
    answered = max(offered, service_from)
    return Call(kind, customer, offered, answered, max(answered, service_to))


def count_row(row: dict[str, str], add: Add) -> None:
    """Add the counts of one row."""
    call = call_of(row)
    if call is None:
        if row["outcome"] == "HANG":
            add(at(row["date"], row["vru_entry"]), row["type"], "ivr_abandoned")
    elif call.answered is None:
        count_abandoned(call.kind, call.offered, call.left, add)
    else:
        count_answered(call.kind, call.offered, call.answered, call.left, add)


def count_redial(call: Call, others: list[Call], add: Add) -> None:
    """Count a customer who hung up while waiting, as redialled within the hour or not."""
    add(call.left, call.kind, "redial_base")
    if any(call.left <= other.offered <= call.left + REDIAL for other in others):
        add(call.left, call.kind, "redialed")


def count_repeat(call: Call, others: list[Call], window: timedelta, add: Add) -> None:
    """Count a served customer as repeated within the window or not, and again as final when the window is over."""
    over = call.left + window
    repeated = any(call.left <= other.offered <= over for other in others)
    add(call.left, call.kind, "repeat_base")
    add(call.left, call.kind, "fcr_window_base")
    add(over, call.kind, "fcr_final_base")
    if repeated:
        add(call.left, call.kind, "repeated")
    else:
        add(call.left, call.kind, "fcr_window")
        add(over, call.kind, "fcr_final")


def count_abandoned(kind: str, offered: datetime, left: datetime, add: Add) -> None:
    """Count a caller who waited and hung up."""
    wait = left - offered
    add(offered, kind, "offered")
    add(left, kind, "abandoned")
    add(left, kind, "abandon_wait_s", wait.total_seconds())
    if wait <= SHORT:
        add(left, kind, "abandoned_short")
    if wait <= TARGET:
        add(left, kind, "abandoned_in_t")
    else:
        add(offered + TARGET, kind, "reached_target")


def count_answered(kind: str, offered: datetime, answered: datetime, ended: datetime, add: Add) -> None:
    """Count a caller who was answered."""
    wait = answered - offered
    add(offered, kind, "offered")
    add(answered, kind, "answered")
    add(answered, kind, "wait_s", wait.total_seconds())
    if wait <= TARGET:
        add(answered, kind, "answered_in_t")
    else:
        add(offered + TARGET, kind, "reached_target")
    add(ended, kind, "talk_s", (ended - answered).total_seconds())


def add_service_levels(fields: dict[str, float]) -> None:
    """The two variants of the service level, where any contact was judged."""
    good, bad = fields["answered_in_t"], fields["reached_target"]
    left, short = fields["abandoned_in_t"], fields["abandoned_short"]
    if good + bad + left:
        fields["sl_strict"] = round(good / (good + bad + left), 6)
    if good + bad + left - short:
        fields["sl_short_removed"] = round(good / (good + bad + left - short), 6)


def without_zeros(fields: dict[str, float]) -> dict[str, float]:
    """``fields`` without counts and sums of zero; a service level of zero is kept."""
    return {name: value for name, value in fields.items() if value or name.startswith("sl_")}


def expected_numbers(path: str) -> Numbers:
    """The expected file in the shape of ``bank_numbers``."""
    numbers: Numbers = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            key = row.pop("day"), row.pop("queue")
            numbers[key] = without_zeros(row)
    return numbers


if __name__ == "__main__":
    file, *repeats = sys.argv[1:]
    numbers = (
        repeat_numbers(file, int(repeats[0]), topic_is_type=repeats[1] == "type") if repeats else bank_numbers(file)
    )
    for (day, queue), found in sorted(numbers.items()):
        print(json.dumps({"day": day, "queue": queue, **found}, sort_keys=True))
