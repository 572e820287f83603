"""Facts of a ticket whose queues have new names."""

from __future__ import annotations

from msgspec import structs

from streams.common.renames import Renamed
from streams.facts.shared.renaming import renamed_stamp
from streams.facts.tickets.facts import Ticket


def renamed(facts: Ticket, names: Renamed) -> Ticket:
    """The facts with the present names of queues; the facts given are not changed."""
    stamps = (facts.opened, facts.queued, *facts.transferred)
    if not any(stamp is not None and stamp.queue in names for stamp in stamps):
        return facts
    return structs.replace(
        facts,
        opened=None if facts.opened is None else renamed_stamp(facts.opened, names),
        queued=None if facts.queued is None else renamed_stamp(facts.queued, names),
        transferred=[renamed_stamp(stamp, names) for stamp in facts.transferred],
    )
