"""The planning numbers worked out the slow way, from slices of a quarter of an hour. Standard library only.

A slice is ``(epoch seconds of its start, amounts)``; amounts are ``offered``, ``opened``, ``A``, ``B``, ``b``, ``F``,
``L`` (service level), ``handled``, ``handle_ms`` and, as mappings topic → count, ``contacts`` and ``repeats``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

Amounts = Mapping[str, Any]
Slices = Sequence[tuple[int, Amounts]]
QUARTER_S = 900


def wall(at_s: int, zone: str) -> datetime:
    """Local time of an instant."""
    return datetime.fromtimestamp(at_s, ZoneInfo(zone)).replace(tzinfo=None, fold=0)


def is_second(at_s: int, zone: str) -> bool:
    """The local time of this instant is a repeated one, in its second pass."""
    return datetime.fromtimestamp(at_s, ZoneInfo(zone)).fold == 1


def judged(amounts: Amounts) -> int:
    """A + B − b + F + L."""
    events: int = sum(amounts.get(name, 0) for name in "ABFL") - amounts.get("b", 0)
    return events


def day_of(at_s: int, zone: str, day_starts: str) -> date:
    """The day of an instant, where days begin at ``day_starts``."""
    hours, minutes = map(int, day_starts.split(":"))
    return (wall(at_s, zone) - timedelta(hours=hours, minutes=minutes)).date()


def quarters_around(now_s: int, before_days: int, after_days: int = 2) -> list[int]:
    first = (now_s - before_days * 86_400) // QUARTER_S * QUARTER_S
    return list(range(first, now_s + after_days * 86_400, QUARTER_S))


def rest_of_day(slices: Slices, now_s: int, zone: str, day_starts: str) -> tuple[int, list[tuple[int, int, int, int]]]:
    """Weeks with data, and for each quarter of today ``(start, met, judged, offered)`` summed over these weeks."""
    today = day_of(now_s, zone, day_starts)
    at = {start: amounts for start, amounts in slices if start <= now_s}
    own = [start for start in quarters_around(now_s, 2) if day_of(start, zone, day_starts) == today]
    weeks = 0
    sums = dict.fromkeys(own, (0, 0, 0))
    for week in (1, 2, 3, 4):
        day = today - timedelta(weeks=week)
        past = [s for s in at if day_of(s, zone, day_starts) == day and not is_second(s, zone)]
        shown = {wall(s, zone) + timedelta(weeks=week): s for s in past}
        matched = {start: at[shown[wall(start, zone)]] for start in own if wall(start, zone) in shown}
        if not any(amounts.get("offered", 0) for amounts in matched.values()):
            continue
        weeks += 1
        for start, amounts in matched.items():
            found = amounts.get("A", 0), judged(amounts), amounts.get("offered", 0)
            sums[start] = (sums[start][0] + found[0], sums[start][1] + found[1], sums[start][2] + found[2])
    return weeks, [(start, *sums[start]) for start in own]


def outlook(
    slices: Slices,
    now_ms: int,
    zone: str,
    day_starts: str,
    today: tuple[int, int],
    half_hour: tuple[int, int],
    objective: Fraction,
) -> dict[str, Any]:
    """The outlook of today; ``today`` and ``half_hour`` are (met, judged) so far and in the last 30 minutes."""
    weeks, quarters = rest_of_day(slices, now_ms // 1000, zone, day_starts)
    met, seen = today
    if weeks == 0:
        return {"weeks": 0, "best": None, "likely": None, "lost": None, "lost_worst": None, "usual": None}

    def come(until_ms: int, column: int, from_ms: int = now_ms) -> Fraction:
        """Contacts expected from now, or another instant, to an instant."""
        total = Fraction(0)
        for quarter in quarters:
            begin, end = max(quarter[0] * 1000, from_ms), min((quarter[0] + QUARTER_S) * 1000, until_ms)
            if end > begin:
                total += Fraction(quarter[column] * (end - begin), QUARTER_S * 1000 * weeks)
        return total

    day_end_ms = (quarters[-1][0] + QUARTER_S) * 1000
    more, more_met = come(day_end_ms, 2), come(day_end_ms, 1)
    if half_hour[1] >= 10:
        misses = 1 - Fraction(*half_hour)
    elif seen >= 10:
        misses = 1 - Fraction(met, seen)
    else:
        misses = 1 - more_met / more if more else Fraction(0)

    def lost(share: Fraction) -> int | None:
        """The last instant at which the objective is within reach, found by bisection: reach is only ever lost."""

        def reachable(at_ms: int) -> bool:
            return met + more - share * come(at_ms, 2) >= objective * (seen + more)

        if not reachable(now_ms):
            return now_ms
        if reachable(day_end_ms):
            return None
        low, high = now_ms, day_end_ms
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if reachable(middle) else (low, middle)
        return low

    whole = seen + more
    return {
        "weeks": weeks,
        "best": (met + more) / whole if whole else None,
        "likely": (met + more_met) / whole if whole else None,
        "lost": lost(misses),
        "lost_worst": lost(Fraction(1)),
        "usual": come(now_ms, 3, now_ms - QUARTER_S * 1000),
    }


def week(rows: Sequence[tuple[Slices, str]], now_s: int, arrivals: str) -> list[tuple[dict[str, int], int]]:
    """Hour of the week → counts and the number of such hours; ``rows`` are slices with their time zone."""
    counts: list[dict[str, int]] = [
        dict.fromkeys(("contacts", "handled", "handle_ms", "met", "judged"), 0) for _ in range(168)
    ]
    hours: list[set[tuple[date, bool]]] = [set() for _ in range(168)]
    for slices, zone in rows:
        running = wall(now_s, zone).replace(minute=0, second=0)
        began = next(s for s in quarters_around(now_s, 30) if wall(s, zone) >= running - timedelta(weeks=4))
        lately = range(began, now_s // QUARTER_S * QUARTER_S + 1, QUARTER_S)
        hour_begins = min(
            s
            for s in lately
            if wall(s, zone) >= running and now_s - s < 3600 and is_second(s, zone) == is_second(now_s, zone)
        )
        whole = [s for s in lately if s < hour_begins]
        at = {start: amounts for start, amounts in slices if start in set(whole)}
        days = {wall(s, zone).date() for s, amounts in at.items() if amounts.get(arrivals, 0)}
        for start in whole:
            moment = wall(start, zone)
            number = moment.weekday() * 24 + moment.hour
            if moment.date() in days:
                hours[number].add((moment.date(), is_second(start, zone)))
            amounts = at.get(start, {})
            counts[number]["contacts"] += amounts.get(arrivals, 0)
            if arrivals == "offered":
                counts[number]["handled"] += amounts.get("handled", 0)
                counts[number]["handle_ms"] += amounts.get("handle_ms", 0)
                counts[number]["met"] += amounts.get("A", 0)
                counts[number]["judged"] += judged(amounts)
    return [(found, len(seen)) for found, seen in zip(counts, hours, strict=True)]


def trends(
    rows: Sequence[tuple[Slices, str]], now_ms: int, hours: int, about: str, arrivals: str
) -> list[tuple[str, int, Fraction]]:
    """``(topic, now, expected)`` of topics that grow, the greatest excess first; ``rows`` with their time zones."""
    seen: set[int] = set()
    now: dict[str, int] = {}
    past: dict[str, dict[int, Fraction]] = {}

    def in_last(start: int, span_hours: int) -> bool:
        return now_ms - span_hours * 3_600_000 < start * 1000 <= now_ms

    for slices, zone in rows:
        recent = [s for s in quarters_around(now_ms // 1000, 2) if in_last(s, 24)]
        for start, amounts in slices:
            if in_last(start, hours):
                for topic, count in amounts.get(about, {}).items():
                    now[topic] = now.get(topic, 0) + count
            if is_second(start, zone):
                continue
            for counterpart in recent:
                apart = wall(counterpart, zone) - wall(start, zone)
                if apart not in [timedelta(weeks=back) for back in (1, 2, 3, 4)]:
                    continue
                if amounts.get(arrivals, 0):
                    seen.add(apart.days // 7)
                if in_last(counterpart, hours):
                    share = min(Fraction(now_ms - counterpart * 1000, QUARTER_S * 1000), Fraction(1))
                    for topic, count in amounts.get(about, {}).items():
                        by_week = past.setdefault(topic, {})
                        by_week[apart.days // 7] = by_week.get(apart.days // 7, Fraction(0)) + share * count
    if not seen:
        return []
    found = []
    for topic, count in now.items():
        expected = sum((past.get(topic, {}).get(back, Fraction(0)) for back in seen), Fraction(0)) / len(seen)
        if topic != "other" and count >= 5 and count > expected:
            found.append((topic, count, expected))
    return sorted(found, key=lambda trend: (trend[2] - trend[1], trend[0]))[:20]
