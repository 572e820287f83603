"""KPIs of a past range, pure: 15-minute slices in, the rows of ``veinte report`` out.

Everything is summed first and divided last. Times are epoch milliseconds but for what people write and read: bounds and
``from`` are local, in the queue's time zone (``*``: the setting ``time_zone``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, time
from enum import StrEnum
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from metrics.catalog import QUEUE_KPIS
from metrics.catalog.model import Ratio
from metrics.read.history import Quarters
from metrics.snapshot.rows import ALL
from metrics.snapshot.service_level import ratio
from metrics.snapshot.snapshot import Counts
from metrics.snapshot.windows import Cells, merge
from streams.common.durations import HOUR_MS, MINUTE_MS
from streams.common.errors import UserError
from streams.common.vocabulary import Channel
from streams.facts.domains import MEASURES, measures_of
from streams.numbers.measures import Measure, Unit
from streams.numbers.tiers import QUARTER

YEARS = range(1971, 9999)
"""Years of bounds: outside these a local time may have no instant, or an instant no local time."""
REPORTED_RATIOS = tuple(kpi for kpi in QUEUE_KPIS if isinstance(kpi, Ratio) and kpi.report)
"""Ratios that reports show beside the counts."""


class Interval(StrEnum):
    """Length of an interval of the range, on the local clock."""

    QUARTER = "15m"
    HALF_HOUR = "30m"
    HOUR = "1h"
    DAY = "day"


_WIDTHS_MS = {Interval.QUARTER: 15 * MINUTE_MS, Interval.HALF_HOUR: 30 * MINUTE_MS, Interval.HOUR: HOUR_MS}


class Grouping(NamedTuple):
    """Grouping by ``--by``, beside the channel, which every row has."""

    by_queue: bool
    interval: Interval | None


def parse_grouping(text: str) -> Grouping:
    """The value of ``--by``, such as ``channel,queue,interval=day``.

    Raises:
        UserError: a part of it is unknown or repeated.
    """
    by_queue, interval = False, None
    parts = [part.strip() for part in text.split(",") if part.strip()]
    names = [part.partition("=")[0] for part in parts]
    for name, part in zip(names, parts, strict=True):
        if names.count(name) > 1:
            raise UserError(f"--by names {name} twice; give each part once")
        if part == "queue":
            by_queue = True
        elif name == "interval" and part.partition("=")[2] in list(Interval):
            interval = Interval(part.partition("=")[2])
        elif part != "channel":
            raise UserError(f"--by {part} is unknown; use channel, queue and interval=15m, 30m, 1h or day")
    return Grouping(by_queue, interval)


class Bound:
    """One end of the range as written: an instant, or a local time that each zone reads by its own clock."""

    def __init__(self, option: str, text: str) -> None:
        """Parses ``text``, a date or a date and time of ISO 8601.

        Raises:
            UserError: ``text`` is neither.
        """
        self._option, self._text = option, text
        try:
            self._moment = datetime.fromisoformat(text)
        except ValueError:
            raise UserError(
                f"{option} {text} is no time; write a date or a time such as 2026-01-31, 2026-01-31T09:00 or "
                "2026-01-31T09:00+01:00"
            ) from None
        if self._moment.year not in YEARS:
            raise UserError(f"{option} {text} is out of reach; use a year from {YEARS[0]} to {YEARS[-1]}")

    def at_ms(self, zone: ZoneInfo) -> int:
        """The instant in a time zone.

        Raises:
            UserError: it is not on a quarter of an hour.
        """
        moment = self._moment if self._moment.tzinfo is not None else self._moment.replace(tzinfo=zone)
        at_ms = round(moment.timestamp() * 1000)
        if at_ms % QUARTER.width_ms:
            raise UserError(
                f"{self._option} {self._text} is not on a quarter of an hour in {zone.key}; "
                "numbers are kept in slices of 15 min"
            )
        return at_ms


class Range(NamedTuple):
    """From ``first`` up to but without ``last``."""

    first: Bound
    last: Bound

    def at_ms(self, zone: ZoneInfo) -> tuple[int, int]:
        """Both ends in a time zone.

        Raises:
            UserError: an end is not on a quarter of an hour, or the range is empty.
        """
        first_ms, last_ms = self.first.at_ms(zone), self.last.at_ms(zone)
        if first_ms >= last_ms:
            raise UserError("--to must be later than --from; it is not part of the range itself")
        return first_ms, last_ms


def interval_start_ms(interval: Interval, start_ms: int, zone: ZoneInfo) -> int:
    """Start of a slice's interval by the local clock, in epoch milliseconds; an interval also ends where the clocks
    change."""
    local = _local(start_ms, zone)
    if interval is Interval.DAY:
        return int(datetime.combine(local.date(), time(), zone).timestamp()) * 1000
    width_ms = _WIDTHS_MS[interval]
    back_ms = (local.hour * HOUR_MS + local.minute * MINUTE_MS) % width_ms
    while back_ms and _local(start_ms - back_ms, zone).utcoffset() != local.utcoffset():
        back_ms -= QUARTER.width_ms
    return start_ms - max(back_ms, 0)


def _local(at_ms: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(at_ms // 1000, UTC).astimezone(zone)


def report_rows(
    quarters: Quarters, span: Range, grouping: Grouping, zone_of: Callable[[Channel, str], ZoneInfo]
) -> list[dict[str, Any]]:
    """The rows, by channel, queue (``*`` first) and time; empty rows are left out.

    ``zone_of``: the time zone of a queue, or of ``*``.

    Raises:
        UserError: the range is not valid in one of the zones.
    """
    rows: list[dict[str, Any]] = []
    for channel in Channel:
        queues = sorted(queue for its_channel, queue in quarters if its_channel is channel)
        span.at_ms(zone_of(channel, ALL))  # a bad range is refused even where there is nothing to report
        for queue in [ALL, *queues] if grouping.by_queue else [ALL]:
            zone = zone_of(channel, queue)
            members = queues if queue == ALL else [queue]
            sums = _sums((quarters[channel, member] for member in members), span.at_ms(zone), grouping.interval, zone)
            for from_ms in sorted(sums):
                fields = row_fields(channel, Counts(sums[from_ms]))
                if any(value for value in fields.values() if not isinstance(value, dict)):
                    rows.append(
                        {
                            "channel": str(channel),
                            "queue": queue,
                            "from": _local(from_ms, zone).isoformat(),
                            **fields,
                        }
                    )
    return rows


def _sums(
    parts: Iterable[Mapping[int, Cells]], span_ms: tuple[int, int], interval: Interval | None, zone: ZoneInfo
) -> dict[int, Cells]:
    """Amounts by the beginning of the interval, cut at the ends of the range."""
    first_ms, last_ms = span_ms
    sums: defaultdict[int, Cells] = defaultdict(dict)
    starts: dict[int, int] = {}
    for slices in parts:
        for start_ms, cells in slices.items():
            if first_ms <= start_ms < last_ms:
                if start_ms not in starts:
                    begun_ms = first_ms if interval is None else interval_start_ms(interval, start_ms, zone)
                    starts[start_ms] = max(first_ms, begun_ms)
                merge(sums[starts[start_ms]], cells.items())
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
