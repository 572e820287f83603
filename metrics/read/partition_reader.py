"""Reads the changes of every partition since the last read, with one script a partition."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import Any

from redis import Redis
from redis.exceptions import ResponseError

from metrics.read.partition_view import PartitionView, Reply
from streams.clients.redis_clients import SyncClient, sync_client
from streams.common.errors import UserError
from streams.config.settings import Settings
from streams.config.stored_settings import DIGEST, Judging, judging
from streams.contract.topics import FOLDED, Topic
from streams.store.damage import SETTINGS_REMEDY, Damaged, Unreadable, unreadable
from streams.store.keys import (
    CHANGES_KEPT,
    HEAD_NUMBER,
    HEAD_PARTITIONS,
    HEAD_POSITION,
    PartitionKeys,
    partition_keys,
    reconciled_key,
    settings_key,
)
from streams.store.reading import read_conflicts, read_names, read_status, text, whole_number
from streams.store.reconciled import Reconciled, decode_results
from streams.store.redis_errors import WRONG_TYPE, failure_of
from streams.store.single_keys import generation_of, whole_key
from streams.store.stored import OLDEST_FORMULA, check_types

SOCKET_TIMEOUT_SECONDS = 5.0
"""Time limit of a read: the first one of a large partition may take longer than a worker waits for a commit."""
SCRIPT = resources.files("metrics.read").joinpath("read.lua").read_text()

Partition = tuple[Topic, int]
Replies = dict[Partition, Reply | None]
Damages = dict[Partition, Unreadable]


class PartitionReader:
    """Reads the changes of every partition from Redis."""

    def __init__(self, settings: Settings) -> None:
        """Connects.

        Raises:
            UserError: Redis cannot be reached or does not match the settings.
        """
        self._settings = settings
        self._client: SyncClient = sync_client(settings, SOCKET_TIMEOUT_SECONDS)
        self._script = self._client.register_script(SCRIPT)
        self.partitions: list[Partition] = [(topic, n) for topic in FOLDED for n in range(settings.partitions)]
        self._noted: tuple[int, bytes | None] | None = None
        self._judging = Judging(settings)

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def generation(self) -> int:
        """The number of the key namespace in force.

        Raises:
            Unreadable: the key has something else.
            Exception: one of ``streams.clients.redis_clients.CLIENT_ERRORS``: Redis cannot serve.
        """
        return generation_of(self._client, self._settings.namespace)

    def judging(self, generation: int) -> Judging:
        """The settings that the numbers of a generation are made with; the same object as long as they are the same.

        Raises:
            Exception: one of ``streams.clients.redis_clients.CLIENT_ERRORS``: Redis cannot serve.
        """
        key = settings_key(self._settings.namespace, generation)
        with whole_key(key, SETTINGS_REMEDY):
            digest: Any = self._client.hget(key, DIGEST)
        if self._noted != (generation, digest):
            stored: Any = self._client.hgetall(key)
            self._judging = judging(self._settings, stored)
            self._noted = generation, stored.get(DIGEST.encode())
        return self._judging

    def reconciled(self, generation: int) -> Mapping[str, Reconciled]:
        """Results of the last ``veinte reconcile`` by topic; none where the key holds anything else.

        Raises:
            Exception: one of ``streams.clients.redis_clients.CLIENT_ERRORS``: Redis cannot serve.
        """
        try:
            found: Any = self._client.hgetall(reconciled_key(self._settings.namespace, generation))
        except ResponseError:  # of another type: no reason to show no numbers at all
            return {}
        return decode_results(found)

    def read(self, generation: int, known: Mapping[Partition, PartitionView]) -> Replies:
        """Changes since ``known``, or the whole partition; ``None`` without an owner so far.

        Raises:
            Unreadable: a partition is damaged.
            UserError: the numbers were made with another count of partitions, or by a release with other counter codes.
            Exception: one of ``streams.clients.redis_clients.CLIENT_ERRORS``: Redis cannot serve.
        """
        replies, damages = self.read_sound(generation, known)
        for damage in damages.values():
            raise damage
        return replies

    def read_sound(self, generation: int, known: Mapping[Partition, PartitionView]) -> tuple[Replies, Damages]:
        """The same with the damaged partitions apart, whose reply is ``None``. The fields of the numbers are not looked
        at here.

        Raises:
            UserError: as ``read``, for all partitions.
            Exception: as ``read``.
        """
        replies: Replies = {}
        damages: Damages = {}
        for partition, answer in zip(self.partitions, self._answers(generation, known), strict=True):
            replies[partition] = None
            try:
                if isinstance(answer, Exception):
                    self._refuse_other_types(generation, partition, answer)
                elif answer is not None:
                    reply = Reply(*answer)
                    self._check(partition[0], reply)
                    replies[partition] = reply
            except Damaged as damage:
                damages[partition] = self.unreadable(generation, partition, damage)
        return replies, damages

    def unreadable(self, generation: int, partition: Partition, damage: Damaged) -> Unreadable:
        """The error for a damage in a partition."""
        return unreadable(partition_keys(self._settings.namespace, generation, *partition), damage)

    def _answers(self, generation: int, known: Mapping[Partition, PartitionView]) -> list[Any]:
        """The answer of the script for each partition; an error of a script in its place."""
        calls = [self._arguments(generation, partition, known.get(partition)) for partition in self.partitions]
        if isinstance(self._client, Redis):
            with self._client.pipeline(transaction=False) as pipeline:
                for keys, arguments in calls:
                    self._script(keys=keys, args=arguments, client=pipeline)
                return pipeline.execute(raise_on_error=False)
        answers: list[Any] = []
        for keys, arguments in calls:
            try:
                answers.append(self._script(keys=keys, args=arguments))
            except ResponseError as error:
                answers.append(error)
        return answers

    def _refuse_other_types(self, generation: int, partition: Partition, error: Exception) -> None:
        """Raise the error of a script; where the type of a key caused it, say of which."""
        if failure_of(error) is WRONG_TYPE:
            keys = partition_keys(self._settings.namespace, generation, *partition)
            check_types([self._client.type(key) for key in keys])
        raise error

    def _check(self, topic: Topic, reply: Reply) -> None:
        """Check the head and the names of a reply.

        Raises:
            Damaged: no worker wrote them.
            UserError: the numbers cannot be read with these settings, or by this release.
        """
        text("head", HEAD_PARTITIONS, reply.partitions)
        for field, raw in ((HEAD_POSITION, reply.position), (HEAD_NUMBER, reply.number)):
            whole_number("head", field, raw)
        if reply.partitions:
            whole_number("head", HEAD_PARTITIONS, reply.partitions)
        status = read_status(reply.status)
        self._refuse_other_partitions(topic, reply.partitions.decode())
        if reply.whole:
            self._refuse_other_codes(topic, status.formula)
        if reply.names or reply.whole:
            read_names(topic, zip(reply.names[::2], reply.names[1::2], strict=True))
            if len(reply.names) != 2 * status.names:
                raise Damaged("names", None, f"has {len(reply.names) // 2} names, and the head counts {status.names}")
        read_conflicts(reply.conflicts)

    def _refuse_other_codes(self, topic: Topic, formula: int) -> None:
        """Refuse counters with other codes, which would be read as other measures."""
        if formula < OLDEST_FORMULA:
            raise UserError(
                f"redis = {self._settings.redis_display()} holds numbers of {topic} that an earlier release counted "
                f"(formula {formula}, this release reads {OLDEST_FORMULA} and later); run `veinte rebuild`"
            )

    def _refuse_other_partitions(self, topic: Topic, stored: str) -> None:
        """Refuse another count of partitions, which would show a part of the numbers as all; "" is a head without a
        count."""
        ours = self._settings.partitions
        if stored not in ("", str(ours)):
            raise UserError(
                f"redis = {self._settings.redis_display()} holds numbers of {topic} made with {stored} partitions, but "
                f"partitions = {ours}, so a part of them would be missing; set VEINTE_PARTITIONS={stored}"
            )

    def _arguments(
        self, generation: int, partition: Partition, view: PartitionView | None
    ) -> tuple[list[str], list[Any]]:
        keys: PartitionKeys = partition_keys(self._settings.namespace, generation, *partition)
        known = (b"", b"0", 0) if view is None else (view.nonce, view.number, view.names.known)
        return [keys.head, keys.numbers, keys.changed, keys.names, keys.conflicts], [*known, CHANGES_KEPT]
