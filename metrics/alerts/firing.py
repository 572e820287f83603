"""The alerts that fire now, by the conditions of the rules and the numbers of the snapshot. Pure; time is an argument.

This is for a wallboard without Alertmanager. An alert whose condition must last for some time, or that goes on for some
time after it, is watched for as long as somebody looks; what was before the first look is not known.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from metrics.alerts.model import Alert, Severity
from metrics.alerts.present import Present, present
from metrics.alerts.rule_file import alerts
from metrics.alerts.tickets import EMAIL
from metrics.planning.reachable import Outlook, has_service_level
from metrics.snapshot.rows import NOTHING
from metrics.snapshot.snapshot import RowKey, RowNumbers
from streams.common.durations import MINUTE_MS, SECOND_MS, parse_duration_ms
from streams.common.errors import UserError
from streams.config.queue_settings import QueueSettings
from streams.config.settings import Settings
from streams.facts.conversations.measures import ConversationMeasure

log = logging.getLogger(__name__)

FORGOTTEN_MS = MINUTE_MS
"""A queue at which nobody has looked for so long is looked at as for the first time."""
NONE_ANSWERED_MS = 5 * MINUTE_MS - 10 * SECOND_MS
"""Time without an answer that an empty window of 5 minutes proves; its first slice of 10 s is not whole."""
_RANK = {severity.value: rank for rank, severity in enumerate(Severity)}


class Firing(NamedTuple):
    """An alert that fires for a queue since ``since_ms``, epoch milliseconds."""

    alert: Alert
    since_ms: int


@dataclass(frozen=True, slots=True)
class _Watch:
    """The state of one alert of one queue: since when its condition has held, and when it last did, in epoch ms."""

    since_ms: int
    last_ms: int


@dataclass(slots=True)
class _Looked:
    """A queue as last looked at: its alerts, and since when its count of answers has not changed."""

    seen_ms: int
    watches: dict[str, _Watch]
    answered: int
    unanswered_since_ms: int


class FiringAlerts:
    """The alerts of each queue as of the last look. Not thread-safe."""

    def __init__(self, settings: Settings) -> None:
        """``settings``: of the rules; where a rule could never fire none is evaluated, and the log says why."""
        try:
            self._alerts = tuple(
                alert for alert in alerts(settings) if alert.now is not None or alert.holds is not None
            )
        except UserError as error:
            log.warning("the wallboard shows no alerts: %s", error)
            self._alerts = ()
        self._looked: dict[RowKey, _Looked] = {}

    def of(
        self,
        key: RowKey,
        row: RowNumbers,
        media: Mapping[str, RowNumbers],
        policy: QueueSettings,
        day: Outlook | None,
        now_ms: int,
    ) -> list[Firing]:
        """The alerts that fire for an open queue with numbers that can be trusted, the gravest first.

        Args:
            key: the queue.
            row: its numbers, summed over media.
            media: its numbers by medium.
            policy: in force.
            day: outlook of its day.
            now_ms: epoch ms by the clock of the snapshot.
        """
        looked = self._look(key, row, now_ms)
        at = present(row, media, policy, day, now_ms, _unanswered_ms(looked, row, now_ms))
        firing = []
        for alert in self._alerts:
            if key.channel in alert.channels:
                watch = _watched(alert, looked.watches.get(alert.title), _holds(alert, at, key), now_ms)
                if watch is None:
                    looked.watches.pop(alert.title, None)
                    continue
                looked.watches[alert.title] = watch
                if now_ms - watch.since_ms >= _ms(alert.for_) or watch.last_ms < now_ms:
                    firing.append(Firing(alert, watch.since_ms))
        return sorted(firing, key=lambda found: _RANK[found.alert.severity])

    def _look(self, key: RowKey, row: RowNumbers, now_ms: int) -> _Looked:
        answered = row.totals[ConversationMeasure.ANSWERED]
        looked = self._looked.get(key)
        if looked is None or abs(now_ms - looked.seen_ms) > FORGOTTEN_MS:
            looked = self._looked[key] = _Looked(now_ms, {}, answered, now_ms)
        if answered != looked.answered:
            looked.answered, looked.unanswered_since_ms = answered, now_ms
        looked.seen_ms = now_ms
        return looked


def _unanswered_ms(looked: _Looked, row: RowNumbers, now_ms: int) -> int:
    proven_ms = 0 if row.windows["5m"][ConversationMeasure.ANSWERED] else NONE_ANSWERED_MS
    return max(proven_ms, now_ms - looked.unanswered_since_ms)


def _holds(alert: Alert, at: Present, key: RowKey) -> bool:
    if alert.now is not None:
        return alert.now(at)
    assert alert.holds is not None
    # As in the backtest: the conditions on the past of a ticket queue are about its e-mails.
    of_emails = replace(at, row=at.media.get(EMAIL, NOTHING))
    return alert.holds(at if has_service_level(key.channel) else of_emails)


def _watched(alert: Alert, before: _Watch | None, holds: bool, now_ms: int) -> _Watch | None:
    """The watch after a look; ``None`` for an alert that neither fires nor may soon."""
    if holds:
        return _Watch(now_ms if before is None else before.since_ms, now_ms)
    if before is None or before.last_ms - before.since_ms < _ms(alert.for_):
        return None
    # Strictly later than the last time it held, so that an alert without a hold ends at once.
    return before if now_ms - before.last_ms < _ms(alert.keep_firing_for) else None


def _ms(duration: str) -> int:
    return parse_duration_ms(duration) if duration else 0
