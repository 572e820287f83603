"""The numbers of two versions by name, as ``tests.bench.inside`` prints them, and what differs. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

TAB = "\t"
WIDEST = "q"
"""The tier whose slices add up to the counters."""
TOTALS = "t"
MOST_APART_RATIO = 0.25
"""How far the counters of one measure may be apart, of what its slices add up to. In practice it is some percent."""
FEW = 100
"""Smaller counters than this may be any part apart."""

Cells = dict[str, int]
"""Amounts by kind, name and dimension or bucket, tab-separated."""
Place = tuple[Any, ...]
"""Tier, start, channel, queue and medium of a slice; kind, subject and leg of a live entry."""


class Dump(NamedTuple):
    """Everything that one version has in Redis. ``known``: names of measures, sketches, tiers and live entries."""

    known: dict[str, Any]
    slices: dict[Place, Cells]
    live: dict[Place, dict[str, Any]]


class Comparison(NamedTuple):
    """Number of values compared, and a sentence for each difference; ``notes`` are no differences."""

    cells: int
    slices: int
    counters: int
    live: int
    differences: list[str]
    notes: list[str]


def read_dump(path: Path) -> Dump:
    """The dump in a file of JSON lines."""
    decode = msgspec.json.Decoder().decode
    with path.open("rb") as lines:
        found = Dump(decode(next(lines)), {}, {})
        for line in lines:
            entry = decode(line)
            if "live" in entry:
                found.live[tuple(entry["live"])] = entry["values"]
            else:
                found.slices[tuple(entry["at"])] = entry["cells"]
    return found


def compare(theirs: Dump, ours: Dump, *, in_order: bool = True, without: Collection[str] = ()) -> Comparison:
    """Every cell of every slice, every counter and every field of every live entry that both versions know.

    Counters only ever grow: they keep what was counted and then taken back, and how much that was depends on which
    events a worker happened to commit together. Two runs of one version disagree by some of that, a little of events
    in order and a lot of shuffled ones. So a counter differs where it is below what its slices add up to and, of events
    in order, where a measure's counters together are too far apart. The measures and sketches named in ``without`` are
    left out: what a release counts otherwise on purpose.
    """
    both = _Both(theirs.known, ours.known, without)
    differences: list[str] = []
    cells = counters = slices = apart = 0
    sums, all_rows = _sums(theirs, both), _MeasureSums()
    for place in sorted(theirs.slices.keys() | ours.slices.keys()):
        tier, _, *row = place
        if tier not in both.tiers:
            continue
        old, new = both.cells(theirs.slices.get(place, {})), both.cells(ours.slices.get(place, {}))
        names = sorted(old.keys() | new.keys())
        if tier != TOTALS:
            slices += 1
            cells += len(names)
            if old != new:
                differences += [_difference(place, name, old, new) for name in names if old.get(name) != new.get(name)]
            continue
        counters += len(names)
        lowest = sums[tuple(row)]
        for name in names:
            found = old.get(name, 0), new.get(name, 0)
            all_rows.add(name, lowest[name], *found)
            apart += found[0] != found[1]
            if min(found) < lowest[name]:
                differences.append(f"{_difference(place, name, old, new)}, its slices {lowest[name]:,}")
    if in_order:
        differences += all_rows.too_far_apart()
    live = sorted(theirs.live.keys() | ours.live.keys())
    for place in live:
        differences += both.of_live(place, theirs.live.get(place), ours.live.get(place))
    notes = list(_known_to_one(theirs.known, ours.known))
    if without:
        notes.append(f"not compared: {', '.join(without)}")
    if apart:
        notes.append(f"{apart:,} counters hold more on one side, of what was counted and taken back")
    return Comparison(cells, slices, counters, len(live), differences, notes)


class _MeasureSums:
    """Counters summed over rows and dimensions, by measure: too few of a single one say anything."""

    def __init__(self) -> None:
        self._sums: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0])

    def add(self, name: str, *amounts: int) -> None:
        """Add what the slices, their counter and our counter say."""
        sums = self._sums[name.split(TAB)[1]]
        for number, amount in enumerate(amounts):
            sums[number] += amount

    def too_far_apart(self) -> Iterator[str]:
        """A sentence for each measure whose counters cannot be explained by what was taken back."""
        for name, (lowest, theirs, ours) in sorted(self._sums.items()):
            if max(theirs, ours) >= FEW and abs(theirs - ours) > MOST_APART_RATIO * lowest:
                yield f"counters {name} of all rows: theirs {theirs:,}, ours {ours:,}, their slices {lowest:,}"


class _Both:
    """Leaves of each side what the other knows too."""

    def __init__(self, theirs: dict[str, Any], ours: dict[str, Any], without: Collection[str]) -> None:
        self.tiers = {*theirs["tier"], TOTALS} & {*ours["tier"], TOTALS}
        self._measures = {
            kind: (set(theirs[kind]) & set(ours[kind])).difference(without) for kind in ("measure", "sketch")
        }
        kinds = theirs["live"].keys() & ours["live"].keys()
        self._fields = {kind: set(theirs["live"][kind]) & set(ours["live"][kind]) for kind in kinds}

    def cells(self, cells: Cells) -> Cells:
        """The cells of measures and sketches that both know."""
        found = {}
        for key, amount in cells.items():
            kind, name, _ = key.split(TAB)
            if name in self._measures[kind]:
                found[key] = amount
        return found

    def of_live(self, place: Place, theirs: dict[str, Any] | None, ours: dict[str, Any] | None) -> Iterator[str]:
        """A sentence for each field of a live entry that differs."""
        where = _place(place)
        if place[0] not in self._fields:
            return
        if theirs is None or ours is None:
            yield f"{where}: only {'ours' if theirs is None else 'theirs'} has it"
            return
        for name in sorted(self._fields[place[0]]):
            if theirs[name] != ours[name]:
                yield f"{where} {name}: theirs {theirs[name]}, ours {ours[name]}"


def _known_to_one(theirs: dict[str, Any], ours: dict[str, Any]) -> Iterator[str]:
    for kind in ("measure", "sketch", "tier", "live"):
        for name, these, those in (("theirs", theirs[kind], ours[kind]), ("ours", ours[kind], theirs[kind])):
            alone = [entry for entry in these if entry not in those]
            if alone:
                yield f"only {name} has the {kind} {', '.join(alone)}"
    for kind in theirs["live"].keys() & ours["live"].keys():
        fields = set(theirs["live"][kind]) ^ set(ours["live"][kind])
        if fields:
            yield f"only one side has, of the live entry {kind}: {', '.join(sorted(fields))}"


def _sums(dump: Dump, both: _Both) -> dict[Place, Counter[str]]:
    """Sums over the slices of the widest tier, by row."""
    sums: defaultdict[Place, Counter[str]] = defaultdict(Counter)
    for (tier, _, *row), cells in dump.slices.items():
        if tier == WIDEST:
            sums[tuple(row)].update(both.cells(cells))
    return sums


def _difference(place: Place, name: str, theirs: Cells, ours: Cells) -> str:
    where = f"{_place(place)} {' '.join(part for part in name.split(TAB)[1:] if part)}"
    return f"{where}: theirs {theirs.get(name, 0):,}, ours {ours.get(name, 0):,}"


def _place(place: Place) -> str:
    """A slice or a live entry in words; the start of a slice in UTC."""
    named = [datetime.fromtimestamp(part / 1_000, UTC).isoformat() if isinstance(part, int) else part for part in place]
    return " ".join(part for part in named if part)
