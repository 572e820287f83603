"""Records that do not go through, on a real Redis: what is set aside, what stops a partition, what is remembered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from streams.clients.redis_clients import async_client
from streams.common.durations import DAY_MS
from streams.common.vocabulary import Clock
from streams.store.standing import INTERNAL, REFUSED, Attempt
from streams.worker.ledger import Ledger
from streams.worker.log_end import Progress
from streams.worker.partition import OwnedPartition
from streams.worker.records import RawRecord
from streams.worker.recovery import Recovery
from streams.worker.standstill import INTERNAL_IN_A_ROW
from tests.conftest import SettingsFactory
from tests.support.owners import Store, bad_records, records
from tests.support.strategies import Event
from tests.support.words import log_of

BAD = "breaks-our-code"
HEARTBEAT = Progress(at_end=False, caught_up=False, seen_ms=0, log_end=0)
Scenario = Callable[["Bench"], Awaitable[None]]


class Bench(Store):
    """A partition in a real Redis under a recovery that opens it anew as the worker does."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.opened = 0

    async def reopen(self, _owned: OwnedPartition) -> OwnedPartition:
        """A new owner from what is stored."""
        self.opened += 1
        return await self.owner()

    async def apply(self, batch: Sequence[RawRecord]) -> None:
        """One process that applies a batch."""
        await Recovery(self.reopen).apply(await self.owner(), batch)

    async def reasons(self) -> list[tuple[int, str]]:
        """Offset and reason of each dead letter."""
        return [(letter.record.offset, letter.reason) for letter in self.letters]


@pytest.fixture
def run(settings_factory: SettingsFactory) -> Callable[..., None]:
    """``run(scenario, **settings)`` gives a scenario a partition of its own."""

    def run_scenario(scenario: Scenario, **overrides: Any) -> None:
        usual = {"partitions": 1, "clock": Clock.EVENT, "past_limit": 1000 * DAY_MS}
        settings = settings_factory(create=False, **{**usual, **overrides})

        async def with_client() -> None:
            client: Any = await async_client(settings)
            async with aclosing(client):
                await scenario(Bench(settings, client))

        asyncio.run(with_client())

    return run_scenario


@pytest.fixture
def breaking(monkeypatch: pytest.MonkeyPatch) -> dict[str, BaseException]:
    """Errors that the fold of a contact raises, by the beginning of its subject."""
    errors: dict[str, BaseException] = {BAD: ValueError("seven")}
    fold = Ledger.fold

    def broken(self: Ledger, subject: str, *rest: Any) -> Any:
        refused = fold(self, subject, *rest)  # half of the work is done when it breaks
        for start, error in errors.items():
            if subject.startswith(start):
                raise error
        return refused

    monkeypatch.setattr(Ledger, "fold", broken)
    return errors


def calls(*subjects: str) -> list[Event]:
    """One offered call of each subject."""
    (offered,) = log_of("call", ("offered", 0))
    return [{**offered, "subject": subject, "id": f"{subject}-{n}"} for n, subject in enumerate(subjects)]


def test_a_record_that_breaks_our_code_is_set_aside(run: Callable[..., None], breaking: object) -> None:
    """It alone becomes a dead letter `internal` with the last line of the traceback; every other record counts."""

    async def scenario(bench: Bench) -> None:
        batch = records(calls(*(f"c-{n}" for n in range(700)), BAD, *(f"d-{n}" for n in range(400))))
        await bench.apply(batch)
        assert [(700, "internal")] == await bench.reasons()
        assert bench.letters[0].detail.startswith("ValueError: seven (")
        status = (await bench.head())["status"]
        assert {"applied": 1100, "rejected.internal": 1} == status.statistics
        assert (0, None, None) == (status.internal_in_a_row, status.attempt, status.stop)
        assert 1100 == await bench.redis.hlen(bench.keys.contacts)
        assert bench.opened <= 2 + 12

    run(scenario)


def test_a_heartbeat_commits_nothing_of_a_batch_that_failed(run: Callable[..., None], breaking: object) -> None:
    """A heartbeat that waited for a batch finds the owner closed: the half-folded ledger reaches nobody."""

    async def scenario(bench: Bench) -> None:
        owner = await bench.owner()

        async def given_up(_owned: OwnedPartition) -> None:
            return None

        await owner.heartbeat(HEARTBEAT)
        before = await bench.contents()
        await asyncio.gather(Recovery(given_up).apply(owner, records(calls("c-1", BAD))), owner.heartbeat(HEARTBEAT))
        assert before == await bench.contents()
        await bench.apply(records(calls("c-1", BAD)))
        assert {"applied": 1, "rejected.internal": 1} == await bench.statistics()

    run(scenario)


@pytest.mark.parametrize("error", [RedisConnectionError("gone"), MemoryError(), TimeoutError()])
def test_what_surrounds_us_sets_nothing_aside(
    run: Callable[..., None], breaking: dict[str, BaseException], error: BaseException
) -> None:
    """Owners that end by a lost connection or for want of memory come down to the one record, and keep it."""

    async def scenario(bench: Bench) -> None:
        breaking[BAD] = error
        batch = records(calls("c-1", "c-2", "c-3", "c-4", "c-5", BAD, "c-6"))
        for _ in range(8):
            with pytest.raises(type(error)):
                await bench.apply(batch)
        head = await bench.head()
        assert ([], "5", {"applied": 5}) == (bench.letters, head["position"], head["status"].statistics)
        assert Attempt(position=5, records=1) == head["status"].attempt
        del breaking[BAD]
        await bench.apply(batch)
        assert {"applied": 7} == await bench.statistics()

    run(scenario)


