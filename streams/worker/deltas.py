"""Sums of a portion: changes of contacts added up by slice (deltas), and their increases by counter (totals). Pure."""

from __future__ import annotations

from collections.abc import Callable

from streams.facts.domains import parts
from streams.facts.shared.contributions import Amounts
from streams.numbers.sketches import FIRST_CODE
from streams.numbers.tiers import TOTALS
from streams.store.cells import Cells


def add_first(first: Amounts, amounts: Amounts) -> None:
    """Add the amounts of a contact without earlier amounts to those of others; they may be changed here.

    All of them are increases, so the counters can wait until the amounts of many contacts are summed (``sum_first``).
    Otherwise equal to ``add_difference``.
    """
    for key, cells in amounts.items():
        kept = first.get(key)
        if kept is None:
            first[key] = cells
        else:
            for code, amount in cells.items():
                kept[code] = kept.get(code, 0) + amount


def sum_first(first: Amounts, deltas: Amounts, totals: dict[str, Cells]) -> None:
    """Add the first amounts of contacts to the counters and the deltas."""
    for key, cells in first.items():
        sums = totals.setdefault(f"{TOTALS}{key[1]}", {})
        for code, amount in cells.items():
            if code > FIRST_CODE:  # no sketch: percentiles are read over windows only
                sums[code] = sums.get(code, 0) + amount
        kept = deltas.get(key)
        if kept is None:
            deltas[key] = cells
        else:
            for code, amount in cells.items():
                kept[code] = kept.get(code, 0) + amount


def add_difference(
    deltas: Amounts, totals: dict[str, Cells], diff: Amounts, present: Callable[[int], int] | None
) -> None:
    """Add a contact's difference to the deltas, and its net increases to the counters.

    Args:
        deltas: amounts by slice and row.
        totals: increases of the counters by field.
        diff: new amounts of the contact minus those stored.
        present: id of a row under the present name of its queue, where queues were renamed.
    """
    net: dict[tuple[int, int], int] = {}
    for key, cells in diff.items():
        # Amounts that move from the row of an earlier name to that of the present one are no increase.
        row = key[1] if present is None else present(key[1])
        kept = deltas.get(key)
        if kept is None:
            kept = deltas[key] = {}
        for code, amount in cells.items():
            kept[code] = kept.get(code, 0) + amount
            # By single measures, and net over all slices of the contact: a change from one composite code to
            # another, or a move to another slice, increases only the measures that are new.
            if code > FIRST_CODE:  # no sketch
                for part in parts(code):
                    net[row, part] = net.get((row, part), 0) + amount
    for (row, code), amount in net.items():
        # Counters only grow, as Prometheus requires: a correction downwards changes the slices but not the totals.
        if amount > 0:
            sums = totals.setdefault(f"{TOTALS}{row}", {})
            sums[code] = sums.get(code, 0) + amount
