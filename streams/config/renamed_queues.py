"""Renamed queues: the setting ``was`` of all queues together, and what in it cannot work."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from streams.common.renames import Renames
from streams.config.queue_settings import QueueSettings
from streams.facts.tickets.facts import UNASSIGNED
from streams.numbers.names import OTHER

Queues = Mapping[str, tuple[QueueSettings, ...]]
STAND_FOR = {OTHER: "the queues past queue_limit", UNASSIGNED: "tickets without a queue"}
"""Names that no event gives, and what is counted under them."""


def renames_of(queues: Queues) -> Renames:
    """Channel → earlier name → name of the queue; channels without a renamed queue are left out."""
    found: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for name, entries in queues.items():
        for entry in entries:
            for earlier in entry.was:
                found[entry.channel][earlier] = name
    return dict(found)


def contradictions(queues: Queues) -> Iterator[str]:
    """One sentence for each earlier name that cannot be one."""
    owners: dict[str, str] = {}
    for name, entries in queues.items():
        for earlier in dict.fromkeys(earlier for entry in entries for earlier in entry.was):
            where = f"queues.{name}.was = {earlier!r}"
            if earlier == name:
                yield f"{where}: that is its present name; leave it out"
            elif earlier in STAND_FOR:
                yield f"{where}: this name stands for {STAND_FOR[earlier]}, which no queue can take; leave it out"
            elif earlier in queues:
                channels = {entry.channel for entry in entries if earlier in entry.was}
                yield f"{where}: {_configured(name, earlier, queues, channels)}"
            elif owners.setdefault(earlier, name) != name:
                yield f"{where}: it is an earlier name of queues.{owners[earlier]} too; keep it in one of the two"


def _configured(name: str, earlier: str, queues: Queues, channels: Iterable[str]) -> str:
    """The reason why a queue that is configured itself is not the earlier name of another."""
    own = queues[earlier]
    others = sorted({entry.channel for entry in own} - set(channels))
    if len(others) == len({entry.channel for entry in own}):
        return (
            f"queues.{earlier} is a queue of another channel ({', '.join(others)}, not {', '.join(sorted(channels))}); "
            "a queue that is renamed keeps its channel, so leave the name out"
        )
    before = list(dict.fromkeys(first for entry in own for first in entry.was))
    if before:
        names = ", ".join(f'"{each}"' for each in (*before, earlier))
        return f"queues.{earlier} was renamed itself; write queues.{name}.was = [{names}] and remove queues.{earlier}"
    return f"queues.{earlier} is configured itself; remove its table, or the name from was"
