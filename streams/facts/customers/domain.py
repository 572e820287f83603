"""The domain of customers: repeats and redials across the contacts of each."""

from __future__ import annotations

from streams.common.durations import DAY_MS
from streams.contract.topics import Topic
from streams.facts.customers.contributions import contributions
from streams.facts.customers.facts import Customer, fold, is_tombstone
from streams.facts.customers.measures import COMPOSITES, FORMULA, CustomerMeasure
from streams.facts.customers.renaming import renamed
from streams.facts.shared.domain import Domain, nobody

CUSTOMERS = Domain(
    topic=Topic.CONTACTS,
    channel=None,
    row_labels=("channel", "queue", "medium"),
    facts=Customer,
    fold=fold,
    contributions=contributions,
    renamed=renamed,
    customers=nobody,
    seals=is_tombstone,
    formula=FORMULA,
    late_ms=36 * DAY_MS,
    # Outcomes of contacts that began in the last 36 days may still be written 8 days later.
    retention_ms=44 * DAY_MS,
    measures=(CustomerMeasure,),
    composites=COMPOSITES,
)
