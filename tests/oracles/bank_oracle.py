"""The bank's call log counted straight from its rows: local day and type, the fields of the expected file.

Standard library only, and nothing of the product: run it as ``python bank_oracle.py FILE`` to print the numbers.
"""

from __future__ import annotations

import csv
import json
import sys
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Protocol

TARGET = timedelta(seconds=20)
SHORT = timedelta(seconds=5)
HALF_DAY = timedelta(hours=12)
DAY = timedelta(days=1)

Numbers = dict[tuple[str, str], dict[str, float]]


class Add(Protocol):
    """Adds an amount to a field of a moment's day and a type, and to the totals."""

    def __call__(self, moment: datetime, kind: str, field: str, amount: float = 1) -> None: ...


def at(date: str, clock: str) -> datetime:
    """The local time of a clock on a date."""
    return datetime.strptime(f"{date} {clock}", "%y%m%d %H:%M:%S")  # noqa: DTZ007 - only wall clocks are compared


def follow(previous: datetime, clock: datetime) -> datetime:
    """A clock more than half a day before the one it is compared with is tomorrow's."""
    return clock + DAY if clock < previous - HALF_DAY else clock


def bank_numbers(path: str) -> Numbers:
    """Numbers by (day as yymmdd, type); ``*`` is all days, all types. Counts and sums of zero are left out."""
    sums: defaultdict[tuple[str, str], dict[str, float]] = defaultdict(lambda: defaultdict(int))

    def add(moment: datetime, kind: str, field: str, amount: float = 1) -> None:
        for day in (moment.strftime("%y%m%d"), "*"):
            for queue in (kind, "*"):
                sums[day, queue][field] += amount

    with open(path, encoding="ascii", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            count_call(row, add)
    for fields in sums.values():
        add_service_levels(fields)
    return {key: without_zeros(fields) for key, fields in sums.items()}


def count_call(row: dict[str, str], add: Add) -> None:
    """Add what one row says."""
    if row["outcome"] == "PHANTOM":
        return
    kind, date = row["type"], row["date"]
    clocks = {name: at(date, row[name]) for name in row if name.endswith(("_entry", "_exit", "_start"))}
    left_menu = follow(clocks["vru_entry"], clocks["vru_exit"])
    queued = (row["q_start"], row["q_exit"]) != ("0:00:00", "0:00:00")
    served = (row["ser_start"], row["ser_exit"]) != ("0:00:00", "0:00:00")
    anchor = left_menu
    if queued:
        joined = anchor = follow(left_menu, clocks["q_start"])
        left_queue = follow(joined, clocks["q_exit"])
    if row["outcome"] == "HANG":
        if queued:
            count_abandoned(kind, joined, max(joined, left_queue), add)
        else:
            add(clocks["vru_entry"], kind, "ivr_abandoned")
        return
    if served:
        service_from = follow(anchor, clocks["ser_start"])
        service_to = follow(service_from, clocks["ser_exit"])
    else:
        service_from = service_to = left_queue if queued else left_menu
    offered = joined if queued else min(left_menu, service_from)
    count_answered(kind, offered, max(offered, service_from), service_to, add)


def count_abandoned(kind: str, offered: datetime, left: datetime, add: Add) -> None:
    """A caller who waited and left."""
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
    """A caller who was answered."""
    wait = answered - offered
    add(offered, kind, "offered")
    add(answered, kind, "answered")
    add(answered, kind, "wait_s", wait.total_seconds())
    if wait <= TARGET:
        add(answered, kind, "answered_in_t")
    else:
        add(offered + TARGET, kind, "reached_target")
    ended = max(answered, ended)
    add(ended, kind, "talk_s", (ended - answered).total_seconds())


def add_service_levels(fields: dict[str, float]) -> None:
    """The two variants of the service level, where something was judged."""
    good, bad = fields["answered_in_t"], fields["reached_target"]
    left, short = fields["abandoned_in_t"], fields["abandoned_short"]
    if good + bad + left:
        fields["sl_strict"] = round(good / (good + bad + left), 6)
    if good + bad + left - short:
        fields["sl_short_removed"] = round(good / (good + bad + left - short), 6)


def without_zeros(fields: dict[str, float]) -> dict[str, float]:
    """``fields`` without counts and sums of nothing; a service level of zero stays."""
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
    for (day, queue), found in sorted(bank_numbers(sys.argv[1]).items()):
        print(json.dumps({"day": day, "queue": queue, **found}, sort_keys=True))
