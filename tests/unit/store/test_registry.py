"""Names and ids of a partition's rows and dimensions."""

from __future__ import annotations

import pytest

from streams.common.vocabulary import Medium
from streams.numbers.names import OTHER, SEPARATOR
from streams.store.registry import DIMENSION_LIMITS, LABEL_SETS, Registry


def test_ids_are_given_once() -> None:
    """A row and a dimension keep their ids; new ones wait to be committed."""
    registry = Registry({}, frozenset(), 9)
    assert [1, 2, 3, 1] == [
        registry.row("sales"),
        registry.row("sales", "email"),
        registry.dimension(("reason", "timeout")),
        registry.row("sales"),
    ]
    assert {f"rsales{SEPARATOR}": 1, f"rsales{SEPARATOR}email": 2, "dreason=timeout": 3} == registry.added
    assert 3 == len(registry)


def test_ids_survive_a_restart() -> None:
    """A stored name keeps its id; a new name gets the next one, and only new names are added."""
    stored = {f"rsales{SEPARATOR}": 1, "dreason=timeout": 2, f"rsupport{SEPARATOR}": 3}
    registry = Registry(stored, frozenset(), 9)
    assert [3, 1, 2, 4] == [
        registry.row("support"),
        registry.row("sales"),
        registry.dimension(("reason", "timeout")),
        registry.row("chat"),
    ]
    assert {f"rchat{SEPARATOR}": 4} == registry.added


def test_past_the_limit_queues_are_folded_into_other() -> None:
    """Unknown queues keep their names up to the limit, later ones share one row and are counted."""
    registry = Registry({}, frozenset(), 2)
    rows = [registry.row(name) for name in ("a", "b", "c", "d", "a", "b")]
    assert (rows[2], rows[0], rows[1]) == (rows[3], rows[4], rows[5])
    assert 3 == len(set(rows)) == len(registry)
    assert {"queue": 2} == registry.folded
    assert registry.row(OTHER) == rows[2]
    assert {"queue": 2} == registry.folded


def test_media_of_a_queue_are_no_queues() -> None:
    """A queue that has its name has it in every medium; a folded one shares one row a medium."""
    registry = Registry({}, frozenset(), 1)
    kept = {registry.row("a", medium) for medium in Medium}
    folded = {registry.row("b", medium) for medium in Medium} | {registry.row("c", medium) for medium in Medium}
    assert (len(Medium), len(Medium), 2 * len(Medium)) == (len(kept), len(folded), len(kept | folded))


def test_rows_of_unknown_queues_have_a_bound() -> None:
    """Of queue and medium together there are so many rows, later ones are `other`; a known row stays, also after a
    restart, and configured queues have theirs."""
    registry = Registry({}, frozenset({"vip"}), 200)
    names = [(f"q{number}", medium) for number in range(100) for medium in Medium]
    rows = [registry.row(*name) for name in names]
    others = {registry.row(OTHER, medium) for medium in Medium}
    assert LABEL_SETS == len(set(rows) - others)
    assert {"queue": len(rows) - LABEL_SETS} == registry.folded
    assert LABEL_SETS + len(Medium) == len(registry)
    again = Registry(registry.added, frozenset({"vip"}), 200)
    assert rows == [again.row(*name) for name in names]
    assert len(registry) + 1 == again.row("vip", Medium.EMAIL)


def test_a_greater_limit_of_queues_is_the_bound_of_rows() -> None:
    """Whoever raises the limit of queues has as many rows in a channel without media."""
    registry = Registry({}, frozenset(), 2 * LABEL_SETS)
    rows = {registry.row(f"q{number}") for number in range(3 * LABEL_SETS)}
    assert 2 * LABEL_SETS + 1 == len(rows)


def test_configured_queues_always_keep_their_names() -> None:
    """A configured queue takes no place among the unknown, and has its own row however late it comes."""
    registry = Registry({}, frozenset({"sales", "support"}), 1)
    rows = [registry.row(name) for name in ("x", "y", "sales", "z", "support")]
    assert 4 == len(set(rows))
    assert (rows[1], {"queue": 2}) == (rows[3], registry.folded)


def test_the_limit_holds_across_restarts() -> None:
    """Stored unknown queues count towards the limit and keep their names; what was folded stays folded."""
    first = Registry({}, frozenset({"sales"}), 2)
    for name in ("sales", "a", "b", "c"):
        first.row(name)
    second = Registry(first.added, frozenset({"sales"}), 2)
    other = second.row(OTHER)
    assert other == second.row("c") == second.row("d")
    assert len({other, second.row("a"), second.row("b"), second.row("sales")}) == 4
    assert {} == second.added


def test_a_queue_that_is_configured_later_leaves_its_place() -> None:
    """Once a queue is in the settings, it no longer counts among the unknown."""
    first = Registry({}, frozenset(), 1)
    first.row("a")
    second = Registry(first.added, frozenset({"a"}), 1)
    assert second.row("b") != second.row(OTHER)


def test_10_000_queues_cost_200_rows() -> None:
    """A producer that makes up queue names cannot make the books grow."""
    registry = Registry({}, frozenset(), 200)
    for number in range(10_000):
        registry.row(f"q{number}")
    assert (201, {"queue": 9_800}) == (len(registry), registry.folded)


def test_a_row_has_a_channel_where_its_partition_has_many() -> None:
    """The same queue and medium of two channels are two rows, both of one queue, and keep their ids."""
    registry = Registry({}, frozenset(), 1)
    rows = [registry.row("sales", "", "call"), registry.row("sales", "", "chat"), registry.row("sales", "", "call")]
    assert [1, 2, 1] == rows
    assert {f"rsales{SEPARATOR}{SEPARATOR}call": 1, f"rsales{SEPARATOR}{SEPARATOR}chat": 2} == registry.added
    second = Registry(registry.added, frozenset(), 1)
    assert [1, 2] == [second.row("sales", "", "call"), second.row("sales", "", "chat")]
    assert {} == second.folded
    assert second.row(OTHER, "", "call") == second.row("support", "", "call")
    assert {"queue": 1} == second.folded


@pytest.mark.parametrize("kind", DIMENSION_LIMITS)
def test_free_text_is_bounded(kind: str) -> None:
    """Values of a dimension that producers make up keep their names up to a limit; the rest is other, and counted."""
    registry, limit = Registry({}, frozenset(), 1), DIMENSION_LIMITS[kind]
    ids = [registry.dimension((kind, f"v{number}")) for number in range(limit + 3)]
    assert (limit, 1) == (len(set(ids[:limit])), len(set(ids[limit:])))
    assert (limit + 1, {kind: 3}) == (len(registry), registry.folded)
    assert ids[0] == registry.dimension((kind, "v0"))
    assert ids[-1] == registry.dimension((kind, OTHER))


def test_the_limit_of_a_dimension_holds_across_restarts() -> None:
    """Stored values count towards their own limit, and towards no other."""
    first = Registry({}, frozenset(), 1)
    for number in range(DIMENSION_LIMITS["kind"]):
        first.dimension(("kind", f"v{number}"))
    second = Registry(first.added, frozenset(), 1)
    other = second.dimension(("kind", "one more"))
    assert other == second.dimension(("kind", OTHER))
    assert second.dimension(("topic", "one more")) != second.dimension(("topic", OTHER))
    assert {"kind": 1} == second.folded


def test_values_of_the_contract_are_not_limited() -> None:
    """Reasons are an enumeration: each keeps its name."""
    registry = Registry({}, frozenset(), 1)
    assert len({registry.dimension(("reason", f"r{number}")) for number in range(300)}) == 300
    assert {} == registry.folded
