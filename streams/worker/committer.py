"""Commits of a partition: all changes of its ledger, registry, event clock and status in one script, fenced."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import Any

from redis.exceptions import ResponseError

from streams.common.errors import UserError
from streams.store.anchors import drop_numbers
from streams.store.commit import COMMIT_SCRIPT, Answer, Commit, CommitId, Conflict
from streams.store.damage import Damaged
from streams.store.field_reader import FieldReader
from streams.store.keys import CHANGES_KEPT, PartitionKeys
from streams.store.redis_errors import WRONG_TYPE, failure_of, patiently
from streams.store.registry import Registry
from streams.worker.current_status import CurrentStatus, expiry_clock_ms
from streams.worker.event_clock import EventClock
from streams.worker.ledger import Ledger, Rolled


class Committer:
    """Writer of one partition's keys. Only this code writes them.

    Attributes:
        keys: of the partition in Redis.
        redis: asyncio client.
        commit_id: of the last commit; the next one is refused if another owner has committed since.
        nonce: of this owner.
        head_fields: fields and values of the head that the next commit writes beside position and status.
    """

    def __init__(
        self,
        name: str,
        commit_id: CommitId,
        *,
        redis: Any,
        keys: PartitionKeys,
        fields: FieldReader,
        ledger: Ledger,
        registry: Registry,
        clock: EventClock,
        status: CurrentStatus,
        head_fields: list[str],
        judging: Callable[[int], Sequence[str]],
        policies: list[str | bytes],
    ) -> None:
        """Prepare the commits of a new owner.

        Args:
            name: of the partition, for messages.
            commit_id: stored in its head.
            redis: asyncio client.
            keys: of the partition in Redis.
            fields: reader of slices.
            ledger: source of the changes of states and slices.
            registry: source of new names.
            clock: source of the events set aside.
            status: written with every commit.
            head_fields: fields and values of the head for the first commit.
            judging: further ones by the position of the first commit.
            policies: id and policy book for the first commit, where the book is not stored yet.
        """
        self.redis = redis
        self.keys = keys
        self.commit_id = commit_id
        self.nonce = secrets.token_hex(8)
        self.head_fields = head_fields
        self._name = name
        self._script = redis.register_script(COMMIT_SCRIPT)
        self._fields = fields
        self._ledger = ledger
        self._registry = registry
        self._clock = clock
        self._status = status
        self._judging = judging
        self._policies = policies

    async def commit(self, start: int, position: int, rolled: Rolled, *, sweep: int) -> Answer:
        """Commit all changes since the last commit.

        Args:
            start: position of the last commit.
            position: offset of the next record after this one.
            rolled: result of the ledger's ``roll_up``.
            sweep: most expired states that the answer names.

        Raises:
            Conflict: the fence refused the commit.
            Damaged: no worker wrote a part of the partition's keys.
            UserError: Redis refused the commit for another reason.
        """
        clock_ms = expiry_clock_ms(self._status.newest_ms)
        unread, late = rolled
        self._status.count("late", late)
        async for slices in self._fields.read(self.keys.numbers, unread):
            self._ledger.load_slices(slices)
        writes = self._ledger.take_writes({}, clock_ms)
        self._status.count("conflicting", self._ledger.conflicting)
        self._ledger.conflicting = 0
        for label, folded in self._registry.folded.items():
            self._status.count(f"folded.{label}", folded)
        self._registry.folded.clear()
        number = int(self.commit_id.number or 0) + 1
        next_id = CommitId(str(position), self.nonce, str(number))
        commit = Commit(
            *next_id,
            *self.commit_id,
            clock=f"({clock_ms}",
            sweep=sweep,
            changed_floor=str(number - CHANGES_KEPT),
            head=[*self.head_fields, *self._judging(start)] if self.head_fields else [],
            names=[text for name, identity in self._registry.added.items() for text in (name, str(identity))],
            deleted=writes.deleted,
            contacts_deleted=writes.contacts_deleted,
            expiry=writes.expiry,
            expiry_deleted=writes.expiry_deleted,
            live_expiry=writes.live_expiry,
            live_expiry_deleted=writes.live_expiry_deleted,
            aside=self._clock.written(),
            aside_deleted=[str(offset) for offset in self._clock.removed],
        )
        status = self._status.packed(position, names=len(self._registry), clock=self._clock)
        arguments = commit.arguments(status, writes.set, writes.contacts, self._policies)
        answer = await self._sent(arguments, f"{self._name} from offset {start} to {position}")
        if answer.outcome != "done":
            raise Conflict(f"{self._name}: {answer.detail}")
        self.commit_id = next_id
        # Cleared only after the commit succeeded: after a conflict the process ends, so nothing has to be undone.
        self._registry.added.clear()
        self._clock.committed()
        self._policies = []
        self.head_fields = []
        self._status.acknowledged = answer.acknowledged
        return answer

    async def _sent(self, arguments: list[str | bytes], subject: str) -> Answer:
        """The answer of the script; ``subject`` names the commit in messages."""
        # A retry sends the same arguments: after a lost answer the script finds this commit's id and changes nothing.
        try:
            return Answer.of(await patiently(lambda: self._script(keys=list(self.keys), args=arguments)))
        except Damaged as damage:
            committed = "nothing" if damage.field is None else "all of it"
            damage.why += f", found by the commit of {subject} ({committed} is committed)"
            raise
        except ResponseError as error:
            failure = failure_of(error)
            if failure is WRONG_TYPE or (failure is not None and failure.passes):
                raise
            raise UserError(f"Redis refuses the commit of {subject} ({error}); mend Redis, then start again") from error

    async def drop(self) -> None:
        """Remove all that is stored of the partition.

        Raises:
            Conflict: another owner has committed.
        """
        await drop_numbers(self.redis, self.keys, self.commit_id)
