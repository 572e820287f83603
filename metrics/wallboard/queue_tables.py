"""The tables of one queue's own view: waits, ageing, variants, repeats and first-contact resolution. Pure."""

from __future__ import annotations

from metrics.catalog import QUEUE_KPIS
from metrics.evaluate.row_answers import RowAnswer, Windowed, row_answer
from metrics.planning.reachable import has_service_level
from metrics.planning.view import View
from metrics.snapshot.service_level import Variant
from metrics.snapshot.states import State
from metrics.wallboard import words
from metrics.wallboard.figures import DASH, count, quotient, seconds, span
from metrics.wallboard.model import Cell, Table, TableRow
from metrics.wallboard.queue_row import Row
from streams.common.languages import Bilingual
from streams.config.settings import Settings

DAY_WINDOWS = ("30m", "today", "24h", "7d")
LONG_WINDOWS = ("24h", "7d", "28d")
"""Repeats and first-contact resolution of less than a day are not meaningful yet."""
WINDOWS = (*DAY_WINDOWS, "28d")
KPIS = {kpi.name: kpi for kpi in QUEUE_KPIS}


class _Answers:
    """The API's answer for the row, as cells by KPI, labels and window."""

    def __init__(self, row: Row, answer: RowAnswer) -> None:
        self.row = row
        self._answer = answer

    def windowed(self, kpi: str, window: str, **labels: str) -> Windowed | None:
        """One number of the API; ``None`` where the channel has no such KPI."""
        for series in self._answer.windowed.get(kpi, ()):
            if series.labels == labels:
                return series.windows.get(window)
        return None

    def title(self, kpi: str) -> str:
        """The KPI's title."""
        return KPIS[kpi].text[self.row.language].title

    def help(self, kpi: str) -> str:
        """The KPI's definition in one sentence."""
        return KPIS[kpi].text[self.row.language].help

    def say(self, text: Bilingual) -> str:
        """A text in the language of the board."""
        return text.of(self.row.language)

    def windows(self, names: tuple[str, ...]) -> list[str]:
        """Names of windows, as headings of columns."""
        return [self.say(words.WINDOWS[name]) for name in names]

    def ratio(self, kpi: str, window: str, **labels: str) -> Cell:
        """The cell of a ratio, with its counts."""
        found = self.windowed(kpi, window, **labels)
        if found is None or not isinstance(found.numerator, int) or not isinstance(found.denominator, int):
            return Cell(DASH)
        text, note, _ = quotient(found.numerator, found.denominator, found.state, self.row.language)
        return Cell(text, note)

    def count(self, kpi: str, window: str) -> Cell:
        """The cell of a count."""
        found = self.windowed(kpi, window)
        return Cell(DASH if found is None or found.value is None else count(int(found.value), self.row.language))

    def duration(self, kpi: str, window: str, stat: str) -> Cell:
        """The cell of a mean or a percentile, in seconds."""
        found = self.windowed(kpi, window, stat=stat)
        if found is None or found.value is None:
            return Cell(DASH if found is None else self.say(words.STATES[found.state]))
        note = self.say(words.FEW_NOTE) if found.state is State.FEW else ""
        return Cell(seconds(round(found.value * 10) * 100, self.row.language), note)


def queue_tables(view: View, row: Row, settings: Settings) -> list[Table]:
    """The tables of a queue, in reading order."""
    answer = row_answer(view, row.key, row.numbers, WINDOWS, row.opening, settings)
    answers = _Answers(row, answer)
    level = has_service_level(row.key.channel)
    first = [_waits(answers), _variants(answers)] if level else [_backlog(answers)]
    return [*first, _repeats(answers), _resolution(answers, settings)]


def _waits(answers: _Answers) -> Table:
    windows = ("30m", "today")
    rows = [
        TableRow(answers.say(text), [answers.duration(kpi, window, stat) for window in windows], answers.help(kpi))
        for (kpi, stat), text in words.WAITS.items()
    ]
    return Table("waits", answers.say(words.WAIT_TITLE), answers.say(words.NUMBER), answers.windows(windows), rows)


def _backlog(answers: _Answers) -> Table:
    live = answers.row.numbers.live
    ages = {age: live[age] for age in words.BACKLOG_AGES}
    most = max(ages.values()) or 1
    rows = [
        TableRow(
            answers.say(words.BACKLOG_AGES[age]), [Cell(count(tickets, answers.row.language), share=tickets / most)]
        )
        for age, tickets in ages.items()
    ]
    return Table(
        "backlog", answers.say(words.BACKLOG_TITLE), answers.say(words.AGE), [answers.say(words.TICKETS)], rows
    )


def _variants(answers: _Answers) -> Table:
    kpi = "contact_center_service_level_ratio"
    rows = [
        TableRow(
            answers.say(words.VARIANTS[variant]),
            [answers.ratio(kpi, window, variant=variant.value) for window in DAY_WINDOWS],
        )
        for variant in Variant
    ]
    return Table(
        "variants",
        answers.say(words.VARIANTS_TITLE),
        answers.say(words.VARIANT),
        answers.windows(DAY_WINDOWS),
        rows,
        answers.help(kpi),
    )


def _repeats(answers: _Answers) -> Table:
    counted, ratio, redials = (
        "contact_center_repeat_contacts_total",
        "contact_center_repeat_contact_ratio",
        "contact_center_redial_ratio",
    )
    rows = [
        TableRow(answers.title(counted), [answers.count(counted, w) for w in LONG_WINDOWS], answers.help(counted)),
        TableRow(answers.title(ratio), [answers.ratio(ratio, w) for w in LONG_WINDOWS], answers.help(ratio)),
    ]
    if answers.row.key.channel in KPIS[redials].channels:
        cells = [answers.ratio(redials, window) for window in LONG_WINDOWS]
        rows.append(TableRow(answers.title(redials), cells, answers.help(redials)))
    return Table(
        "repeats",
        answers.say(words.REPEATS_TITLE),
        answers.say(words.NUMBER),
        answers.windows(LONG_WINDOWS),
        rows,
    )


def _resolution(answers: _Answers, settings: Settings) -> Table:
    kpi = "contact_center_first_contact_resolution_ratio"
    repeats_in = span(settings.repeat_window, answers.row.language)

    def cells(basis: str, state: str) -> list[Cell]:
        labels = {"basis": basis, "state": state} if state else {"basis": basis}
        return [answers.ratio(kpi, window, **labels) for window in LONG_WINDOWS]

    return Table(
        "fcr",
        answers.say(words.FCR_TITLE),
        answers.say(words.BASIS),
        answers.windows(LONG_WINDOWS),
        [TableRow(answers.say(text).format(window=repeats_in), cells(*key)) for key, text in words.FCR.items()],
        answers.say(words.FINAL_NOTE).format(window=repeats_in),
    )
