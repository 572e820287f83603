"""One contact, and the clocks of one ticket, as text and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from metrics.explain.contact.answer import AddedTo, ContactExplanation
from metrics.explain.contact.lookup import FoundTicket
from metrics.explain.number.text import NOTHING, leg_story, local, printed, seconds_text, table, ticket_story
from metrics.snapshot.instants import instant_text
from metrics.web.differing import differing_settings
from streams.common.business_hours import Kind
from streams.facts.tickets.explanation import ClockExplanation, SlaTarget, Verdict

PREFIX = "contact_center_"
_OUTSIDE = {False: "it is in no number", True: "it is in no number but the clearance time"}
"""Where a removed contact counts; true for a ticket."""
_PROMISES = {
    SlaTarget.FIRST_RESPONSE: "First response",
    SlaTarget.NEXT_RESPONSE: "Next response",
    SlaTarget.RESOLUTION: "Resolution",
}
_CLOCKS = {
    SlaTarget.FIRST_RESPONSE: "open hours, whether on hold or not",
    SlaTarget.NEXT_RESPONSE: "open hours, whether on hold or not",
    SlaTarget.RESOLUTION: "open hours without what it was on hold",
}
_VERDICTS = {
    Verdict.MET: "met",
    Verdict.MISSED: "missed",
    Verdict.OVERDUE: "overdue",
    Verdict.OPEN: "not due yet",
    Verdict.NO_EVENT: "no event: solved in time before any reply",
}


def contact_text(found: Sequence[ContactExplanation]) -> str:
    """The answer of ``veinte explain contact``; times are local, in the time zone of the installation."""
    parts: list[Any] = []
    for each in found:
        zone = ZoneInfo(each.time_zone)
        parts += [f"{each.channel} {each.contact}, in lists {each.hash}; partition {each.partition}"]
        if each.removed is not None:
            parts.append(f"removed ({each.removed}): {_OUTSIDE[each.ticket is not None]}")
        if each.judged is not None:
            limits = ", ".join(
                f"{name.removesuffix('_seconds').replace('_', ' ')} {seconds_text(value)}"
                for name, value in each.judged.limits.items()
            )
            since = "always" if each.judged.since is None else f"since {local(each.judged.since, zone)}"
            hours = each.judged.calendar or "none, always open"
            parts.append(f"judged by the policy of {each.judged.queue} ({since}): {limits}; calendar {hours}")
        if each.ticket is not None:
            parts.append(ticket_story(each.ticket, zone))
        parts += [leg_story(leg) for leg in each.legs]
        moments = [(local(m.at, zone), m.what.replace("_", " "), m.leg or "", m.detail) for m in each.moments]
        parts += ["", table("What happened", ("at", "what", "leg", "with"), moments)]
        if each.live:
            live = [(x.what, x.leg, x.queue, local(x.since, zone), local(x.due, zone)) for x in each.live]
            parts.append(table("True now", ("what", "leg", "queue", "since", "due"), live))
        parts.append(_added(each.added, zone) if each.added else "It has added nothing to any number.")
    return printed(parts)


def _added(added: Sequence[AddedTo], zone: ZoneInfo) -> Any:
    rows = [
        (
            local(each.at, zone),
            each.queue if each.medium is None else f"{each.queue} ({each.medium})",
            each.measure,
            each.dimension,
            f"{each.amount:,}",
            ", ".join(name.removeprefix(PREFIX) for name in each.kpis) or NOTHING,
        )
        for each in added
    ]
    return table("What it added", ("slice", "queue", "measure", "of", "amount", "seen by"), rows, ("amount",))


def ticket_text(found: FoundTicket) -> str:
    """The answer of ``veinte explain ticket``; times are local, in the time zone of the calendar."""
    zone, told = ZoneInfo(found.zone), found.explanation
    parts: list[Any] = [
        f"ticket {found.ticket}: opened {_local(told.opened.time_ms, zone)} in {told.opened.queue} "
        f"({told.opened.medium}, priority {told.priority}); {'solved' if told.timeline.solved else 'open'}"
        f"{', on hold' if told.timeline.on_hold else ''}",
        f"calendar {found.calendar or 'none, always open'}; times in {found.zone}",
    ]
    if found.removed:
        parts.append(f"removed ({found.removed}): {_OUTSIDE[True]}")
    for clock in told.clocks:
        parts += ["", *_clock(clock, zone)]
    return printed(parts)


def _clock(clock: ClockExplanation, zone: ZoneInfo) -> list[Any]:
    due = "never due as things are" if clock.due_ms is None else f"due {_local(clock.due_ms, zone)}"
    done = "" if clock.done_ms is None else f"; done {_local(clock.done_ms, zone)}"
    took = "" if clock.took_ms is None else f" after {seconds_text(clock.took_ms / 1000)} by its clock"
    sums = {kind: clock.total_ms(kind) for kind in Kind}
    total = " + ".join(f"{seconds_text(ms / 1000)} {kind}" for kind, ms in sums.items() if ms or kind is Kind.COUNTED)
    way = seconds_text(sum(sums.values()) / 1000)
    rows = [
        (
            _local(each.from_ms, zone),
            _local(each.to_ms, zone),
            each.kind,
            seconds_text((each.to_ms - each.from_ms) / 1000),
        )
        for each in clock.stretches
    ]
    lines: list[Any] = [
        f"{_PROMISES[clock.promise]} within {seconds_text(clock.allowed_ms / 1000)} ({_CLOCKS[clock.promise]}): "
        f"{_VERDICTS[clock.verdict]}",
        f"from {_local(clock.start_ms, zone)}, {due}{done}{took}",
    ]
    if rows:
        lines += [table("", ("from", "to", "what", "how long"), rows, ("how long",)), f"{total} = {way}"]
    return lines


def _local(at_ms: int, zone: ZoneInfo) -> str:
    return local(instant_text(at_ms), zone)


def ticket_data(found: FoundTicket) -> dict[str, Any]:
    """The same for programs: instants in UTC, durations in seconds."""
    told = found.explanation
    return {
        "ticket": found.ticket,
        "queue": told.opened.queue,
        "medium": told.opened.medium,
        "priority": told.priority,
        "opened": instant_text(told.opened.time_ms),
        "removed": found.removed or None,
        "calendar": found.calendar,
        "time_zone": found.zone,
        "settings_differ": differing_settings(found.differing),
        "clocks": [
            {
                "promise": clock.promise,
                "verdict": clock.verdict,
                "begins": instant_text(clock.start_ms),
                "allowed_seconds": clock.allowed_ms / 1000,
                "due": None if clock.due_ms is None else instant_text(clock.due_ms),
                "done": None if clock.done_ms is None else instant_text(clock.done_ms),
                "took_seconds": None if clock.took_ms is None else clock.took_ms / 1000,
                "seconds": {kind: clock.total_ms(kind) / 1000 for kind in Kind},
                "stretches": [
                    {"begins": instant_text(each.from_ms), "ends": instant_text(each.to_ms), "kind": each.kind}
                    for each in clock.stretches
                ],
            }
            for clock in told.clocks
        ],
    }
