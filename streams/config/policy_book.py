"""Policy books made from the settings: the targets and calendar of each queue at an instant."""

from __future__ import annotations

from collections.abc import Callable

from streams.common.business_hours import Calendar
from streams.common.vocabulary import Channel
from streams.config.queue_settings import QueueSettings, TargetSettings
from streams.config.settings import Settings
from streams.contract.events import EPOCH
from streams.facts.shared.policy import ALWAYS_MS, Policy, PolicyBook, Target, in_force


def target_of(target: TargetSettings) -> Target:
    """Stored form of the targets of some tickets."""
    return Target(target.medium, target.priority, target.first_response, target.next_response, target.resolution)


def policy_of(queue: QueueSettings, settings: Settings) -> Policy:
    """Policy of a queue: the settings that contacts are judged by, with the queue's calendar."""
    return Policy(
        target_ms=round(queue.target_seconds * 1000),
        short_abandon_ms=round(queue.short_abandon_seconds * 1000),
        wrap_up=queue.wrap_up,
        answer_by_message=queue.chat_answer == "message",
        waiting_stale_ms=queue.waiting_ghost_after,
        in_progress_stale_ms=queue.in_progress_ghost_after,
        first_response_ms=queue.first_response,
        next_response_ms=queue.next_response,
        resolution_ms=queue.resolution,
        repeat_window_ms=settings.repeat_window,
        calendar=settings.calendar(queue.calendar),
        targets=tuple(sorted(map(target_of, queue.targets), key=_by_precision)),
    )


def _by_precision(target: Target) -> tuple[int, str, str]:
    return target.precision, target.medium or "", target.priority or ""


def policy_book(channel: Channel | None, settings: Settings) -> PolicyBook:
    """Policies of a channel from the settings in force; the defaults only if there is no channel."""
    queues = {}
    for name in sorted(settings.queues):
        dated = dated_settings(settings, channel, name)
        if dated:
            queues[name] = [(since_ms, policy_of(entry, settings)) for since_ms, entry in dated]
    return PolicyBook(policy_of(QueueSettings(channel=channel or Channel.TICKET), settings), queues)


def dated_settings(settings: Settings, channel: Channel | None, queue: str) -> list[tuple[int, QueueSettings]]:
    """``(since_ms, settings)`` of a queue in a channel, oldest first."""
    return [
        (ALWAYS_MS if entry.since is None else round((entry.since - EPOCH).total_seconds() * 1000), entry)
        for entry in settings.queues.get(queue, ())
        if entry.channel == channel
    ]


def queue_in_force(settings: Settings, channel: Channel, queue: str, at_ms: int) -> QueueSettings:
    """Settings of a queue at an instant (epoch ms); the defaults before its first policy."""
    found = in_force(dated_settings(settings, channel, queue), at_ms, None)
    return QueueSettings(channel=channel) if found is None else found


def calendars_in_force(settings: Settings, at_ms: int) -> Callable[[Channel, str], Calendar | None]:
    """Function that returns the calendar of a queue at an instant (epoch ms); ``None`` for a queue open at all
    hours."""
    return lambda channel, queue: settings.calendar(queue_in_force(settings, channel, queue, at_ms).calendar)
