"""Settings that the numbers in Redis were made with: what of them is stored, and how those of a process differ.

Two programs that are started with different settings would judge by one target and show another. So the worker stores
the settings in ``SHARED`` beside its numbers, and all that read the numbers take these in place of their own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache
from hashlib import blake2b
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from streams.config.calendars import CalendarSettings
from streams.config.policy_book import dated_settings
from streams.config.queue_settings import QueueSettings
from streams.config.settings import Settings
from streams.config.settings_report import field_text, plain
from streams.facts.shared.policy import ALWAYS_MS, in_force

TIME_ZONE = "time_zone"
SHARED = (
    TIME_ZONE,
    "clock",
    "repeat_window",
    "past_limit",
    "slice_retention",
    "slice_retention_minutes",
    "slice_retention_seconds",
    "calendars",
    "queues",
)
"""Settings that every program over the same numbers must have alike."""
TABLES = ("calendars", "queues")
"""Those of them that are tables, compared field by field."""
FIXED = (TIME_ZONE,)
"""Settings that stay as they were first stored until `veinte rebuild`."""
DIGEST = "digest"
"""Field beside the stored settings that changes whenever one of them does."""
NAMED_AT_MOST = 6
"""Differences that one sentence names."""
UNREADABLE = "?"
"""In place of a stored value that only another release can read."""
WHEN = ("channel", "since")
"""Settings of a queue that say which of its policies is meant, and are part of the name of a difference."""


class Difference(NamedTuple):
    """One setting that differs: its dotted name, its value in this process, and the one in the numbers."""

    setting: str
    here: str
    stored: str


class Judging(NamedTuple):
    """The settings of a process with those that its numbers were made with, and what of its own differs."""

    settings: Settings
    differing: tuple[Difference, ...] = ()


def stored_form(settings: Settings) -> dict[str, bytes]:
    """The ``SHARED`` settings as stored: JSON by name."""
    values = settings.model_dump(mode="json", include=set(SHARED))
    # What is not set stays out: a default of holiday years, once written down, would be checked as if it were chosen.
    values |= settings.model_dump(mode="json", include=set(TABLES), exclude_unset=True)
    return {name: json.dumps(values.get(name), ensure_ascii=False, sort_keys=True).encode() for name in SHARED}


def digest_of(stored: Mapping[str, bytes]) -> str:
    """Short hash of stored settings."""
    hashed = blake2b(digest_size=8)
    for name in sorted(stored):
        hashed.update(name.encode() + b"\0" + stored[name] + b"\0")
    return hashed.hexdigest()


def judging(settings: Settings, stored: Mapping[bytes, bytes]) -> Judging:
    """``settings`` with those in ``stored``; a setting that is not stored is the process's own.

    A stored value that this release cannot read, of a later one, is left out and named as a difference: ``UNREADABLE``.
    """
    found: dict[str, Any] = {}
    unreadable: list[Difference] = []
    for name in SHARED:
        packed = stored.get(name.encode())
        if packed is not None:
            try:
                found[name] = _adapter(name).validate_json(packed)
            except ValidationError:
                own = _text(settings, name) if name not in TABLES else "…"
                unreadable.append(Difference(name, own, UNREADABLE))
    merged = settings.model_copy(update=found)
    if _queues_without_calendar(merged):  # one of the two tables could not be read
        merged = merged.model_copy(update={"calendars": settings.calendars, "queues": settings.queues})
    return Judging(merged, (*unreadable, *differences(settings, merged)))


def differences(ours: Settings, stored: Settings) -> Iterator[Difference]:
    """The ``SHARED`` settings that differ, one by one; those of queues and calendars field by field."""
    for name in SHARED:
        if name not in TABLES and getattr(ours, name) != getattr(stored, name):
            yield Difference(name, _text(ours, name), _text(stored, name))
    for calendar in sorted(ours.calendars.keys() & stored.calendars.keys()):
        own, other = ours.calendars[calendar], stored.calendars[calendar]
        if own != other:
            yield from _fields(f"calendars.{calendar}", own, other, CalendarSettings)
    for queue in sorted(ours.queues.keys() | stored.queues.keys()):
        yield from _queue(queue, ours, stored)


def differing_sentence(found: Iterable[Difference]) -> str:
    """A sentence for readers of the numbers: what differs, what is shown, and what to do."""
    known = list(found)
    remedy = "start every program with the settings of the worker"
    if any(each.setting in FIXED for each in known):
        remedy += f"; another {TIME_ZONE} comes with `veinte rebuild`"
    return f"settings differ from those that judged: {listed(known)}; shown are those in the numbers; {remedy}"


def changed_sentence(found: Iterable[Difference]) -> str:
    """A sentence for the worker that starts with other settings than the numbers were made with so far."""
    known = list(found)
    fixed = [each for each in known if each.setting in FIXED]
    sentence = f"settings differ from those that judged so far: {listed(known)}"
    if len(known) > len(fixed):
        sentence += "; from now on those here judge new contacts"
    for each in fixed:
        sentence += f"; {each.setting} stays {each.stored} until `veinte rebuild`"
    return sentence


def listed(found: Iterable[Difference]) -> str:
    """The differences one after the other, at most ``NAMED_AT_MOST``."""
    known = list(found)
    parts = [f"{each.setting} is {each.here} here, {each.stored} in the numbers" for each in known[:NAMED_AT_MOST]]
    if len(known) > NAMED_AT_MOST:
        parts.append(f"and {len(known) - NAMED_AT_MOST} more")
    return "; ".join(parts)


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    field = Settings.model_fields[name]
    form: Any = Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation
    return TypeAdapter(form)


def _queues_without_calendar(settings: Settings) -> bool:
    named = {entry.calendar for entries in settings.queues.values() for entry in entries if entry.calendar is not None}
    return not named <= settings.calendars.keys()


def _text(settings: Settings, name: str) -> str:
    return _value(getattr(settings, name), Settings.model_fields[name])


def _value(value: Any, field: FieldInfo) -> str:
    return f"{value:g}" if isinstance(value, float) else field_text(value, field) or plain(None)


def _queue(queue: str, ours: Settings, stored: Settings) -> Iterator[Difference]:
    """The differences of a queue, for each channel and from each instant at which one of the two has a new policy."""
    own, other = ours.queues.get(queue, ()), stored.queues.get(queue, ())
    if own == other:
        return
    channels = {entry.channel for entry in (*own, *other)}
    for channel in sorted(channels):
        dated = dated_settings(ours, channel, queue), dated_settings(stored, channel, queue)
        name = f"queues.{queue}" if len(channels) == 1 else f"queues.{queue} ({channel})"
        before: list[Difference] = []
        for since_ms in sorted({ALWAYS_MS, *(since_ms for entries in dated for since_ms, _ in entries)}):
            here, there = (in_force(entries, since_ms, QueueSettings(channel=channel)) for entries in dated)
            found = list(_fields(name, here, there, QueueSettings))
            since = _since(here, there)
            for each in found:
                if each not in before:  # what differs since before is named once
                    yield each._replace(setting=f"{name}{since}{each.setting.removeprefix(name)}")
            before = found


def _since(here: QueueSettings, there: QueueSettings) -> str:
    begins: list[datetime] = [entry.since for entry in (here, there) if entry.since is not None]
    return f"[{max(begins).isoformat()}]" if begins else ""


def _fields(name: str, own: BaseModel, other: BaseModel, model: type[BaseModel]) -> Iterator[Difference]:
    for field, info in model.model_fields.items():
        here, there = getattr(own, field), getattr(other, field)
        if field not in WHEN and here != there:
            yield Difference(f"{name}.{field}", _value(here, info), _value(there, info))
