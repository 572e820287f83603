"""Membership in the consumer group: notices that another worker has joined under the same static name."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from aiokafka.consumer import consumer
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.errors import UnknownMemberIdError
from aiokafka.protocol.commit import OffsetCommitRequest
from aiokafka.protocol.group import HeartbeatRequest, JoinGroupRequest, SyncGroupRequest

from streams.clients.kafka_errors import FencedInstanceIdError

KNOWING = (HeartbeatRequest, JoinGroupRequest, SyncGroupRequest)
"""Requests that the broker grants to a member that it knows."""
TWICE_SECONDS = 120.0
"""Two losses of a membership within this time are no accident."""


class Membership:
    """Losses of a static membership. Pure.

    The broker gives the name to whoever joined with it last, and no longer knows the member before. That one joins
    again and takes the name back: two workers would take it from each other for ever, and both stand still.
    """

    def __init__(self, session_seconds: float) -> None:
        """``session_seconds``: after so long without a request the broker forgets a member by itself."""
        self._session_seconds = session_seconds
        self._heard_at: float | None = None
        self._lost_at: float | None = None

    def heard(self, now: float) -> None:
        """Note that the broker knows this member."""
        self._heard_at = now

    def lost(self, now: float) -> bool:
        """Note that the broker does not know this member any more; true if its name is used by another one."""
        if self._heard_at is None or now - self._heard_at > self._session_seconds:
            return False
        self._heard_at = None
        again = self._lost_at is not None and now - self._lost_at < TWICE_SECONDS
        self._lost_at = now
        return again


class Coordinator(GroupCoordinator):  # type: ignore[misc]  # aiokafka has no types
    """Group coordinator of aiokafka that reports a static name used twice; aiokafka itself joins again in silence."""

    # On the class, because aiokafka creates the coordinator; `streams.worker.app.wire` sets it.
    name_taken: Callable[[], None]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._membership = Membership(self._session_timeout_ms / 1000)

    async def _send_req(self, request: Any) -> Any:
        response = await super()._send_req(request)
        if self._group_instance_id is not None:
            self._look_at(request, response)
        return response

    def _look_at(self, request: Any, response: Any) -> None:
        if isinstance(request, OffsetCommitRequest):
            codes = {code for _, partitions in response.topics for _, code in partitions}
        else:
            codes = {getattr(response, "error_code", 0)}
        if FencedInstanceIdError.errno in codes:
            type(self).name_taken()
        elif UnknownMemberIdError.errno in codes:
            if self._membership.lost(time.monotonic()):
                type(self).name_taken()
        elif isinstance(request, KNOWING) and codes == {0}:
            self._membership.heard(time.monotonic())


# Replaced in aiokafka's module: its consumer creates the class by this name and accepts no other.
consumer.GroupCoordinator = Coordinator
