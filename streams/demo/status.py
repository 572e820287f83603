"""Status of the demo, read from the exporter's public API, and its text on one line."""

from __future__ import annotations

import http.client
import json
import ssl
import time
from dataclasses import dataclass, replace
from typing import Any

SNAPSHOT = "/api/v1/snapshot?window=5m&window=today"
TIMEOUT_SECONDS = 2.0
PACE_SECONDS = 2.0
"""Interval between two measurements of the pace: a shorter one would show the size of batches."""
LIVE_BELOW_SECONDS = 60.0
"""Once the history is applied, the newest event is younger than this."""
SERVICE_LEVEL = "contact_center_service_level_ratio"
VARIANT = {"variant": "short_removed"}


@dataclass(frozen=True)
class DemoStatus:
    """Status from one reading of the exporter; if it does not answer, the fields keep their last values.

    ``counted``: ``applied`` at ``counted_at`` on the monotonic clock, the time of the last measurement of the pace.
    ``stopped``: a partition that stands still, such as tickets/0; "" without any.
    """

    answers: bool = False
    live: bool = False
    applied: int = 0
    events_per_second: float = 0.0
    lag: int = 0
    service_level: float | None = None
    state: str = ""
    waiting: int = 0
    in_progress: int = 0
    counted: int = 0
    counted_at: float = 0.0
    stopped: str = ""

    def line(self) -> str:
        """Status as one line of text."""
        if not self.answers or self.applied == 0:
            return "the worker and the exporter are starting"
        pace = f"{self.events_per_second:,.0f} events/s · lag {self.lag:,}"
        if not self.live:
            return f"history: {self.applied:,} events · {pace}"
        level = "no number" if self.service_level is None else f"{self.service_level:.1%}"
        doubt = "" if self.state == "ok" else f" ({self.state})"
        return (
            f"live: service level {level}{doubt} in 5 min · {self.waiting} waiting · {self.in_progress} in progress · "
            f"{self.applied:,} events · {pace}"
        )


def read_status(host: str, port: int, last: DemoStatus, *, encrypted: bool = False) -> DemoStatus:
    """Current status; rates are computed from the difference to ``last``.

    The certificate of an ``encrypted`` exporter is not checked: it is our own process on this machine.
    """
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
    if encrypted:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(host, port, timeout=TIMEOUT_SECONDS, context=context)
    try:
        connection.request("GET", SNAPSHOT)
        response = connection.getresponse()
        body = response.read()
        if response.status != http.HTTPStatus.OK:
            return replace(last, answers=False)
        return interpret(json.loads(body), last, time.monotonic())
    except (OSError, http.client.HTTPException, ValueError):
        return replace(last, answers=False)
    finally:
        connection.close()


def interpret(found: dict[str, Any], last: DemoStatus, now_seconds: float) -> DemoStatus:
    """Status from the exporter's JSON at ``now_seconds`` of the monotonic clock."""
    pipeline: dict[str, list[dict[str, Any]]] = found["pipeline"]
    applied = int(sum(series["value"] for series in pipeline["veinte_events_applied_total"]))
    ages = [series["value"] for series in pipeline["veinte_event_age_seconds"]]
    paced = now_seconds - last.counted_at >= PACE_SECONDS
    sums = [row for row in found["rows"] if row["queue"] == "*" and row["channel"] in ("call", "chat")]
    calls = next(row for row in sums if row["channel"] == "call")
    level = next(series for series in calls["windowed"][SERVICE_LEVEL] if series["labels"] == VARIANT)
    blind = any(found["channels"][row["channel"]]["blind"] for row in sums)
    fresh = not blind and min(ages, default=LIVE_BELOW_SECONDS) < LIVE_BELOW_SECONDS
    return DemoStatus(
        answers=True,
        live=last.live or fresh,
        applied=applied,
        events_per_second=_pace(applied, last, now_seconds) if paced else last.events_per_second,
        lag=int(sum(series["value"] for series in pipeline["veinte_consumer_lag_events"])),
        service_level=level["windows"]["5m"]["value"],
        state=level["windows"]["5m"]["state"],
        waiting=_now(sums, "contact_center_contacts_waiting"),
        in_progress=_now(sums, "contact_center_contacts_in_progress"),
        counted=applied if paced else last.counted,
        counted_at=now_seconds if paced else last.counted_at,
        stopped=_stopped(pipeline["veinte_partition_stopped"]),
    )


def _stopped(series: list[dict[str, Any]]) -> str:
    """The first partition that stands still."""
    found = (each["labels"] for each in series if each["value"])
    return next((f"{labels['topic']}/{labels['partition']}" for labels in found), "")


def _pace(applied: int, last: DemoStatus, now_seconds: float) -> float:
    """Events a second since the last measurement of the pace; 0 the first time."""
    return max(0.0, (applied - last.counted) / (now_seconds - last.counted_at)) if last.counted_at else 0.0


def _now(rows: list[dict[str, Any]], name: str) -> int:
    return int(sum(series["value"] for row in rows for series in row["now"][name]))
