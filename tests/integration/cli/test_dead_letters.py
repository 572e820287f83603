"""`veinte dead-letters` and `veinte tail` on a real Kafka, Redis and worker."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from kafka import KafkaProducer

from streams.clients.kafka_clients import admin, client_config
from streams.config.settings import Settings
from streams.contract.partitions import crc32_partition, murmur2_partition
from streams.contract.topics import Topic
from streams.facts.conversations.measures import ConversationMeasure
from streams.sources.outgoing import rfc3339
from tests.conftest import SettingsFactory
from tests.support.numbers import Numbers
from tests.support.processes import MEMBER, Programs, eventually, programs

Environment = Callable[[Settings], dict[str, str]]
CUSTOMER = "+34 600 11 22 33"


class Centre(NamedTuple):
    """Settings of a topic and the programs that run with them."""

    settings: Settings
    run: Programs


@pytest.fixture
def centre(settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path) -> Iterator[Centre]:
    """A Kafka and a Redis with topics of their own, and nothing in them."""
    settings = settings_factory()
    with programs(environment_of(settings), tmp_path / "programs") as run:
        yield Centre(settings, run)


def event(subject: str, kind: str = "call.offered", **data: Any) -> dict[str, Any]:
    """An event of now."""
    return {
        "specversion": "1.0",
        "id": f"{subject}-{kind}",
        "source": "/pbx",
        "type": kind,
        "time": rfc3339(time.time_ns() // 1_000_000),
        "subject": subject,
        "data": data,
    }


def send(settings: Settings, *records: tuple[bytes, bytes, int]) -> None:
    """Publish ``(key, value, partition)`` to the topic calls, as a producer with a partitioner of its own does."""
    producer = KafkaProducer(**client_config(settings), acks="all")
    for key, value, partition in records:
        producer.send(settings.topic(Topic.CALLS), value=value, key=key, partition=partition).get(30)
    producer.close()


def good(subject: str, body: dict[str, Any], partitions: int) -> tuple[bytes, bytes, int]:
    """A record where Kafka's default partitioner puts it."""
    return subject.encode(), json.dumps(body).encode(), murmur2_partition(subject.encode(), partitions)


def of_librdkafka(count: int, partitions: int) -> list[tuple[bytes, bytes, int]]:
    """Offers where librdkafka's default puts them, all on another partition than murmur2 gives."""
    found = []
    for number in range(1_000):
        key = f"call-{number}".encode()
        partition = crc32_partition(key, partitions)
        if partition != murmur2_partition(key, partitions):
            found.append((key, json.dumps(event(key.decode(), queue="sales", customer=CUSTOMER)).encode(), partition))
    return found[:count]


def command(centre: Centre, *arguments: str, status: int = 0, **variables: str) -> str:
    """Output of a command that ends with a status."""
    program = centre.run.veinte(*arguments, **variables)
    assert status == program.end(), f"{program}\n{program.stdout}"
    return program.stdout


def offered(settings: Settings) -> int:
    return Numbers(settings).totals()[ConversationMeasure.OFFERED]


def test_a_wrong_partitioner_is_named_and_its_records_are_applied_in_the_end(centre: Centre) -> None:
    """The log says once what is wrong; the list counts; sent again, the records of librdkafka's default all count."""
    settings, run = centre
    send(settings, *of_librdkafka(3, settings.partitions))
    worker = run.worker(*MEMBER)
    eventually("three dead letters", lambda: "3" in _open_letters(centre))
    assert 1 == worker.stderr.count("wrong_partition")
    assert 'it fits crc32, librdkafka\'s default: set partitioner = "crc32" here' in worker.stderr
    assert "`veinte dead-letters list`" in worker.stderr
    listed = command(centre, "dead-letters", "list")
    assert "3 letters open" in listed
    assert "calls  wrong_partition     3        0" in listed
    assert 0 == offered(settings)
    sent = command(centre, "dead-letters", "resend", "--reason", "wrong_partition")
    assert 3 == sent.count(": applied\n")
    assert 3 == offered(settings)
    assert "no open letter of these" in command(centre, "dead-letters", "resend", "--reason", "wrong_partition")
    assert "calls  wrong_partition     0        3" in command(centre, "dead-letters", "list")
    assert "state   resent" in command(centre, "dead-letters", "show")
    worker.ask_to_stop()


def _open_letters(centre: Centre) -> str:
    listed = command(centre, "dead-letters", "list")
    return next((line for line in listed.splitlines() if "wrong_partition     " in line), "")


def test_the_setting_agrees_with_librdkafka(centre: Centre) -> None:
    """With partitioner = crc32 the same records are applied, without a dead letter."""
    settings, run = centre
    send(settings, *of_librdkafka(3, settings.partitions))
    run.drain(VEINTE_PARTITIONER="crc32")
    assert 3 == offered(settings)
    assert "no dead letters\n" == command(centre, "dead-letters", "list")


def test_a_letter_shown_names_no_person(centre: Centre) -> None:
    """Customers, agents, unknown fields and keys are hashed or hidden, unless --plain asks for them."""
    settings, run = centre
    body = event("call-1", customer=CUSTOMER, agent="ana@example.org", Phone=CUSTOMER)  # no queue
    send(settings, good("call-1", body, settings.partitions))
    run.drain()
    shown = command(centre, "dead-letters", "show")
    assert "missing_field: `data.queue` is missing" in shown
    assert f"origin  topic {settings.topic(Topic.CALLS)}, partition" in shown
    assert "key     call-1\n" in shown
    assert '"Phone":"(hidden)"' in shown
    assert '"customer":"#' in shown
    assert not any(name in shown for name in ("600", "ana"))
    plain = command(centre, "dead-letters", "show", "--plain")
    assert CUSTOMER in plain
    assert "ana@example.org" in plain


