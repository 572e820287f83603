"""Outgoing events, the output of every source: a plain CloudEvent with its topic and record key."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from streams.contract.topics import TOPIC_OF_PREFIX

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class OutgoingEvent(NamedTuple):
    """One event to send: the logical topic, the record key, the event time and the CloudEvent itself."""

    topic: str
    key: str
    time_ms: int
    body: dict[str, Any]


def rfc3339(time_ms: int) -> str:
    """RFC 3339 text of an instant in epoch milliseconds: ``1999-02-01T05:02:55.000Z``."""
    return (_EPOCH + timedelta(milliseconds=time_ms)).isoformat(timespec="milliseconds")[:-6] + "Z"


def cloud_event(
    type: str,
    source: str,
    id: str,
    time_ms: int,
    subject: str,
    data: dict[str, Any],
    *,
    sequence: int | None = None,
) -> dict[str, Any]:
    """A CloudEvent of the event contract; ``sequence`` orders the events of one source within an instant."""
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": id,
        "source": source,
        "type": type,
        "time": rfc3339(time_ms),
        "subject": subject,
    }
    if sequence is not None:
        event["sequence"] = sequence
    event["data"] = data
    return event


def outgoing(event: dict[str, Any], time_ms: int) -> OutgoingEvent:
    """``event`` with its topic and record key by the contract; its type must be one of ours."""
    topic = TOPIC_OF_PREFIX[event["type"].partition(".")[0]]
    return OutgoingEvent(topic, event["subject"], time_ms, event)
