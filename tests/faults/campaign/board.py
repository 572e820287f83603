"""The board of a campaign: a real exporter, asked twice a second; moments at which it said "fine" and was not."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from tests.faults.campaign.canaries import PREFIX, Canaries

POLL_SECONDS = 0.5
TIMEOUT_SECONDS = 3.0
MISSING_AFTER_SECONDS = 13.0
"""A call confirmed by Kafka so long ago is on the board, or the board is blind."""
OFFERED = "contact_center_contacts_offered_total"
WINDOW = "24h"
PATH = f"/api/v1/snapshot?channel=call&window={WINDOW}"
UNREACHABLE = "unreachable"
"""Reason of blindness where no exporter answers: a browser says so too."""
LIES_TOLD = 3
"""Lies of a case that are described; the others are counted."""


class Look(NamedTuple):
    """One answer of the board. ``shown``: calls offered by queue; ``reason``: of blindness, "" where it says fine."""

    reason: str
    shown: Mapping[str, int]
    age_seconds: float | None = None


def look_of(document: Mapping[str, Any]) -> Look:
    """Answer of ``/api/v1/snapshot`` about calls."""
    health = document["channels"]["call"]
    shown: dict[str, int] = {}
    for row in document["rows"]:
        if row["channel"] == "call" and row["queue"].startswith(PREFIX):
            for series in row["windowed"][OFFERED]:
                shown[row["queue"]] = shown.get(row["queue"], 0) + int(series["windows"][WINDOW]["value"] or 0)
    return Look(health["reason"] or ("blind" if health["blind"] else ""), shown, health["age_seconds"])


def missing(look: Look, due: Mapping[str, int]) -> dict[str, int]:
    """Calls that should be on the board and are not, by queue; empty while it says that it is blind."""
    if look.reason:
        return {}
    return {queue: count - look.shown.get(queue, 0) for queue, count in due.items() if look.shown.get(queue, 0) < count}


class Board(threading.Thread):
    """Looks at the exporter on ``port`` until it is stopped.

    ``lies``: looks at which it said fine and a call was missing; ``told`` describes the first. ``blind_seconds`` is by
    reason, from the first time on that the board saw everything.
    """

    def __init__(self, port: int, canaries: Canaries) -> None:
        super().__init__(name="board", daemon=True)
        self.lies = 0
        self.told: list[str] = []
        self.looks = 0
        self.blind_seconds: dict[str, float] = {}
        self.last = Look(UNREACHABLE, {})
        self.port = port
        self._canaries = canaries
        self._stopping = threading.Event()
        self._began = False
        self._connection: http.client.HTTPConnection | None = None

    def run(self) -> None:
        """Look until :meth:`stop`."""
        before = time.monotonic()
        while not self._stopping.wait(POLL_SECONDS):
            asked = time.monotonic()
            due = self._canaries.due(asked - MISSING_AFTER_SECONDS)
            look = self.last = self._look()
            self._began = self._began or not look.reason
            self.looks += 1
            now = time.monotonic()
            if look.reason and self._began:
                self.blind_seconds[look.reason] = self.blind_seconds.get(look.reason, 0.0) + now - before
            before = now
            lacking = missing(look, due)
            if lacking:
                self._note(look, lacking)

    def stop(self) -> None:
        """Stop looking."""
        self._stopping.set()
        self.join(TIMEOUT_SECONDS * 2)

    def shows_everything(self) -> bool:
        """True if the last look said fine, with every confirmed canary."""
        return not self.last.reason and not missing(self.last, self._canaries.due(time.monotonic()))

    def _note(self, look: Look, lacking: Mapping[str, int]) -> None:
        self.lies += 1
        if len(self.told) < LIES_TOLD:
            calls = ", ".join(f"{count} of {queue}" for queue, count in sorted(lacking.items()))
            at = datetime.now(UTC).strftime("%H:%M:%S")
            self.told.append(f"{at} UTC: fine, age {look.age_seconds} s, and {calls} missing")

    def _look(self) -> Look:
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_SECONDS)
            self._connection.request("GET", PATH)
            answer = self._connection.getresponse()
            body = answer.read()
            if answer.status != http.HTTPStatus.OK:
                return Look(f"status {answer.status}", {})
            return look_of(json.loads(body))
        except (OSError, http.client.HTTPException):
            if self._connection is not None:
                self._connection.close()
            self._connection = None
            return Look(UNREACHABLE, {})
