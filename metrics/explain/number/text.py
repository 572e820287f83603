"""The explanation of a number as text for people."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from msgspec import UNSET

from metrics.explain.number.answer import Because, Contact, Explanation, PolicyInForce
from metrics.explain.number.facts import CANCELLED, LegFacts, TicketFacts
from streams.common.languages import Language
from streams.contract.names import printable

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

PLAIN_WIDTH = 250
"""Width of a table without a terminal, in characters: wide enough that nothing wraps."""
NOTHING = "–"
_WHY = {
    Because.COMPLETE: "",
    Because.EXPIRED: "the states of some contacts have expired",
    Because.STOPPED: "the search was stopped: there are too many contacts to look at",
}


def number_text(found: Explanation) -> str:
    """The answer of ``veinte explain kpi``; times are local, in the time zone of the queue."""
    zone = ZoneInfo(found.time_zone)
    parts: list[RenderableType] = [*_head(found, zone), ""]
    if found.counts:
        parts.append(_counts(found))
    if found.contacts:
        parts.append(_contacts(found, zone))
    parts.append("\n".join(_reach(found)))
    return printed(parts)


def printed(parts: Iterable[RenderableType]) -> str:
    """Text and tables as lines, as wide as the terminal or, where there is none, as they need to be.

    A topic is free text from outside and must not command the terminal: what is invisible is escaped.
    """
    from rich.console import Console

    text = io.StringIO()
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else PLAIN_WIDTH
    console = Console(file=text, width=width, markup=False, highlight=False, emoji=False)
    for part in parts:
        console.print("\n".join(map(printable, part.split("\n"))) if isinstance(part, str) else part)
    return "\n".join(line.rstrip() for line in text.getvalue().rstrip("\n").split("\n")) + "\n"


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], right: Iterable[str] = ()) -> Table:
    """A table; ``right`` are the columns of numbers."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    made = Table(title=title, title_justify="left", box=box.SIMPLE)
    numbers = set(right)
    for name in columns:
        made.add_column(name, justify="right" if name in numbers else "left", overflow="fold")
    for row in rows:
        made.add_row(*(Text(printable(cell)) for cell in row))
    return made


def local(instant: str | None, zone: ZoneInfo) -> str:
    """An instant of an answer by the clock of a time zone, to the second."""
    if instant is None:
        return NOTHING
    return datetime.fromisoformat(instant).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %z")


def seconds_text(seconds: float) -> str:
    """A duration in days, hours, minutes and seconds, the largest first, such as ``1 d 4 h``."""
    left_ms = round(seconds * 1000)
    words = []
    for name, unit_ms in (("d", 86_400_000), ("h", 3_600_000), ("min", 60_000)):
        whole, left_ms = divmod(left_ms, unit_ms)
        if whole:
            words.append(f"{whole} {name}")
    if left_ms or not words:
        words.append(f"{left_ms / 1000:g} s")
    return " ".join(words)


def _head(found: Explanation, zone: ZoneInfo) -> list[str]:
    where = f"{found.channel}, {'all queues' if found.queue == '*' else f'queue {found.queue}'}"
    medium = "" if found.medium in (None, "*") else f", medium {found.medium}"
    labels = " ".join(f"{name}={value}" for name, value in found.labels.items())
    lines = [
        f"{found.kpi}{f' {labels}' if labels else ''}: {_value(found)} ({found.state})",
        f"{where}{medium}, as of {local(found.now, zone)}",
        "",
    ]
    if found.window is not None:
        window = found.window
        lines.append(
            f"window {window.name}: slices of {seconds_text(window.slice_seconds)} from "
            f"{local(window.begins, zone)} to {local(window.ends, zone)} ({found.time_zone})"
        )
    for language in Language:
        formula = found.formula[language]
        lines.append(f"{language}: {found.title[language]}. {found.help[language]}")
        lines.append(
            f"    {formula}; {found.attribution[language]}" if formula else f"    {found.attribution[language]}"
        )
    if found.policy is not None:
        lines.append(_policy(found.policy, zone))
    if found.blind:
        lines.append(f"not to be trusted now: {found.blind}")
    return lines


def _value(found: Explanation) -> str:
    if found.value is None:
        return "no number"
    if found.unit == "ratio":
        shown = f"{found.value:.2%}"
    elif found.unit == "seconds":
        shown = seconds_text(round(found.value, 1))
    else:
        shown = f"{found.value:g} {found.unit}"
    if found.denominator is UNSET or found.numerator is UNSET:
        return shown
    return f"{shown} = {found.numerator:g} / {found.denominator:g}"


