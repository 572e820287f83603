"""Provenance of stored numbers: the log, hash key and outcome source they were made with, compared with the
worker's."""

from __future__ import annotations

from typing import NamedTuple

from streams.common.errors import UserError
from streams.store.stored import OLDEST_FORMULA, Stored


class Provenance(NamedTuple):
    """Inputs that stored numbers depend on.

    Attributes:
        topic_id: of Kafka; "" if the broker gives none.
        partitions: of the topic, by the settings.
        key_check: identifies the hash key.
        source: ``source`` of the generation's outcomes.
    """

    topic_id: str
    partitions: int
    key_check: str
    source: str


def check_provenance(stored: Stored, name: str, ours: Provenance) -> None:
    """Compare the stored provenance of one partition of topic ``name`` with ``ours``; a value not stored yet always
    matches.

    Raises:
        UserError: to continue would mix two logs, two partitionings, two hash keys or two outcome sources.
    """
    if stored.formula is not None and stored.formula < OLDEST_FORMULA:
        raise UserError(
            f"the numbers of topic {name} were counted by an earlier release that stored them otherwise (formula "
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
