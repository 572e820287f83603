"""Sinks for a source's events: Kafka, or JSON lines on standard output."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from types import TracebackType
from typing import TYPE_CHECKING, Self

import msgspec

from streams.config.settings import Settings
from streams.contract.topics import INPUTS
from streams.facts.domains import DOMAIN_OF

if TYPE_CHECKING:
    from streams.sources.outgoing import OutgoingEvent
    from streams.sources.publisher import Publisher


class Destination(StrEnum):
    """Destination of the events."""

    KAFKA = "kafka"
    STDOUT = "-"


class JsonLines:
    """Sink that writes events as JSON lines on standard output, in place of a ``Publisher``."""

    def __init__(self) -> None:
        self.sent = 0
        self.too_old = 0
        self._encode = msgspec.json.Encoder().encode
        self._write = sys.stdout.buffer.write

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        """End the replay without an error if the reader, such as ``head``, has closed the pipe."""
        try:
            sys.stdout.flush()
        except BrokenPipeError as broken:
            error = error or broken
        if not isinstance(error, BrokenPipeError):
            return False
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter complains at its end
        return True

    def send(self, event: OutgoingEvent) -> None:
        """Write one event."""
        self._write(self._encode(event.body) + b"\n")
        self.sent += 1

    def flush(self) -> None:
        """Flush everything written so far."""
        sys.stdout.flush()


def open_sink(to: Destination, settings: Settings, *, event_timestamps: bool) -> Publisher | JsonLines:
    """Sink for a destination; ``event_timestamps`` as in ``Publisher``."""
    if to is Destination.STDOUT:
        return JsonLines()
    from streams.sources.publisher import Publisher

    retention_ms = {str(topic): DOMAIN_OF[topic].retention_ms for topic in INPUTS}
    return Publisher(settings, event_timestamps=event_timestamps, retention_ms=retention_ms)
