"""The alerts on a tile: those of an Alertmanager, else of the board's own evaluation of the same conditions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from metrics.alerts.firing import FiringAlerts
from metrics.alerts.model import Severity
from metrics.alerts.rule_file import alerts
from metrics.snapshot.snapshot import RowKey, RowNumbers
from metrics.wallboard.alertmanager import Alertmanager, ManagedAlert
from metrics.wallboard.model import TileAlert
from metrics.wallboard.queue_row import Row
from streams.common.errors import UserError
from streams.common.languages import Bilingual, Language
from streams.config.settings import Settings
from streams.contract.names import printable

_ORDER = [severity.value for severity in Severity]
LONGEST_TEXT = 120
"""Characters of the summary of a rule that is not ours."""


class TileAlerts:
    """Alerts by queue. Not thread-safe."""

    def __init__(self, settings: Settings, manager: Alertmanager | None) -> None:
        """``settings``: of the rules; ``manager``: the Alertmanager to ask, ``None`` without one."""
        self._manager = manager
        self._own = FiringAlerts(settings)
        self._short = _short_texts(settings)

    @property
    def manager_fails(self) -> bool:
        """An Alertmanager is configured and does not answer."""
        return self._manager is not None and self._manager.fails

    def of(self, row: Row, media: Mapping[str, RowNumbers]) -> list[TileAlert]:
        """The alerts of a queue, the gravest first and each name once. ``media``: its numbers by medium."""
        managed = None if self._manager is None else self._manager.firing
        if managed is not None:
            found = sorted(managed.get(RowKey(row.key.channel, row.key.queue), ()), key=_rank)
            return list(_once(self._managed(alert, row.language) for alert in found))
        if row.blind or not row.opening.is_open:
            return []
        firing = self._own.of(row.key, row.numbers, media, row.promise, row.outlook, row.now_ms)
        return list(
            _once(
                TileAlert(
                    found.alert.name, self._text(found.alert.title, row.language), found.alert.severity, found.since_ms
                )
                for found in firing
            )
        )

    def _managed(self, alert: ManagedAlert, language: Language) -> TileAlert:
        labels, annotations = alert.labels, alert.annotations
        name, window = labels.get("alertname", ""), labels.get("window", "")
        text = self._text(f"{name} ({window})" if window else name, language)
        if not text:  # a rule of somebody else
            text = annotations.get(f"summary_{language.value}") or annotations.get("summary") or name
        return TileAlert(name, printable(text[:LONGEST_TEXT]), labels.get("severity", ""), alert.since_ms)

    def _text(self, title: str, language: Language) -> str:
        text = self._short.get(title)
        return "" if text is None else text.of(language)


def _short_texts(settings: Settings) -> Mapping[str, Bilingual]:
    try:
        return {alert.title: alert.short for alert in alerts(settings) if alert.short is not None}
    except UserError:
        return {}  # settings of a rule that cannot fire: the log says which


def _rank(alert: ManagedAlert) -> tuple[int, int]:
    severity = alert.labels.get("severity", "")
    return (_ORDER.index(severity) if severity in _ORDER else len(_ORDER)), alert.since_ms


def _once(found: Iterable[TileAlert]) -> Iterator[TileAlert]:
    """The first alert of each name: several windows of one burn rate say the same."""
    names = set()
    for alert in found:
        if alert.key not in names:
            names.add(alert.key)
            yield alert
