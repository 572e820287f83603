"""Declaration of a domain: topic, facts, contributions and counters of one kind of subject."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import msgspec

from streams.common.renames import Renames
from streams.common.vocabulary import Channel, Pseudonym
from streams.contract.decoding import Decoded
from streams.contract.topics import Topic
from streams.facts.shared.contributions import Contributions, Names, Stage
from streams.facts.shared.policy import PolicyBook
from streams.facts.shared.states import ContactState
from streams.numbers.codes import CompositeCounter, SharedSketch, SharedSum
from streams.numbers.live_entries import LiveEntry
from streams.numbers.measures import Measure, Sketch


class Facts(Protocol):
    """Facts of one subject: the value that ``fold`` returns, never changed afterwards."""

    newest_ms: int


F = TypeVar("F", bound=Facts)
Fold = Callable[[F | None, Iterable[Decoded], Pseudonym], tuple[F, int]]
"""Merge of events into facts; returns the facts and the number of events that contradicted them."""
Contribute = Callable[[F, PolicyBook, Names, Stage], Contributions]
"""Amounts and live entries of facts, judged by a policy book."""


def _as_they_are(facts: F, _renames: Renames) -> F:
    return facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain(Generic[F]):
    """One kind of subject and its topic.

    Attributes:
        topic: its events.
        channel: of its rows; ``None`` where each row names its own, as for repeats across channels.
        row_labels: labels of its rows beside the channel.
        facts: type of the facts; ``fold`` and ``contributions`` are its pure functions.
        renamed: the facts with the present names of renamed queues.
        unmoved: the facts to be judged, without moves from an earlier name of a queue to its present one.
        customers: current customer of the facts, and every other one ever named by their events (keyed hashes).
        seals: true of an event that drops facts and leaves what they had added as it is; ``None`` without such events.
        formula: version of its contributions; numbers of another version need ``veinte rebuild``.
        late_ms: greatest accepted delay of an event; the state is kept as long.
        retention_ms: retention of its topic in the broker.
        arrivals: measure of the demand that arrives; ``None`` for a domain without arrivals.
        live: types of its live entries.
        measures, sketches, composites, shared_sums, shared_sketches: counters of its contributions.
    """

    topic: Topic
    channel: Channel | None
    row_labels: tuple[str, ...]
    facts: type[F]
    fold: Fold[F]
    contributions: Contribute[F]
    renamed: Callable[[F, Renames], F]
    customers: Callable[[F], tuple[bytes | None, list[bytes]]]
    formula: int
    late_ms: int
    retention_ms: int
    unmoved: Callable[[F, Renames], F] = _as_they_are
    seals: Callable[[Decoded], bool] | None = None
    arrivals: Measure | None = None
    live: tuple[type[LiveEntry], ...] = ()
    measures: tuple[type[Measure], ...]
    sketches: tuple[type[Sketch], ...] = ()
    composites: tuple[CompositeCounter, ...] = ()
    shared_sums: tuple[SharedSum, ...] = ()
    shared_sketches: tuple[SharedSketch, ...] = ()

    @property
    def is_derived(self) -> bool:
        """True where a worker publishes the events of the domain."""
        return self.channel is None

    @property
    def live_types(self) -> dict[str, type[LiveEntry]]:
        """Types of live entries by the letter that begins their fields."""
        return {entry.letter: entry for entry in self.live}

    def state_decoder(self) -> Callable[[bytes], ContactState[F]]:
        """A decoder of stored states."""
        return msgspec.msgpack.Decoder(ContactState[self.facts]).decode  # type: ignore[name-defined]  # a type at run time


def nobody(_facts: object) -> tuple[bytes | None, list[bytes]]:
    """Customers of a domain whose facts name none."""
    return None, []
