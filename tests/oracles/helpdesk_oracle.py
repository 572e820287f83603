"""The help desk's log counted straight from its rows: local day and product, plus the tickets open at the end.

Standard library only, and nothing of the product. Every answer is looked up in the whole list of a case's rows, with
no state carried along. ``python -m tests.oracles.helpdesk_oracle FILE`` prints the numbers.
"""

from __future__ import annotations

import csv
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tests.oracles.business_hours_oracle import Desk
from tests.oracles.tickets_oracle import due, elapsed

ROME = ZoneInfo("Europe/Rome")
SOLVES = ("Resolve ticket", "RESOLVED", "Closed")
TAKE = "Take in charge ticket"
WORK = (TAKE, "Wait")
REMOVALS = ("INVALID", "DUPLICATE")
ESCALATIONS = ("Create SW anomaly", "Require upgrade")
QUARTER, DAY = timedelta(minutes=15), timedelta(hours=24)
OFFICE = Desk(
    "Europe/Rome",
    [[("09:00", "13:00"), ("14:00", "18:00")]] * 5 + [[], []],
    closed=[
        "2010-01-01", "2010-01-06", "2010-04-05", "2010-06-02", "2010-11-01", "2010-12-08", "2011-01-06", "2011-03-17",
        "2011-04-25", "2011-06-02", "2011-08-15", "2011-11-01", "2011-12-08", "2011-12-26", "2012-01-06",
    ],
)  # fmt: skip
"""Hours that such a desk might keep; closed on Italy's public holidays that fall on one of its days."""

Numbers = dict[tuple[str, str], dict[str, float]]
OpenAtEnd = dict[str, dict[str, int]]
Amounts = Iterator[tuple[datetime, str, float]]
"""When, which field, how much."""


class Row(NamedTuple):
    """One step of a case."""

    activity: str
    resource: str
    workgroup: str
    moment: datetime


class Ticket(NamedTuple):
    """A whole case: its product and its steps in file order."""

    product: str
    rows: list[Row]
    customer: str = ""

    def indexes(self, activities: tuple[str, ...]) -> list[int]:
        """Positions of the steps with any of ``activities``."""
        return [index for index, row in enumerate(self.rows) if row.activity in activities]

    def removed(self) -> bool:
        """The case was called invalid or a duplicate, with no solve before it."""
        return any(not any(solve < removal for solve in self.indexes(SOLVES)) for removal in self.indexes(REMOVALS))

    def reopenings(self) -> list[int]:
        """Work right after a solve, with only meaningless steps between them."""
        telling = self.indexes(SOLVES + WORK)
        pairs = pairwise(telling)
        return [
            later
            for earlier, later in pairs
            if self.rows[earlier].activity in SOLVES and self.rows[later].activity in WORK
        ]

    def solve(self) -> int | None:
        """The first solve after the latest reopening, the one that counts."""
        latest = max(self.reopenings(), default=-1)
        return next((index for index in self.indexes(SOLVES) if index > latest), None)

    def first_reply(self) -> int | None:
        """The first step at which somebody takes the case in charge."""
        return next(iter(self.indexes((TAKE,))), None)

    def state_at_end(self) -> str | None:
        """State at the end of the log: on_hold, unattended or open; ``None`` for a solved case."""
        if self.solve() is not None:
            return None
        if self.rows[-1].activity == "Wait":
            return "on_hold"
        return "unattended" if self.first_reply() is None else "open"

    def solves(self) -> list[int]:
        """The solves that changed something: the first one of the case and of each reopening."""
        begins = [-1, *self.reopenings()]
        found = [next((solve for solve in self.indexes(SOLVES) if solve > begin), None) for begin in begins]
        return [solve for solve in found if solve is not None]

    def holds(self) -> list[tuple[datetime, datetime]]:
        """Periods on hold: from each Wait to the next other step, where the case has one."""
        found = []
        for index in self.indexes(("Wait",)):
            later = [row for row in self.rows[index:] if row.activity != "Wait"]
            if later:
                found.append((self.rows[index].moment, later[0].moment))
        return found

    def solved_for_a_while(self) -> list[tuple[datetime, datetime]]:
        """Periods from each solve that changed something to the reopening after it."""
        return [
            (self.rows[solve].moment, self.rows[reopening].moment)
            for solve, reopening in zip(self.solves(), self.reopenings(), strict=False)
        ]

    def team(self) -> str:
        """The workgroup of the last step that takes or resolves the case and names one."""
        named = [row.workgroup for row in self.rows if row.activity in (TAKE, "Resolve ticket", "RESOLVED")]
        return next((name for name in reversed(named) if name), "")

    def solver(self, solve: int) -> str:
        """The agent who resolved it; a closing counts for the agent who took the case last."""
        taken = [row.resource for row in self.rows[:solve] if row.activity == TAKE and row.resource]
        row = self.rows[solve]
        return (row.resource if row.activity != "Closed" else "") or (taken[-1] if taken else "")


