"""Settings of one queue (``[queues.NAME]``) and of some of its tickets (``[[queues.NAME.targets]]``)."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from streams.common.durations import HOUR_MS
from streams.common.vocabulary import Channel, Medium, Priority
from streams.config.setting_types import DurationMs, EarlierNames, Instant, TimeOfDay, TimeZoneName


class TargetSettings(BaseModel):
    """Targets for the tickets of a queue with one medium, one priority, or both."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    medium: Medium | None = Field(None, description="how the tickets came; unset: any way")
    priority: Priority | None = Field(
        None, description="the one noted last, else the opening's, else `normal`; unset: any"
    )
    first_response: DurationMs | None = Field(None, description="unset: as without this target")
    next_response: DurationMs | None = Field(None, description="the same")
    resolution: DurationMs | None = Field(None, description="the same")

    @model_validator(mode="after")
    def _says_something(self) -> TargetSettings:
        if self.medium is None and self.priority is None:
            raise ValueError("it needs a medium, a priority or both: say which tickets it is for")
        if self.first_response is self.next_response is self.resolution is None:
            raise ValueError("it sets no limit: give first_response, next_response or resolution")
        return self

    def whom(self) -> str:
        """The tickets that the target is for, in words."""
        named = {"medium": self.medium, "priority": self.priority}
        return " and ".join(f"{name} {value}" for name, value in named.items() if value is not None)


class QueueSettings(BaseModel):
    """Targets and habits of one queue from ``since`` on (``[queues.NAME]`` or ``[[queues.NAME]]``)."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    channel: Channel = Field(description="the channel whose queue of this name is meant")
    was: EarlierNames = Field(
        (), description="earlier names of the queue, a list: what came and comes under one of them is this queue's"
    )
    since: Instant | None = Field(
        None, description="first instant of this policy, with an offset; a contact is judged by the one in force then"
    )
    time_zone: TimeZoneName | None = Field(
        None, description="of its days and reports; the setting `time_zone` if unset"
    )
    day_starts: TimeOfDay = Field(
        "00:00", description="when its day begins, at a quarter of an hour: in the window `today` and in reports"
    )
    calendar: str | None = Field(
        None, description="name of its opening hours, a table `[calendars.NAME]`; unset: open at all hours"
    )
    target_seconds: float = Field(20.0, gt=0, le=86_400, description="T of the service level")
    objective: float = Field(0.80, gt=0, le=1, description="the share that should be within the target")
    short_abandon_seconds: float = Field(5.0, ge=0, description="S: who hangs up within it counts as a short abandon")
    wrap_up: bool = Field(False, description="agents report the end of after-contact work")
    chat_answer: Literal["event", "message"] = Field(
        "event", description="a chat is answered by its event, or by the agent's first message"
    )
    waiting_ghost_after: DurationMs = Field(
        HOUR_MS, description="a leg that waits longer without an outcome is a ghost"
    )
    in_progress_ghost_after: DurationMs = Field(4 * HOUR_MS, description="the same for one in conversation")
    first_response: DurationMs = Field(24 * HOUR_MS, description="to the first public reply to a ticket")
    next_response: DurationMs = Field(24 * HOUR_MS, description="to the reply to a later message of the customer")
    resolution: DurationMs = Field(72 * HOUR_MS, description="from opening to solve, without what it was on hold")
    targets: tuple[TargetSettings, ...] = Field(
        (), description="tables `[[queues.NAME.targets]]`: other limits for some of its tickets"
    )

    @model_validator(mode="after")
    def _short_within_target(self) -> QueueSettings:
        if self.short_abandon_seconds > self.target_seconds:
            raise ValueError(
                f"short_abandon_seconds ({self.short_abandon_seconds:g}) must not exceed "
                f"target_seconds ({self.target_seconds:g})"
            )
        return self

    @model_validator(mode="after")
    def _targets_apart(self) -> QueueSettings:
        if self.targets and self.channel is not Channel.TICKET:
            raise ValueError(f"targets are limits of tickets, but its channel is {self.channel}: remove them")
        seen = set()
        for target in self.targets:
            if (target.medium, target.priority) in seen:
                raise ValueError(f"it has two targets for {target.whom()}: write them as one")
            seen.add((target.medium, target.priority))
        return self
