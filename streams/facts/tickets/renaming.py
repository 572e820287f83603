"""Facts of a ticket whose queues have new names."""

from __future__ import annotations

from msgspec import structs

from streams.common.renames import Renamed
from streams.facts.shared.renaming import renamed_stamp
from streams.facts.tickets.facts import Ticket


def renamed(facts: Ticket, names: Renamed) -> Ticket:
    """The facts with the present names of queues; the facts given are not changed.

    Every transfer stays: ``unmoved`` leaves out those that were none.
    """
    stamps = (facts.opened, facts.queued, *facts.transferred)
    if not any(stamp is not None and stamp.queue in names for stamp in stamps):
        return facts
    return structs.replace(
        facts,
        opened=None if facts.opened is None else renamed_stamp(facts.opened, names),
        queued=None if facts.queued is None else renamed_stamp(facts.queued, names),
        transferred=[renamed_stamp(stamp, names) for stamp in facts.transferred],
    )


def unmoved(facts: Ticket, names: Renamed) -> Ticket:
    """The facts to be judged: without transfers into a renamed queue where the ticket was already, under either name.

    Only for judging: an event that comes later can make such a transfer a true one, so the stored facts keep it.
    """
    opening, moves = facts.opening, facts.moves
    if opening is None or not moves:
        return facts
    renamed_queues = frozenset(names.values())
    kept, queue = facts.transferred[: len(facts.transferred) - len(moves)], opening.queue
    for move in moves:
        if move.queue != queue or queue not in renamed_queues:
            kept.append(move)
        queue = move.queue
    return facts if len(kept) == len(facts.transferred) else structs.replace(facts, transferred=kept)
