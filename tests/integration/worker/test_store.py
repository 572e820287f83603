"""The contract of the store, on a real Redis: one owner, one commit a batch, all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from redis.crc import key_slot
from redis.exceptions import ResponseError

from streams.common.durations import DAY_MS
from streams.common.errors import UserError
from streams.store.commit import COMMIT_SCRIPT, Commit, CommitId, Conflict
from streams.store.keys import KINDS
from streams.store.stored import load
from streams.worker import portion_fold
from streams.worker.intake import Refused
from streams.worker.refusal_limit import TooManyRefused
from tests.support.owners import AGAIN, CALL, NOBODY_KNOWS, TOPIC_ID, WALL_MS, LosesAnswers, Store, bad_records, records
from tests.support.strategies import START_MS, Event, event
from tests.support.words import log_of, told

HOUR_MS = 3_600_000


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
            await (await store.overtaken()).heartbeat(NOBODY_KNOWS)
        far = event("call.offered", "far", 9, START_MS + 2000 * DAY_MS, queue="q")
        await (await store.owner()).apply(records([far], first=7))
        keys = await store.all_keys()
        assert {kind.encode() for kind in KINDS} == {key.rsplit(b":", 1)[1] for key in keys}
        assert {-1} == {await store.redis.ttl(key) for key in keys}
        assert {key_slot(b"calls-0")} == {key_slot(key) for key in keys}

    run(scenario)


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
