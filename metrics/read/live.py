"""What is true now, from the live entries: who waits, who is a miss so far, which tickets are open. Pure.

The entries of one row in one partition are a group. What a group says stays the same until an entry changes or the
clock passes the next of its moments, so a refresh looks again only at groups to which one of the two happened.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from metrics.snapshot.snapshot import LiveNumbers
from streams.common.durations import DAY_MS, HOUR_MS, MINUTE_MS
from streams.numbers.live_entries import Callback, ContactWaiting, InProgress, OpenTicket, Waiting, WrapUp
from streams.numbers.measures import Measure

RowEntry = Waiting | ContactWaiting | InProgress | WrapUp | Callback | OpenTicket
"""Live entries that belong to a row."""
UNCONFIRMED_AFTER_MS = 15 * MINUTE_MS
"""A leg without an event for this long is counted, and also reported as unconfirmed."""
DUE_SOON_MS = HOUR_MS
AGES_MS = (
    ("age_under_1h", HOUR_MS),
    ("age_1h_4h", 4 * HOUR_MS),
    ("age_4h_8h", 8 * HOUR_MS),
    ("age_8h_24h", DAY_MS),
    ("age_1d_3d", 3 * DAY_MS),
    ("age_3d_7d", 7 * DAY_MS),
)
"""Open tickets by age: the field of ``LiveNumbers``, and the age from which a ticket is in the next one."""
OLDEST_AGE = "age_over_7d"
NEVER_MS = 1 << 62
"""Later than any clock."""


@dataclass(slots=True)
class GroupState:
    """What one group says at ``now_ms`` with misses before ``limit_ms``, until one of the clocks passes ``until``.

    ``misses``: (measure, deadline) → how many. ``agents``: keyed hashes of who is in a conversation or wraps up after
    one. Oldest moments are ``NEVER_MS`` where there is none.
    """

    now_ms: int
    limit_ms: int
    now_until_ms: int = NEVER_MS
    limit_until_ms: int = NEVER_MS
    numbers: Counter[str] = field(default_factory=Counter)
    misses: Counter[tuple[Measure, int]] = field(default_factory=Counter)
    agents: set[bytes] = field(default_factory=set)
    oldest_wait_ms: int = NEVER_MS
    oldest_callback_ms: int = NEVER_MS
    oldest_ticket_ms: int = NEVER_MS

    def holds(self, now_ms: int, limit_ms: int) -> bool:
        """Whether the same entries would say the same at these clocks."""
        return self.now_ms <= now_ms < self.now_until_ms and self.limit_ms <= limit_ms < self.limit_until_ms

    def passed(self, moment_ms: int) -> bool:
        """Whether now has reached ``moment_ms``; if not, look again then."""
        if moment_ms <= self.now_ms:
            return True
        self.now_until_ms = min(self.now_until_ms, moment_ms)
        return False

    def missed(self, deadline_ms: int) -> bool:
        """Whether ``deadline_ms`` is surely passed (strictly); if not, look again then."""
        if deadline_ms < self.limit_ms:
            return True
        self.limit_until_ms = min(self.limit_until_ms, deadline_ms + 1)
        return False


def group_state(entries: Iterable[RowEntry], now_ms: int, limit_ms: int) -> GroupState:
    """What the entries of one row say. ``limit_ms``: up to here the partition has seen everything."""
    state = GroupState(now_ms, limit_ms)
    for entry in entries:
        match entry:
            case Waiting():
                _add_waiting(state, entry)
            case ContactWaiting():
                if state.missed(entry.deadline_ms):
                    state.misses[Measure.CONTACT_REACHED_TARGET, entry.deadline_ms] += 1
                else:
                    state.numbers["contacts_undecided"] += 1
            case InProgress():
                _add_in_progress(state, entry)
            case WrapUp():
                if not state.passed(entry.until_ms):
                    _add_busy(state, entry.agent)
            case Callback():
                state.numbers["callbacks_pending"] += 1
                state.oldest_callback_ms = min(state.oldest_callback_ms, entry.requested_ms)
            case OpenTicket():
                _add_ticket(state, entry)
    return state


def _add_waiting(state: GroupState, entry: Waiting) -> None:
    missed = state.missed(entry.deadline_ms)
    if missed:
        state.misses[Measure.REACHED_TARGET, entry.deadline_ms] += 1
    if state.passed(entry.ghost_ms):
        state.numbers["ghosts"] += 1
        return
    state.numbers["waiting"] += 1
    state.numbers["undecided"] += not missed
    state.numbers["waiting_past_target"] += state.passed(entry.deadline_ms + 1)
    state.numbers["unconfirmed"] += state.passed(entry.last_event_ms + UNCONFIRMED_AFTER_MS + 1)
    state.oldest_wait_ms = min(state.oldest_wait_ms, entry.offered_ms)


def _add_in_progress(state: GroupState, entry: InProgress) -> None:
    if state.passed(entry.ghost_ms):
        state.numbers["ghosts"] += 1
        return
    state.numbers["in_progress"] += 1
    _add_busy(state, entry.agent)
    state.numbers["unconfirmed"] += state.passed(entry.last_event_ms + UNCONFIRMED_AFTER_MS + 1)


def _add_busy(state: GroupState, agent: bytes | None) -> None:
    if agent is None:
        state.numbers["busy_agents"] += 1  # somebody answered, though nobody said who
    else:
        state.agents.add(agent)


def _add_ticket(state: GroupState, entry: OpenTicket) -> None:
    kind = "open_on_hold" if entry.on_hold else "open_unattended" if entry.unattended else "open_open"
    state.numbers[kind] += 1
    state.numbers["awaiting_reply"] += entry.awaiting_reply
    state.numbers[_age(state, entry.opened_ms)] += 1
    state.oldest_ticket_ms = min(state.oldest_ticket_ms, entry.opened_ms)
    due_ms = min(
        (due for due in (entry.first_response_due_ms, entry.resolution_due_ms) if due is not None), default=None
    )
    if due_ms is None:
        return
    if state.passed(due_ms + 1):
        state.numbers["overdue"] += 1
    elif state.passed(due_ms - DUE_SOON_MS):
        state.numbers["due_soon"] += 1


def _age(state: GroupState, opened_ms: int) -> str:
    return next((name for name, until_ms in AGES_MS if not state.passed(opened_ms + until_ms)), OLDEST_AGE)


def live_numbers(states: Iterable[GroupState], now_ms: int) -> LiveNumbers:
    """The groups of one row in all partitions, together."""
    numbers: Counter[str] = Counter()
    agents: set[bytes] = set()
    wait_ms = callback_ms = ticket_ms = NEVER_MS
    for state in states:
        numbers.update(state.numbers)
        agents |= state.agents
        wait_ms = min(wait_ms, state.oldest_wait_ms)
        callback_ms = min(callback_ms, state.oldest_callback_ms)
        ticket_ms = min(ticket_ms, state.oldest_ticket_ms)
    numbers["busy_agents"] += len(agents)
    return LiveNumbers(
        **numbers,
        longest_wait_ms=_age_ms(wait_ms, now_ms),
        oldest_callback_ms=_age_ms(callback_ms, now_ms),
        oldest_ticket_ms=_age_ms(ticket_ms, now_ms),
    )


def _age_ms(since_ms: int, now_ms: int) -> int | None:
    return None if since_ms == NEVER_MS else max(0, now_ms - since_ms)
