"""The help desk's log counted straight from its rows: local day and product, plus what is open at the end.

Standard library only, and nothing of the product. Every answer is looked up in the whole list of a case's rows, with
no state carried along: run it as ``python helpdesk_oracle.py FILE`` to print the numbers.
"""

from __future__ import annotations

import csv
import json
import sys
from collections import defaultdict
from datetime import UTC, datetime
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

ROME = ZoneInfo("Europe/Rome")
SOLVES = ("Resolve ticket", "RESOLVED", "Closed")
WORK = ("Take in charge ticket", "Wait")
REMOVALS = ("INVALID", "DUPLICATE")

Numbers = dict[tuple[str, str], dict[str, float]]
OpenAtEnd = dict[str, dict[str, int]]


class Row(NamedTuple):
    """One step of a case."""

    activity: str
    local_day: str
    moment: datetime


class Ticket(NamedTuple):
    """A whole case: its product and its steps in file order."""

    product: str
    rows: list[Row]

    def indexes(self, activities: tuple[str, ...]) -> list[int]:
        """Where any of ``activities`` stands."""
        return [index for index, row in enumerate(self.rows) if row.activity in activities]

    def removed(self) -> bool:
        """Called invalid or a duplicate with no solve before it."""
        return any(not any(solve < removal for solve in self.indexes(SOLVES)) for removal in self.indexes(REMOVALS))

    def reopenings(self) -> list[int]:
        """Work right after a solve, whatever without meaning stands between them."""
        telling = self.indexes(SOLVES + WORK)
        pairs = pairwise(telling)
        return [
            later
            for earlier, later in pairs
            if self.rows[earlier].activity in SOLVES and self.rows[later].activity in WORK
        ]

    def solve(self) -> int | None:
        """The first solve after the latest reopening, which is the one that counts."""
        latest = max(self.reopenings(), default=-1)
        return next((index for index in self.indexes(SOLVES) if index > latest), None)

    def first_reply(self) -> int | None:
        """The first time that somebody takes it in charge."""
        return next(iter(self.indexes(("Take in charge ticket",))), None)

    def state_at_end(self) -> str | None:
        """on_hold, unattended or open; None where it is solved."""
        if self.solve() is not None:
            return None
        if self.rows[-1].activity == "Wait":
            return "on_hold"
        return "unattended" if self.first_reply() is None else "open"


def tickets(path: str) -> list[Ticket]:
    """The cases that count: those never removed."""
    cases: dict[str, Ticket] = {}
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            text = row["Complete Timestamp"]
            moment = datetime.strptime(text, "%Y/%m/%d %H:%M:%S.%f").replace(tzinfo=ROME).astimezone(UTC)
            case = cases.setdefault(row["Case ID"], Ticket(row["product"], []))
            case.rows.append(Row(row["Activity"], text[:10].replace("/", "-"), moment))
    return [case for case in cases.values() if not case.removed()]


def helpdesk_numbers(path: str) -> Numbers:
    """Numbers by (day as yyyy-mm-dd, product); ``*`` is all days, all products. Zeros are left out.

    Fields: opened, solved, reopened, first_response_seconds_sum with first_response_count (on the day of the reply),
    resolution_seconds_sum (calendar, from the opening to the solve that counts, on its day).
    """
    sums: defaultdict[tuple[str, str], dict[str, float]] = defaultdict(lambda: defaultdict(int))
    for ticket in tickets(path):
        opened, reply, solve = ticket.rows[0], ticket.first_reply(), ticket.solve()
        amounts = [(opened, "opened", 1.0)]
        amounts += [(ticket.rows[index], "reopened", 1.0) for index in ticket.reopenings()]
        if reply is not None:
            row = ticket.rows[reply]
            seconds = (row.moment - opened.moment).total_seconds()
            amounts += [(row, "first_response_count", 1.0), (row, "first_response_seconds_sum", seconds)]
        if solve is not None:
            row = ticket.rows[solve]
            seconds = (row.moment - opened.moment).total_seconds()
            amounts += [(row, "solved", 1.0), (row, "resolution_seconds_sum", seconds)]
        for row, field, amount in amounts:
            for day in (row.local_day, "*"):
                for queue in (ticket.product, "*"):
                    sums[day, queue][field] += amount
    return {key: {name: value for name, value in fields.items() if value} for key, fields in sums.items()}


def open_at_end(path: str) -> OpenAtEnd:
    """Tickets not solved when the log ends, by product (``*`` = all) and state. Zeros are left out."""
    counts: defaultdict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for ticket in tickets(path):
        state = ticket.state_at_end()
        if state is not None:
            for queue in (ticket.product, "*"):
                counts[queue][state] += 1
    return {queue: dict(states) for queue, states in counts.items()}


if __name__ == "__main__":
    for (day, queue), found in sorted(helpdesk_numbers(sys.argv[1]).items()):
        print(json.dumps({"day": day, "queue": queue, **found}, sort_keys=True))
    print(json.dumps({"open_at_end": open_at_end(sys.argv[1])}, sort_keys=True))
