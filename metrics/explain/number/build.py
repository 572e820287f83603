"""Composition of the answer: one number and its contacts, from the pages of its partitions. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from msgspec import UNSET, UnsetType

from metrics.catalog.model import Unit
from metrics.evaluate.row_answers import row_answer
from metrics.explain.number.answer import Because, Contact, Explanation, Reach, bounds, policy_in_force
from metrics.explain.number.frame import NOTHING, Frame, Page
from metrics.explain.number.listed import Listed, since_ms
from metrics.planning.view import View
from metrics.read.live import live_numbers, observed
from metrics.snapshot.instants import instant_text
from metrics.snapshot.opening import Openings
from metrics.snapshot.rows import ALL, sum_rows
from metrics.snapshot.snapshot import NO_COUNTS, Counts, LiveNumbers, RowKey, RowNumbers, total
from metrics.snapshot.states import State, divided_state, plain_state
from streams.common.durations import DAY_MS
from streams.common.languages import Language
from streams.config.limits import past_limit_ms
from streams.config.policy_book import calendars_in_force
from streams.contract.topics import Topic
from streams.facts.domains import has_medium


class Search(NamedTuple):
    """Extent of the search: number of states read, and whether it was stopped before the last one."""

    read: int = 0
    stopped: bool = False


class _Number(NamedTuple):
    """A number as the snapshot shows it."""

    value: float | None
    state: State
    numerator: float | UnsetType = UNSET
    denominator: int | UnsetType = UNSET


def listed(frame: Frame, pages: Iterable[Page]) -> list[Listed]:
    """Every contact that may be shown: of a window the misses first, then the newest; of a live number the oldest
    first."""
    if frame.tier is None:
        entries = [found for page in pages for found in _entries(frame, page)]
        return sorted(entries, key=lambda found: (found.at_ms, found.subject))
    behind = [
        Listed(page, item.subject, item.at_ms, behind=item)
        for page in pages
        if page.gatherer is not None
        for item in page.gatherer.shown()
    ]
    return sorted(behind, key=_newest_miss, reverse=True)


def _newest_miss(found: Listed) -> tuple[bool, int, str]:
    return found.behind is not None and found.behind.missed, found.at_ms, found.subject


def _entries(frame: Frame, page: Page) -> list[Listed]:
    """The live entries of a page that the number counts."""
    read = frame.question.reading.read
    assert read is not None
    found: list[Listed] = []
    before_ms = frame.misses_before_ms(page.partition)
    for subject, _, entry in page.entries:
        alone = read(live_numbers([observed([entry], frame.now_ms, before_ms)], frame.now_ms))
        if alone or (alone == 0 and frame.question.kpi.unit is Unit.SECONDS):
            found.append(Listed(page, subject, since_ms(entry), entry=entry))
    return found


def build(frame: Frame, pages: Sequence[Page], found: int, contacts: list[Contact], search: Search) -> Explanation:
    """The answer. ``found``: number of contacts behind the number; ``contacts``: the ones shown."""
    question, kpi = frame.question, frame.question.kpi
    numbers = _numbers(frame, pages)
    view = frame.view(numbers)
    number = _number(frame, view, numbers)
    spans = [frame.span(row.queue) for row in numbers] or [frame.span(question.queue)] if frame.tier else []
    counts = total(row.windows[question.window] for row in numbers.values()) if question.window else NO_COUNTS
    return Explanation(
        kpi=kpi.name,
        labels=dict(question.reading.labels),
        channel=frame.channel,
        queue=question.queue,
        medium=(question.medium or ALL) if has_medium(frame.channel) else None,
        time_zone=frame.rule(question.queue).zone,
        unit=kpi.unit.value,
        title={language.value: kpi.text[language].title for language in Language},
        help={language.value: kpi.text[language].help for language in Language},
        formula={language.value: _formula(frame, language) for language in Language},
        attribution={language.value: kpi.attribution.of(language) for language in Language},
        now=instant_text(frame.now_ms),
        read_at=instant_text(frame.wall_ms),
        clock=frame.settings.clock,
        blind=_blind(frame, view),
        value=number.value,
        state=number.state,
        numerator=number.numerator,
        denominator=number.denominator,
        counts=_by_measure(frame, counts),
        reach=_reach(frame, pages, found, len(contacts), search),
        contacts=contacts,
        window=bounds(question.window, frame.tier, spans, frame.rule(question.queue))
        if question.window and frame.tier
        else None,
        policy=None
        if question.queue == ALL
        else policy_in_force(frame.settings, frame.channel, question.queue, frame.now_ms),
    )


def _formula(frame: Frame, language: Language) -> str:
    return frame.question.reading.formula.of(language) or frame.question.kpi.text[language].formula


def _by_measure(frame: Frame, counts: Counts) -> dict[str, int]:
    return {measure.name.lower(): counts[measure] for measure in frame.question.reading.measures}


def _numbers(frame: Frame, pages: Sequence[Page]) -> dict[RowKey, RowNumbers]:
    """Rows of the number as in a snapshot, with the one window of the question."""
    rows = {row for page in pages for row in page.rows.values()}
    window = frame.question.window
    numbers: dict[RowKey, RowNumbers] = {}
    for row in sorted(rows):
        counts = total(page.counts.get(row, NO_COUNTS) for page in pages)
        states = [page.states[row] for page in pages if row in page.states]
        windows = NOTHING.windows if window is None else {**NOTHING.windows, window: counts}
        live = live_numbers(states, frame.now_ms) if states else LiveNumbers()
        numbers[row] = RowNumbers(windows, live=live)
    return numbers


def _number(frame: Frame, view: View, rows: dict[RowKey, RowNumbers]) -> _Number:
    """The number as the snapshot shows it; by the KPI's formula where the snapshot has no such series."""
    question, settings = frame.question, frame.settings
    medium = (question.medium or ALL) if has_medium(frame.channel) else ""
    openings = Openings(calendars_in_force(settings, frame.now_ms), frame.now_ms)
    queues = {row.queue for row in rows}
    of_all = question.queue == ALL
    opening = openings.of_all(frame.channel, queues) if of_all else openings.of(frame.channel, question.queue)
    numbers = sum_rows(rows.values())
    windows = () if question.window is None else (question.window,)
    key = RowKey(frame.channel, question.queue, medium)
    answer = row_answer(view, key, numbers, windows, opening, settings)
    labels = dict(question.reading.labels)
    for series in answer.windowed.get(question.kpi.name, ()):
        if series.labels == labels and question.window in series.windows:
            one = series.windows[question.window]
            return _Number(one.value, one.state, one.numerator, one.denominator)
    for now in answer.now.get(question.kpi.name, ()):
        if now.labels == labels:
            return _Number(now.value, now.state)
    return _summed(frame, bool(_blind(frame, view)), numbers)


