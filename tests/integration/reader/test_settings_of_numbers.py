"""Programs with other settings, or another hash key, than the worker that made the numbers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from metrics.read.reader import REPLACED_MS, Reader
from streams.clients.pseudonyms import key_check, pseudonym_of, pseudonym_of_numbers
from streams.clients.redis_clients import async_client, sync_client
from streams.common.errors import EXIT_USER_ERROR, UserError
from streams.common.vocabulary import Channel, Clock
from streams.config.hash_key import demo_hash_key_file, hash_key_file
from streams.config.queue_settings import QueueSettings
from streams.config.settings import Settings
from streams.config.stored_settings import judging
from streams.contract.topics import Topic
from streams.sources.outgoing import OutgoingEvent
from streams.store.keys import HEAD_KEY_CHECK, partition_keys, settings_key
from streams.tools.maintenance import delete_generation
from streams.worker.noted_settings import note_settings
from tests.conftest import SettingsFactory
from tests.integration.reader.test_exporter import Exporter, call, publish
from tests.support.owners import WALL_MS, Store, records
from tests.support.processes import Programs, programs
from tests.support.words import log_of

Environment = Callable[[Settings], dict[str, str]]
START_MS = 1_790_000_000_000
"""2026-09-21T14:13:20Z."""
LATE_MS = START_MS + 8 * 3_600_000
"""The same day in UTC; in Madrid it is 00:13 of the next."""
TARGET, OBJECTIVE = "contact_center_service_level_target_seconds", "contact_center_service_level_objective_ratio"
FILE = (
    'time_zone = "Europe/Madrid"\nrepeat_window = "3d"\n[queues.ventas]\nchannel = "call"\ntarget_seconds = 60\n'
    "objective = 0.9\n"
)
NAMED = (
    "settings differ from those that judged: time_zone is UTC here, Europe/Madrid in the numbers; clock is wall here, "
    "event in the numbers; repeat_window is 7d here, 3d in the numbers; queues.ventas.target_seconds is 20 here, 60 in "
    "the numbers; queues.ventas.objective is 0.8 here, 0.9 in the numbers; shown are those in the numbers; start every "
    "program with the settings of the worker; another time_zone comes with `veinte rebuild`"
)


def day() -> Iterator[OutgoingEvent]:
    """A call of 40 s in the afternoon, and one after midnight in Madrid."""
    for subject, start_ms in (("x-1", START_MS), ("x-2", LATE_MS)):
        yield call(subject, start_ms, "offered", queue="ventas", customer="ana")
        yield call(subject, start_ms + 40_000, "answered", agent="eva")
        yield call(subject, start_ms + 60_000, "ended")


@pytest.fixture
def elsewhere(settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path) -> Iterator[Programs]:
    """Programs in a folder without a settings file; a worker has made the numbers with the one of another folder."""
    settings = settings_factory(hash_key=None, partitions=1)
    variables = environment_of(settings) | {"VEINTE_DATA": str(tmp_path / "data")}
    del variables["VEINTE_QUEUES"]
    (tmp_path / "data").mkdir()
    hash_key_file(settings).write_text("the key that the stack has made\n")
    (tmp_path / "worker").mkdir()
    (tmp_path / "worker" / "veinte.toml").write_text(FILE)
    publish(settings, day())
    with programs(variables, tmp_path / "worker") as worker, programs(variables, tmp_path / "elsewhere") as run:
        worker.drain(VEINTE_CLOCK="event")
        yield run


def test_every_program_shows_the_settings_that_judged(elsewhere: Programs, tmp_path: Path) -> None:
    """Exporter, API, wallboard, report, explain and check name each difference, and show what the numbers were made
    with, under the key that the stack has made."""
    run = elsewhere
    exporter = Exporter(run)
    exporter.wait_for("/readyz", 200)
    assert [60.0] == exporter.values(TARGET, queue="ventas")
    assert [0.9] == exporter.values(OBJECTIVE, queue="ventas")
    assert [1.0] == exporter.values("contact_center_contacts_offered", queue="ventas", window="today")
    assert [2.0] == exporter.values("contact_center_contacts_offered", queue="ventas", window="24h")
    assert NAMED in exporter.program.stderr
    differing = {
        "time_zone",
        "clock",
        "repeat_window",
        "queues.ventas.target_seconds",
        "queues.ventas.objective",
    }
    for path in ("/api/v1/snapshot", "/api/v1/explain?kpi=contacts_offered&queue=ventas"):
        answer = json.loads(exporter.wait_for(path, 200))
        assert differing == {each["setting"] for each in answer["settings_differ"]}
    assert "Europe/Madrid" == answer["time_zone"]
    assert (60.0, 0.9) == tuple(answer["policy"]["limits"][name] for name in ("target_seconds", "objective_ratio"))
    assert "y 2 más. Se muestra la de los números." in exporter.wait_for("/?lang=es", 200)

    said = run.veinte("report", "--from", "2026-09-22", "--to", "2026-09-23", "--format", "json")
    (row,) = json.loads(said.succeed())
    assert ("2026-09-22T00:00:00+02:00", 1) == (row["from"], row["offered"])
    assert f"veinte: {NAMED}" in said.stderr

    for arguments in (("kpi", "service_level_ratio", "--queue", "ventas"), ("contact", "x-1")):
        explained = run.veinte("explain", *arguments)
        assert "ventas" in explained.succeed()
        assert f"veinte: {NAMED}" in explained.stderr
    assert "+0200" in explained.stdout

    check = run.veinte("check")
    assert EXIT_USER_ERROR == check.end()
    assert f"- {NAMED}, or restart the worker to judge by those here" in check.stdout


def test_another_hash_key_is_refused(elsewhere: Programs) -> None:
    """By every command and page that hashes identifiers; without any, it says what to set."""
    other = {"VEINTE_HASH_KEY": "another key than that of the worker"}
    for arguments in (("explain", "kpi", "contacts_offered"), ("explain", "contact", "x-1")):
        program = elsewhere.veinte(*arguments, **other)
        assert EXIT_USER_ERROR == program.end()
        assert "numbers made with another hash key than that of VEINTE_HASH_KEY" in program.stderr
        program = elsewhere.veinte(*arguments, VEINTE_DATA="/nowhere")
        assert EXIT_USER_ERROR == program.end()
        assert "no key to hash customers and agents with; set VEINTE_HASH_KEY" in program.stderr
    check = elsewhere.veinte("check", **other)
    assert EXIT_USER_ERROR == check.end()
    assert "numbers made with another hash key" in check.stdout
    worker = elsewhere.worker("--drain", **other)
    assert EXIT_USER_ERROR == worker.end()
    assert "were made with another VEINTE_HASH_KEY" in worker.stderr
    exporter = Exporter(elsewhere, **other)
    answer = json.loads(exporter.wait_for("/api/v1/explain?kpi=contacts_offered&channel=call", 503))
    assert "numbers made with another hash key than that of VEINTE_HASH_KEY" in answer["error"]


def noted(settings: Settings) -> dict[bytes, bytes]:
    """The settings beside the numbers."""
    client: Any = sync_client(settings)
    found: dict[bytes, bytes] = client.hgetall(settings_key(settings.namespace, 0))
    client.close()
    return found


def note(settings: Settings) -> None:
    """A worker with these settings takes partitions."""

    async def run() -> None:
        client = await async_client(settings)
        await note_settings(client, settings, 0)
        await client.aclose()

    asyncio.run(run())


def test_a_worker_with_other_settings_says_so_once(
    settings_factory: SettingsFactory, caplog: pytest.LogCaptureFixture
) -> None:
    """The newest policies judge from now on; the time zone stays that of the first worker until a rebuild."""
    first = settings_factory(create=False, time_zone="Europe/Madrid")
    queue = QueueSettings(channel=Channel.CALL, target_seconds=60)
    second = first.model_copy(update={"time_zone": "UTC", "queues": {"ventas": (queue,)}})
    note(first)
    assert [] == caplog.messages
    note(second)
    assert [
        "settings differ from those that judged so far: time_zone is UTC here, Europe/Madrid in the numbers; "
        "queues.ventas.target_seconds is 60 here, 20 in the numbers; from now on those here judge new contacts; "
        "time_zone stays Europe/Madrid until `veinte rebuild`"
    ] == caplog.messages
    found = judging(first, noted(first))
    assert ("Europe/Madrid", second.queues) == (found.settings.time_zone, found.settings.queues)
    client: Any = sync_client(first)
    delete_generation(client, first, 0)
    client.close()
    note(second)
    assert "UTC" == judging(second, noted(second)).settings.time_zone


def test_a_reader_follows_the_worker(settings_factory: SettingsFactory) -> None:
    """New settings of the worker are shown at the next reading, without a restart of the exporter."""
    settings = settings_factory(create=False, clock=Clock.EVENT)
    judged = settings.model_copy(
        update={"queues": {"ventas": (QueueSettings(channel=Channel.CALL, day_starts="06:00"),)}}
    )
    reader = Reader(settings)
    reader.refresh(WALL_MS)
    assert (settings.queues, ()) == (reader.judging.settings.queues, reader.judging.differing)
    before = reader.judging, reader.history
    note(judged)
    reader.refresh(WALL_MS)
    assert judged.queues == reader.judging.settings.queues
    assert ["queues.ventas.day_starts"] == [each.setting for each in reader.judging.differing]
    after = reader.judging, reader.history
    reader.refresh(WALL_MS)
    assert all(one is not other for one, other in zip(before, after, strict=True))
    assert after == (reader.judging, reader.history)
    reader.close()


def test_workers_that_judge_differently_are_told_once_it_lasts(
    settings_factory: SettingsFactory, caplog: pytest.LogCaptureFixture
) -> None:
    """A worker that is being replaced is no news; one that goes on is told once."""
    old = settings_factory(create=False, partitions=1)
    new = old.model_copy(update={"repeat_window": 3_600_000})

    async def own() -> None:
        client = await async_client(old)
        owner = await Store(old, client, Topic.CALLS).owner()
        await owner.apply(records(log_of("call", ("offered", 0))))
        await client.aclose()

    asyncio.run(own())
    note(new)
    reader = Reader(new)
    for later_ms in (0, REPLACED_MS - 1):
        reader.refresh(WALL_MS + later_ms)
        assert [] == caplog.messages
    for later_ms in (REPLACED_MS, REPLACED_MS + 1, 3 * REPLACED_MS):
        reader.refresh(WALL_MS + later_ms)
        assert ["a worker of calls judges by other settings of queues"] == [text[:52] for text in caplog.messages]
    reader.close()


def test_the_key_of_the_numbers_is_found(settings_factory: SettingsFactory) -> None:
    """Without one in the settings it is that of the stack or of the demo, whichever the numbers were made with."""
    settings = settings_factory(create=False, hash_key=None)
    client: Any = sync_client(settings)
    with pytest.raises(UserError, match="no key to hash customers and agents with"):
        pseudonym_of_numbers(settings, client)
    files = {hash_key_file(settings): "the key of the stack", demo_hash_key_file(settings): "that of demos"}
    for path, key in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{key}, a long one\n")
    stack, demo = (
        pseudonym_of(settings.model_copy(update={"hash_key": SecretStr(f"{key}, a long one")}))
        for key in files.values()
    )
    assert stack("ana") == pseudonym_of(settings)("ana") == pseudonym_of_numbers(settings, client)("ana")
    head = partition_keys(settings.namespace, 0, Topic.CHATS, settings.partitions - 1).head
    for made_with in (demo, stack):
        client.hset(head, HEAD_KEY_CHECK, key_check(made_with))
        assert made_with("ana") == pseudonym_of_numbers(settings, client)("ana")
    demo_hash_key_file(settings).unlink()
    client.hset(head, HEAD_KEY_CHECK, key_check(demo))
    with pytest.raises(UserError, match=r"made with another hash key than that of .*/hash_key: no hash"):
        pseudonym_of_numbers(settings, client)
    client.close()
