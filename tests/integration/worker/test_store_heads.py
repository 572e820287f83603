"""The head of a partition on a real Redis: counters, policies, changes and signs of life, from owner to owner."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable

import pytest

from streams.common.durations import DAY_MS
from streams.config.policy_book import policy_book
from streams.contract.topics import CHANNEL_OF, Topic
from streams.facts.conversations.domain import CALLS
from streams.facts.conversations.measures import FORMULA
from streams.facts.domains import DOMAIN_OF
from streams.facts.shared.policy import encode_book
from streams.store.commit import Conflict
from streams.store.stored import load
from streams.worker import committer
from streams.worker.log_end import Progress, Transaction
from tests.support.owners import AGAIN, CALL, NOBODY_KNOWS, TOPIC_ID, WALL_MS, Store, records
from tests.support.strategies import event
from tests.support.words import Record

HOUR_MS = 3_600_000


def test_counters_survive_a_change_of_owner(run: Callable[..., None]) -> None:
    """Applied, rejected by reason, late, conflicting and folded add up over owners."""

    async def scenario(store: Store) -> None:
        skipped = Record(3, WALL_MS, b"c", json.dumps(event("call.whispered", "c", 1, WALL_MS)).encode())
        await (await store.owner()).apply([*records(CALL), skipped])
        old = event("call.offered", "old", 1, 1_795_251_600_000 - 9 * DAY_MS, queue="sales")
        other = {**CALL[0], "id": "other", "data": {"queue": "support"}}
        unknown = [event("call.offered", f"u{n}", n, 1_795_251_600_000, queue=f"u{n}") for n in range(3)]
        await (await store.owner()).apply(records([old, other, *unknown], first=4))
        statistics = await store.statistics()
        assert {"applied": 8, "rejected.unknown_type": 1, "conflicting": 1, "late": 1} == {
            name: amount for name, amount in statistics.items() if not name.startswith("folded")
        }
        assert statistics["folded.queue"] > 0
        assert 0 == (await store.head())["status"].refused_ms  # a type of a newer release is skipped, not refused

    run(scenario, slice_retention=8 * DAY_MS, queue_limit=2)


def test_a_loss_is_counted_under_the_fence(run: Callable[..., None]) -> None:
    """Where the log begins above the position, the owner goes there and counts what is lost."""

    async def scenario(store: Store) -> None:
        owner = await store.owner()
        await owner.apply(records(CALL))
        await owner.move(103)
        assert ({"applied": 3, "lost": 100}, "103") == (await store.statistics(), (await store.head())["position"])
        with pytest.raises(Conflict):
            await (await store.overtaken()).move(200)

    run(scenario)


def test_policies_are_kept_with_their_states(run: Callable[..., None]) -> None:
    """Redis holds a copy of every book of policies a contact may be judged by, once each."""

    async def scenario(store: Store) -> None:
        for offset in (0, 3):
            await (await store.owner()).apply(records(CALL if offset == 0 else AGAIN, first=offset))
        edited = store.settings.model_copy(update={"queues": {}})
        first = store.settings
        for settings in (edited, first):
            store.settings = settings
            await (await store.owner()).heartbeat(NOBODY_KNOWS)
        stored = await store.redis.hgetall(store.keys.policies)
        channel = CHANNEL_OF[store.topic]
        expected = [encode_book(policy_book(channel, settings)) for settings in (first, edited)]
        assert {b"1": expected[0], b"2": expected[1]} == stored

    run(scenario)


def test_what_changed_is_listed_for_readers(run: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each field is listed with the number of the commit that changed it last, for so many commits back."""
    monkeypatch.setattr(committer, "CHANGES_KEPT", 3)

    async def scenario(store: Store) -> None:
        owner = await store.owner()
        await owner.apply(records(CALL[:1]))
        first = set(await store.redis.hkeys(store.keys.numbers))
        assert {(field, 2.0) for field in first} == set(await _changed(store))
        await owner.apply(records(CALL[1:2], first=1))
        changed = dict(await _changed(store))
        assert 3.0 == changed[b"Wc-1\x1f0"]
        assert (True, False) == (b"Wc-1\x1f0" in changed, await store.redis.hexists(store.keys.numbers, "Wc-1\x1f0"))
        for _ in range(3):
            await owner.heartbeat(NOBODY_KNOWS)
        assert [] == await _changed(store)
        assert "6" == (await store.head())["number"]

    run(scenario)


