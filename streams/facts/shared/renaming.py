"""Queues with a new name in event stamps and policy books."""

from __future__ import annotations

from typing import TypeVar

from msgspec import structs

from streams.common.renames import Renamed
from streams.facts.shared.marks import QueueStamp
from streams.facts.shared.policy import PolicyBook

S = TypeVar("S", bound=QueueStamp)


def renamed_stamp(stamp: S, names: Renamed) -> S:
    """The stamp with the present name of its queue."""
    name = names.get(stamp.queue)
    return stamp if name is None else structs.replace(stamp, queue=name)


def renamed_book(book: PolicyBook, names: Renamed) -> PolicyBook:
    """The policy book with the policies of renamed queues under their present names, so that contacts of before the
    rename are judged as they were.

    Of policies that the book has under both names, those under the present name hold; of several earlier names, those
    of the first in order.
    """
    if not names.keys() & book.queues.keys():
        return book
    queues = {queue: dated for queue, dated in book.queues.items() if queue not in names}
    for queue in sorted(names.keys() & book.queues.keys()):
        queues.setdefault(names[queue], book.queues[queue])
    return PolicyBook(book.default, queues)