def cases(path: str) -> list[Ticket]:
    """All cases, removed or not."""
    found: dict[str, Ticket] = {}
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            text = row["Complete Timestamp"]
            moment = datetime.strptime(text, "%Y/%m/%d %H:%M:%S.%f").replace(tzinfo=ROME).astimezone(UTC)
            case = found.setdefault(row["Case ID"], Ticket(row["product"], [], row["customer"]))
            case.rows.append(Row(row["Activity"], row["Resource"], row["workgroup"], moment))
    return list(found.values())


def tickets(path: str) -> list[Ticket]:
    """The cases that count: those never removed."""
    return [case for case in cases(path) if not case.removed()]


def helpdesk_numbers(path: str, desk: Desk | None = None, target: timedelta = DAY) -> Numbers:
    """Numbers by (day as yyyy-mm-dd, product); ``*`` is all days, all products. Zeros are left out.

    Durations end in ``_seconds_sum``. Each amount is on the day in Rome of its own event: a first response at its
    reply, a limit at the earlier of reply and deadline, a resolution at its solve, ``cohort_solved`` at the opening.
    ``desk`` and ``target`` are the policy of every product: its hours and its first response. Amounts by team or by
    agent are summed over them.
    """
    sums: defaultdict[tuple[str, str], dict[str, float]] = defaultdict(lambda: defaultdict(int))
    for case in cases(path):
        found = removed(case) if case.removed() else amounts(case, desk, target)
        for moment, field, amount in found:
            for day in (moment.astimezone(ROME).date().isoformat(), "*"):
                for queue in (case.product, "*"):
                    sums[day, queue][field] += amount
    return {key: {name: value for name, value in fields.items() if value} for key, fields in sums.items()}


def repeat_numbers(path: str, days: int = 7) -> Numbers:
    """Returning customers within ``days`` of 24 h, by day and product as above; every case is about the same."""
    sums: defaultdict[tuple[str, str], dict[str, float]] = defaultdict(lambda: defaultdict(int))
    known = [case for case in tickets(path) if case.customer]
    for case in known:
        solve = case.solve()
        if solve is None:
            continue
        ended = case.rows[solve].moment
        over = ended + timedelta(days=days)
        others = [other for other in known if other.customer == case.customer and other is not case]
        repeated = any(ended <= other.rows[0].moment <= over for other in others)
        success = not case.reopenings() and not case.indexes(ESCALATIONS)
        counted = {
            ended: {
                "repeat_base": 1,
                "repeated": repeated,
                "fcr_window_base": 1,
                "fcr_window": not repeated,
                "fcr_gap_base": 1,
                "fcr_gap": success and repeated,
            },
            over: {"fcr_final_base": 1, "fcr_final": not repeated},
        }
        for moment, fields in counted.items():
            for day in (moment.astimezone(ROME).date().isoformat(), "*"):
                for queue in (case.product, "*"):
                    for name, amount in fields.items():
                        sums[day, queue][name] += int(amount)
    return {key: {name: value for name, value in fields.items() if value} for key, fields in sums.items()}


def removed(case: Ticket) -> Amounts:
    """Amounts of a removed case: at its opening and its removal, for the clearance time."""
    yield case.rows[0].moment, "removed_opened", 1
    yield case.rows[case.indexes(REMOVALS)[0]].moment, "removed", 1


