"""The contract of the store, on a real Redis: one owner, one commit a batch, all of it or nothing."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from redis.crc import key_slot
from redis.exceptions import ResponseError

from streams.clients.fetching import OversizedBatch
from streams.clients.redis_clients import async_client
from streams.common.durations import DAY_MS
from streams.common.errors import UserError
from streams.common.vocabulary import Clock
from streams.config.policy_book import policy_book
from streams.config.settings import Settings
from streams.contract.topics import CHANNEL_OF, Topic
from streams.facts.conversations.domain import CALLS
from streams.facts.conversations.measures import FORMULA
from streams.facts.domains import DOMAIN_OF
from streams.facts.shared.policy import encode_book
from streams.store import field_reader
from streams.store.commit import COMMIT_SCRIPT, Commit, CommitId, Conflict
from streams.store.keys import KINDS
from streams.store.stored import load
from streams.worker import committer, portion_fold, portions, state_reader
from streams.worker import ledger as ledger_module
from streams.worker.attempts import Attempts
from streams.worker.intake import Refused
from streams.worker.log_end import Progress, Transaction
from streams.worker.partition import OwnedPartition
from streams.worker.refusal_limit import TooManyRefused
from tests.conftest import SettingsFactory
from tests.oracles.contacts_oracle import expect
from tests.oracles.stated import stated
from tests.support.owners import TOPIC_ID, WALL_MS, LosesAnswers, Store, bad_records, records
from tests.support.strategies import START_MS, Event, deliveries, event, logs
from tests.support.words import POLICIES, TOPIC_OF, Record, calendar_settings, log_of, pseudonym, queue_settings, told

HOUR_MS = 3_600_000
NOBODY_KNOWS = Progress(at_end=False, caught_up=False, seen_ms=0, log_end=0)
Scenario = Callable[[Store], Awaitable[None]]


@pytest.fixture
def run(settings_factory: SettingsFactory) -> Callable[..., None]:
    """``run(scenario, topic, **settings)`` gives a scenario a store of its own."""

    def run_scenario(scenario: Scenario, topic: Topic = Topic.CALLS, **overrides: Any) -> None:
        channel = CHANNEL_OF[topic]
        settings = settings_factory(
            create=False,
            **{
                "partitions": 1,
                "clock": Clock.EVENT,
                "past_limit": 1000 * DAY_MS,
                "clock_jump": 1000 * DAY_MS,
                "slice_retention": 1000 * DAY_MS,
                "queues": queue_settings(channel, POLICIES[channel]),
                "calendars": calendar_settings(),
                **overrides,
            },
        )

        async def with_client() -> None:
            async with _client(settings) as redis:
                await scenario(Store(settings, redis, topic))

        asyncio.run(with_client())

    return run_scenario


@asynccontextmanager
async def _client(settings: Settings) -> AsyncIterator[Any]:
    client = await async_client(settings)
    try:
        yield client
    finally:
        await client.aclose()


CALL = log_of("call", ("offered", 0), ("answered", 9), ("ended", 70))
AGAIN = [{**each, "subject": "c-2", "id": f"again{each['id']}"} for each in CALL]


def test_a_batch_is_committed_with_its_position(run: Callable[..., None]) -> None:
    """After a batch Redis holds the numbers, the states, the offset after its last record and what readers need."""

    async def scenario(store: Store) -> None:
        owner = await store.owner()
        await owner.apply(records(CALL, first=40))
        assert 43 == owner.position
        head = await store.head()
        assert ("43", TOPIC_ID, "1", "2") == tuple(  # the second commit: the first notes what is about to be applied
            head[name] for name in ("position", "topic_id", "partitions", "number")
        )
        assert ({"applied": 3}, owner.newest_ms) == (head["status"].statistics, head["status"].newest_ms)
        assert {"OFFERED@0": 1, "ANSWERED@0": 1, "TALK_MS@70": 61_000} == told(
            (await store.paper()).sums("s"), "OFFERED", "ANSWERED", "TALK_MS"
        )
        assert [b"c-1"] == await store.redis.hkeys(store.keys.contacts)

    run(scenario)


def test_another_owner_is_fenced_off(run: Callable[..., None]) -> None:
    """A process that woke up after another one took over can change nothing, neither by a batch nor by a heartbeat."""

    async def scenario(store: Store) -> None:
        sleeper = await store.owner()
        await sleeper.apply(records(CALL))
        other = await store.owner()
        await other.apply(records(AGAIN, first=3))
        before = await store.contents()
        with pytest.raises(Conflict, match="owner: found position 6"):
            await sleeper.apply(records(AGAIN, first=3))
        with pytest.raises(Conflict):
            await sleeper.heartbeat(NOBODY_KNOWS)
        assert before == await store.contents()
        assert {b"owner": b"2"} == await store.redis.hgetall(store.keys.conflicts)
        await other.heartbeat(NOBODY_KNOWS)

    run(scenario)


def test_two_first_owners(run: Callable[..., None]) -> None:
    """Of two owners that both found nothing stored only one commits."""

    async def scenario(store: Store) -> None:
        one, two = await store.owner(), await store.owner()
        await one.apply(records(CALL))
        with pytest.raises(Conflict):
            await two.apply(records(CALL))
        assert {"applied": 3} == await store.statistics()

    run(scenario)


def test_a_retry_after_a_lost_answer_changes_nothing(run: Callable[..., None]) -> None:
    """A commit whose answer was lost is sent again under the same id, finds itself done, and counts once."""

    async def scenario(store: Store) -> None:
        flaky = LosesAnswers(store.redis, lose=0)
        owner = await store.owner(flaky)
        await owner.apply(records(CALL[:1]))
        flaky.lose_next()
        await owner.apply(records(CALL[1:], first=1))
        assert (4, 3) == (flaky.calls, owner.position)
        totals = (await store.paper()).sums("t")
        assert 1 == totals["OFFERED", "sales", "", "", 0]
        await owner.apply(records(AGAIN, first=3))
        assert (5, "4") == (flaky.calls, (await store.head())["number"])
        assert {} == await store.redis.hgetall(store.keys.conflicts)

    run(scenario)


def test_an_emptied_redis_is_noticed(run: Callable[..., None]) -> None:
    """When Redis has forgotten everything the owner stops; the next one begins at the log start and counts the same."""

    async def scenario(store: Store) -> None:
        owner = await store.owner()
        await owner.apply(records(CALL))
        whole = await store.contents()
        await store.empty()
        with pytest.raises(Conflict, match="emptied"):
            await owner.apply(records(AGAIN, first=3))
        assert (await load(store.redis, store.keys)).position is None
        again = await store.owner()
        assert 0 == again.position
        await again.apply(records(CALL))
        assert whole == await store.contents()

    run(scenario)


def test_an_older_redis_is_noticed(run: Callable[..., None]) -> None:
    """When Redis comes back older the owner stops; the next one reads on from there, to the same numbers."""

    async def scenario(store: Store) -> None:
        owner = await store.owner()
        await owner.apply(records(CALL))
        older = await store.dump()
        await owner.apply(records(AGAIN, first=3))
        whole = await store.contents()
        await store.restore(older)
        with pytest.raises(Conflict, match="moved: found position 3"):
            await owner.heartbeat(NOBODY_KNOWS)
        again = await store.owner()
        assert 3 == again.position
        await again.apply(records(AGAIN, first=3))
        assert whole == await store.contents()
        assert {"applied": 6} == await store.statistics()

    run(scenario)


def test_records_below_the_position_are_left_out(run: Callable[..., None]) -> None:
    """A record fetched twice is applied once, also where a batch begins below the position."""

    async def scenario(store: Store) -> None:
        owner = await store.owner()
        log = records([*CALL, *AGAIN])
        await owner.apply(log[:4])
        await owner.apply(log[:3])
        await owner.apply(log[2:])
        assert ({"applied": 6}, 6) == (await store.statistics(), owner.position)

    run(scenario)


def test_after_closing_nothing_is_applied(run: Callable[..., None]) -> None:
    """A partition that was given up writes nothing any more."""

    async def scenario(store: Store) -> None:
        owner = await store.owner()
        await owner.apply(records(CALL))
        before = await store.everything()
        owner.closed = True
        await owner.apply(records(AGAIN, first=3))
        await owner.heartbeat(NOBODY_KNOWS)
        assert before == await store.everything()

    run(scenario)


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


def one_hour_apart(count: int) -> list[Event]:
    """Contacts that wait, an hour between two of them."""
    return [
        event("call.offered", f"w{number}", number, 1_795_251_600_000 + number * HOUR_MS, queue="sales")
        for number in range(count)
    ]


def test_states_and_ghosts_are_swept(run: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Expired states are deleted, a bounded number a commit; the miss of a stale leg is written."""
    monkeypatch.setattr(portion_fold, "SWEPT_A_COMMIT", 3)

    async def scenario(store: Store) -> None:
        ghosts = one_hour_apart(8)
        over = [
            each
            for waiting in ghosts
            for each in (
                {**waiting, "subject": f"{waiting['subject']}x", "id": f"{waiting['id']}x"},
                {**waiting, "subject": f"{waiting['subject']}x", "id": f"{waiting['id']}y", "type": "call.abandoned",
                 "data": {}},
            )
        ]  # fmt: skip
        owner = await store.owner()
        await owner.apply(records([*over, *ghosts]))
        totals = (await store.paper()).sums("q")
        await owner.apply(records(one_hour_apart(201)[200:], first=24))
        left = []
        for _ in range(6):
            left.append((await store.redis.zcard(store.keys.expiry), await store.redis.zcard(store.keys.live_expiry)))
            await owner.heartbeat(NOBODY_KNOWS)
        assert [(8, 9), (3, 4), (0, 1), (0, 1), (0, 1), (0, 1)] == left
        assert [b"w200"] == await store.redis.hkeys(store.keys.contacts)
        paper = await store.paper()
        assert {"w200"} == {subject for _, subject, _ in paper.live()}
        assert 8 == sum(told(paper.sums("q"), "REACHED_TARGET").values())
        assert 8 == sum(told(paper.sums("q"), "CONTACT_REACHED_TARGET").values())
        assert totals == paper.sums("q") & totals

    run(scenario, past_limit=100 * HOUR_MS)


