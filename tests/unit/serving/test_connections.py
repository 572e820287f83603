"""Who may have one more connection, and which one is closed for it."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from streams.serving.connections import Closable, Connections
from streams.serving.limits import CLOSED_A_SECOND, Limits


@dataclass(eq=False)
class Wire:
    """A connection of an owner in a given state."""

    owner: str
    kind: Closable = Closable.WAITING
    since: float = 0.0
    dropped: bool = False

    def state(self) -> tuple[Closable, float]:
        return self.kind, self.since

    def drop(self) -> None:
        self.dropped = True


def opened(limits: Limits, *wires: Wire) -> Connections:
    connections = Connections(limits)
    for wire in wires:
        connections.add(wire)
    return connections


def test_the_oldest_idle_one_of_the_same_client_makes_room() -> None:
    """A client at its limit loses the connection that waits longest, never one that works."""
    old, new = Wire("a", since=1), Wire("a", since=2)
    works = Wire("a", Closable.WORKING)
    connections = opened(Limits(100, 3), new, works, old)
    assert connections.make_room("a", 0)
    assert [True, False, False] == [old.dropped, new.dropped, works.dropped]
    assert 2 == len(connections)


def test_a_client_whose_connections_all_work_gets_no_more() -> None:
    """Such a client is refused, others are not; a proxy, who brings many people, is not limited."""
    wires = [Wire("a", Closable.WORKING) for _ in range(3)]
    connections = opened(Limits(100, 3), *wires)
    assert not connections.make_room("a", 0)
    assert connections.make_room("b", 0)
    assert connections.make_room("a", 0, limited=False)
    assert not any(wire.dropped for wire in wires)


def test_whoever_has_most_makes_room_for_all() -> None:
    """Where all places are taken the client with most loses one, even one that works, and nobody else."""
    single, many = Wire("honest"), [Wire("many", Closable.WORKING, since=n) for n in range(3)]
    connections = opened(Limits(4, 250), single, *many)
    assert connections.make_room("new", 0)
    assert [True, False, False] == [wire.dropped for wire in many]
    assert not single.dropped


def test_screens_behind_one_address_stay_while_others_wait() -> None:
    """Whoever has most keeps connections that work, and one that has just come, as long as others have waited longer
    or do not read."""
    screens = [Wire("room", Closable.WORKING) for _ in range(19)] + [Wire("room", since=200)]
    halves = [Wire(f"half-{n}", since=n) for n in range(179)] + [Wire("slow", Closable.STALLED)]
    connections = opened(Limits(200, 250), *screens, *halves)
    for n in range(160):
        assert connections.make_room(f"new-{n}", n)
        connections.add(Wire(f"new-{n}", Closable.WORKING))
    assert not any(wire.dropped for wire in screens)
    assert all(wire.dropped for wire in halves[:160])
    for n in range(160, 190):
        assert connections.make_room(f"new-{n}", n)
        connections.add(Wire(f"new-{n}", Closable.WORKING))
    assert all(wire.dropped for wire in halves)
    assert any(wire.dropped for wire in screens if wire.kind is Closable.WORKING)


def test_who_opens_thousands_is_refused_and_not_made_room_for() -> None:
    """Past a few a second a client at its limit is refused, and goes on a second later; others come in meanwhile."""
    connections = opened(Limits(10, 10), *(Wire("many", since=n) for n in range(10)))
    taken = 0
    for _ in range(1_000):
        if connections.make_room("many", 5.0):
            connections.add(Wire("many"))
            taken += 1
    assert CLOSED_A_SECOND == taken
    assert connections.make_room("honest", 5.0)
    assert connections.make_room("many", 6.0)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(Closable), st.integers(0, 9)), max_size=60))
def test_no_limit_is_ever_passed(arrivals: list[tuple[str, Closable, int]]) -> None:
    """Whoever comes in whatever state: there are never more than the limits allow, and the count is right."""
    connections, open_wires = Connections(Limits(8, 4)), []
    for owner, kind, since in arrivals:
        if connections.make_room(owner, since):
            wire = Wire(owner, kind, since)
            connections.add(wire)
            open_wires.append(wire)
        alive = [wire for wire in open_wires if not wire.dropped]
        assert len(alive) == len(connections) == len(connections.all()) <= 8
        assert max((sum(wire.owner == each for wire in alive) for each in "abc"), default=0) <= 4
    for wire in open_wires:
        connections.discard(wire)
        connections.discard(wire)
    assert 0 == len(connections)
