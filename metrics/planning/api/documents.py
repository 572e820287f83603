"""The JSON of ``/api/v1/week`` and ``/api/v1/trends``, computed from the last four weeks. Pure; the schemas are
published.

Numbers are in base units, each beside its numerator and denominator. ``*`` sums counts over the queues of a channel.

The docstrings of the structs are the descriptions in the published schemas.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from metrics.planning.peak_hours import HOURS_OF_WEEK, HourOfWeek, peak_hour, week_of
from metrics.planning.plan import Planning, RowPlan
from metrics.planning.trends import SPANS_MS, About, Trend, trends_of, weeks_seen
from metrics.planning.view import View
from metrics.snapshot.instants import Instant, instant_text
from metrics.snapshot.rows import ALL
from metrics.snapshot.snapshot import RowKey
from metrics.snapshot.states import State, divided_state, plain_state
from metrics.web.openapi import Parameter, one_of
from metrics.web.problems import SCHEMA_DIALECT, BadQuery
from streams.common.vocabulary import Channel
from streams.config.setting_errors import suggestion
from streams.config.settings import Settings
from streams.facts.domains import has_medium

MILLISECONDS = 1_000
PARAMETERS = (
    Parameter("channel", "only this channel", one_of([*Channel])),
    Parameter("queue", "only this queue; * or nothing is the sum over the queues of a channel"),
)
"""Parameters of the query of a planning page."""
NOT_YET = "the last four weeks have not been summed yet; ask again in a minute"
HourNumber = Annotated[int, Meta(ge=0, lt=HOURS_OF_WEEK, description="0 is Monday 00:00 to 01:00, local time")]


class Quotient(Struct, frozen=True):
    """A quotient with numerator and denominator. ``value`` is null where the denominator is zero."""

    value: Annotated[float | None, Meta(description="in base units")]
    state: State
    numerator: Annotated[int | float, Meta(description="a count, or a sum of seconds")]
    denominator: int


class Hour(Struct, frozen=True):
    """One hour of the week. Handle time and service level are those of calls and chats."""

    hour: HourNumber
    contacts_per_hour: Annotated[Quotient, Meta(description="contacts that came / how many such hours were seen")]
    handle_time_seconds: Quotient
    service_level_ratio: Annotated[Quotient, Meta(description="variant short_removed")]


class Week(Struct, frozen=True):
    """Four weeks of one queue, by hour of the week."""

    channel: Channel
    queue: str
    medium: Annotated[str | None, Meta(description="how tickets came; null for calls and chats")]
    state: Annotated[State, Meta(description="of the contacts: blind, no_traffic or ok")]
    time_zone: Annotated[str | None, Meta(description="of its hours; null where queues of several are summed")]
    contacts: Annotated[int, Meta(ge=0, description="legs offered or tickets opened, in all")]
    peak_hour: Annotated[HourNumber | None, Meta(description="with the most contacts in the mean")]
    hours: Annotated[
        list[Hour | None],
        Meta(min_length=HOURS_OF_WEEK, max_length=HOURS_OF_WEEK, description="null where nothing was seen"),
    ]


class WeekDocument(Struct, frozen=True):
    """The hours of the week of the queues asked for."""

    now: Instant
    planned_at: Annotated[Instant, Meta(description="the four weeks end at the hour before")]
    weeks: list[Week]


class Topic(Struct, frozen=True):
    """A topic with more contacts than in the same hours of earlier weeks."""

    topic: str
    state: State
    contacts: Annotated[int, Meta(ge=0)]
    expected: Annotated[float, Meta(ge=0, description="the mean of the same hours of earlier weeks")]
    excess: Annotated[float, Meta(description="contacts - expected")]
    growth: Annotated[float | None, Meta(description="contacts / expected; null: it is new")]
    new: Annotated[bool, Meta(description="none were expected")]


class TopicTrends(Struct, frozen=True):
    """The topics of one span that grow the most, the greatest excess first."""

    contacts: list[Topic]
    repeats: Annotated[list[Topic], Meta(description="contacts that the customer had to repeat, by their topic")]


class Trends(Struct, frozen=True):
    """Growing topics of one queue, by span."""

    channel: Channel
    queue: str
    state: Annotated[State, Meta(description="blind, no_traffic (no earlier week to compare with) or ok")]
    weeks: Annotated[int, Meta(ge=0, le=4, description="how many earlier weeks are compared with")]
    spans: Annotated[dict[str, TopicTrends], Meta(description="the last 24h and the last 1h")]


class TrendsDocument(Struct, frozen=True):
    """The topics that grow in the queues asked for."""

    now: Instant
    planned_at: Annotated[Instant, Meta(description="the spans end then")]
    trends: list[Trends]


@dataclass(frozen=True)
class PlanningQuery:
    """The query of a planning page: one channel or all, one queue or ``*``, the sum over all."""

    channels: tuple[Channel, ...] = tuple(Channel)
    queue: str = ALL

    @classmethod
    def parse(cls, parameters: Iterable[tuple[str, str]]) -> PlanningQuery:
        """Parse the parameters ``channel=`` and ``queue=``, each given at most once.

        Raises:
            BadQuery: a parameter or a channel is unknown, or a parameter is given twice.
        """
        asked: dict[str, str] = {}
        for name, value in parameters:
            if name not in (parameter.name for parameter in PARAMETERS):
                raise BadQuery(f"{name!r} is no parameter here; use channel or queue")
            if name in asked:
                raise BadQuery(f"{name} comes twice; give it once")
            asked[name] = value
        channel, known = asked.get("channel"), [channel.value for channel in Channel]
        if channel is not None and channel not in known:
            raise BadQuery(f"channel = {channel!r} is unknown; use one of {', '.join(known)}")
        return cls(tuple(Channel) if channel is None else (Channel(channel),), asked.get("queue", ALL))

    def rows(self, planning: Planning, settings: Settings) -> dict[Channel, dict[RowKey, RowPlan]]:
        """Planned rows of each channel of the query; a channel without the queue is left out.

        Raises:
            BadQuery: no channel of the query has the queue, neither in its events nor in the settings.
        """
        known = {(key.channel, key.queue) for key in planning.rows}
        known |= {(entry.channel, queue) for queue, entries in settings.queues.items() for entry in entries}
        channels = [one for one in self.channels if self.queue == ALL or (one, self.queue) in known]
        if not channels:
            hint = suggestion(self.queue, {queue for channel, queue in known if channel in self.channels})
            raise BadQuery(
                f"queue = {self.queue!r} is unknown in channel {', '.join(self.channels)}{hint or '; leave it out'}"
            )
        return {
            channel: {
                key: plan
                for key, plan in planning.rows.items()
                if key.channel is channel and self.queue in (ALL, key.queue)
            }
            for channel in channels
        }


def week_document(view: View, planning: Planning, settings: Settings, query: PlanningQuery) -> WeekDocument:
    """The answer of ``/api/v1/week``; tickets have an entry a medium beside their sum.

    Args:
        view: the snapshot, for its time and the blindness of each channel.
        planning: the newest planning.
        settings: for the configured queues.
        query: the channels and the queue to show.

    Raises:
        BadQuery: the queue is unknown.
    """
    weeks = []
    for channel, rows in query.rows(planning, settings).items():
        by_medium = has_medium(channel)
        whole = RowKey(channel, query.queue, ALL if by_medium else "")
        weeks.append(_week(view, whole, rows.values()))
        for medium in sorted({key.medium for key in rows}) if by_medium else ():
            own = [plan for key, plan in rows.items() if key.medium == medium]
            weeks.append(_week(view, RowKey(channel, query.queue, medium), own))
    return WeekDocument(instant_text(view.snapshot.now_ms), instant_text(planning.at_ms), weeks)


def trends_document(view: View, planning: Planning, settings: Settings, query: PlanningQuery) -> TrendsDocument:
    """The answer of ``/api/v1/trends``; its arguments are those of :func:`week_document`.

    Raises:
        BadQuery: the queue is unknown.
    """
    trends = [_trends(view, channel, query.queue, rows) for channel, rows in query.rows(planning, settings).items()]
    return TrendsDocument(instant_text(view.snapshot.now_ms), instant_text(planning.at_ms), trends)


def _week(view: View, key: RowKey, plans: Iterable[RowPlan]) -> Week:
    rows = [plan.week for plan in plans]
    hours = week_of(rows)
    blind = bool(view.blind_reason(key.channel))
    contacts = sum(hour.counts.contacts for hour in hours)
    zones = {row.zone for row in rows}
    return Week(
        channel=key.channel,
        queue=key.queue,
        medium=key.medium if has_medium(key.channel) else None,
        state=plain_state(blind, contacts or None),
        time_zone=zones.pop() if len(zones) == 1 else None,
        contacts=contacts,
        peak_hour=peak_hour(hours),
        hours=[_hour(number, hour, blind) for number, hour in enumerate(hours)],
    )


def _hour(number: int, hour: HourOfWeek, blind: bool) -> Hour | None:
    counts = hour.counts
    if not hour.seen and not any(counts):
        return None
    mean = counts.contacts / hour.seen if hour.seen else None
    return Hour(
        hour=number,
        contacts_per_hour=Quotient(mean, plain_state(blind, mean), counts.contacts, hour.seen),
        handle_time_seconds=_divided(counts.handle_ms / MILLISECONDS, counts.handled, blind),
        service_level_ratio=_divided(counts.met, counts.judged, blind),
    )


def _divided(numerator: int | float, denominator: int, blind: bool) -> Quotient:
    value = numerator / denominator if denominator else None
    return Quotient(value, divided_state(blind, denominator), numerator, denominator)


def _trends(view: View, channel: Channel, queue: str, rows: Mapping[RowKey, RowPlan]) -> Trends:
    parts = [plan.trends for plan in rows.values()]
    weeks = sum(weeks_seen(parts))
    blind = bool(view.blind_reason(channel))
    blind_repeats = bool(view.blind_reason_of_repeats(channel))
    return Trends(
        channel=channel,
        queue=queue,
        state=plain_state(blind, weeks or None),
        weeks=weeks,
        spans={
            span: TopicTrends(
                contacts=[_topic(trend, blind) for trend in trends_of(parts, span, About.CONTACTS)],
                repeats=[_topic(trend, blind_repeats) for trend in trends_of(parts, span, About.REPEATS)],
            )
            for span in SPANS_MS
        },
    )


def _topic(trend: Trend, blind: bool) -> Topic:
    growth = trend.growth
    return Topic(
        topic=trend.topic,
        state=divided_state(blind, trend.now),
        contacts=trend.now,
        expected=float(trend.expected),
        excess=float(trend.excess),
        growth=None if growth is None else float(growth),
        new=growth is None,
    )


def _schema(of: type, title: str) -> dict[str, Any]:
    (reference,), definitions = msgspec.json.schema_components([of], ref_template="#/$defs/{name}")
    return {"$schema": SCHEMA_DIALECT, "title": title, **reference, "$defs": definitions}


def week_schema() -> dict[str, Any]:
    """The JSON Schema of :class:`WeekDocument`."""
    return _schema(WeekDocument, "Veinte hours of the week")


def trends_schema() -> dict[str, Any]:
    """The JSON Schema of :class:`TrendsDocument`."""
    return _schema(TrendsDocument, "Veinte trending topics")


def schema_text(schema: Mapping[str, Any]) -> bytes:
    """A published schema as the UTF-8 text of the committed and served file."""
    return msgspec.json.format(msgspec.json.encode(schema), indent=2) + b"\n"
