"""Numbers and texts of the wallboard in a real Chromium, against the API."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.centre import CHAT, EARLY, LATE, MAIL, SALES, SMALL, Centre
from tests.browser.page import NARROW, VIEWS, Page, api_row, now, percent, windowed

SERVICE_LEVEL = "contact_center_service_level_ratio"
FIRST_RESPONSE = "contact_center_first_response_within_ratio"


def test_the_numbers_are_those_of_the_api(board: Centre, see: Callable[..., Page]) -> None:
    """Each number of a call queue equals that of the API, in Spanish."""
    page, row = see(), api_row(board, "call", SALES)
    expected = {
        "waiting": str(now(row, "contact_center_contacts_waiting")),
        "past_target": str(now(row, "contact_center_contacts_waiting_past_target")),
        "callbacks": str(now(row, "contact_center_callbacks_pending")),
        "busy": "3",  # two talk; one of them and a third wrap up
    }
    for key in ("offered", "answered", "abandoned"):
        expected[key] = str(windowed(row, f"contact_center_contacts_{key}_total", "today")["value"])
    for window in ("30m", "today"):
        found = windowed(row, SERVICE_LEVEL, window, variant="short_removed")
        expected[f"level_{window}"] = percent(found["numerator"], found["denominator"])
    assert {key: value.removesuffix(".0") for key, value in expected.items()} == {
        key: page.cell(SALES, key) for key in expected
    }
    judged = windowed(row, SERVICE_LEVEL, "30m", variant="short_removed")
    assert f"{judged['numerator']} de {judged['denominator']}" == page.cell(SALES, "level_30m", "note")
    abandoned = windowed(row, "contact_center_abandonment_ratio", "today")
    short = windowed(row, "contact_center_contacts_short_abandoned_total", "today")["value"]
    rate = percent(abandoned["numerator"], abandoned["denominator"])
    assert f"{short:.0f} de ellos cortos · {rate}" == page.cell(SALES, "abandoned", "note")
    parts = {
        key: int(page.cell(SALES, key).replace("−", "-")) for key in ("offered", "answered", "abandoned", "others")
    }
    assert parts["offered"] == parts["answered"] + parts["abandoned"] + parts["others"]
    assert "Meta 80" in page.text(f'.tile[data-queue="{SALES}"] .promise')


def test_tickets_are_those_of_the_api(board: Centre, see: Callable[..., Page]) -> None:
    """A ticket queue shows unattended, due and overdue tickets and first replies in time as the API does."""
    page, row = see(), api_row(board, "ticket", MAIL)
    found = windowed(row, FIRST_RESPONSE, "today", limit="target")
    expected = {
        "unattended": now(row, "contact_center_tickets_open", state="unattended"),
        "overdue": now(row, "contact_center_tickets_overdue"),
        "due_soon": now(row, "contact_center_tickets_due_soon"),
        "opened": windowed(row, "contact_center_tickets_opened_total", "today")["value"],
    }
    assert {key: f"{value:.0f}" for key, value in expected.items()} == {key: page.cell(MAIL, key) for key in expected}
    assert percent(found["numerator"], found["denominator"]) == page.cell(MAIL, "level_today")
    assert "1\N{NO-BREAK SPACE}d\N{NO-BREAK SPACE}2\N{NO-BREAK SPACE}h" == page.cell(MAIL, "oldest")


def test_few_contacts_have_no_percentage(see: Callable[..., Page]) -> None:
    """A queue of four chats shows the count in words, no percentage, and no colour."""
    page = see()
    assert ("4 de 4", "pocos datos") == (page.cell(CHAT, "level_30m"), page.cell(CHAT, "level_30m", "note"))
    assert "plain" == page.band(CHAT)
    assert "Pocos datos" == page.text(f'.tile[data-queue="{CHAT}"] .said')


@pytest.mark.parametrize(
    "language,states,level,alerts",
    [
        (
            "es",
            ["Muy por debajo", "7 días: muy por debajo", "Todos colgaron"],
            "11 ofrecidos, todos colgaron en 5\N{NO-BREAK SPACE}s o menos",
            ["Demasiadas esperas: 15 min · Demasiados abandonos", "Todos cuelgan enseguida"],
        ),
        (
            "en",
            ["Far below", "7 days: far below", "All hung up"],
            "11 offered, all hung up within 5\N{NO-BREAK SPACE}s",
            ["Too many late: 15 min · Too many hang up", "All hang up at once"],
        ),
    ],
)
def test_queues_in_trouble_say_which(
    language: str, states: list[str], level: str, alerts: list[str], see: Callable[..., Page]
) -> None:
    """A late queue, one of few calls and one whose callers all hang up are red, each in its own words, with alerts."""
    page = see(f"/?lang={language}")
    tile = '.tile[data-queue="{}"] {}'
    assert [("red", state) for state in states] == [
        (page.band(queue), page.text(tile.format(queue, ".said"))) for queue in (LATE, SMALL, EARLY)
    ]
    assert (f"0,0{NARROW}%" if language == "es" else "0.0%") == page.cell(SMALL, "level_7d")
    assert level == page.cell(EARLY, "level_30m")
    assert alerts == [page.text(tile.format(queue, ".alerts:not([hidden]) .firing")) for queue in (LATE, EARLY)]
    assert "" == page.text(tile.format(SALES, ".alerts:not([hidden])"))


def test_the_variants_of_one_queue_are_those_of_the_api(board: Centre, see: Callable[..., Page]) -> None:
    """The table of variants has all six in the order of the API, each with its counts."""
    page, row = see(VIEWS["queue"]), api_row(board, "call", SALES)
    expected = [
        [percent(found["numerator"], found["denominator"]), f"{found['numerator']} de {found['denominator']}"]
        for series in row["windowed"][SERVICE_LEVEL]
        for found in [series["windows"]["30m"]]
    ]
    cells = "document.querySelectorAll('[data-key=\"variants\"] tbody tr td:nth-of-type(1)')"
    assert 6 == len(expected)
    assert expected == page.ask(f"[...{cells}].map((cell) => [...cell.children].map((part) => part.textContent))")


def test_the_week_is_that_of_the_api(board: Centre, see: Callable[..., Page]) -> None:
    """The heatmap has 168 hours, and marks the busiest hour of the API."""
    page = see(VIEWS["week"])
    week = next(week for week in board.ask("/api/v1/week")["weeks"] if week["channel"] == "call")
    cells = "[...document.querySelectorAll('[data-key=\"call\"] td')]"
    assert 168 == page.ask(f"{cells}.length")
    assert [week["peak_hour"]] == page.ask(
        f"{cells}.flatMap((cell, hour) => cell.dataset.peak === 'true' ? [hour] : [])"
    )
    seen = [hour for hour in week["hours"] if hour is not None and hour["contacts_per_hour"]["value"]]
    assert len(seen) == page.ask(f"{cells}.filter((cell) => !['', '0'].includes(cell.textContent)).length")


@pytest.mark.parametrize(
    "language,title,waiting,level,age",
    [
        ("es", "Centro de contacto", "En espera", f"81,8{NARROW}%", "Datos de hace"),
        ("en", "Contact centre", "Waiting", "81.8%", "Data"),
    ],
)
def test_both_languages(
    language: str, title: str, waiting: str, level: str, age: str, see: Callable[..., Page]
) -> None:
    """The link chooses the language of titles, labels, numbers and the browser's own texts."""
    page = see(f"/?lang={language}")
    assert (language, title, title) == (page.ask("document.documentElement.lang"), page.text("h1"), page.driver.title)
    assert waiting == page.text(f'.tile[data-queue="{SALES}"] [data-key="waiting"] dt')
    assert level == page.cell(SALES, "level_30m")
    assert page.text("#age").startswith(age)
