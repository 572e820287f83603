"""Drain of a worker: the end of the log at its start, and what is said when it is reached."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping

from streams.config.settings import Settings
from streams.contract.topics import INPUTS
from streams.worker.log_progress import LogProgress, TopicPartition
from streams.worker.partition import OwnedPartition

Owned = Mapping[TopicPartition, OwnedPartition]


class Drain:
    """Progress towards the end of a drain: the inputs first, then the outcomes published for them."""

    def __init__(self, settings: Settings, progress: LogProgress) -> None:
        self._inputs = {settings.topic(topic) for topic in INPUTS}
        self._progress = progress
        self._inputs_drained_at: float | None = None

    def is_done(self, owned: Owned, since: float) -> bool:
        """True if every record in the owned partitions at the monotonic time ``since`` is applied, and then every
        outcome published for them.

        Records of a transaction that stays open, and those behind it, are not waited for: the position stays before
        them. Neither is a partition that stands still.
        """
        if not self._seen_since(owned, since, lambda name: name in self._inputs):
            self._inputs_drained_at = None
            return False
        # Outcomes are published while inputs are applied, so the end of their topic counts only if it was reached after
        # the inputs were drained.
        if self._inputs_drained_at is None:
            self._inputs_drained_at = time.monotonic()
        return self._seen_since(owned, self._inputs_drained_at, lambda name: name not in self._inputs)

    def wait_for_outcomes(self) -> None:
        """Note that outcomes have been published just now: the end of their topic counts from now on."""
        self._inputs_drained_at = None

    def _seen_since(self, owned: Owned, since: float, wanted: Callable[[str], bool]) -> bool:
        """True if every owned partition of the wanted topics is applied up to ``since``."""
        return all(
            self._progress.seen_since(partition, each, since)
            for partition, each in owned.items()
            if each.stop is None and wanted(partition[0])
        )


def summary(owned: Owned) -> str:
    """Counts of applied and rejected records since the numbers began, for the partitions owned now."""
    counts: Counter[str] = Counter()
    for each in owned.values():
        counts.update(each.statistics)
    reasons = {name.removeprefix("rejected."): n for name, n in counts.items() if name.startswith("rejected.")}
    text = f"{counts['applied']:,} events applied in all, {sum(reasons.values()):,} rejected"
    if reasons:
        text += f" ({', '.join(f'{reason} {number:,}' for reason, number in sorted(reasons.items()))})"
    return f"{text}, {counts['late']:,} amounts too late to keep" if counts["late"] else text


def unread(owned: Owned) -> str:
    """Sentence on the records that a drain leaves because transactions stay open; empty without any."""
    held = [
        f"{name}-{number} from offset {each.transaction.offset}"
        for (name, number), each in sorted(owned.items())
        if each.transaction is not None
    ]
    if not held:
        return ""
    return (
        f"a transaction of a producer is open: {', '.join(held)} nothing can be read; end it, then go on reading "
        "with `veinte worker`"
    )
