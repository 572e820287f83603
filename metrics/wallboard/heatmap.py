"""The planner's week: contacts by hour of the week, from the same document as ``/api/v1/week``. Pure."""

from __future__ import annotations

from metrics.planning.api.documents import Hour, Week
from metrics.snapshot.rows import ALL
from metrics.wallboard import words
from metrics.wallboard.figures import count, decimal
from metrics.wallboard.model import Heatmap, HeatmapCell
from streams.common.languages import Language
from streams.contract.names import printable

DAYS, HOURS = 7, 24
HOTTEST = 9
EXACT_BELOW = 9.95


def heatmap(week: Week, language: Language) -> Heatmap:
    """The heatmap of one queue of a channel, or of all its queues."""
    channel = words.CHANNELS[week.channel].of(language)
    means = [_mean(hour) for hour in week.hours]
    most = max((mean for mean in means if mean is not None), default=0.0)
    cells = [
        HeatmapCell(
            text="" if mean is None else _short(mean, language),
            level=-1 if mean is None else _level(mean, most),
            peak=number == week.peak_hour,
        )
        for number, mean in enumerate(means)
    ]
    return Heatmap(
        key=f"{week.channel}",
        title=channel if week.queue == ALL else f"{channel} · {printable(week.queue)}",
        summary=_summary(week, language),
        days=[day.of(language) for day in words.WEEKDAYS],
        hours=[f"{hour:02}" for hour in range(HOURS)],
        cells=[cells[day * HOURS : (day + 1) * HOURS] for day in range(DAYS)] if week.contacts else [],
    )


def _mean(hour: Hour | None) -> float | None:
    return None if hour is None else hour.contacts_per_hour.value


def _short(mean: float, language: Language) -> str:
    """A mean for a small cell: no decimals from ten on."""
    return "0" if not mean else decimal(mean, language) if mean < EXACT_BELOW else count(round(mean), language)


def _level(mean: float, most: float) -> int:
    return min(HOTTEST, int(mean / most * (HOTTEST + 1))) if most else 0


def _summary(week: Week, language: Language) -> str:
    if week.peak_hour is None:
        return words.NOBODY_CAME.of(language)
    day, hour = divmod(week.peak_hour, HOURS)
    mean = _mean(week.hours[week.peak_hour]) or 0.0
    return words.WEEKLY_MEAN.of(language).format(
        day=words.WEEKDAYS[day].of(language), hour=f"{hour:02}", mean=_short(mean, language)
    )
