"""All kinds of faults, in the order in which a campaign injects them."""

from __future__ import annotations

from tests.faults.campaign.kind import Kind
from tests.faults.campaign.kinds import (
    clocks,
    kafka_faults,
    log_faults,
    operations,
    records,
    redis_faults,
    workers,
)

KINDS: tuple[Kind, ...] = (
    *workers.KINDS,
    *redis_faults.KINDS,
    *kafka_faults.KINDS,
    *log_faults.KINDS,
    *clocks.KINDS,
    *records.KINDS,
    *operations.KINDS,
)
KIND_OF = {kind.name: kind for kind in KINDS}
