"""Outcome of one contact, as published to the repeat-contact fold of its customer (events.md, ``contact.outcome``)."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import blake2b

import msgspec

from streams.contract.events import EPOCH, MILLISECOND, OUTCOME_EVENTS, OutcomeData

DIGEST_BYTES = 8
LONGEST_NAME = 180
"""Longest contact name (characters) that the id of an outcome repeats; a longer one is hashed, as ids are bounded."""

_packed = msgspec.msgpack.Encoder().encode
_json = msgspec.json.Encoder().encode
_OutcomeEvent = OUTCOME_EVENTS["outcome"]


class Outcome(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Outcome of a contact, compared with its customer's other contacts. Times are epoch ms.

    ``queue``: that of the last answered leg, else of the last leg. ``flagged``: resolved at the first contact by the
    note of the agent; ``None`` where nothing was noted. ``abandoned_ms``: only where the last leg was abandoned and
    none was ever answered. ``window_ms``: the repeat window in force at the beginning.
    """

    channel: str
    queue: str
    begun_ms: int
    window_ms: int
    medium: str = ""
    first_queue: str = ""
    via: str = ""
    topic: str | None = None
    removed: bool = False
    handled: bool = False
    ended_ms: int | None = None
    abandoned_ms: int | None = None
    resolved: bool | None = None
    flagged: bool | None = None
    fcr_eligible: bool = True
    handoffs: int = 0


def outcome_event(
    outcome: Outcome, *, customer: bytes, contact: str, revision: int, source: str, time_ms: int, removed: bool
) -> bytes:
    """The record of an outcome for ``customer`` (a keyed hash); its key is the customer in hex.

    ``removed``: the contact is not this customer's, or no longer; a removed outcome is removed for every customer. The
    same contact, revision and customer always give the same id.
    """
    subject = customer.hex()
    name = contact if len(contact) <= LONGEST_NAME else blake2b(contact.encode(), digest_size=16).hexdigest()
    data = OutcomeData(
        contact=contact,
        channel=outcome.channel,  # type: ignore[arg-type]  # the facts of the three topics name no other
        queue=outcome.queue,
        begun=_instant(outcome.begun_ms),
        revision=revision,
        window_ms=outcome.window_ms,
        medium=outcome.medium,
        first_queue=outcome.first_queue,
        via=outcome.via,
        topic=outcome.topic,
        removed=removed or outcome.removed,
        handled=outcome.handled,
        ended=None if outcome.ended_ms is None else _instant(outcome.ended_ms),
        abandoned=None if outcome.abandoned_ms is None else _instant(outcome.abandoned_ms),
        resolved=outcome.resolved,
        flagged=outcome.flagged,
        fcr_eligible=outcome.fcr_eligible,
        handoffs=outcome.handoffs,
    )
    return _json(
        _OutcomeEvent(
            specversion="1.0",
            id=f"{name}/{outcome.channel}/{revision}/{subject[:8]}",
            source=source,
            subject=subject,
            time=_instant(time_ms),
            data=data,
        )
    )


def outcome_of(data: OutcomeData) -> Outcome:
    """The outcome in an event's ``data``."""
    return Outcome(
        data.channel,
        data.queue,
        (data.begun - EPOCH) // MILLISECOND,
        data.window_ms,
        data.medium,
        data.first_queue,
        data.via,
        data.topic,
        data.removed,
        data.handled,
        None if data.ended is None else (data.ended - EPOCH) // MILLISECOND,
        None if data.abandoned is None else (data.abandoned - EPOCH) // MILLISECOND,
        data.resolved,
        data.flagged,
        data.fcr_eligible,
        data.handoffs,
    )


def digest(customer: bytes | None, others: list[bytes], outcome: Outcome | None) -> int:
    """Digest (8 bytes) of an outcome and its receivers: the same in every process; 0 where nothing is to publish.

    ``customer`` receives the outcome as it is, ``others`` a removal.
    """
    if outcome is None or (customer is None and not others):
        return 0
    hashed = blake2b(_packed((customer, others, outcome)), digest_size=DIGEST_BYTES).digest()
    return int.from_bytes(hashed, "big") or 1


def _instant(time_ms: int) -> datetime:
    return datetime.fromtimestamp(time_ms / 1000, UTC)