def test_a_contact_that_comes_back_in_time_is_not_swept(run: Callable[..., None]) -> None:
    """A state that was named as due is kept when the next batch brings its contact an event."""

    async def scenario(store: Store) -> None:
        owner = await store.owner()
        late = log_of("call", ("offered", 0), ("answered", 3600 * 2 + 1), ("ended", 3600 * 2 + 2))
        await owner.apply(records(late[:1]))
        await owner.apply(records(one_hour_apart(3)[2:], first=1))
        await owner.apply(records(late[1:], first=2))
        assert {b"c-1", b"w2"} == set(await store.redis.hkeys(store.keys.contacts))
        assert {"OFFERED@0": 1, "OFFERED@7200": 1} == told((await store.paper()).sums("q"), "OFFERED")

    run(scenario, past_limit=HOUR_MS + HOUR_MS // 2)


def test_keys_have_no_ttl_and_share_a_slot(run: Callable[..., None]) -> None:
    """Whatever happens, no key of a partition expires by itself, and all are in one slot of a cluster."""

    async def scenario(store: Store) -> None:
        owner = await store.owner()
        await owner.apply([*records([*CALL, *one_hour_apart(3)]), *bad_records(1, first=6)])
        await owner.heartbeat(NOBODY_KNOWS)
        with pytest.raises(Conflict):
            await (await _stale(store)).heartbeat(NOBODY_KNOWS)
        far = event("call.offered", "far", 9, START_MS + 2000 * DAY_MS, queue="q")
        await (await store.owner()).apply(records([far], first=7))
        keys = await store.all_keys()
        assert {kind.encode() for kind in KINDS} == {key.rsplit(b":", 1)[1] for key in keys}
        assert {-1} == {await store.redis.ttl(key) for key in keys}
        assert {key_slot(b"calls-0")} == {key_slot(key) for key in keys}

    run(scenario)


async def _stale(store: Store) -> OwnedPartition:
    """An owner whom another one has overtaken."""
    stale = await store.owner()
    await (await store.owner()).heartbeat(NOBODY_KNOWS)
    return stale


def test_an_error_before_the_first_write_changes_nothing(run: Callable[..., None]) -> None:
    """Arguments that the script cannot decode leave Redis as it was."""

    async def scenario(store: Store) -> None:
        owner = await store.owner()
        await owner.apply(records(CALL))
        before = await store.everything()
        script = store.redis.register_script(COMMIT_SCRIPT)
        stored = CommitId.of((await load(store.redis, store.keys)).head)
        nothing: list[str | bytes] = []
        good = Commit("9", "n", "2", *stored, clock="0", sweep=1, changed_floor="0")
        whole = good.arguments(b"", ["s1:1", b"x"], nothing, nothing)
        packed = whole[0]
        assert isinstance(packed, bytes)
        for wrong in (b"\xc1", b"", packed[:-1]):
            with pytest.raises(ResponseError):
                await script(keys=list(store.keys), args=[wrong, *whole[1:]])
        assert before == await store.everything()

    run(scenario)


def test_a_script_error_is_not_retried(run: Callable[..., None]) -> None:
    """An error of the script itself ends the batch at the first call, in a sentence that names its offsets."""

    async def scenario(store: Store) -> None:
        counting = LosesAnswers(store.redis, lose=0)
        owner = await store.owner(counting)
        await owner.apply(records(AGAIN))
        before, calls = await store.contents(), counting.calls
        await store.redis.set(store.keys.head, "not a hash")
        with pytest.raises(UserError, match="calls-0 from offset 3 to 6 "):
            await owner.apply(records(CALL, first=3))
        assert (before, calls + 1) == (await store.contents(), counting.calls)

    run(scenario)


def test_too_many_refused_commit_nothing(run: Callable[..., None]) -> None:
    """A run of useless records stops the owner before anything is written, however batches and owners cut it."""

    async def scenario(store: Store) -> None:
        owner = await store.owner()
        await owner.apply(bad_records(4))
        assert ({"rejected.not_json": 4}, 4) == (await store.statistics(), len(store.letters))
        assert WALL_MS == (await store.head())["status"].refused_ms
        before = await store.everything()
        with pytest.raises(TooManyRefused, match="5 records in a row of calls-0"):
            await owner.apply([*bad_records(1, first=4), *records(CALL, first=5)])
        assert (before, 4) == (await store.everything(), len(store.letters))
        with pytest.raises(TooManyRefused):
            await (await store.owner()).apply(bad_records(1, first=4))
        store.settings = store.settings.model_copy(update={"dead_letters_in_a_row": 6})
        await (await store.owner()).apply([*bad_records(1, first=4), *records(CALL, first=5)])
        assert {"rejected.not_json": 5, "applied": 3} == await store.statistics()
        store.settings = store.settings.model_copy(update={"dead_letters_in_a_row": 1})
        await (await store.owner()).apply(records(AGAIN, first=8))
        assert WALL_MS == (await store.head())["status"].refused_ms  # the next owner knows it too

    run(scenario, dead_letters_in_a_row=5)


def test_dead_letters_go_before_the_commit(run: Callable[..., None]) -> None:
    """Where the dead letters cannot be kept, the batch that refused them is not committed."""

    async def scenario(store: Store) -> None:
        owner = await store.owner()
        await owner.heartbeat(NOBODY_KNOWS)
        before = await store.contents()

        async def refuse(_: Sequence[Refused]) -> None:
            raise OSError("no broker")

        owner._send_dead_letters = refuse
        with pytest.raises(OSError, match="no broker"):
            await owner.apply([*records(CALL), *bad_records(1, first=3)])
        assert (before, "0") == (await store.contents(), (await store.head())["position"])

    run(scenario)


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
            await (await _stale(store)).move(200)

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
