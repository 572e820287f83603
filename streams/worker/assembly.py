"""Assembly of an owned partition from its content in Redis and the settings in force."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from streams.clients.pseudonyms import key_check
from streams.common.vocabulary import Pseudonym
from streams.config.counting_rules import counting_rules
from streams.config.settings import Settings
from streams.contract.topics import Topic
from streams.facts.domains import DOMAIN_OF
from streams.store.commit import CommitId
from streams.store.field_reader import FieldReader
from streams.store.judged import judged_fields
from streams.store.keys import (
    HEAD_ACKNOWLEDGED,
    HEAD_KEY_CHECK,
    HEAD_PARTITIONS,
    HEAD_SOURCE,
    HEAD_STATUS,
    HEAD_TOPIC_ID,
    PartitionKeys,
    decode_status,
)
from streams.store.stored import Stored
from streams.worker.attempts import Attempts
from streams.worker.batches import LARGEST_BATCH
from streams.worker.clock_links import NO_LINKS, ClockLinks
from streams.worker.clock_watch import ClockWatch
from streams.worker.committer import Committer
from streams.worker.current_status import CurrentStatus
from streams.worker.event_clock import EventClock
from streams.worker.intake import Intake
from streams.worker.opened_ledger import open_ledger
from streams.worker.partition import OwnedPartition, SendDeadLetters, SendOutbox
from streams.worker.portion_fold import PortionFold
from streams.worker.refusal_limit import RefusalLimit
from streams.worker.standstill import standing
from streams.worker.state_reader import StateReader


def assemble_partition(
    topic: Topic,
    number: int,
    stored: Stored,
    *,
    redis: Any,
    keys: PartitionKeys,
    settings: Settings,
    pseudonym: Pseudonym,
    topic_id: str,
    send_dead_letters: SendDeadLetters,
    send_outbox: SendOutbox,
    source: str,
    largest_batch: int,
    now_ms: Callable[[], int],
    never_stops: bool = False,
    links: ClockLinks = NO_LINKS,
) -> OwnedPartition:
    """The partition of a new owner, as it is stored.

    Args:
        topic: logical topic.
        number: of the partition.
        stored: content of its keys in Redis.
        redis: asyncio client.
        keys: its keys in Redis.
        settings: limits, retentions and policies.
        pseudonym: keyed hash of identifiers.
        topic_id: of Kafka.
        send_dead_letters: publishes refused records and returns once they are confirmed.
        send_outbox: publishes outcomes and returns once they are confirmed.
        source: ``source`` of the outcomes of these numbers (``streams.worker.publisher.outcome_source``).
        largest_batch: most records in progress when an owner crashes or loses the partition.
        now_ms: wall clock.
        never_stops: any number of records in a row may go to the dead letters.
        links: of the event clock.
    """
    position = stored.position or 0
    packed = stored.head.get(HEAD_STATUS.encode())
    before = None if packed is None else decode_status(packed)
    opened = open_ledger(topic, stored, settings, pseudonym, position + largest_batch)
    status = CurrentStatus(
        before,
        position=position,
        formula=DOMAIN_OF[topic].formula,
        acknowledged=int(stored.head.get(HEAD_ACKNOWLEDGED.encode(), 0)),
        policy=opened.policy,
        stop=None if before is None or never_stops else standing(before.stop, settings),
        clock_limit_ms=settings.clock_limit,
        now_ms=now_ms,
    )
    clock = EventClock.of(
        topic,
        settings,
        aside=stored.aside,
        anchors=links.anchors,
        newest_elsewhere=links.newest_elsewhere,
        wall_ms=now_ms,
    )
    fields = FieldReader(redis)
    states = StateReader(fields, keys.contacts, opened.ledger)
    limit = RefusalLimit(topic, number, sys.maxsize if never_stops else settings.dead_letters_in_a_row, now_ms)
    intake = Intake(topic, number, settings, source, clock)
    committer = Committer(
        f"{topic}-{number}",
        CommitId.of(stored.head),
        redis=redis,
        keys=keys,
        fields=fields,
        ledger=opened.ledger,
        registry=opened.registry,
        clock=clock,
        status=status,
        head_fields=[
            *(HEAD_TOPIC_ID, topic_id),
            *(HEAD_PARTITIONS, str(settings.partitions)),
            *(HEAD_KEY_CHECK, key_check(pseudonym)),
            *(HEAD_SOURCE, source),
        ],
        judging=partial(
            judged_fields,
            stored.head,
            clock_ms=status.newest_ms,
            book=opened.book,
            rules=counting_rules(topic, settings),
        ),
        policies=opened.new_policies,
    )
    return OwnedPartition(
        topic,
        number,
        position,
        attempts=Attempts(None if before is None else before.attempt, position, LARGEST_BATCH),
        ledger=opened.ledger,
        states=states,
        status=status,
        watch=ClockWatch(topic, number, settings, clock, links),
        limit=limit,
        fold=PortionFold(intake, opened.ledger, opened.registry, states, status, limit),
        committer=committer,
        send_dead_letters=send_dead_letters,
        send_outbox=send_outbox,
        now_ms=now_ms,
        never_stops=never_stops,
    )