def test_owners_without_records_leave_no_attempt(run: Callable[..., None]) -> None:
    """A worker that was stopped before any record arrived does not make the next one careful."""

    async def scenario(bench: Bench) -> None:
        for _ in range(3):
            await (await bench.owner()).heartbeat(HEARTBEAT)
        assert (await bench.head())["status"].attempt is None
        largest = (await bench.owner()).attempts.limit
        await bench.apply(records(calls("c-1")))
        await (await bench.owner()).heartbeat(HEARTBEAT)
        assert largest == (await bench.owner()).attempts.limit

    run(scenario)


def test_three_in_a_row_stop_the_partition(run: Callable[..., None], breaking: object) -> None:
    """Over owners too; a good record between them begins a new count, and a resumed partition goes on past them."""

    async def scenario(bench: Bench) -> None:
        log = calls("c-1", BAD, f"{BAD}-2", "c-2", f"{BAD}-3", f"{BAD}-4", f"{BAD}-5", "c-3", f"{BAD}-6", f"{BAD}-7")
        batch = records([*log, *calls(f"{BAD}-8", "c-4")])
        await bench.apply(batch[:6])
        await bench.apply(batch)
        status = (await bench.head())["status"]
        assert (INTERNAL, 7, INTERNAL_IN_A_ROW) == (status.stop.reason, status.stop.position, status.stop.records)
        assert "offset 6 (ValueError: seven (" in status.stop.detail
        await bench.apply(batch)
        assert [1, 2, 4, 5, 6] == [offset for offset, _ in await bench.reasons()]
        await (await bench.owner()).resume(try_again=False)
        await bench.apply(batch)
        owner = await bench.owner()
        assert (INTERNAL, 11) == (owner.stop and owner.stop.reason, owner.position)
        await owner.resume(try_again=False)
        await bench.apply(batch)
        assert {"applied": 4, "rejected.internal": 8} == await bench.statistics()
        assert (await bench.head())["status"].stop is None

    run(scenario)


def test_too_many_refused_in_a_row_stop_the_partition(run: Callable[..., None]) -> None:
    """Good records before the run are counted, none of the run is written; the stop outlives the owner."""

    async def scenario(bench: Bench) -> None:
        batch = [*records(calls("c-1", "c-2")), *bad_records(6, first=2), *records(calls("c-3"), first=8)]
        await bench.apply(batch)
        stop = (await bench.head())["status"].stop
        assert (REFUSED, 2, 6, 5) == (stop.reason, stop.position, stop.records, stop.limit)
        assert "offset 7 (not_json: " in stop.detail
        owner = await bench.owner()
        assert (stop, 2, []) == (owner.stop, owner.position, bench.letters)
        await owner.heartbeat(HEARTBEAT)
        await bench.apply(batch)
        assert ({"applied": 2}, []) == (await bench.statistics(), bench.letters)
        await (await bench.owner()).resume(try_again=True)
        await bench.apply(batch)
        assert stop == (await bench.head())["status"].stop
        await (await bench.owner()).resume(try_again=False)
        await bench.apply(batch)
        assert {"applied": 3, "rejected.not_json": 6} == await bench.statistics()
        await bench.apply(bad_records(6, first=9))
        assert 9 == (await bench.head())["status"].stop.position

    run(scenario, dead_letters_in_a_row=5)


def test_resumed_records_go_over_batches_and_owners(run: Callable[..., None]) -> None:
    """Records are let go over batches and restarts, up to the next good one."""

    async def scenario(bench: Bench) -> None:
        await bench.apply(bad_records(6))
        await (await bench.owner()).resume(try_again=False)
        for first in (0, 6, 12):
            await bench.apply(bad_records(6, first=first))
        assert ({"rejected.not_json": 18}, 18) == (await bench.statistics(), len(bench.letters))
        await bench.apply([*records(calls("c-1"), first=18), *bad_records(5, first=19)])
        assert 19 == (await bench.head())["status"].stop.position

    run(scenario, dead_letters_in_a_row=5)


def test_an_expiry_that_breaks_our_code_stops_the_partition(
    run: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Heartbeats stop a partition whose old contacts break our code; stopped it beats on, and no record is blamed."""

    def broken(_self: Ledger, subject: str) -> None:
        raise ValueError(subject)

    monkeypatch.setattr(Ledger, "expire", broken)

    async def scenario(bench: Bench) -> None:
        (offered,) = log_of("call", ("offered", 0))
        late = {**offered, "subject": "late", "id": "late", "time": "2026-12-10T00:00:00Z"}
        await bench.apply(records([*calls("c-1"), late]))
        owners = [await bench.owner()]

        async def reopen(_owned: OwnedPartition) -> OwnedPartition:
            owners.append(await bench.owner())
            return owners[-1]

        recovery = Recovery(reopen)
        for _ in range(2 * INTERNAL_IN_A_ROW):
            await recovery.beat(owners[-1], HEARTBEAT)
        stop = (await bench.head())["status"].stop
        assert (INTERNAL, 2, 0) == (stop.reason, stop.position, stop.records)
        assert stop.detail.startswith("ValueError: c-1 (")
        for _ in range(3):
            await recovery.beat(owners[-1], HEARTBEAT)
        assert (stop, 1 + INTERNAL_IN_A_ROW) == ((await bench.head())["status"].stop, len(owners))
        await owners[-1].resume(try_again=False)
        await bench.apply(records([{**late, "subject": "next", "id": "next"}], first=2))
        assert ({"applied": 3}, []) == (await bench.statistics(), bench.letters)
        assert 3 == await bench.redis.hlen(bench.keys.contacts)

    run(scenario, future_limit=1, past_limit=8 * DAY_MS, clock_jump=365 * DAY_MS)
