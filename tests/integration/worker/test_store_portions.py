"""Portions of a batch on a real Redis: however it is cut, the same is stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from streams.clients.fetching import OversizedBatch
from streams.common.durations import DAY_MS
from streams.store import field_reader
from streams.worker import ledger as ledger_module
from streams.worker import portions, state_reader
from streams.worker.attempts import Attempts
from streams.worker.intake import Refused
from tests.oracles.contacts_oracle import expect
from tests.oracles.stated import stated
from tests.support.owners import CALL, Store, bad_records, records
from tests.support.strategies import deliveries, event, logs
from tests.support.words import POLICIES, TOPIC_OF, log_of, pseudonym

HOUR_MS = 3_600_000


def test_a_huge_commit_is_written_whole(run: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of contacts and queues, over 10,000 fields in one commit: every one of them arrives."""
    monkeypatch.setattr(portions, "COMMIT_ENTRIES", 100_000)
    monkeypatch.setattr(ledger_module, "COMMIT_ENTRIES", 100_000)

    async def scenario(store: Store) -> None:
        log = [
            event("call.offered", f"c{number}", number, 1_795_251_600_000 + number * 11_000, queue=f"q{number % 1500}")
            for number in range(3_501)
        ]
        owner = await store.owner()
        await owner.apply(records(log))
        paper = await store.paper()
        assert len(paper.numbers) > 10_000
        assert "2" == (await store.head())["number"]
        expected = expect(log, POLICIES["call"], pseudonym)
        for letter in "smq":
            assert paper.inside(expected.amounts, letter) == stated(paper.sums(letter))
        assert expected.live == paper.live()
        sizes = [await store.redis.hlen(store.keys.contacts), await store.redis.zcard(store.keys.live_expiry)]
        assert [3_501, 3_501, 1_500] == [*sizes, await store.redis.hlen(store.keys.names)]
        assert len(paper.numbers) == await store.redis.zcard(store.keys.changed)
        gone = [{**each, "id": f"gone{each['id']}", "type": "call.abandoned", "data": {}} for each in log]
        await owner.apply(records(gone, first=len(log)))
        assert {} == (await store.paper()).live()
        assert [0, 3_501] == [
            await store.redis.zcard(store.keys.live_expiry),
            await store.redis.zcard(store.keys.expiry),
        ]

    run(scenario, queue_limit=2_000, slice_retention_minutes=1000 * DAY_MS, slice_retention_seconds=1000 * DAY_MS)


@pytest.mark.parametrize("channel", ["call", "chat", "ticket"])
def test_redis_holds_the_oracles_numbers(run: Callable[..., None], channel: str) -> None:
    """Random logs in any order, with duplicates and changes of owner, end in Redis as the oracle says."""

    @hypothesis_settings(max_examples=10, suppress_health_check=list(HealthCheck))
    @given(drawn=st.data())
    def always(drawn: st.DataObject) -> None:
        log = drawn.draw(logs(channel))
        batches = drawn.draw(deliveries(log))

        async def scenario(store: Store) -> None:
            owner, offset = await store.owner(), 0
            for number, batch in enumerate(batches):
                if number % 3 == 2:
                    owner = await store.owner()
                await owner.apply(records(batch, offset))
                offset += len(batch)
            paper, expected = await store.paper(), expect(log, POLICIES[channel], pseudonym)
            assert paper.inside(expected.amounts, "q") == stated(paper.sums("q"))
            assert expected.live == paper.live()

        run(scenario, TOPIC_OF[channel], future_limit=1000 * DAY_MS)

    always()


CUTS: dict[str, tuple[tuple[Any, str, int], ...]] = {
    "by entries": ((portions, "COMMIT_ENTRIES", 12), (ledger_module, "COMMIT_ENTRIES", 12)),
    "by written bytes": ((portions, "COMMIT_BYTES", 900), (ledger_module, "COMMIT_BYTES", 900)),
    "by read bytes": ((state_reader, "STATE_BYTES_IN_A_PORTION", 900), (field_reader, "READ_FIELDS", 2)),
}


@pytest.mark.parametrize("cut", [*CUTS, "by records"])
def test_however_a_batch_is_cut_redis_holds_the_same(
    run: Callable[..., None], monkeypatch: pytest.MonkeyPatch, cut: str
) -> None:
    """A batch in many commits, each with a position of its own, ends in what one commit writes."""
    log = [
        {**each, "subject": f"c-{number}", "id": f"{number}-{each['id']}"}
        for each in log_of("call", ("offered", 0), ("answered", 9), ("ended", 70), ("wrapped_up", 99))
        for number in range(20)
    ]

    async def scenario(store: Store) -> None:
        await (await store.owner()).apply(records(log[:40]))
        await (await store.owner()).apply(records(log[40:], first=40))
        whole, statistics, paper = await store.contents(), await store.statistics(), await store.paper()
        assert "4" == (await store.head())["number"]  # each owner notes its first portion
        await store.empty()
        for module, name, value in CUTS.get(cut, ()):
            monkeypatch.setattr(module, name, value)
        for first, part in ((0, log[:40]), (40, log[40:])):
            owner = await store.owner()
            if cut == "by records":
                owner.attempts = Attempts(None, owner.position, 3)
            await owner.apply(records(part, first=first))
        assert (str(len(log)), statistics) == ((await store.head())["position"], await store.statistics())
        assert int((await store.head())["number"]) > 5
        found, cut_paper = await store.contents(), await store.paper()
        for kind in ("expiry", "ghosts", "names", "policies"):
            assert whole[kind] == found[kind]
        assert whole["contacts"].keys() == found["contacts"].keys()
        assert paper.live() == cut_paper.live()
        for tier in "smqt":
            assert stated(paper.sums(tier)) == stated(cut_paper.sums(tier))

    run(scenario)


def test_a_failed_portion_leaves_those_before_it(run: Callable[..., None]) -> None:
    """The position is that of the last portion that was committed, and the next owner goes on there."""

    async def scenario(store: Store) -> None:
        owner = await store.owner()
        owner.attempts = Attempts(None, owner.position, 2)

        async def refuse(_: Sequence[Refused]) -> None:
            raise OSError("no broker")

        owner._send_dead_letters = refuse
        with pytest.raises(OSError, match="no broker"):
            await owner.apply([*records(CALL), *bad_records(1, first=3)])
        assert (2, "2") == (owner.position, (await store.head())["position"])
        await (await store.owner()).apply([*records(CALL), *bad_records(1, first=3)])
        assert {"applied": 3, "rejected.not_json": 1} == await store.statistics()

    run(scenario)


def test_a_batch_that_was_not_unpacked_is_one_letter(run: Callable[..., None]) -> None:
    """It is counted by its records, one in a row, and the position goes past all of them."""

    async def scenario(store: Store) -> None:
        owner = await store.owner()
        await owner.apply([OversizedBatch(0, 49, 7, 1000, 64)])
        await owner.apply(records(CALL, first=50))
        await owner.apply([OversizedBatch(53, 53, 7, 1000, 64)])
        head = await store.head()
        assert ({"applied": 3, "rejected.too_large": 51}, "54") == (await store.statistics(), head["position"])
        assert (2, 1) == (len(store.letters), head["status"].refused_in_a_row)
        assert "a batch of 50 records, sent as 1,000 bytes, unpacks to more than 64" == store.letters[0].detail

    run(scenario)