def test_an_undecodable_record_is_read_from_its_topic(centre: Centre) -> None:
    """Its letter has neither key nor value in clear; --plain reads the original, as long as its topic has it."""
    settings, run = centre
    partition = murmur2_partition(CUSTOMER.encode(), settings.partitions)
    send(settings, (CUSTOMER.encode(), f"<call of={CUSTOMER}>".encode(), partition))
    run.drain()
    shown = command(centre, "dead-letters", "show")
    assert "value   (26 bytes that were not kept, mark " in shown
    assert "600" not in shown.replace(f" {partition}:", "")
    assert f"key     {CUSTOMER}\n  value   <call of={CUSTOMER}>" in command(centre, "dead-letters", "show", "--plain")
    with admin(settings) as client:
        from kafka import TopicPartition

        client.delete_records({TopicPartition(settings.topic(Topic.CALLS), partition): 1})
    gone = command(centre, "dead-letters", "show", "--plain")
    assert "value   the original is gone by retention; the letter has (26 bytes" in gone
    assert CUSTOMER not in gone


def test_what_becomes_of_a_record_sent_again(centre: Centre) -> None:
    """Refused again with the reason, not read without a worker, gone by retention: each is said, with status 1."""
    settings, run = centre
    partition = murmur2_partition(b"call-1", settings.partitions)
    send(settings, good("call-1", event("call-1"), settings.partitions), (b"call-1", b"{", partition))
    run.drain()
    unread = command(centre, "dead-letters", "resend", "--id", f"{partition}:0", "--wait", "0s", status=1)
    assert f"calls {partition}:0: sent again as {settings.topic(Topic.CALLS)} {partition}:2: not read yet" in unread
    worker = run.worker(*MEMBER)
    worker.wait_until_ready()
    again = command(centre, "dead-letters", "resend", "--id", f"{partition}:0", "--again", status=1)
    assert f"sent again as {settings.topic(Topic.CALLS)} {partition}:3: refused again: missing_field" in again
    worker.ask_to_stop()
    with admin(settings) as client:
        from kafka import TopicPartition

        client.delete_records({TopicPartition(settings.topic(Topic.CALLS), partition): 2})
    gone = command(centre, "dead-letters", "resend", "--reason", "not_json", status=1)
    assert f"calls {partition}:1: the original is gone by retention" in gone


def test_done_is_kept_and_can_be_undone(centre: Centre) -> None:
    """A letter marked as done is counted apart by every later command, until the mark is taken away."""
    settings, run = centre
    send(
        settings,
        good("call-1", event("call-1"), settings.partitions),
        good("call-2", event("call-2"), settings.partitions),
    )
    run.drain()
    one = f"{murmur2_partition(b'call-1', settings.partitions)}:0"
    assert "1 letter marked as done\n" == command(centre, "dead-letters", "done", "--id", one)
    listed = command(centre, "dead-letters", "list")
    assert "calls  missing_field     1        1" in listed
    assert "state   done" in command(centre, "dead-letters", "show", "--id", one)
    assert "1 letter open again\n" == command(centre, "dead-letters", "done", "--id", one, "--undo")
    assert "2 letters open" in command(centre, "dead-letters", "list", "--since", "1h", "--topic", "calls")
    assert "no dead letters of these\n" == command(centre, "dead-letters", "list", "--reason", "too_old")


def test_a_letter_that_is_not_there(centre: Centre) -> None:
    """To show one where there is none is one sentence, with status 2."""
    program = centre.run.veinte("dead-letters", "show")
    assert (2, 1) == (program.end(), program.stderr.count("\n"))
    assert "no such dead letter; `veinte dead-letters list` names those there are" in program.stderr


def test_tail_follows_until_ctrl_c(centre: Centre) -> None:
    """Events are printed as they come, persons hashed, what a worker refuses is marked; Ctrl-C ends with status 0."""
    settings, run = centre
    partitions = settings.partitions
    send(settings, good("call-1", event("call-1", queue="sales", customer=CUSTOMER), partitions))
    following = run.veinte("tail", "-n", "1")
    eventually("the record before", lambda: "call-1" in following.stdout)
    send(
        settings,
        good("call-2", event("call-2", "call.answered", agent="ana@example.org"), partitions),
        good("call-3", event("call-3", "call.ofered", queue="x"), partitions),
        *of_librdkafka(1, partitions),
    )
    eventually("three more", lambda: 4 == following.stdout.count("\n"))
    following.send(signal.SIGINT)
    assert (0, "") == (following.end(), following.stderr)
    lines = following.stdout.splitlines()
    assert "call.offered call-1 queue=sales customer=#" in lines[0]
    rest = "\n".join(lines[1:])
    assert "call.answered call-2 agent=#" in rest
    assert "refused: unknown_type: type 'call.ofered' is none of this contract; did you mean call.offered?" in rest
    assert "refused: wrong_partition: " in rest
    assert not any(name in following.stdout for name in ("600", "ana@"))


def test_tail_of_one_contact(centre: Centre) -> None:
    """With a subject only its events are printed, however many others came after; --once ends at the end."""
    settings = centre.settings
    others = [good(f"o-{n}", event(f"o-{n}", queue="q"), settings.partitions) for n in range(30)]
    send(settings, good("call-1", event("call-1", queue="sales"), settings.partitions), *others)
    one = command(centre, "tail", "--subject", "call-1", "--once")
    assert (1, True) == (one.count("\n"), "call.offered call-1 queue=sales" in one)
    assert 10 == command(centre, "tail", "--once").count("\n")
    assert 31 == command(centre, "tail", "--once", "--from-start", "--topic", "calls").count("\n")