async def _changed(store: Store) -> list[tuple[bytes, float]]:
    found: list[tuple[bytes, float]] = await store.redis.zrange(store.keys.changed, 0, -1, withscores=True)
    return found


def test_a_heartbeat_says_how_far_the_owner_has_seen(run: Callable[..., None]) -> None:
    """At the end of the log it is the fetch time, before it the newest event time; it never goes back."""

    async def scenario(store: Store) -> None:
        owner = await store.owner()
        await owner.apply(records(CALL))
        seen = [(await store.head())["status"].watermark_ms]
        for progress in (
            Progress(True, True, WALL_MS - 5, 3),
            Progress(True, True, WALL_MS - 9, 3),
            Progress(False, False, 0, 9),
        ):
            await owner.heartbeat(progress)
            status = (await store.head())["status"]
            seen.append(status.watermark_ms)
        assert [owner.newest_ms, WALL_MS - 5, WALL_MS - 5, WALL_MS - 5] == seen
        assert (False, 9, WALL_MS, FORMULA) == (status.at_end, status.log_end, status.wall_ms, status.formula)

    run(scenario)


def test_a_clock_that_was_set_back(run: Callable[..., None]) -> None:
    """A watermark by a clock that was ahead is forgotten; no watermark is later than the heartbeat that has it."""

    async def scenario(store: Store) -> None:
        store.wall_ms = WALL_MS + HOUR_MS
        owner = await store.owner()
        await owner.apply(records(CALL))
        seen = []
        for wall_ms, seen_ms in (
            (WALL_MS + HOUR_MS, WALL_MS + HOUR_MS - 5),
            (WALL_MS, WALL_MS - 5),  # set back
            (WALL_MS + 60_000, WALL_MS - 5),  # the broker hangs
            (WALL_MS + 60_000 - 2000, WALL_MS + 60_000),  # two machines differ by less than clock_limit
        ):
            store.wall_ms = wall_ms
            await owner.heartbeat(Progress(True, True, seen_ms, 3))
            status = (await store.head())["status"]
            seen.append(status.watermark_ms - WALL_MS)
            assert status.watermark_ms <= status.wall_ms
        assert [HOUR_MS - 5, -5, -5, 58_000] == seen

    run(scenario)


def test_an_open_transaction_outlives_its_owner(run: Callable[..., None]) -> None:
    """The head names the transaction that holds the log, and added partitions; the next owner knows the transaction."""

    async def scenario(store: Store) -> None:
        owner = await store.owner()
        assert owner.transaction is None
        await owner.heartbeat(Progress(False, True, WALL_MS, 9, Transaction(5, WALL_MS - 60_000), partitions=2))
        status = (await store.head())["status"]
        assert (5, WALL_MS - 60_000, 2) == (
            status.transaction_offset,
            status.transaction_ms,
            status.partitions_found,
        )
        owner = await store.owner()
        assert Transaction(5, WALL_MS - 60_000) == owner.transaction
        await owner.heartbeat(Progress(True, True, WALL_MS, 9))
        status = (await store.head())["status"]
        assert (-1, 0, 0) == (status.transaction_offset, status.transaction_ms, status.partitions_found)

    run(scenario)


def test_a_new_owner_learns_whose_numbers_these_are(run: Callable[..., None]) -> None:
    """Stored numbers name the log, its partitions and the position; an empty partition names none of them."""

    async def scenario(store: Store) -> None:
        nothing = await load(store.redis, store.keys)
        assert (None, "", None) == (nothing.position, nothing.topic_id, nothing.partitions)
        await (await store.owner()).apply(records(CALL))
        stored = await load(store.redis, store.keys)
        assert (3, TOPIC_ID, 1) == (stored.position, stored.topic_id, stored.partitions)

    run(scenario)


def test_numbers_of_another_formula_keep_it(run: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    """A release that counts otherwise does not pass its numbers off as the old ones."""

    async def scenario(store: Store) -> None:
        await (await store.owner()).apply(records(CALL))
        monkeypatch.setitem(DOMAIN_OF, Topic.CALLS, dataclasses.replace(CALLS, formula=99))
        owner = await store.owner()
        await owner.heartbeat(NOBODY_KNOWS)
        assert FORMULA == owner.formula
        assert FORMULA == (await store.head())["status"].formula

    run(scenario)
