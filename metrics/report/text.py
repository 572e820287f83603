"""The rows of ``veinte report`` as text: a table for people, JSON and CSV for programs."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from metrics.catalog.model import CALLS_AND_CHATS, TICKETS_ONLY
from metrics.report.rows import REPORTED_RATIOS, row_fields
from metrics.snapshot.service_level import Variant
from metrics.snapshot.snapshot import NO_COUNTS
from streams.common.vocabulary import Channel

if TYPE_CHECKING:
    from rich.table import Table

Row = Mapping[str, Any]
PLAIN_WIDTH = 300
"""Width of a table without a terminal, in characters: wide enough that nothing wraps."""
NOTHING = "–"
ALL_HUNG_UP = "all hung up"
"""A service level of short abandons only (state ``abandoned_early`` of the API)."""
SERVICE_LEVEL = "service_level"
RATIOS = {kpi.report: [series.labels[0][1] for series in kpi.series] for kpi in REPORTED_RATIOS}
"""Values of the label of each reported ratio."""
Columns = Mapping[str, Callable[[Row], str]]
"""Head of a column → its field of a row."""


def render(rows: Sequence[Row], output_format: str) -> str:
    """The rows as ``json``, ``csv`` or ``table``, with a line end at the end."""
    return {"json": _json, "csv": _csv, "table": _table}[output_format](rows)


def _json(rows: Sequence[Row]) -> str:
    lines = ",\n".join(f" {json.dumps(row, ensure_ascii=False)}" for row in rows)
    return f"[\n{lines}\n]\n" if rows else "[]\n"


def _csv(rows: Sequence[Row]) -> str:
    """CSV: a ratio has a column a variant; ``None`` is empty."""
    columns = _flat({"channel": "", "queue": "", "from": "", **row_fields(Channel.CALL, NO_COUNTS)})
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(columns))
    writer.writeheader()
    writer.writerows(_flat(row) for row in rows)
    return text.getvalue()


def _flat(row: Row) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in row.items():
        ratios = RATIOS.get(name)
        if ratios is None:
            flat[name] = value
        else:
            flat |= {f"{name}_{each}": None if value is None else value[each] for each in ratios}
    return flat


def _table(rows: Sequence[Row]) -> str:
    """One table of calls and chats, one of tickets, with averages in place of sums."""
    from rich.console import Console

    text = io.StringIO()
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else PLAIN_WIDTH
    console = Console(file=text, width=width)
    for title, columns, channels in TABLES:
        own = [row for row in rows if row["channel"] in channels]
        if own:
            console.print(_rich_table(title, columns, own))
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n" if rows else "nothing happened\n"


def _rich_table(title: str, columns: Columns, rows: Iterable[Row]) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", box=box.SIMPLE)
    for name in ("channel", "queue", "from"):
        table.add_column(name, no_wrap=name == "from")
    for name in columns:
        table.add_column(name, justify="right")
    for row in rows:
        local = datetime.fromisoformat(row["from"]).strftime("%Y-%m-%d %H:%M %z")
        table.add_row(row["channel"], Text(row["queue"]), local, *(show(row) for show in columns.values()))
    return table


def _number(name: str) -> Callable[[Row], str]:
    return lambda row: str(row[name])


def _average(sum_name: str, count_name: str) -> Callable[[Row], str]:
    return lambda row: f"{row[sum_name] / row[count_name]:.1f}" if row[count_name] else NOTHING


def _share(part_name: str, whole_name: str) -> Callable[[Row], str]:
    return lambda row: f"{row[part_name] / row[whole_name]:.1%}" if row[whole_name] else NOTHING


def _handle_time(row: Row) -> str:
    seconds = row["talk_seconds_sum"] + row["hold_seconds_sum"] + row["wrap_seconds_sum"]
    return f"{seconds / row['handled']:.1f}" if row["handled"] else NOTHING


def _service_level(row: Row) -> str:
    share = row[SERVICE_LEVEL][Variant.SHORT_REMOVED]
    if share is None:
        return ALL_HUNG_UP if row["short_abandoned"] >= row["offered"] > 0 else NOTHING
    return f"{share:.1%}"


CONTACT_COLUMNS: Columns = {
    "escalated": _number("escalated"),
    "repeated": _share("repeated", "repeat_base"),
    "resolved at once": _share("fcr_window", "fcr_window_base"),
}
"""Columns for every channel. Resolved at once means no repeat within the repeat window so far."""
LIVE_COLUMNS: Columns = {
    "arrived": _number("arrived"),
    "offered": _number("offered"),
    "refused": _number("refused"),
    "answered": _number("answered"),
    "abandoned": _number("abandoned"),
    "short": _number("short_abandoned"),
    "callbacks": _number("callbacks"),
    "left": _number("left_queue"),
    "service level": _service_level,
    "speed of answer s": _average("wait_seconds_sum", "answered"),
    "handled": _number("handled"),
    "handle time s": _handle_time,
    **CONTACT_COLUMNS,
}
TICKET_COLUMNS: Columns = {
    "opened": _number("opened"),
    "solved": _number("solved"),
    "reopened": _number("reopened"),
    "first response s, sum": _number("first_response_seconds_sum"),
    "first response in time": _share("first_responses_within_target", "first_responses_judged"),
    "resolution s, mean": _average("resolution_seconds_sum", "solved"),
    **CONTACT_COLUMNS,
}
TABLES = (("Calls and chats", LIVE_COLUMNS, CALLS_AND_CHATS), ("Tickets", TICKET_COLUMNS, TICKETS_ONLY))
"""Title, columns and channels of each table."""
