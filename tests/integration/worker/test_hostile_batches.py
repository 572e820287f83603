"""Batches that unpack to far more than they are, and batches of refused records: the worker stays small and goes on."""

from __future__ import annotations

import asyncio
import resource
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import cast

from streams.clients.redis_clients import sync_client
from streams.config.settings import Settings
from streams.contract.topics import Topic
from streams.store.keys import decode_status, partition_keys
from streams.worker.dead_letters import DeadLetters
from streams.worker.intake import Refused
from tests.conftest import SettingsFactory
from tests.integration.worker.test_worker_input import letters
from tests.support.hostile import call, peak_bytes, send_batches
from tests.support.processes import MEMBER, eventually, programs
from tests.support.words import Record

Environment = Callable[[Settings], dict[str, str]]
GIGABYTE = 10**9
MIB = 1 << 20


def statistics(settings: Settings) -> dict[str, int]:
    """The counters of the first partition of the calls; empty before its first commit."""
    client = sync_client(settings)
    try:
        raw = client.hget(partition_keys(settings.namespace, 0, Topic.CALLS, 0).head, "status")
    finally:
        client.close()
    return {} if raw is None else dict(decode_status(cast(bytes, raw)).statistics)


def test_batches_that_inflate(settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path) -> None:
    """A worker with a gigabyte sets each bomb aside as one letter, applies what is sound, and has most of it left.

    The letter is sent again with a larger limit: what fits is applied then.
    """
    settings = settings_factory(partitions=1, batch_limit_bytes=4 * MIB)
    many = [call(f"many-{number}", 60_000) for number in range(100)]
    sound = [call(f"sound-{number}", 60_000) for number in range(50)]
    codecs = ("gzip", "snappy", "lz4", "zstd")
    send_batches(
        settings,
        [
            ("zstd", [call("bomb", 300 * MIB)]),
            *[("gzip", [call(f"small-{number}", 6 * MIB)]) for number in range(3)],
            ("zstd", many),
            *[(codec, sound) for codec in codecs],
            (None, [call(f"good-{number}") for number in range(20)]),
        ],
    )
    with programs(environment_of(settings), tmp_path) as own:
        worker = own.worker(*MEMBER)
        resource.prlimit(worker.pid, resource.RLIMIT_AS, (GIGABYTE, GIGABYTE))
        expected = {"applied": len(codecs) * len(sound) + 20, "rejected.too_large": 1 + 3 + len(many)}
        eventually("everything to be counted", lambda: statistics(settings) == expected or worker.status is not None)
        assert (None, expected) == (worker.status, statistics(settings)), str(worker)
        assert peak_bytes(worker.pid) < GIGABYTE
        spans = sorted((int(e.headers["offset"]), int(e.headers["last-offset"])) for e in letters(settings))
        assert [1] * 4 + [len(many)] == sorted(last - first + 1 for first, last in spans)
        sent = own.veinte("dead-letters", "resend", "--all", "--batch-limit", f"{10 * MIB}")
        assert 1 == sent.end(), str(sent)
        assert "unpacks to more than --batch-limit" in sent.stdout  # the largest bomb
        assert f"{len(many):,} records sent again: {len(many):,} applied" in sent.stdout
        assert ": 0 differences" in own.veinte("reconcile", "--topic", "calls").succeed()


def test_nearly_all_refused(settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path) -> None:
    """Of 899 useless records to each good one every letter is kept once, and the good ones are counted."""
    settings = settings_factory(partitions=1)
    useless = [(b"bad", b"<xml>" + b"x" * 200)] * 899
    send_batches(settings, [("gzip", [*useless, call(f"good-{number}")]) for number in range(13)])
    with programs(environment_of(settings), tmp_path) as own:
        own.drain()
    assert {"applied": 13, "rejected.not_json": 13 * 899} == statistics(settings)
    offsets = Counter(each.headers["offset"] for each in letters(settings))
    assert (13 * 899, {1}) == (len(offsets), set(offsets.values()))


def test_letters_of_an_owner_that_crashed(settings_factory: SettingsFactory) -> None:
    """The next owner leaves out the letters that are written already, and only those: not a record of another log."""
    settings = settings_factory(partitions=1)

    def refused(first: int, last: int, value: bytes = b"{") -> list[Refused]:
        return [Refused(Record(n, 0, b"k", value), "not_json", "no") for n in range(first, last)]

    async def run() -> None:
        for portions in ([refused(0, 900), refused(900, 1500)], [refused(600, 1700), refused(0, 1, b"another")]):
            dead_letters = DeadLetters(settings)
            await dead_letters.start()
            box = dead_letters.box(Topic.CALLS, 0)
            for portion in portions:
                await box.send(portion)
            await dead_letters.stop()

    asyncio.run(run())
    offsets = Counter((each.headers["offset"], each.headers["sha256"]) for each in letters(settings))
    first, other = (sha256(value).hexdigest() for value in (b"{", b"another"))
    assert {(str(n), first) for n in range(1700)} | {("0", other)} == set(offsets)
    assert {1} == set(offsets.values())