def _policy(policy: PolicyInForce, zone: ZoneInfo) -> str:
    since = "always" if policy.since is None else f"since {local(policy.since, zone)}"
    limits = ", ".join(
        f"{name.removesuffix('_seconds').removesuffix('_ratio').replace('_', ' ')} "
        f"{f'{value:.0%}' if name.endswith('_ratio') else seconds_text(value)}"
        for name, value in policy.limits.items()
    )
    return f"policy in force ({since}): {limits}; calendar {policy.calendar or 'none, always open'}"


def _counts(found: Explanation) -> Table:
    listed = found.reach.listed
    rows = [(name, f"{amount:,}", f"{listed.get(name, 0):,}") for name, amount in found.counts.items()]
    return table(
        "Counts",
        ("measure", "in the window", "of the contacts found"),
        rows,
        ("in the window", "of the contacts found"),
    )


def _reach(found: Explanation) -> list[str]:
    reach = found.reach
    missed = f", {reach.missed:,} of them missed" if reach.missed else ""
    lines = [f"{reach.found:,} contacts behind it{missed}; {reach.shown:,} shown."]
    if found.window is not None:
        days = f"contacts are known for {reach.kept_days:g} days after their newest event"
        lines.append(
            f"They explain the whole number; {days}."
            if reach.complete
            else f"They do not explain the whole number: {_WHY[reach.incomplete_because]}; {days}."
        )
        if reach.changing:
            lines.append(f"{reach.changing:,} slices changed while the contacts were read.")
    return lines


def _contacts(found: Explanation, zone: ZoneInfo) -> Table:
    columns: dict[str, Callable[[Contact], str]] = {
        "contact": lambda each: each.contact,
        "at": lambda each: local(each.at, zone),
    }
    if found.window is None:
        columns["age"] = lambda each: NOTHING if each.age_seconds is UNSET else seconds_text(each.age_seconds)
    else:
        columns["counted"] = lambda each: _counted(each, found.unit)
    columns["what happened"] = lambda each: _story(each, zone)
    rows = [[show(each) for show in columns.values()] for each in found.contacts]
    return table("Contacts", tuple(columns), rows)


def _counted(contact: Contact, unit: str) -> str:
    """Contribution of a contact: a miss, or its amounts in numerator and denominator."""
    if contact.missed:
        return "missed so far" if contact.so_far else "missed"
    if contact.numerator is UNSET:
        return NOTHING
    above = seconds_text(contact.numerator) if unit == "seconds" else f"{contact.numerator:g}"
    return above if contact.denominator in (UNSET, 1) else f"{above} / {contact.denominator}"


def _story(contact: Contact, zone: ZoneInfo) -> str:
    if contact.ticket is not None:
        return ticket_story(contact.ticket, zone)
    if contact.repeats is not None:
        told = contact.repeats
        about = f"topic {told.topic}, " if told.topic else ""
        return f"{about}begun {local(told.begun, zone)}, ended {local(told.ended or told.abandoned, zone)}"
    return "; ".join(map(leg_story, contact.legs)) or NOTHING


def leg_story(leg: LegFacts) -> str:
    """One leg in a few words."""
    if leg.outcome == "refused":
        return f"{leg.queue}: refused ({leg.reason})"
    via = "" if leg.via == "inbound" else f" ({leg.via})"
    corrected = ", corrected later" if leg.corrected else ""
    if leg.outcome == CANCELLED:
        return f"{leg.queue}{via}: callback cancelled{corrected}"
    if leg.outcome is None or leg.wait_seconds is None:
        return f"{leg.queue}{via}: waits, target {seconds_text(leg.target_seconds or 0)}{corrected}"
    reason = f" ({leg.reason})" if leg.reason else ""
    words = f"{leg.outcome.replace('_', ' ')}{reason} after {seconds_text(leg.wait_seconds)}"
    return f"{leg.queue}{via}: {words}, target {seconds_text(leg.target_seconds or 0)}{corrected}"


def ticket_story(ticket: TicketFacts, zone: ZoneInfo) -> str:
    """A ticket in a few words."""
    reply = f"replied {local(ticket.first_reply, zone)}" if ticket.first_reply else "no reply yet"
    solved = f"solved {local(ticket.solved, zone)}" if ticket.solved else "on hold" if ticket.on_hold else "open"
    return (
        f"{ticket.queue} ({ticket.medium}, {ticket.priority}): opened {local(ticket.opened, zone)}; {reply}, due "
        f"{local(ticket.first_response_due, zone)}; {solved}, due {local(ticket.resolution_due, zone)}"
    )
