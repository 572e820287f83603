"""Values of one KPI from one contact's events: through facts, contributions, counts and the evaluator."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from metrics.catalog import QUEUE_KPIS
from metrics.catalog.model import QueueKpi
from metrics.evaluate.row_answers import row_answer
from metrics.planning.view import View
from metrics.read.live import live_numbers, observed
from metrics.snapshot.opening import ALWAYS
from metrics.snapshot.snapshot import Counts, LiveNumbers, RowKey
from streams.contract.topics import CHANNEL_OF
from streams.facts.domains import DOMAIN_OF, MEASURES, parts
from streams.facts.shared.contributions import Stage
from streams.numbers.codes import split_code
from streams.numbers.live_entries import RowEntry
from streams.numbers.sketches import split_sketch_code
from tests.support.boards import row, settings, snapshot
from tests.support.strategies import START_MS
from tests.support.words import PlainNames, book, decoded, pseudonym, topic_of

WINDOW = "24h"
KPIS = {kpi.name: kpi for kpi in QUEUE_KPIS}


def values_of(kpi: QueueKpi, happened: Counts, live: LiveNumbers | None = None) -> dict[str, float | None]:
    """The value of each series in 24 h, as the API shows it, by its labels in the order of their names."""
    key, numbers = RowKey(kpi.channels[-1], "q"), row(happened, live)
    answer = row_answer(View(snapshot({key: numbers}), 0), key, numbers, [WINDOW], ALWAYS, settings(Path()))
    windowed = {
        series_name(series.labels): series.windows[WINDOW].value for series in answer.windowed.get(kpi.name, [])
    }
    return windowed | {series_name(series.labels): series.value for series in answer.now.get(kpi.name, [])}


def series_name(labels: dict[str, str]) -> str:
    """``label=value,label=value``, "" without labels."""
    return ",".join(f"{name}={labels[name]}" for name in sorted(labels))


def values_after(name: str, *logs: list[dict[str, Any]], at_s: float = 0) -> dict[str, float | None]:
    """The value of each series of a KPI once the events of these contacts, one list each, are applied.

    Every window holds every event. ``at_s``: now, in seconds after 9:00, for KPIs that are true now.
    """
    now_ms = START_MS + round(at_s * 1000)
    happened, live = Counts(), []
    for number, events in enumerate(logs):
        names = PlainNames()
        topic = topic_of(events)
        assert CHANNEL_OF[topic] in KPIS[name].channels, f"{name} is no KPI of contact {number}"
        domain = DOMAIN_OF[topic]
        facts, _ = domain.fold(None, decoded(events), pseudonym)
        contributed = domain.contributions(facts, book(topic), names, Stage.KEPT)
        happened += _counts((cell for cells in contributed.amounts.values() for cell in cells.items()), names)
        live.append(
            observed((entry for entry in contributed.live.values() if isinstance(entry, RowEntry)), now_ms, now_ms)
        )
    return values_of(KPIS[name], happened, live_numbers(live, now_ms))


def _counts(cells: Iterable[tuple[int, int]], names: PlainNames) -> Counts:
    plain: Counter[int] = Counter()
    split: dict[int, Counter[str]] = {}
    sketches: dict[int, Counter[int]] = {}
    for code, amount in cells:
        for part in parts(code):
            if part < 0:
                sketch, bucket = split_sketch_code(part)
                sketches.setdefault(sketch, Counter())[bucket] += amount
                continue
            measure, dimension = split_code(part)
            if MEASURES[measure].split_by:
                split.setdefault(measure, Counter())[names.names[dimension][0]] += amount
            else:
                plain[measure] += amount
    return Counts(plain, split, sketches)
