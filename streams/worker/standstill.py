"""Stops of a partition: when one ends by itself, and what it says to people. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from streams.config.settings import Settings
from streams.contract.decoding import SKIPPED
from streams.store.standing import INTERNAL, REFUSED, Stop
from streams.worker.intake import Refused
from streams.worker.records import RawRecord

INTERNAL_IN_A_ROW = 3
"""Records in a row that break our code, after which their partition stands still: the cause is probably not the
records."""


class RunAhead(Exception):
    """Too many refused records in a row, behind ``usable`` records of the portion that can be counted before."""

    def __init__(self, usable: int) -> None:
        super().__init__(f"{usable} records before the run")
        self.usable = usable


def refused_stop(position: int, records: int, limit: int, now_ms: int, detail: str) -> Stop:
    """Stop before the run of ``records`` refused records, of which ``detail`` describes the last."""
    return Stop(REFUSED, position, records, limit, now_ms, detail)


def internal_stop(position: int, records: int, now_ms: int, detail: str) -> Stop:
    """Stop behind ``records`` records in a row that broke our code and are dead letters."""
    return Stop(INTERNAL, position, records, INTERNAL_IN_A_ROW, now_ms, detail)


def expiry_stop(position: int, now_ms: int, detail: str) -> Stop:
    """Stop of a partition whose old contacts break our code when they expire; no record is at fault."""
    return Stop(INTERNAL, position, 0, INTERNAL_IN_A_ROW, now_ms, detail)


def standing(stored: Stop | None, settings: Settings) -> Stop | None:
    """The stored stop, unless the settings now allow what caused it."""
    if stored is not None and stored.reason == REFUSED and settings.dead_letters_in_a_row > stored.limit:
        return None
    return stored


def stop_sentence(topic: str, partition: int, stop: Stop, *, rebuild: bool = False) -> str:
    """Sentence about a stopped partition and the way out; a ``rebuild`` cannot be resumed, so its way is another."""
    where = f"{topic}-{partition}"
    if rebuild:
        after = "then `veinte rebuild` again, or let them go with `veinte rebuild --let-go`"
    else:
        after = (
            f"then `veinte resume {topic}/{partition}`: it goes on from there, and what is still refused goes to the "
            "dead letters"
        )
    if stop.reason == INTERNAL and not stop.records:
        return (
            f"the expiry of old contacts of {where} broke the code of this release {INTERNAL_IN_A_ROW} times "
            f"({stop.detail}): the partition stands still at offset {stop.position}, the others go on; report the "
            f"fault, install a release without it, {after}"
        )
    if stop.reason == INTERNAL:
        return (
            f"{stop.records} records in a row of {where} broke the code of this release and are dead letters "
            f"`{INTERNAL}`, the last at {stop.detail}: the partition stands still at offset {stop.position}, the "
            f"others go on; report the fault, install a release without it, {after}"
        )
    return (
        f"{stop.records} records in a row of {where} cannot be used, the last at {stop.detail}: the partition stands "
        f"still at offset {stop.position}, the others go on; mend the producer or the settings, {after}"
    )


def before_run(records: Sequence[RawRecord], refused: Sequence[Refused], in_a_row: int, limit: int) -> int:
    """Number of records before the run of refusals that reaches the limit; they can be counted before the stop.

    Args:
        records: of a portion.
        refused: those of them that the intake refused.
        in_a_row: refusals directly before the portion.
        limit: of refusals in a row.
    """
    reasons = {each.record.offset: each.reason for each in refused}
    start, run = 0, in_a_row
    for place, record in enumerate(records):
        reason = reasons.get(record.offset)
        if reason is None:
            start, run = place + 1, 0
        elif reason not in SKIPPED:
            run += 1
            if run >= limit:
                return start
    return 0
