"""The question about a number: the parameters of a query, checked. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from metrics.catalog import CATALOG
from metrics.catalog.model import Count, Now, QueueKpi, WindowedKpi
from metrics.explain.number.reading import Reading, nothing_behind, reading_of
from metrics.snapshot.rows import ALL
from metrics.snapshot.snapshot import RowKey
from metrics.snapshot.windows import TODAY, WINDOWS
from metrics.web.openapi import TEXT, Parameter, one_of
from metrics.web.problems import BadQuery
from streams.common.vocabulary import Channel
from streams.config.setting_errors import suggestion
from streams.contract.topics import TOPIC_OF, Topic
from streams.facts.domains import DERIVED_MEASURES, has_medium

PREFIX = "contact_center_"
"""Optional prefix of a KPI's name."""
SHOWN = 20
"""Contacts in an answer without ``limit``."""
MOST_SHOWN = 200
_NAMES = [kpi.name for kpi in CATALOG if isinstance(kpi, QueueKpi)]
PARAMETERS = (
    Parameter("kpi", "the KPI, with or without contact_center_", {"anyOf": [one_of(_NAMES), TEXT]}, required=True),
    Parameter("channel", "left out: the KPI's only one, or the only one that has the queue", one_of([*Channel])),
    Parameter("queue", "left out: all queues"),
    Parameter("medium", "of tickets; left out: all media"),
    Parameter("window", f"left out: {TODAY}", one_of(WINDOWS)),
    Parameter("limit", "contacts to list", {"type": "integer", "minimum": 0, "maximum": MOST_SHOWN, "default": SHOWN}),
)
"""Parameters of a question, beside the labels of its KPI."""
NAMES = tuple(parameter.name for parameter in PARAMETERS)
_LABELS = sorted({label for kpi in CATALOG if isinstance(kpi, QueueKpi) for label in kpi.labels}.difference(NAMES))
LABEL_PARAMETERS = tuple(Parameter(label, "picks a series of a KPI that has this label") for label in _LABELS)


class Question(NamedTuple):
    """The number to be explained.

    Attributes:
        channel: ``None`` to take it from the KPI or the queue.
        medium: ``None`` for all.
        labels: pick a series of the KPI.
    """

    kpi: QueueKpi
    reading: Reading
    channel: Channel | None = None
    queue: str = ALL
    medium: str | None = None
    window: str | None = TODAY
    limit: int = SHOWN

    @classmethod
    def parse(cls, parameters: Iterable[tuple[str, str]]) -> Question:
        """The question of ``kpi=``, ``channel=``, ``queue=``, ``medium=``, ``window=``, ``limit=`` and any label of the
        KPI, each at most once.

        Raises:
            BadQuery: a parameter is unknown, is given twice or has an invalid value.
        """
        asked: dict[str, str] = {}
        for name, value in parameters:
            if name in asked:
                raise BadQuery(f"{name} comes twice; one number is explained at a time")
            asked[name] = value
        kpi = _known_kpi(asked.get("kpi", ""))
        labels = tuple((name, value) for name, value in asked.items() if name not in NAMES)
        for name, _ in labels:
            if name not in kpi.labels:
                raise BadQuery(f"{name!r} is no parameter of {kpi.name}; use {', '.join((*NAMES, *kpi.labels))}")
        channel, medium = asked.get("channel"), asked.get("medium")
        if channel is not None and channel not in kpi.channels:
            raise BadQuery(f"channel = {channel!r} has no {kpi.name}; use {', '.join(kpi.channels)}")
        if medium is not None and not any(map(has_medium, kpi.channels)):
            raise BadQuery(f"medium = {medium!r} does not fit {kpi.name}; only tickets have a medium")
        return cls(
            kpi,
            reading_of(kpi, labels),
            None if channel is None else Channel(channel),
            asked.get("queue", ALL),
            None if medium == ALL else medium,
            _window(kpi, asked.get("window")),
            _limit(asked.get("limit", str(SHOWN))),
        )

    def in_channel(self, rows: Iterable[RowKey]) -> Question:
        """The question with its channel: the one asked for, the KPI's only one, or the only one with such a queue.

        ``rows`` are all that exist.

        Raises:
            BadQuery: no channel of the KPI has the queue or the medium, or several have the queue.
        """
        channels = self.kpi.channels if self.channel is None else (self.channel,)
        known = [row for row in rows if row.channel in channels]
        having = [channel for channel in channels if any(self._names(row) for row in known if row.channel is channel)]
        if len(having) > 1:
            raise BadQuery(
                f"channel is missing: {' and '.join(having)} have "
                f"{'queues' if self.queue == ALL else f'a queue {self.queue!r}'}; name one of them"
            )
        if not having and self.queue != ALL:
            queues = {row.queue for row in known}
            hint = suggestion(self.queue, queues) or f"; known are {', '.join(sorted(queues)) or 'none yet'}"
            raise BadQuery(f"queue = {self.queue!r} is unknown in channel {', '.join(channels)}{hint}")
        question = self._replace(channel=(having or channels)[0])
        if self.medium is not None and not any(map(question.asks_for, known)):
            media = ", ".join(sorted({row.medium for row in known if self._names(row)} - {""})) or "none yet"
            raise BadQuery(f"medium = {self.medium!r} is unknown; known are {media}")
        return question

    def _names(self, row: RowKey) -> bool:
        return self.queue in (row.queue, ALL)

    def asks_for(self, row: RowKey) -> bool:
        """True if a row is part of the number."""
        return row.channel is self.channel and self._names(row) and self.medium in (row.medium, None)

    @property
    def topics(self) -> tuple[Topic, ...]:
        """Topics with the contacts behind the number; the channel must be known."""
        assert self.channel is not None
        kept = {
            Topic.CONTACTS if measure in DERIVED_MEASURES else TOPIC_OF[self.channel]
            for measure in self.reading.measures
        }
        return tuple(sorted(kept)) or (TOPIC_OF[self.channel],)


def _known_kpi(name: str) -> QueueKpi:
    """The KPI of a name, with or without ``PREFIX``; a count is also known by its gauge's name."""
    names = {kpi.name: kpi for kpi in CATALOG}
    names |= {kpi.gauge: kpi for kpi in CATALOG if isinstance(kpi, Count)}
    if not name:
        raise BadQuery("kpi is missing; name the number to explain, such as kpi=contact_center_service_level_ratio")
    kpi = names.get(name) or names.get(PREFIX + name)
    if kpi is None:
        short = suggestion(name.removeprefix(PREFIX), [known.removeprefix(PREFIX) for known in names])
        hint = short or "; docs/kpis.md lists all of them"
        raise BadQuery(f"kpi = {name!r} is unknown{hint}")
    if not isinstance(kpi, QueueKpi):
        raise nothing_behind(kpi.name)
    return kpi


def _window(kpi: QueueKpi, window: str | None) -> str | None:
    if isinstance(kpi, Now):
        if window is not None:
            raise BadQuery(f"{kpi.name} is true now and has no window; leave window out")
        return None
    known = kpi.windows if isinstance(kpi, WindowedKpi) else WINDOWS
    window = window or (TODAY if TODAY in known else known[0])
    if window not in known:
        raise BadQuery(f"window = {window!r} is no window of {kpi.name}; use one of {', '.join(known)}")
    return window


def _limit(text: str) -> int:
    limit = int(text) if text.isdecimal() and len(text) <= len(str(MOST_SHOWN)) else -1
    if not 0 <= limit <= MOST_SHOWN:
        raise BadQuery(f"limit = {text!r} must be a number of contacts from 0 to {MOST_SHOWN}")
    return limit
