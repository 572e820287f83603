"""Facts of a customer whose contacts were in queues with new names."""

from __future__ import annotations

from msgspec import structs

from streams.common.renames import Renames
from streams.facts.customers.facts import Customer
from streams.facts.shared.outcomes import Outcome


def renamed(facts: Customer, renames: Renames) -> Customer:
    """The facts with the present names of queues, by the channel of each contact; the facts given are not changed."""
    contacts = {key: (revision, _renamed(outcome, renames)) for key, (revision, outcome) in facts.contacts.items()}
    return facts if contacts == facts.contacts else structs.replace(facts, contacts=contacts)


def _renamed(outcome: Outcome, renames: Renames) -> Outcome:
    names = renames.get(outcome.channel)
    if not names or not {outcome.queue, outcome.first_queue} & names.keys():
        return outcome
    queue, first_queue = (names.get(queue, queue) for queue in (outcome.queue, outcome.first_queue))
    return structs.replace(outcome, queue=queue, first_queue=first_queue)
