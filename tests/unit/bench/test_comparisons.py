"""The benchmarks' comparison of two versions: what is a difference, and what is not."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from streams.common.errors import UserError
from streams.sources.outgoing import OutgoingEvent
from streams.sources.simulator.catalogue import QUEUES
from tests.bench import checkouts
from tests.bench.checkouts import checkout, commit_of
from tests.bench.comparison import Dump, compare
from tests.bench.packed_bytes import Kept, table
from tests.bench.scrape import spread
from tests.support.paths import ROOT

KNOWN: dict[str, Any] = {
    "measure": ["offered", "answered"],
    "sketch": ["wait"],
    "tier": ["s", "q"],
    "live": {"waiting": ["row", "offered_ms"]},
}
ROW = ("call", "Ventas", "")
OFFERED = "measure\toffered\t"


def dump(
    cells: dict[str, int], counters: dict[str, int], *, offered_ms: int = 1, known: dict[str, Any] | None = None
) -> Dump:
    slices = {("q", 900_000, *ROW): cells, ("t", 0, *ROW): counters}
    live = {("waiting", "c-1", "0"): {"row": list(ROW), "offered_ms": offered_ms}}
    return Dump({**KNOWN, **(known or {})}, slices, live)


def test_equal_numbers_have_no_difference() -> None:
    """Everything is counted, and nothing is said to differ."""
    found = compare(dump({OFFERED: 3}, {OFFERED: 3}), dump({OFFERED: 3}, {OFFERED: 3}))
    assert (1, 1, 1, 1, [], []) == tuple(found)


def test_each_cell_and_live_field_that_differs_is_named() -> None:
    """A difference says where it is, and the amounts of both sides."""
    found = compare(dump({OFFERED: 3}, {OFFERED: 3}), dump({OFFERED: 3, "sketch\twait\t7": 1}, {OFFERED: 3}))
    assert ["q 1970-01-01T00:15:00+00:00 call Ventas wait 7: theirs 0, ours 1"] == found.differences
    found = compare(dump({}, {}), dump({}, {}, offered_ms=2))
    assert ["waiting c-1 0 offered_ms: theirs 1, ours 2"] == found.differences


def test_a_measure_left_out_is_named() -> None:
    """A measure that a release counts otherwise on purpose is not compared, which is said; the rest is compared."""
    theirs = dump({OFFERED: 3, "measure\tanswered\t": 1}, {OFFERED: 3})
    ours = dump({OFFERED: 4, "measure\tanswered\t": 2}, {OFFERED: 4})
    found = compare(theirs, ours, without=["answered"])
    assert ["q 1970-01-01T00:15:00+00:00 call Ventas offered: theirs 3, ours 4"] == found.differences
    assert ["not compared: answered"] == found.notes[:1]


def test_a_measure_that_one_side_knows_is_no_difference() -> None:
    """A new measure is listed; what both know is compared all the same."""
    more = {"measure": ["offered", "answered", "transferred"]}
    ours = dump({OFFERED: 3, "measure\ttransferred\t": 1}, {OFFERED: 3}, known=more)
    found = compare(dump({OFFERED: 3}, {OFFERED: 3}), ours)
    assert ([], ["only ours has the measure transferred"]) == (found.differences, found.notes)


@pytest.mark.parametrize(
    "counter, differences", [(1_000, 0), (1_010, 0), (1_250, 0), (1_251, 1), (2_000, 1), (999, 1), (0, 2)]
)
def test_a_counter_may_keep_what_was_taken_back(counter: int, differences: int) -> None:
    """A counter may be above the sum of its slices by what was taken back, never below it nor twice as high."""
    found = compare(dump({OFFERED: 1_000}, {OFFERED: 1_000}), dump({OFFERED: 1_000}, {OFFERED: counter}))
    assert differences == len(found.differences)


def test_tiers_of_one_side_stand_apart_in_the_bytes() -> None:
    """The sums compare the tiers that both sides have."""
    theirs = {"calls": Kept(100, Counter(q=50, t=10))}
    ours = {"calls": Kept(90, Counter(q=60, t=10, d=7))}
    lines = [line.split()[-3:] for line in table(theirs, ours)]
    assert ["160", "160", "1.000"] in lines
    assert ["–", "7", "–"] in lines


def test_what_is_no_version_is_refused_in_one_sentence() -> None:
    """Neither a folder without our packages nor an unknown name is taken for a version."""
    with pytest.raises(UserError, match="no folder and no commit"):
        commit_of("no-such-tag")
    with pytest.raises(UserError, match="has no module"), checkout(str(ROOT / "docs")):
        pass


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="the sources are no git repository")
def test_a_release_is_found_without_its_tag(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clone without tags knows the commits of the releases."""
    head = commit_of("HEAD")
    monkeypatch.setitem(checkouts.RELEASES, "v9.9.9", head)
    assert head == commit_of("v9.9.9")


def test_this_checkout_has_every_module(tmp_path: Path) -> None:
    """The table of module names fits the version that it is part of."""
    with checkout(str(ROOT)) as ours:
        assert {names[0] for names in checkouts.MODULES.values()} == set(ours.modules.values())


@pytest.mark.parametrize("queues", [8, 9, 100])
def test_a_load_is_spread_over_as_many_queues_as_asked_for(queues: int) -> None:
    """The simulator's queues are split into exactly so many."""
    offers = (
        OutgoingEvent("calls", f"c-{number}", 0, {"data": {"queue": queue.name, "to": queue.name}})
        for number in range(500)
        for queue in QUEUES
    )
    spread_over = [event.body["data"] for event in spread(offers, queues)]
    assert queues == len({data["queue"] for data in spread_over})
    assert all(data["queue"] == data["to"] for data in spread_over)


def test_counters_of_shuffled_events_have_a_lower_bound_only() -> None:
    """Shuffled events may count a lot more that is taken back again; a lost count is still seen."""
    theirs = dump({OFFERED: 1_000}, {OFFERED: 1_000})
    assert [] == compare(theirs, dump({OFFERED: 1_000}, {OFFERED: 2_000}), in_order=False).differences
    assert 1 == len(compare(theirs, dump({OFFERED: 1_000}, {OFFERED: 999}), in_order=False).differences)
