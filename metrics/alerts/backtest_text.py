"""A backtest as text for a terminal. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.alerts.backtest import Backtest, NeverMet, Tested, tellable
from metrics.planning.reachable import has_service_level
from metrics.snapshot.instants import instant_text
from streams.common.durations import DAY_MS, HOUR_MS

_HEAD = ("alert", "severity", "queue", "times", "hours")


def backtest_text(found: Backtest) -> str:
    """A table of firings, then the alerts without a backtest and the reason of each."""
    rows = [_HEAD, *(row for tested in found.tested if tellable(tested.alert) for row in _rows(tested))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = [_line(row, widths) for row in rows]
    days = (found.to_ms - found.from_ms) / DAY_MS
    return "\n".join(
        (
            f"{days:.1f} days of open hours from {instant_text(found.from_ms)} to {instant_text(found.to_ms)}, asked at"
            " the end of each quarter of an hour;",
            "windows of 5 and 10 minutes are read as the last 15, which may count a page that they would stop;",
            "a longest wait is known once it is over, within 1 %.",
            "",
            *lines,
            "",
            "Not to be told from the past:",
            *(
                f"  {tested.alert.name}: {tested.alert.past.value}"
                for tested in found.tested
                if not tellable(tested.alert)
            ),
            "",
        )
    )


def _rows(tested: Tested) -> Iterator[tuple[str, ...]]:
    alert = tested.alert
    if not tested.fired:
        yield alert.title, alert.severity.value, "", "0", "0.0"
    for fired in tested.fired:
        where = f"{fired.queue} ({fired.channel})"
        yield alert.title, alert.severity.value, where, f"{fired.times}", f"{fired.firing_ms / HOUR_MS:.1f}"


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    cells = [
        cell.rjust(width) if number > 2 else cell.ljust(width)
        for number, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()


def never_met_text(found: NeverMet) -> str:
    """The warning about an objective that no day reached."""
    if not has_service_level(found.channel):
        return (
            f"{found.queue} ({found.channel}): its promise to answer each e-mail within 24 hours was met on no day of"
            f" {found.days}, {found.best:.2f} in time at best; the alert on it would fire every day and be ignored: put"
            " more people on the queue, or answer e-mails at other hours"
        )
    missed = (
        f"{found.queue} ({found.channel}): its objective of {found.objective:.4g} was met on no day of {found.days},"
        f" {found.best:.2f} at best"
    )
    if found.small:
        return (
            f"{missed}; it has few contacts, so no alert of an hour or of today can see it: put people on the queue,"
            " let it overflow, or set an objective that can be reached"
        )
    return (
        f"{missed}; alerts on it would fire every day and be ignored: set an objective that can be reached, or put more"
        " people on the queue"
    )
