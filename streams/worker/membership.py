"""Membership in the consumer group: notices that another worker has joined under the same static name.

The broker gives the name to whoever joined with it last, and no longer knows the member before. aiokafka joins again in
silence and takes the name back, so that two workers would take it from each other for ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from aiokafka.consumer import consumer
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.errors import UnknownMemberIdError
from aiokafka.protocol.commit import OffsetCommitRequest

from streams.clients.kafka_clients import member_of
from streams.clients.kafka_errors import FencedInstanceIdError
from streams.common.errors import UserError
from streams.config.settings import Settings


def is_taken(settings: Settings, group: str, name: str, ours: str) -> bool:
    """True if the broker now knows another member of the group than ``ours`` under the static name.

    A member that it has merely forgotten, as after a sleep, joins again.
    """
    try:
        found = member_of(settings, group, name)
    except UserError:
        return False
    return found not in (None, ours)


class Coordinator(GroupCoordinator):  # type: ignore[misc]  # aiokafka has no types
    """Group coordinator of aiokafka that reports a static name used twice."""

    # On the class, because aiokafka creates the coordinator; `streams.worker.app.wire` sets them.
    is_taken: Callable[[str, str, str], bool]
    name_taken: Callable[[], None]

    async def _send_req(self, request: Any) -> Any:
        ours = self.member_id
        response = await super()._send_req(request)
        if self._group_instance_id is not None and ours:
            await self._look_at(request, response, ours)
        return response

    async def _look_at(self, request: Any, response: Any, ours: str) -> None:
        if isinstance(request, OffsetCommitRequest):
            codes = {code for _, partitions in response.topics for _, code in partitions}
        else:
            codes = {getattr(response, "error_code", 0)}
        if FencedInstanceIdError.errno in codes or (
            UnknownMemberIdError.errno in codes
            and await asyncio.to_thread(type(self).is_taken, self.group_id, self._group_instance_id, ours)
        ):
            type(self).name_taken()


# Replaced in aiokafka's module: its consumer creates the class by this name and accepts no other.
consumer.GroupCoordinator = Coordinator
