"""Policies: what a contact is judged by, in force when it came (design rule 20)."""

from __future__ import annotations

import msgspec

from streams.events import EPOCH
from streams.settings import Channel, QueueSettings, Settings

ALWAYS_MS = -(2**62)
"""``since`` of a policy that was always in force."""


class Policy(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """The limits of one queue; all in milliseconds."""

    target_ms: int
    short_abandon_ms: int
    wrap_up: bool
    answer_by_message: bool
    waiting_ghost_ms: int
    in_progress_ghost_ms: int
    first_response_ms: int
    next_response_ms: int
    resolution_ms: int

    @classmethod
    def of(cls, queue: QueueSettings) -> Policy:
        """The judged part of a queue's settings."""
        return cls(
            target_ms=round(queue.target_seconds * 1000),
            short_abandon_ms=round(queue.short_abandon_seconds * 1000),
            wrap_up=queue.wrap_up,
            answer_by_message=queue.chat_answer == "message",
            waiting_ghost_ms=queue.waiting_ghost_after,
            in_progress_ghost_ms=queue.in_progress_ghost_after,
            first_response_ms=queue.first_response,
            next_response_ms=queue.next_response,
            resolution_ms=queue.resolution,
        )


class PolicyBook(msgspec.Struct, array_like=True, frozen=True):
    """Every policy of one channel as the settings stood: a contact's state names its book, so a later edit of the
    settings judges new contacts only. ``queues`` maps a name to ``(since_ms, policy)``, oldest first."""

    default: Policy
    queues: dict[str, list[tuple[int, Policy]]] = {}

    @classmethod
    def of(cls, channel: Channel, settings: Settings) -> PolicyBook:
        """The book that the settings in force say."""
        queues: dict[str, list[tuple[int, Policy]]] = {}
        for name in sorted(settings.queues):
            dated = [
                (ALWAYS_MS if entry.since is None else round((entry.since - EPOCH).total_seconds() * 1000), entry)
                for entry in settings.queues[name]
                if entry.channel == channel
            ]
            if dated:
                queues[name] = [(since_ms, Policy.of(entry)) for since_ms, entry in dated]
        return cls(Policy.of(QueueSettings(channel=channel)), queues)

    def policy(self, queue: str, first_ms: int) -> Policy:
        """The policy for a contact whose first offered or opened event happened at ``first_ms``."""
        found = self.default
        for since_ms, candidate in self.queues.get(queue, ()):
            if since_ms <= first_ms:
                found = candidate
        return found


encode_book = msgspec.msgpack.Encoder().encode
decode_book = msgspec.msgpack.Decoder(PolicyBook).decode
