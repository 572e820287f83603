"""Adapter for the call log of an Israeli bank, 1999 ("Anonymous Bank", Technion): one row per call.

The times of a row are local, have no date of their own and follow each other: entry to and exit from the voice menu,
the queue, the service. A stage with both times 0:00:00 did not happen.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from streams.sources.logs.log_files import BadLine, Log, Table, log_of
from streams.sources.outgoing import OutgoingEvent, cloud_event, outgoing

SOURCE = "/bank"
TIME_ZONE = ZoneInfo("Asia/Jerusalem")
COLUMNS = (
    "vru+line",
    "call_id",
    "customer_id",
    "type",
    "date",
    "vru_entry",
    "vru_exit",
    "q_start",
    "q_exit",
    "outcome",
    "ser_start",
    "ser_exit",
    "server",
)
PHANTOM = "phantom"
IVR_ABANDONED = "ivr_abandoned"
_CLOCK = re.compile(r"(\d{1,2}):([0-5]\d):([0-5]\d)")
_DAY_SECONDS = 86_400
_WRAP_SECONDS = 12 * 3600
"""A time that is earlier than its predecessor by more than this belongs to the next day."""

Stage = tuple[int, int] | None


class Times(NamedTuple):
    """Instants of a call, in seconds since the local midnight of its date."""

    offered: int
    answered: int | None
    ended: int | None
    abandoned: int | None


def read(path: Path, *, topic_from_type: bool = False) -> Log:
    """The calls of ``path`` as events, in file order; with ``topic_from_type`` a call's topic is its type.

    Raises:
        UserError: the file is not in this format.
    """
    table = Table(path, COLUMNS, "\t")
    events: list[OutgoingEvent] = []
    left_out: Counter[str] = Counter({PHANTOM: 0, IVR_ABANDONED: 0})
    contacts = 0
    for number, values in table:
        row = dict(zip(COLUMNS, values, strict=True))
        try:
            of_row = row_events(number, row, topic_from_type=topic_from_type)
        except BadLine as error:
            raise table.bad(number, str(error)) from None
        if isinstance(of_row, str):
            left_out[of_row] += 1
            continue
        contacts += 1
        events.extend(of_row)
    return log_of(table.rows, contacts, events, left_out)


def row_events(number: int, row: dict[str, str], *, topic_from_type: bool = False) -> list[OutgoingEvent] | str:
    """Events of one row, or the reason why it has none.

    Raises:
        BadLine: the row cannot be parsed.
    """
    if row["outcome"] == "PHANTOM":
        return PHANTOM
    times = call_times(row)
    if times is None:
        return IVR_ABANDONED
    return list(_events(number, row, times, topic_from_type))


def call_times(row: dict[str, str]) -> Times | None:
    """Instants of a call; ``None`` if the caller hung up inside the voice menu and was never offered.

    Raises:
        BadLine: a time or the outcome cannot be parsed.
    """
    menu = _clock(row, "vru_entry"), _clock(row, "vru_exit")
    menu_exit = _not_before(menu[1], menu[0])
    queue = _stage(row, "q_start", "q_exit", menu_exit)
    service = _stage(row, "ser_start", "ser_exit", queue[0] if queue else menu_exit)
    if row["outcome"] == "HANG":
        return Times(queue[0], None, None, max(queue)) if queue else None
    if row["outcome"] != "AGENT":
        raise BadLine(f"expected AGENT, HANG or PHANTOM as outcome, found {row['outcome']!r}")
    if service is None:
        answered = max(queue) if queue else menu_exit
        return Times(queue[0] if queue else menu_exit, answered, answered, None)
    offered = queue[0] if queue else min(menu_exit, service[0])
    answered = max(offered, service[0])
    return Times(offered, answered, max(answered, service[1]), None)


def _stage(row: dict[str, str], start: str, end: str, previous: int) -> Stage:
    first, last = _clock(row, start), _clock(row, end)
    if first == last == 0:
        return None
    first = _not_before(first, previous)
    return first, _not_before(last, first)


def _not_before(clock: int, previous: int) -> int:
    return clock + _DAY_SECONDS if previous - clock > _WRAP_SECONDS else clock


def _clock(row: dict[str, str], name: str) -> int:
    match = _CLOCK.fullmatch(row[name])
    if match is None or int(match[1]) > 23:
        raise BadLine(f"expected a time of day such as 7:02:47 in {name}, found {row[name]!r}")
    return int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3])


def _midnight(date: str) -> datetime:
    try:
        if re.fullmatch(r"\d{6}", date):
            return datetime.strptime(date, "%y%m%d").replace(tzinfo=TIME_ZONE)
    except ValueError:
        pass
    raise BadLine(f"expected a date as yymmdd, found {date!r}")


def _events(number: int, row: dict[str, str], times: Times, topic_from_type: bool) -> Iterator[OutgoingEvent]:
    midnight = _midnight(row["date"])
    subject = f"{row['date']}-{row['vru+line']}-{row['call_id']}"
    if not (row["type"] and row["vru+line"] and row["call_id"]):
        raise BadLine("expected a type, a vru+line and a call_id, one of them is empty")
    offered: dict[str, Any] = {"queue": row["type"]}
    if topic_from_type:
        offered["topic"] = row["type"]
    if row["customer_id"] != "0":
        offered["customer"] = row["customer_id"]
    agent = {} if row["server"] == "NO_SERVER" else {"agent": row["server"]}
    steps: tuple[tuple[str, int | None, dict[str, Any]], ...] = (
        ("offered", times.offered, offered),
        ("answered", times.answered, agent),
        ("abandoned", times.abandoned, {}),
        ("ended", times.ended, agent),
    )
    for verb, clock, data in steps:
        if clock is not None:
            local = midnight + timedelta(seconds=clock)  # local time: arithmetic within one zone ignores its offset
            time_ms = round(local.timestamp() * 1000)
            event = cloud_event(f"call.{verb}", SOURCE, f"{number}/{verb}", time_ms, subject, data)
            yield outgoing(event, time_ms)