def amounts(case: Ticket, desk: Desk | None, target: timedelta) -> Amounts:
    """All amounts of a case."""
    opened, solve = case.rows[0].moment, case.solve()
    yield opened, "opened", 1
    for index in case.reopenings():
        yield case.rows[index].moment, "reopened", 1
    for index in case.solves():
        yield case.rows[index].moment, "solves", 1
    for index in case.indexes(ESCALATIONS):
        yield case.rows[index].moment, "escalations", 1
    yield from first_response(case, desk, target)
    for index in case.solves()[:1]:
        yield case.rows[index].moment, "first_resolutions", 1
        yield from resolution(case, index, "first_resolution", desk)
    by = None if solve is None else case.rows[solve].moment
    in_time = by is not None and by - opened <= DAY
    yield by if by is not None and in_time else opened + DAY, "resolved_24h_judged", 1
    seen: set[str] = set()
    for row in case.rows:
        if row.activity == TAKE and row.resource and row.resource not in seen:
            seen.add(row.resource)
            yield row.moment, "agent_assigned", 1
    if case.team():
        yield opened, "team_opened", 1
    if solve is not None and by is not None:
        yield from resolution(case, solve, "resolution", desk)
        yield opened, "cohort_solved", 1
        yield by, "solved", 1
        yield by, "handled", 1
        yield by, "resolved_24h_met", int(in_time)
        yield by, "escalated", int(bool(case.indexes(ESCALATIONS)))
        yield by, "fcr", int(not case.reopenings() and not case.indexes(ESCALATIONS))
        yield by, "agent_solved", int(bool(case.solver(solve)))
        if case.team():
            yield by, "team_solved", 1
            yield opened, "team_cohort_solved", 1


def first_response(case: Ticket, desk: Desk | None, target: timedelta) -> Amounts:
    """The first reply and its limits; a case solved before both reply and limit is not judged."""
    opened, index, solves = case.rows[0].moment, case.first_reply(), case.solves()
    reply = None if index is None else case.rows[index].moment
    solved = case.rows[solves[0]].moment if solves else None
    if reply is not None:
        yield reply, "first_response_count", 1
        yield reply, "first_response_seconds_sum", (reply - opened).total_seconds()
        yield reply, "first_response_business_seconds_sum", open_seconds(desk, opened, reply, [])
    due_ms = due(desk, ms(opened), round(target.total_seconds() * 1000), [])
    assert due_ms is not None
    due_at = datetime.fromtimestamp(due_ms / 1000, UTC)
    for name, limit in (("15m", opened + QUARTER), ("24h", opened + DAY), ("target", due_at)):
        met = reply is not None and reply <= limit
        at = reply if reply is not None and met else limit
        if solved is None or solved >= at:
            yield at, f"response_{name}_judged", 1
            yield at, f"response_{name}_met", int(met)


def resolution(case: Ticket, index: int, name: str, desk: Desk | None) -> Amounts:
    """Time from the opening to a solve by the calendar, in open hours, and in open hours without holds and solves."""
    opened, moment = case.rows[0].moment, case.rows[index].moment
    pauses = [*case.holds(), *case.solved_for_a_while()]
    yield moment, f"{name}_seconds_sum", (moment - opened).total_seconds()
    yield moment, f"{name}_business_seconds_sum", open_seconds(desk, opened, moment, [])
    yield moment, f"{name}_net_seconds_sum", open_seconds(desk, opened, moment, pauses)


def open_seconds(desk: Desk | None, begin: datetime, end: datetime, pauses: list[tuple[datetime, datetime]]) -> float:
    """Seconds between two moments while the desk is open, without pauses."""
    return elapsed(desk, ms(begin), ms(end), [(ms(since), ms(until)) for since, until in pauses]) / 1000


def ms(moment: datetime) -> int:
    """Milliseconds since 1970."""
    return round(moment.timestamp() * 1000)


def by_team(path: str) -> dict[str, dict[str, int]]:
    """Cases opened, and of them solved by now, of each workgroup."""
    counts: defaultdict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for case in tickets(path):
        if case.team():
            counts[case.team()]["opened"] += 1
            counts[case.team()]["solved"] += int(case.solve() is not None)
    return {team: dict(fields) for team, fields in counts.items()}


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
