"""Faults of the log: transactions, records deleted unread, topics made again or with more partitions."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kafka import KafkaProducer, TopicPartition

from streams.clients.kafka_clients import admin, client_config
from streams.contract.topics import FOLDED, Topic
from streams.sources.outgoing import cloud_event
from streams.tools.create_topics import create_topics
from tests.faults.campaign.case import Case
from tests.faults.campaign.feed import encode
from tests.faults.campaign.kind import Kind

REBUILD_SECONDS = 240.0
LOST = 200
MORE_PARTITIONS = 3


@contextmanager
def foreign_producer(case: Case, number: int) -> Iterator[Any]:
    """A transactional producer that is none of ours."""
    producer = KafkaProducer(
        **client_config(case.settings), transactional_id=f"{case.settings.namespace}-{number}", acks="all"
    )
    try:
        producer.init_transactions()
        yield producer
    finally:
        producer.close(timeout=5)


def begin(case: Case, producer: Any, number: int) -> None:
    """Send one call to each partition in a new transaction."""
    producer.begin_transaction()
    name = case.settings.topic(Topic.CALLS)
    for place, subject in case.feed.subjects(f"foreign-{number}"):
        time_ms = time.time_ns() // 1_000_000
        body = cloud_event("call.offered", "/foreign", subject, time_ms, subject, {"queue": "foreign"})
        producer.send(name, key=subject.encode(), value=encode(body), partition=place)
    producer.flush()


def open_transactions(case: Case) -> None:
    """A transaction stays open for longer than the board may hide it, then is aborted, or committed."""
    for number in case.times(2):
        case.pause(0.5, 2.0)
        with foreign_producer(case, number) as producer:
            begin(case, producer, number)
            case.fault()
            case.pause(17.0, 20.0)
            if number % 2:
                producer.commit_transaction()
            else:
                producer.abort_transaction()
        case.pause(1.0, 3.0)


def aborted_transactions(case: Case) -> None:
    """Transactions that end soon, most of them aborted."""
    for number in case.times(8):
        with foreign_producer(case, number) as producer:
            begin(case, producer, number)
            case.fault()
            case.pause(0.0, 1.5)
            if case.chance.random() < 0.25:
                producer.commit_transaction()
            else:
                producer.abort_transaction()
        case.pause(0.2, 1.0)


def retention(case: Case) -> None:
    """Records are deleted before a worker that was away could read them."""
    case.pause(2.0, 4.0)
    with case.feed.paused():
        case.wait("everything applied", case.applied)
        case.crew.dismiss(case.post)
        # What is lost is lost to the quiet run too: it counts up to here before anything is deleted.
        case.drain_quietly()
        before = case.ends(Topic.CALLS)
        case.feed.burst(LOST)
        case.feed.send_canaries()
        case.feed.sender.flush(30.0)
        until = case.ends(Topic.CALLS)
        name = case.settings.topic(Topic.CALLS)
        with admin(case.settings) as client:
            client.delete_records({TopicPartition(name, number): offset for (_, number), offset in until.items()})
        case.fault()
        case.canaries.forget({place[1]: range(before[place], until[place]) for place in until})
    case.crew.recall(case.post)
    case.must_be_blind("loss", seconds=90.0)
    case.pause(2.0, 4.0)
    acknowledged = case.crew.program("acknowledge-loss", str(Topic.CALLS))
    case.wait("an acknowledged loss", lambda: acknowledged.status == 0)


def topic_deleted(case: Case) -> None:
    """The topic of calls is deleted and made again under a working worker; then the numbers are rebuilt."""
    case.pause(2.0, 4.0)
    name = case.settings.topic(Topic.CALLS)
    with case.feed.paused():
        with admin(case.settings) as client:
            client.delete_topics([name])
            case.wait("a deleted topic", lambda: name not in client.list_topics())
        case.canaries.start_anew()
        create_topics(case.settings)
        case.fault()
        case.feed.log_made_anew(Topic.CALLS)
    # By its id, or by its end where it is still shorter than what is counted.
    case.must_say("another log under the same name", "not the log that the numbers are of")
    case.pause(1.0, 4.0)
    rebuild(case)
    case.crew.start_refused_again()


def partitions_added(case: Case) -> None:
    """Every topic gets another partition under a working worker; then the numbers are rebuilt with it."""
    case.pause(2.0, 4.0)
    before = case.settings
    more = before.model_copy(update={"partitions": MORE_PARTITIONS})
    with case.feed.paused():
        with admin(before) as client:
            client.create_partitions({before.topic(topic): MORE_PARTITIONS for topic in FOLDED})
            case.fault()
        case.canaries.start_anew()
        case.feed.more_partitions(more)
    case.must_be_blind("partitions")
    case.pause(1.0, 3.0)
    case.crew.dismiss(case.post)
    case.settings = more
    case.crew.environment["VEINTE_PARTITIONS"] = str(MORE_PARTITIONS)
    case.post.environment["VEINTE_PARTITIONS"] = str(MORE_PARTITIONS)
    rebuild(case)
    case.crew.recall(case.post)
    assert case.exporter is not None
    case.exporter.kill()
    case.start_exporter()


def rebuild(case: Case) -> None:
    """Run `veinte rebuild` as a person would."""
    program = case.crew.program("rebuild")
    case.wait("the end of a rebuild", lambda: program.status is not None, REBUILD_SECONDS)
    if program.status != 0:
        case.problem(f"a rebuild ended with {program.status}: {program.stderr.strip()[-200:]}")


KINDS = (
    Kind(name="open-transaction", words="transaction of a foreign producer open for 17 s", inject=open_transactions),
    Kind(name="aborted-transactions", words="short transactions, most aborted", inject=aborted_transactions),
    Kind(name="retention", words="retention past unread records", inject=retention),
    Kind(
        name="topic-deleted", words="topic deleted and made again, then a rebuild", inject=topic_deleted, refusals=True
    ),
    Kind(name="partitions-added", words="partitions added, then a rebuild", inject=partitions_added, refusals=True),
)
