"""The rows of ``veinte report`` as text: a table for people, JSON and CSV for programs."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from metrics.catalog.model import CALLS_AND_CHATS, TICKETS_ONLY
from metrics.report.cells import inert
from metrics.report.rows import LABELS, REPORTED_RATIOS, row_fields
from metrics.snapshot.service_level import Variant
from metrics.snapshot.snapshot import NO_COUNTS
from streams.common.languages import Bilingual, Language
from streams.common.vocabulary import Channel
from streams.contract.names import printable

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
Columns = Mapping[Bilingual, Callable[[Row], str]]
"""Head of a column → its field of a row."""
NAMED = (Bilingual("channel", "canal"), Bilingual("queue", "cola"), Bilingual("from", "desde"))
NOTHING_HAPPENED = Bilingual("nothing happened", "no ocurrió nada")
DAYS = Bilingual("Days begin at {starts} ({zone}).", "Los días empiezan a las {starts} ({zone}).")
DAYS_OF_QUEUES = Bilingual(
    "Days of {queues} begin at {starts} ({zone}).", "Los días de {queues} empiezan a las {starts} ({zone})."
)
DAYS_OF_ALL = Bilingual(
    "* is the sum of its queues, each by its own days.", "* es la suma de sus colas, cada una con sus propios días."
)


def render(rows: Sequence[Row], output_format: str, language: Language = Language.ENGLISH) -> str:
    """The rows as ``json``, ``csv`` or ``table``, with a line end at the end. ``language``: of the table."""
    if output_format == "table":
        return _table(rows, language)
    return {"json": _json, "csv": _csv}[output_format](rows)


def _json(rows: Sequence[Row]) -> str:
    lines = ",\n".join(f" {json.dumps(row, ensure_ascii=False)}" for row in rows)
    return f"[\n{lines}\n]\n" if rows else "[]\n"


def _csv(rows: Sequence[Row]) -> str:
    """CSV: a ratio has a column a variant; ``None`` is empty."""
    columns = _flat({**dict.fromkeys(LABELS), **row_fields(Channel.CALL, NO_COUNTS)})
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(columns))
    writer.writeheader()
    writer.writerows({name: inert(value) for name, value in _flat(row).items()} for row in rows)
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


def _table(rows: Sequence[Row], language: Language) -> str:
    """One table of calls and chats, one of tickets, with averages in place of sums, and where their days begin."""
    from rich.console import Console

    if not rows:
        return f"{NOTHING_HAPPENED.of(language)}\n"
    text = io.StringIO()
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else PLAIN_WIDTH
    console = Console(file=text, width=width)
    for title, columns, channels in TABLES:
        own = [row for row in rows if row["channel"] in channels]
        if own:
            console.print(_rich_table(title, columns, own, language))
    lines = [line.rstrip() for line in text.getvalue().splitlines()]
    return "\n".join([*lines, *_days(rows, language)]) + "\n"


def _days(rows: Sequence[Row], language: Language) -> Iterator[str]:
    """Sentences that say where the days of the rows begin; of all queues together, the sum of the queues' own."""
    queues: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        if row["day_starts"] is not None and row["time_zone"] is not None:
            named = queues.setdefault((row["time_zone"], row["day_starts"]), [])
            name = printable(row["queue"])
            if name not in named:
                named.append(name)
    if any(row["day_starts"] is None or row["time_zone"] is None for row in rows):
        yield DAYS_OF_ALL.of(language)
    elif len(queues) == 1:
        ((zone, starts),) = queues
        yield DAYS.of(language).format(starts=starts, zone=zone)
        return
    for (zone, starts), named in sorted(queues.items()):
        yield DAYS_OF_QUEUES.of(language).format(queues=", ".join(named), starts=starts, zone=zone)


def _rich_table(title: Bilingual, columns: Columns, rows: Iterable[Row], language: Language) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title.of(language), title_justify="left", box=box.SIMPLE)
    for name in NAMED:
        table.add_column(name.of(language), no_wrap=name.en == "from")
    for name in columns:
        table.add_column(name.of(language), justify="right")
    for row in rows:
        local = datetime.fromisoformat(row["from"]).strftime("%Y-%m-%d %H:%M %z")
        table.add_row(row["channel"], Text(printable(row["queue"])), local, *(show(row) for show in columns.values()))
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
    Bilingual("escalated", "escalados"): _number("escalated"),
    Bilingual("repeated", "repetidos"): _share("repeated", "repeat_base"),
    Bilingual("resolved at once", "resueltos a la primera"): _share("fcr_window", "fcr_window_base"),
}
"""Columns for every channel. Resolved at once means no repeat within the repeat window so far."""
LIVE_COLUMNS: Columns = {
    Bilingual("arrived", "recibidos"): _number("arrived"),
    Bilingual("offered", "ofrecidos"): _number("offered"),
    Bilingual("refused", "rechazados"): _number("refused"),
    Bilingual("answered", "atendidos"): _number("answered"),
    Bilingual("abandoned", "abandonados"): _number("abandoned"),
    Bilingual("short", "cortos"): _number("short_abandoned"),
    Bilingual("callbacks", "devoluciones"): _number("callbacks"),
    Bilingual("left", "sacados"): _number("left_queue"),
    Bilingual("service level", "nivel de servicio"): _service_level,
    Bilingual("speed of answer s", "espera de atendidos s"): _average("wait_seconds_sum", "answered"),
    Bilingual("handled", "gestionados"): _number("handled"),
    Bilingual("handle time s", "tiempo de gestión s"): _handle_time,
    **CONTACT_COLUMNS,
}
TICKET_COLUMNS: Columns = {
    Bilingual("opened", "abiertos"): _number("opened"),
    Bilingual("solved", "resueltos"): _number("solved"),
    Bilingual("reopened", "reabiertos"): _number("reopened"),
    Bilingual("first response s, sum", "primera respuesta s, suma"): _number("first_response_seconds_sum"),
    Bilingual("first response in time", "primera respuesta a tiempo"): _share(
        "first_responses_within_target", "first_responses_judged"
    ),
    Bilingual("resolution s, mean", "resolución s, media"): _average("resolution_seconds_sum", "solved"),
    **CONTACT_COLUMNS,
}
TABLES = (
    (Bilingual("Calls and chats", "Llamadas y chats"), LIVE_COLUMNS, CALLS_AND_CHATS),
    (Bilingual("Tickets", "Tickets"), TICKET_COLUMNS, TICKETS_ONLY),
)
"""Title, columns and channels of each table."""
