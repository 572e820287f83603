"""Parts of a partition's head about trouble with its next records: the attempt in progress, and the stop."""

from __future__ import annotations

import msgspec

REFUSED = "refused"
INTERNAL = "internal"
STOP_REASONS = (REFUSED, INTERNAL)
"""Reasons why a partition stands still: too many refused records in a row, or too many in a row that broke the code of
this release."""

LET_GO = -(2**53)
"""Count of refused records in a row after ``veinte resume``: no run of refusals reaches a limit from here, and the next
usable record begins a new count."""


class Attempt(msgspec.Struct, frozen=True):
    """The next records that an owner is about to apply, written before it begins.

    Where a later owner finds the partition still at ``position``, this attempt made no progress: the process was
    killed, ran out of memory, lost Redis, or an exception of ours ended it.

    Attributes:
        position: offset of the first of the records.
        records: count of them.
        faults: exceptions of ours that the first record raised while it was alone; nothing else is counted.
        detail: last line of the traceback of the latest of them.
    """

    position: int
    records: int
    faults: int = 0
    detail: str = ""


class Stop(msgspec.Struct, frozen=True):
    """A partition that stands still until ``veinte resume``.

    Attributes:
        reason: one of ``STOP_REASONS``.
        position: offset of the next record, which is where it goes on.
        records: records in a row that caused the stop.
        limit: the limit of such records that was in force.
        since_ms: wall time of the stop, epoch milliseconds.
        detail: the latest of the records: its offset, reason and what is wrong with it.
    """

    reason: str
    position: int
    records: int
    limit: int
    since_ms: int
    detail: str


def resume_request(stop: Stop, *, try_again: bool) -> str:
    """Value of the head's field ``resume`` that asks the owner to end exactly this stop."""
    return f"{stop.position}:{stop.since_ms}:{'again' if try_again else 'past'}"


def resume_mode(stop: Stop, request: str) -> bool | None:
    """``try_again`` of a request to end this stop; ``None`` for no request, or one about an earlier stop."""
    modes = {resume_request(stop, try_again=try_again): try_again for try_again in (False, True)}
    return modes.get(request)