def _blind(frame: Frame, view: View) -> str:
    across = Topic.CONTACTS in frame.question.topics
    return view.blind_reason_of_repeats(frame.channel) if across else view.blind_reason(frame.channel)


def _summed(frame: Frame, blind: bool, numbers: RowNumbers) -> _Number:
    reading, window = frame.question.reading, frame.question.window
    if window is None or reading.divide is None:
        value = None if reading.read is None else reading.read(numbers.live)
        return _Number(value, plain_state(blind, value))
    numerator, denominator = reading.divide(numbers.windows[window])
    amount = numerator / reading.scale if reading.scale != 1 else numerator
    if reading.divides:
        state = divided_state(blind, denominator)
        return _Number(amount / denominator if denominator else None, state, amount, denominator)
    return _Number(amount, plain_state(blind, amount))


def _reach(frame: Frame, pages: Sequence[Page], found: int, shown: int, search: Search) -> Reach:
    gatherers = [page.gatherer for page in pages if page.gatherer is not None]
    agree = all(page.agrees(frame.tier) for page in pages)
    complete = agree and not search.stopped
    because = Because.COMPLETE if complete else Because.STOPPED if search.stopped else Because.EXPIRED
    kept_ms = min(past_limit_ms(topic, frame.settings) for topic in frame.question.topics)
    return Reach(
        found=found,
        missed=sum(gatherer.missed for gatherer in gatherers),
        shown=shown,
        listed=_by_measure(frame, total(gatherer.counts for gatherer in gatherers)),
        complete=complete,
        incomplete_because=because,
        changing=sum(len(page.changing(frame.tier)) for page in pages),
        read=search.read,
        kept_days=kept_ms / DAY_MS,
    )
