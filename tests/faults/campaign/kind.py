"""Declaration of a kind of fault, and the result of its case."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.faults.campaign.feed import Record

if TYPE_CHECKING:
    from tests.faults.campaign.case import Case

RATE = 80
"""Records a second."""

Transform = Callable[[Iterator[Record], random.Random], Iterator[Record]]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of fault.

    Attributes:
        name: on the command line and in the table.
        words: what is done, for the table.
        inject: does it to a case under load.
        members: names of the workers of the case, "" for one without a static name.
        redis: options of its Redis.
        rate: records a second.
        transform: changes the records before they are sent.
        shifted: its programs run under clocks of the campaign's.
        small_disk: server whose data is on a small disk, ``"kafka"`` or ``"redis"``.
        late_ms: how much older than usual the events of the load are.
        refusals: status 2 is right for it: a person must change something.
        check: looks, after everything is applied, for what the comparison with a quiet run cannot see.
    """

    name: str
    words: str
    inject: Callable[[Case], None]
    members: tuple[str, ...] = ("one",)
    redis: tuple[str, ...] = ("--appendonly", "yes", "--appendfsync", "everysec")
    rate: int = RATE
    transform: Transform | None = None
    shifted: bool = False
    small_disk: str = ""
    late_ms: int = 0
    refusals: bool = False
    check: Callable[[Case], None] | None = None


@dataclass
class Outcome:
    """Result of one case. ``problems``: what else than a difference or a lie must not be."""

    kind: Kind
    faults: int = 0
    compared: int = 0
    differences: list[str] = field(default_factory=list)
    difference_count: int = 0
    blind_seconds: Mapping[str, float] = field(default_factory=dict)
    looks: int = 0
    lies: int = 0
    told: list[str] = field(default_factory=list)
    statuses: Mapping[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    not_tried: str = ""
    seconds: float = 0.0

    @property
    def failed(self) -> bool:
        """True if the case shows a fault of the product."""
        return bool(self.difference_count or self.lies or self.problems)


class CampaignError(Exception):
    """A case could not be run to its end; the text says why."""
