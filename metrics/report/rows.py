"""KPIs of a past range, pure: 15-minute slices in, the rows of ``veinte report`` out.

Everything is summed first and divided last. Times are epoch milliseconds but for ``from``, which is local, in the
queue's time zone (``*``: the one of all its queues; where they differ, the setting ``time_zone``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from metrics.catalog import QUEUE_KPIS
from metrics.catalog.model import Ratio
from metrics.read.history import Quarters
from metrics.report.ranges import Grouping, Interval, Range, interval_start_ms, local_time, same_date_ms
from metrics.snapshot.rows import ALL
from metrics.snapshot.service_level import ratio
from metrics.snapshot.snapshot import Counts
from metrics.snapshot.windows import Cells, DayRule, merge
from streams.common.vocabulary import Channel
from streams.facts.domains import MEASURES, measures_of
from streams.numbers.measures import Measure, Unit

REPORTED_RATIOS = tuple(kpi for kpi in QUEUE_KPIS if isinstance(kpi, Ratio) and kpi.report)
"""Ratios that reports show beside the counts."""

LABELS = ("channel", "queue", "from", "day_starts", "time_zone")
"""Fields of a row before its numbers. ``day_starts`` and ``time_zone`` are null where the queues of ``*`` differ."""


class Member(NamedTuple):
    """One queue of a row: its slices, and the rule by which its days begin."""

    rule: DayRule
    slices: Mapping[int, Cells]


def report_rows(
    quarters: Quarters, span: Range, grouping: Grouping, rule_of: Callable[[Channel, str], DayRule]
) -> list[dict[str, Any]]:
    """The rows, by channel, queue (``*`` first) and time; empty rows are left out.

    ``*`` is the sum of its queues, each cut by its own days, as the window ``today`` of all queues is.

    Args:
        quarters: the 15-minute slices of each queue.
        span: the range.
        grouping: of ``--by``.
        rule_of: where the days of a queue begin; of ``*``: by the settings alone.

    Raises:
        UserError: the range is not valid on the clock of one of the queues.
    """
    rows: list[dict[str, Any]] = []
    for channel in Channel:
        members = {
            queue: Member(rule_of(channel, queue), quarters[channel, queue])
            for queue in sorted(queue for its_channel, queue in quarters if its_channel is channel)
        }
        span.at_ms(rule_of(channel, ALL))  # a bad range is refused even where there is nothing to report
        rows += _rows_of(channel, ALL, list(members.values()), span, grouping.interval, rule_of(channel, ALL))
        if grouping.by_queue:
            for queue, member in members.items():
                rows += _rows_of(channel, queue, [member], span, grouping.interval, member.rule)
    return rows


def _rows_of(
    channel: Channel, queue: str, members: list[Member], span: Range, interval: Interval | None, usual: DayRule
) -> Iterator[dict[str, Any]]:
    """The rows of a queue, or of several as one. ``usual``: the rule where the members have different ones."""
    if not members:
        return
    zone = _common(member.rule.zone for member in members)
    starts = _common(member.rule.starts for member in members)
    shown = DayRule(zone or usual.zone, starts or usual.starts)
    for from_ms, cells in sorted(_sums(members, span, interval, shown).items()):
        fields = row_fields(channel, Counts(cells))
        if any(value for value in fields.values() if not isinstance(value, dict)):
            begun = local_time(from_ms, ZoneInfo(shown.zone)).isoformat()
            yield dict(zip(LABELS, (str(channel), queue, begun, starts, zone), strict=True)) | fields


def _common(values: Iterable[str]) -> str | None:
    """The one value of all; ``None`` where they differ."""
    found = set(values)
    return found.pop() if len(found) == 1 else None


def _sums(members: list[Member], span: Range, interval: Interval | None, shown: DayRule) -> dict[int, Cells]:
    """Amounts by the beginning of the interval on the clock ``shown``; each member is cut at the ends of its own range.

    A day holds each member's own day of the same date.
    """
    ranges = {member.rule: span.at_ms(member.rule) for member in members}
    earliest_ms = min(first_ms for first_ms, _ in ranges.values())
    sums: defaultdict[int, Cells] = defaultdict(dict)
    for rule, slices in members:
        first_ms, last_ms = ranges[rule]
        for start_ms, cells in slices.items():
            if first_ms <= start_ms < last_ms:
                if interval is None:
                    begun_ms = earliest_ms
                elif interval is Interval.DAY:
                    begun_ms = same_date_ms(start_ms, rule, shown)
                else:
                    begun_ms = interval_start_ms(interval, start_ms, shown)
                merge(sums[max(begun_ms, earliest_ms)], cells.items())
    return sums


def row_fields(channel: Channel, counts: Counts) -> dict[str, Any]:
    """The fields of a row after ``from``: every measure with a column. Those of another channel, and ratios with a
    denominator of zero, are ``None``."""
    own = measures_of(channel)
    fields: dict[str, Any] = {
        measure.column: _reported(measure, counts) if measure in own else None
        for measure in MEASURES.values()
        if measure.column
    }
    for kpi in REPORTED_RATIOS:
        fields[kpi.report] = _ratios(kpi, counts) if channel in kpi.channels else None
    return fields


def _reported(measure: Measure, counts: Counts) -> int | float:
    return exact_seconds(counts[measure]) if measure.unit is Unit.MILLISECONDS else counts[measure]


def _ratios(kpi: Ratio, counts: Counts) -> dict[str, float | None]:
    """The ratios by the value of their one label."""
    return {
        series.labels[0][1]: ratio(series.numerator.of(counts), series.denominator.of(counts)) for series in kpi.series
    }


def exact_seconds(duration_ms: int) -> int | float:
    """Seconds: an integer where whole, else with the three decimals that the milliseconds have."""
    seconds, rest_ms = divmod(duration_ms, 1000)
    return duration_ms / 1000 if rest_ms else seconds
