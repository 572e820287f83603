"""A snapshot as Prometheus text. Ratios and averages have their counts beside them; an empty number has no sample."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from metrics.catalog import PIPELINE
from metrics.catalog.detail import Detail
from metrics.catalog.model import OpeningKpi, Pipeline
from metrics.catalog.planning import OUTLOOK_CHANNELS
from metrics.evaluate.known_rows import known_rows
from metrics.evaluate.row_answers import evaluated_row
from metrics.exporter.media import NamedMedia
from metrics.exporter.row_text import RowText, escaped
from metrics.exporter.series_limit import Folding
from metrics.exporter.shown import SHOWN, Family
from metrics.planning.plan import outlook_of
from metrics.planning.view import View
from metrics.snapshot.opening import Openings
from metrics.snapshot.snapshot import RowKey, RowNumbers, Snapshot
from streams.common.languages import Language
from streams.config.policy_book import calendars_in_force
from streams.config.settings import Settings
from streams.numbers.names import OTHER

log = logging.getLogger(__name__)

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
"""Fixed format: OpenMetrics forbids a counter ``x_total`` beside a gauge ``x``."""


def _pipeline(kpi: Pipeline, view: View) -> Metric:
    text = kpi.text[Language.ENGLISH].help
    counter = Metric(kpi.name.removesuffix("_total"), text, "counter")
    metric = counter if kpi.is_counter else Metric(kpi.name, text, "gauge")
    for sample in kpi.read(view):
        metric.add_sample(kpi.name, dict(sample.labels), sample.value)
    return metric


class PipelineCollector(Collector):
    """Metrics of the pipeline about itself: those that change as a snapshot ages, or those that do not."""

    def __init__(self, view: View, *, moving: bool) -> None:
        """``moving``: the ones that change with the snapshot's age."""
        self._view = view
        self._moving = moving

    def collect(self) -> Iterable[Metric]:
        """The families in the order of the catalogue; of those that do not move only the ones with a sample."""
        found = (_pipeline(kpi, self._view) for kpi in PIPELINE if kpi.moves is self._moving)
        return (metric for metric in found if metric.samples or self._moving)


def pipeline_text(view: View, *, moving: bool) -> bytes:
    """The text format of the pipeline's metrics."""
    registry = CollectorRegistry()
    registry.register(PipelineCollector(view, moving=moving))
    return generate_latest(registry)


class MetricsPage:
    """The body of ``/metrics``: each snapshot is rendered once, its age and health each time. For one thread at a
    time."""

    def __init__(self, settings: Settings, detail: Detail | None = None) -> None:
        """``settings``: for the targets in force, and the bound on series; ``detail``: of the setting if not given."""
        self._settings = settings
        self._detail = Detail(settings.metrics_detail) if detail is None else detail
        self._media = NamedMedia()
        self._rendered: tuple[Snapshot, bytes] | None = None
        self._rows: dict[RowKey, RowText] = {}
        self._folding = Folding(settings.series_limit)

    @property
    def folded_queues(self) -> int:
        """Number of queues that the last body shows under ``other``."""
        return len(self._folding.queues)

    def render(self, view: View | None, unread: View) -> bytes:
        """The page of ``view``; before the first read of Redis, the text of ``unread`` alone."""
        if view is None:
            return pipeline_text(unread, moving=True)
        if self._rendered is None or self._rendered[0] is not view.snapshot:
            self._rendered = (view.snapshot, self._body(View(view.snapshot, 0, view.planning, view.judging)))
        return self._rendered[1] + pipeline_text(view, moving=True)

    def forget(self) -> bytes:
        """Drop the lines that are kept for the next body."""
        self._rendered, self._rows = None, {}
        return b""

    def _body(self, view: View) -> bytes:
        """Everything that does not change as the snapshot ages."""
        settings, now_ms = view.settings(self._settings), view.snapshot.now_ms
        openings = Openings(calendars_in_force(settings, now_ms), now_ms)

        def write(key: RowKey, own: RowNumbers) -> int:
            row = evaluated_row(view, key, own, openings.of(key.channel, key.queue), settings)
            # No week before tells of queues that were folded here: the plan is that of the row alone.
            plan = None if key.queue == OTHER and self._folding.queues else view.planning
            outlook = outlook_of(plan, key, own, now_ms, settings) if key.channel in OUTLOOK_CHANNELS else None
            text = self._rows.get(key)
            if text is None:
                text = self._rows[key] = RowText(key, self._detail)
            text.update(row._replace(outlook=outlook))
            return text.series

        before = self.folded_queues
        rows = known_rows(view.snapshot, settings)
        if self._detail is Detail.LEAN:
            rows = self._media.rows(rows, settings)
        shown = self._folding.fit(rows, settings.queues, write)
        if self.folded_queues and not before:
            log.warning(
                "/metrics would have more than series_limit = %d series: %d queues are shown under `other`, those that "
                "no setting names first; raise series_limit if Prometheus can take more",
                self._settings.series_limit,
                self.folded_queues,
            )
        self._rows = {key: self._rows[key] for key in shown}
        # Row by row: to look for each of 150 families in each of 500 rows takes longer than all else together.
        found: defaultdict[Family, list[bytes]] = defaultdict(list)
        for row in self._rows.values():
            row.add_lines(found)
        for own in SHOWN:
            if isinstance(own.kpi, OpeningKpi):
                found[own.families[0]] = _openings(own.families[0], settings, openings)
        families = (of for own in SHOWN for of in own.families if found[of])
        lines = [line for of in families for line in (of.head, *found[of])]
        return b"".join([*lines, pipeline_text(replace(view, folded_queues=self.folded_queues), moving=False)])


def _openings(of: Family, settings: Settings, openings: Openings) -> list[bytes]:
    """One series a configured queue and channel: all media of a ticket queue open together."""
    return [
        f'{of.name}{{channel="{channel.value}",queue="{escaped(queue)}"}} '
        f"{float(openings.of(channel, queue).is_open)}\n".encode()
        for queue, entries in settings.queues.items()
        for channel in sorted({entry.channel for entry in entries})
    ]
