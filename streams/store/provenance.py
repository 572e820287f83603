"""Whether the numbers in Redis were made of the same log, with the same key, as this worker would make them."""

from __future__ import annotations

from typing import NamedTuple

from streams.common.errors import UserError
from streams.store.stored import Stored

OLDEST_FORMULA = 3
"""Numbers of earlier formulas have other counter codes: nothing may be added to them, and nobody may read them."""


class Provenance(NamedTuple):
    """What numbers are made of.

    Attributes:
        topic_id: of Kafka; "" where the broker tells none.
        partitions: of the topic, by the settings.
        key_check: tells one hash key from another.
        source: how the contacts of the generation are named to the fold of customers.
    """

    topic_id: str
    partitions: int
    key_check: str
    source: str


def check_provenance(stored: Stored, name: str, ours: Provenance) -> None:
    """Compare what is stored for one partition of topic ``name`` with ``ours``; what is not stored yet may be anything.

    Raises:
        UserError: going on would mix two logs, two spreads of keys, two hash keys or two tellers.
    """
    if stored.formula is not None and stored.formula < OLDEST_FORMULA:
        raise UserError(
            f"the numbers of topic {name} were counted by an earlier release whose counters have other codes (formula "
            f"{stored.formula}, this release reads {OLDEST_FORMULA} and later); run `veinte rebuild`, then start again"
        )
    if stored.topic_id and ours.topic_id and stored.topic_id != ours.topic_id:
        raise UserError(
            f"topic {name} is another log under the same name (its id is {ours.topic_id}, the numbers are of "
            f"{stored.topic_id}); choose another VEINTE_NAMESPACE or run `veinte rebuild`"
        )
    if stored.partitions is not None and stored.partitions != ours.partitions:
        raise UserError(
            f"topic {name} was counted with {stored.partitions} partitions, the settings say "
            f"{ours.partitions}; run `veinte rebuild` after a change of partitions"
        )
    if stored.key_check and stored.key_check != ours.key_check:
        raise UserError(
            f"the numbers of topic {name} were made with another VEINTE_HASH_KEY: the same customer would be two; "
            "put the old key back, or run `veinte rebuild`"
        )
    if stored.source and stored.source != ours.source:
        raise UserError(
            f"what the contacts of topic {name} told of their customers is called {stored.source}, but Redis says "
            f"{ours.source}: repeats would be missing; run `veinte rebuild`"
        )
