"""Adapter for the ticket log of an Italian software company's help desk, 2010 to 2012 (4TU): one row per step of a
case.

Within a case file order is the order of events: every event has its row number as ``sequence``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from streams.sources.logs.log_files import BadLine, Log, Table, log_of
from streams.sources.outgoing import OutgoingEvent, cloud_event, outgoing

SOURCE = "/helpdesk"
TIME_ZONE = ZoneInfo("Europe/Rome")
COLUMNS = ("Case ID", "Activity", "Resource", "Complete Timestamp", "customer", "product", "workgroup")

TAKE = "Take in charge ticket"
WAIT = "Wait"
CLOSED = "Closed"
SOLVES = frozenset({"Resolve ticket", "RESOLVED"})
REMOVALS = {"INVALID": "spam", "DUPLICATE": "duplicate"}
"""Activities that remove a case not solved before, with the contract's reason."""
ESCALATIONS = frozenset({"Create SW anomaly", "Require upgrade"})
WITHOUT_MEANING = frozenset(
    {"Assign seriousness", "Insert ticket", "Schedule intervention", "Resolve SW anomaly", "VERIFIED"}
)
"""Activities without an event of their own: they open a case if they are its first row, and end a hold."""

AFTER_SOLVE = "removal_after_solve"
REPEATED_WAIT = "repeated_wait"
NO_EVENT = "no_event_of_its_own"

Step = tuple[str, dict[str, Any]]


@dataclass
class Case:
    """State of a case after the rows read so far."""

    opened: bool = False
    taken: bool = False
    held: bool = False
    solved: bool = False
    ever_solved: bool = False


def read(path: Path) -> Log:
    """The cases of ``path`` as events, in file order.

    Raises:
        UserError: the file is not in this format.
    """
    table = Table(path, COLUMNS, ",")
    cases: dict[str, Case] = {}
    events: list[OutgoingEvent] = []
    left_out: Counter[str] = Counter({NO_EVENT: 0, REPEATED_WAIT: 0, AFTER_SOLVE: 0})
    for number, values in table:
        row = dict(zip(COLUMNS, values, strict=True))
        try:
            of_row = list(row_events(number, row, cases.setdefault(row["Case ID"], Case())))
        except BadLine as error:
            raise table.bad(number, str(error)) from None
        if not of_row:
            left_out[_reason(row["Activity"])] += 1
        events.extend(of_row)
    return log_of(table.rows, len(cases), events, left_out)


def row_events(number: int, row: dict[str, str], case: Case) -> Iterator[OutgoingEvent]:
    """Events of one row; ``case`` is updated.

    Raises:
        BadLine: the row cannot be parsed.
    """
    time_ms = _time_ms(row["Complete Timestamp"])
    if not row["Case ID"] or not row["product"]:
        raise BadLine("expected a Case ID and a product, one of them is empty")
    for verb, data in _steps(row, case):
        event = cloud_event(
            f"ticket.{verb}", SOURCE, f"{number}/{verb}", time_ms, row["Case ID"], data, sequence=number
        )
        yield outgoing(event, time_ms)


def _steps(row: dict[str, str], case: Case) -> Iterator[Step]:
    activity = row["Activity"]
    if not case.opened:
        case.opened = True
        yield "opened", {"queue": row["product"], **_named("customer", row["customer"])}
    ends_case = activity in SOLVES or activity == CLOSED
    if case.held and activity != WAIT:
        case.held = False
        if not ends_case:  # a solve ends the hold by itself
            yield "resumed", {}
    if ends_case:
        case.solved = case.ever_solved = True
        yield ("closed", {}) if activity == CLOSED else ("solved", _who(row))
    elif activity == TAKE:
        yield from _taken(row, case)
    elif activity == WAIT:
        yield from _waiting(case)
    elif activity in ESCALATIONS:
        yield "escalated", {"kind": "functional"}
    elif activity in REMOVALS:
        if not case.ever_solved:
            yield "removed", {"reason": REMOVALS[activity]}
    elif activity not in WITHOUT_MEANING:
        raise BadLine(f"expected one of the help desk's activities, found {activity[:64]!r}")


def _taken(row: dict[str, str], case: Case) -> Iterator[Step]:
    yield from _reopened(case)
    yield "assigned", _who(row)
    if not case.taken:
        case.taken = True
        yield "replied", {**_named("agent", row["Resource"]), "public": True, "automated": False}


def _waiting(case: Case) -> Iterator[Step]:
    yield from _reopened(case)
    if not case.held:
        case.held = True
        yield "held", {}


def _reopened(case: Case) -> Iterator[Step]:
    if case.solved:
        case.solved = False
        yield "reopened", {}


def _who(row: dict[str, str]) -> dict[str, str]:
    return {**_named("agent", row["Resource"]), **_named("team", row["workgroup"])}


def _named(name: str, value: str) -> dict[str, str]:
    return {name: value} if value else {}


def _reason(activity: str) -> str:
    if activity == WAIT:
        return REPEATED_WAIT
    return AFTER_SOLVE if activity in REMOVALS else NO_EVENT


def _time_ms(text: str) -> int:
    try:
        local = datetime.strptime(text, "%Y/%m/%d %H:%M:%S.%f").replace(tzinfo=TIME_ZONE)
    except ValueError:
        raise BadLine(f"expected a time such as 2010/10/29 10:14:06.000, found {text[:64]!r}") from None
    return round(local.timestamp() * 1000)
