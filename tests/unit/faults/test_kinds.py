"""The kinds of faults, and what they do to records."""

from __future__ import annotations

import random
from functools import cache
from itertools import islice

from tests.faults.campaign.contents import Contents, differences
from tests.faults.campaign.feed import Load, Record
from tests.faults.campaign.kind import Outcome
from tests.faults.campaign.kinds import KIND_OF, KINDS
from tests.faults.campaign.kinds.records import (
    POISONS,
    STRETCH_BAD,
    STRETCH_GOOD,
    out_of_order,
    poisoned,
    poisoned_stretches,
    repeated,
)
from tests.faults.campaign.results import details, table

NOW_MS = 1_795_300_000_000


LENGTH_MS = 1_500_000


@cache
def simulated() -> list[Record]:
    """Records of 25 minutes."""
    return list(Load(3, LENGTH_MS).records(NOW_MS))


def records(count: int) -> list[Record]:
    """So many records of a load; each of another contact or time."""
    found = list(islice(simulated(), count))
    assert count == len(found)
    return found


def test_kinds_have_names_of_their_own() -> None:
    """Each kind can be asked for by its name."""
    assert len(KINDS) == len(KIND_OF)


def test_poison_comes_beside_the_good_records() -> None:
    """No good record is lost to poison, and about one in a hundred is added; every way to spoil one is used."""
    good = records(2_000)
    found = list(poisoned(iter(good), random.Random(1)))
    assert good == [record for record in found if record in set(good)]
    assert 8 < len(found) - len(good) < 40
    ways = {poison(good[0], random.Random(number)) for number, poison in enumerate(POISONS)}
    assert len(POISONS) == len(ways - {good[0]})


def test_stretches_of_poison() -> None:
    """Good and bad records come in turn."""
    good = records(STRETCH_GOOD * 2)
    found = list(poisoned_stretches(iter(good), random.Random(1)))
    assert good[:STRETCH_GOOD] == found[:STRETCH_GOOD]
    assert good[STRETCH_GOOD:] == found[STRETCH_GOOD + STRETCH_BAD : -STRETCH_BAD]


def test_repetitions() -> None:
    """About one record in five comes twice; none is lost."""
    good = records(2_000)
    found = list(repeated(iter(good), random.Random(1)))
    assert set(good) == set(found)
    assert 0.1 < len(found) / len(good) - 1 < 0.25


def test_disorder() -> None:
    """Every record comes once, in another order."""
    good = records(1_000)
    found = list(out_of_order(iter(good), random.Random(1)))
    assert sorted(good) == sorted(found)
    assert good != found


def test_differences() -> None:
    """A changed, a missing and an added value are one difference each, and so is a counter below its slices."""
    quiet = Contents({("cell", "a"): 1, ("cell", "b"): 2, ("facts", "c"): {"x": [1]}}, {})
    found = Contents(
        {("cell", "a"): 1, ("cell", "b"): 3, ("facts", "d"): {"x": [1]}},
        {("counter", "e"): (4, 5), ("counter",): (5, 5)},
    )
    different = differences(found, quiet)
    assert [("cell", "b"), ("facts", "c"), ("facts", "d"), ("counter", "e")] == [each.place for each in different]
    assert [] == differences(quiet, quiet)


def test_a_table() -> None:
    """The table has a line a kind and a sum; a difference, a lie and a problem make a case fail."""
    kind = KINDS[0]
    fine = Outcome(kind, faults=3, compared=1_000, statuses={"0": 1, "SIGKILL": 3}, blind_seconds={"behind": 2.4})
    lying = Outcome(kind, faults=1, compared=10, lies=2, told=["10:00:00 UTC: fine"], statuses={"75": 1})
    differing = Outcome(kind, difference_count=7, differences=["cell: 1, after the quiet run 2"])
    assert [False, True, True, True] == [
        outcome.failed for outcome in (fine, lying, differing, Outcome(kind, problems=["stuck"]))
    ]
    text = table([fine, lying])
    assert [5, 1, 1] == [text.count(part) for part in ("\n", "75 ×1, 0 ×1, SIGKILL ×3", "| 1,010 ")]
    assert ["sigkill: cell: 1, after the quiet run 2", "sigkill: 6 more differences"] == details(differing)
