"""Texts of the wallboard: complete, in two languages, and none unused."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from metrics.catalog import QUEUE_KPIS
from metrics.snapshot.service_level import Variant
from metrics.snapshot.states import State
from metrics.wallboard import words
from metrics.wallboard.bands import Reason
from metrics.wallboard.figures import count, decimal, opening_text, percent, quotient, seconds, share
from streams.common.durations import DAY_MS, HOUR_MS, MINUTE_MS
from streams.common.languages import Bilingual, Language
from streams.common.vocabulary import Channel

EN, ES = Language.ENGLISH, Language.SPANISH
MONDAY_NOON_MS = 1_795_431_600_000  # 2026-11-23 12:00 in Madrid


def test_everything_that_can_happen_has_words() -> None:
    """Each reason, state, channel and variant has words; each KPI that is named exists."""
    assert list(Reason) == list(words.REASONS)
    assert set(State) == set(words.STATES)
    assert list(Channel) == list(words.CHANNELS)
    assert list(Variant) == list(words.VARIANTS)
    assert {name for name, _ in words.WAITS} <= {kpi.name for kpi in QUEUE_KPIS}


def test_the_browser_uses_all_its_words_and_no_others() -> None:
    """The scripts use exactly the texts that the page brings."""
    folder = files("metrics.wallboard") / "static"
    scripts = "".join(file.read_text("utf-8") for file in folder.iterdir() if file.name.endswith(".js"))
    assert set(words.SCRIPT_WORDS) == set(re.findall(r"\bwords\.(\w+)", scripts))


def test_both_languages_have_the_same_blanks() -> None:
    """Both languages of a text have the same placeholders."""
    texts = [text for text in vars(words).values() if isinstance(text, Bilingual)]
    blanks = [[sorted(re.findall(r"\{\w+\}", text.of(language))) for language in Language] for text in texts]
    assert [] == [pair for pair in blanks if pair[0] != pair[1]]
    assert 50 < len(texts)


@pytest.mark.parametrize(
    "numerator,denominator,english,spanish",
    [
        (123, 149, "82.5%", "82,5\N{NARROW NO-BREAK SPACE}%"),
        (7999, 10_000, "79.9%", "79,9\N{NARROW NO-BREAK SPACE}%"),
        (0, 3, "0.0%", "0,0\N{NARROW NO-BREAK SPACE}%"),
        (3, 3, "100%", "100\N{NARROW NO-BREAK SPACE}%"),
    ],
)
def test_percentages_are_cut(numerator: int, denominator: int, english: str, spanish: str) -> None:
    """Percentages are cut, not rounded: 80.0 % is never shown below 80 %."""
    assert (english, spanish) == (percent(numerator, denominator, EN), percent(numerator, denominator, ES))


@pytest.mark.parametrize(
    "numerator,denominator,state,expected",
    [
        (8, 10, State.OK, ("80,0\N{NARROW NO-BREAK SPACE}%", "8 de 10", True)),
        (7, 9, State.FEW, ("7 de 9", "pocos datos", False)),
        (0, 0, State.NO_TRAFFIC, ("sin tráfico", "", False)),
        (0, 0, State.PENDING, ("pendiente", "aún nadie evaluado", False)),
        (0, 0, State.CLOSED, ("cerrada", "", False)),
        (0, 0, State.BLIND, ("–", "", False)),
        (8, 10, State.BLIND, ("80,0\N{NARROW NO-BREAK SPACE}%", "8 de 10", True)),
    ],
)
def test_few_contacts_have_no_percentage(
    numerator: int, denominator: int, state: State, expected: tuple[str, str, bool]
) -> None:
    """Nine contacts are shown as counts, none as words, and a blind number keeps its value."""
    assert expected == quotient(numerator, denominator, state, ES)


def test_numbers_are_written_as_each_language_writes_them() -> None:
    """Numbers have the separators and signs of each language; Spanish writes four digits together."""
    assert ("1,234", "1234") == (count(1234, EN), count(1234, ES))
    assert ("12,345", "12.345") == (count(12_345, EN), count(12_345, ES))
    assert ("2.5", "2,5") == (decimal(2.5, EN), decimal(2.5, ES))
    assert ("80%", "87,5\N{NARROW NO-BREAK SPACE}%") == (share(0.8, EN), share(0.875, ES))
    assert ["20\N{NO-BREAK SPACE}s", "2,5\N{NO-BREAK SPACE}s", "1:05", "1:00:00"] == [
        seconds(duration_ms, ES) for duration_ms in (20_000, 2_500, 65_000, HOUR_MS)
    ]


@pytest.mark.parametrize(
    "in_ms,english,spanish",
    [
        (3 * HOUR_MS, "today 15:00", "hoy 15:00"),
        (21 * HOUR_MS, "Tue 09:00", "mar 09:00"),
        (6 * DAY_MS + 21 * HOUR_MS - MINUTE_MS, "30/11 08:59", "30/11 08:59"),
    ],
)
def test_openings_are_told_by_the_centres_clock(in_ms: int, english: str, spanish: str) -> None:
    """Openings are shown in the centre's time zone: today, a day of the week, or a date from a week on."""
    at_ms = MONDAY_NOON_MS + in_ms
    assert english == opening_text(at_ms, MONDAY_NOON_MS, "Europe/Madrid", EN)
    assert spanish == opening_text(at_ms, MONDAY_NOON_MS, "Europe/Madrid", ES)
