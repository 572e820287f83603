"""Facts of a call or chat whose queues have new names."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import structs

from streams.common.renames import Renamed
from streams.facts.conversations.facts import Conversation, Leg
from streams.facts.shared.marks import QueueStamp
from streams.facts.shared.renaming import renamed_stamp


def renamed(facts: Conversation, names: Renamed) -> Conversation:
    """The facts with the present names of queues; the facts given are not changed.

    The target of a transfer is not stored, so offers, requests for a callback and a refusal are all that names a queue.
    """
    if not any(stamp is not None and stamp.queue in names for stamp in _stamps(facts)):
        return facts
    return structs.replace(
        facts,
        legs={name: _renamed_leg(leg, names) for name, leg in facts.legs.items()},
        legless=None if facts.legless is None else _renamed_leg(facts.legless, names),
        refused=None if facts.refused is None else renamed_stamp(facts.refused, names),
    )


def _stamps(facts: Conversation) -> Iterable[QueueStamp | None]:
    """Every event of the contact that names a queue."""
    yield facts.refused
    for leg in (*facts.legs.values(), facts.legless):
        if leg is not None:
            yield leg.offered
            yield from leg.callback_requested


def _renamed_leg(leg: Leg, names: Renamed) -> Leg:
    return structs.replace(
        leg,
        offered=None if leg.offered is None else renamed_stamp(leg.offered, names),
        callback_requested=[renamed_stamp(stamp, names) for stamp in leg.callback_requested],
    )
