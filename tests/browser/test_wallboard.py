"""The wallboard in a real Chromium: what a supervisor sees, against what the API says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.common.keys import Keys

from tests.browser.centre import CALLS, CHAT, MAIL, SALES, SUPPORT, Centre, centre
from tests.browser.chromium import FOUR_K, FULL_HD, PHONE, SCREENS, Screen, accessibility_violations, chromium, show_on
from tests.processes import eventually

SERVICE_LEVEL = "contact_center_service_level_ratio"
FIRST_RESPONSE = "contact_center_first_response_within_ratio"
VIEWS = {
    "queues": "/?view=queues&lang=es",
    "queue": f"/?view=queue&queue={SALES}&lang=es",
    "tickets": f"/?view=queue&queue={MAIL}&lang=en",
    "week": "/?view=week&lang=es",
}
NARROW = "\N{NARROW NO-BREAK SPACE}"
HEADING = "heading"
"""A long name ends in dots."""
CLIPPED = """
return [...document.querySelectorAll('.tile h2, .tile .said, .tile .about, .tile .cell, .tile .value, .tile .note')]
  .filter((element) => {
    const tile = element.closest('.tile').getBoundingClientRect();
    const own = element.getBoundingClientRect();
    return own.bottom > tile.bottom + 1 || own.right > tile.right + 1 || element.scrollWidth > element.clientWidth + 1;
  })
  .map((element) => {
    const key = element.closest('[data-key]')?.dataset.key;
    return `${element.className || 'heading'} ${key}: ${element.textContent}`;
  });
"""
OVERLAPPING = """
const found = [];
for (const cells of document.querySelectorAll('.cells')) {
  const boxes = [...cells.querySelectorAll('dt, .value, .note')]
    .filter((element) => element.textContent && element.closest('.cell').dataset.key !== 'trend')
    .map((element) => {
      const range = document.createRange();
      range.selectNodeContents(element);
      return [element, range.getBoundingClientRect()];
    });
  for (const [one, a] of boxes) for (const [other, b] of boxes) {
    const apart = one.parentElement === other.parentElement ? -6 : 0;
    const across = a.left < b.right - 1 && b.left < a.right - 1;
    const down = a.top < b.bottom - 1 + apart && b.top < a.bottom - 1 + apart;
    if (one !== other && across && down) found.push(`${one.textContent} / ${other.textContent}`);
  }
}
return found;
"""


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    """One centre for all tests of this module."""
    with centre(tmp_path_factory.mktemp("centre")) as made:
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[WebDriver]:
    """One browser for all tests of this module."""
    with chromium() as driver:
        yield driver


@pytest.fixture
def see(board: Centre, browser: WebDriver) -> Callable[..., Page]:
    """``see(path, screen)`` opens a view and waits until it lives."""

    def opened(path: str = VIEWS["queues"], screen: Screen = FULL_HD) -> Page:
        show_on(browser, screen)
        browser.get(f"{board.address}{path}")
        page = Page(browser)
        eventually("a page that lives", lambda: page.ask("document.documentElement.dataset.ready"))
        return page

    return opened


class Page:
    """An open page."""

    def __init__(self, driver: WebDriver) -> None:
        self.driver = driver

    def ask(self, expression: str) -> Any:
        """The value of an expression in the page."""
        return self.driver.execute_script(f"return {expression};")

    def text(self, selector: str) -> str:
        """The text of the first element that matches."""
        return str(self.ask(f"document.querySelector({selector!r})?.textContent ?? ''"))

    def cell(self, queue: str, key: str, part: str = "value") -> str:
        """A number of a tile, as it is written."""
        return self.text(f'.tile[data-queue="{queue}"] [data-key="{key}"] .{part}')

    def band(self, queue: str) -> str:
        """The band of a tile."""
        return str(self.ask(f"document.querySelector('.tile[data-queue=\"{queue}\"]').dataset.band"))

    def wait_for(self, selector: str, count: int = 1) -> None:
        """Wait until so many elements match."""
        eventually(selector, lambda: self.ask(f"document.querySelectorAll({selector!r}).length") >= count)

    def complaints(self) -> list[str]:
        """What the browser has logged since it was last asked."""
        read: Callable[[str], list[dict[str, str]]] = self.driver.get_log
        return [entry["message"] for entry in read("browser")]


def percent(numerator: int, denominator: int) -> str:
    """As a Spanish board writes a ratio: cut after one decimal."""
    if numerator == denominator:
        return f"100{NARROW}%"
    return f"{numerator * 1000 // denominator / 10:.1f}{NARROW}%".replace(".", ",")


def windowed(row: Any, kpi: str, window: str, **labels: str) -> Any:
    """One windowed number of the API."""
    return next(series["windows"][window] for series in row["windowed"][kpi] if series["labels"] == labels)


def now(row: Any, kpi: str, **labels: str) -> Any:
    """One number of the API that is true now."""
    return next(series["value"] for series in row["now"][kpi] if series["labels"] == labels)


def api_row(board: Centre, channel: str, queue: str) -> Any:
    """A queue's row in the API: a ticket queue over all media."""
    rows = board.ask(f"/api/v1/snapshot?channel={channel}")["rows"]
    return next(row for row in rows if row["queue"] == queue and row["medium"] in (None, "*"))


def test_the_numbers_are_those_of_the_api(board: Centre, see: Callable[..., Page]) -> None:
    """Each number of a call queue, as the API has it, in Spanish."""
    page, row = see(), api_row(board, "call", SALES)
    expected = {
        "waiting": str(now(row, "contact_center_contacts_waiting")),
        "past_target": str(now(row, "contact_center_contacts_waiting_past_target")),
        "callbacks": str(now(row, "contact_center_callbacks_pending")),
        "busy": str(now(row, "contact_center_contacts_in_progress")),
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
    assert percent(abandoned["numerator"], abandoned["denominator"]) == page.cell(SALES, "abandoned", "note")
    assert "Meta 80" in page.text(f'.tile[data-queue="{SALES}"] .promise')


def test_tickets_are_those_of_the_api(board: Centre, see: Callable[..., Page]) -> None:
    """Unattended, due, overdue, and first replies in time."""
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
    assert "1\N{NO-BREAK SPACE}d 2\N{NO-BREAK SPACE}h" == page.cell(MAIL, "oldest")


def test_few_contacts_have_no_percentage(see: Callable[..., Page]) -> None:
    """Four chats are counted, in words, and their tile has no colour."""
    page = see()
    assert ("4 de 4", "pocos datos") == (page.cell(CHAT, "level_30m"), page.cell(CHAT, "level_30m", "note"))
    assert "plain" == page.band(CHAT)
    assert "Pocos datos" == page.text(f'.tile[data-queue="{CHAT}"] .said')


def test_the_variants_of_one_queue_are_those_of_the_api(board: Centre, see: Callable[..., Page]) -> None:
    """Six variants side by side, in the order of the API, each with its counts."""
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
    """168 hours; the busiest hour of the API is the one that is marked."""
    page = see(VIEWS["week"])
    week = next(week for week in board.ask("/api/v1/week")["weeks"] if week["channel"] == "call")
    cells = "[...document.querySelectorAll('[data-key=\"call\"] td')]"
    assert 168 == page.ask(f"{cells}.length")
    assert [week["peak_hour"]] == page.ask(
        f"{cells}.flatMap((cell, hour) => cell.dataset.peak === 'true' ? [hour] : [])"
    )
    seen = [hour for hour in week["hours"] if hour is not None and hour["contacts_per_hour"]["value"]]
    assert len(seen) == page.ask(f"{cells}.filter((cell) => !['', '0'].includes(cell.textContent)).length")


def clock_seconds(text: str) -> int:
    """``m:ss`` in seconds."""
    minutes, seconds = text.split(":")
    return int(minutes) * 60 + int(seconds)


def test_a_callers_wait_ticks(board: Centre, see: Callable[..., Page]) -> None:
    """The wait goes on by the second without anything happening, and stays that of the API."""
    page = see()
    first = clock_seconds(page.cell(SALES, "longest"))
    eventually("two seconds more", lambda: clock_seconds(page.cell(SALES, "longest")) >= first + 2)
    before = clock_seconds(page.cell(SALES, "longest"))
    wait = now(api_row(board, "call", SALES), "contact_center_longest_wait_seconds")
    after = clock_seconds(page.cell(SALES, "longest"))
    assert before - 1 <= wait <= after + 1


def test_a_new_caller_shows_up_and_goes(board: Centre, see: Callable[..., Page]) -> None:
    """Without a reload: one more waits, red after more than three targets; then nobody does."""
    page = see()
    assert ("0", "–", "green") == (page.cell(SUPPORT, "waiting"), page.cell(SUPPORT, "longest"), page.band(SUPPORT))
    board.wait("forgotten", 61, SUPPORT)
    eventually("the caller", lambda: page.cell(SUPPORT, "waiting") == "1")
    eventually("red", lambda: page.band(SUPPORT) == "red")
    assert "Espera excesiva" == page.text(f'.tile[data-queue="{SUPPORT}"] .said')
    assert f"{SUPPORT}: Espera excesiva" == page.text("#said[role=status]")
    board.leave("forgotten")
    eventually("nobody", lambda: page.cell(SUPPORT, "longest") == "–")
    assert "red" == page.band(SUPPORT)  # for a minute


def test_blind_turns_grey_and_says_why(board: Centre, see: Callable[..., Page]) -> None:
    """A silent worker greys the tiles of its channel, keeps their numbers, and is named; its return mends all."""
    page = see()
    level = page.cell(SALES, "level_30m")
    green = page.ask(f"getComputedStyle(document.querySelector('.tile[data-queue=\"{SALES}\"] .value')).color")
    board.lose(CALLS)
    eventually("grey", lambda: page.band(SALES) == "blind")
    grey = page.ask(f"getComputedStyle(document.querySelector('.tile[data-queue=\"{SALES}\"] .value')).color")
    muted = page.ask("getComputedStyle(document.querySelector('.tile dt')).color")
    assert (green != grey, muted) == (True, grey)
    assert level == page.cell(SALES, "level_30m")
    assert "Llamadas: números sin actualizar, el worker no da señales." == page.text("#blind:not([hidden])")
    assert "plain" == page.band(CHAT)
    assert [] == accessibility_violations(page.driver)
    board.see(CALLS)
    eventually("colour", lambda: page.band(SALES) == "green")
    assert "" == page.text("#blind:not([hidden])")


def test_it_connects_again_by_itself_and_says_so(board: Centre, see: Callable[..., Page]) -> None:
    """Without the exporter the page says so and turns grey; with it, it shows what happened in between."""
    page = see()
    board.stop()
    lost = "Sin conexión con el servidor. Reintentando…"
    eventually("the sentence", lambda: page.text("#connection:not([hidden])") == lost)
    eventually("grey", lambda: page.ask("document.documentElement.classList.contains('stale')"))
    board.wait("meanwhile", 1)
    before = page.cell(SALES, "waiting")
    board.start()
    eventually("a connection", lambda: page.text("#connection:not([hidden])") == "")
    eventually("the new caller", lambda: page.cell(SALES, "waiting") == str(int(before) + 1))
    assert not page.ask("document.documentElement.classList.contains('stale')")
    assert "Conexión recuperada" == page.text("#said")
    board.leave("meanwhile")


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
    """Titles, labels, numbers and what the browser itself says follow the link."""
    page = see(f"/?lang={language}")
    assert (language, title, title) == (page.ask("document.documentElement.lang"), page.text("h1"), page.driver.title)
    assert waiting == page.text(f'.tile[data-queue="{SALES}"] [data-key="waiting"] dt')
    assert level == page.cell(SALES, "level_30m")
    assert page.text("#age").startswith(age)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing(view: str, theme: str, see: Callable[..., Page]) -> None:
    """No violation on any view in any theme, on the screen of a room and on a phone."""
    for screen in (FULL_HD, PHONE):
        page = see(f"{VIEWS[view]}&theme={theme}", screen)
        page.wait_for("h2")
        assert [] == accessibility_violations(page.driver)


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: f"{screen.width}x{screen.height}")
def test_nothing_runs_over_on_any_screen(screen: Screen, see: Callable[..., Page]) -> None:
    """From a small phone to 4K no text is cut, none lies over another, and no page scrolls sideways."""
    for language in ("es", "en"):
        page = see(f"/?lang={language}", screen)
        assert [] == page.ask(f"(() => {{{CLIPPED}}})()")
        assert [] == page.ask(f"(() => {{{OVERLAPPING}}})()")
        assert page.ask("document.documentElement.scrollWidth <= window.innerWidth")
        if screen in (FULL_HD, FOUR_K):
            assert page.ask("document.documentElement.scrollHeight <= window.innerHeight")


def test_the_keyboard_leads_everywhere(see: Callable[..., Page]) -> None:
    """The first stop skips to the numbers; then come the queues, each opens its own view; then the other views."""
    page = see()
    links = [
        str(text) for text in page.ask("[...document.querySelectorAll('h2 a, #links a')].map((a) => a.textContent)")
    ]
    stops = []
    for _ in range(1 + len(links)):
        page.driver.switch_to.active_element.send_keys(Keys.TAB)
        stops.append(page.ask("document.activeElement.textContent"))
    assert ["Ir a los números", *links] == stops
    assert [SALES, "Semana", "English"] == [name for name in links if name in (SALES, "Semana", "English")]
    page.driver.find_element("link text", SALES).send_keys(Keys.ENTER)
    eventually("its own view", lambda: page.text("h1") == SALES)


def test_nobody_else_is_asked_and_nothing_is_complained_of(board: Centre, see: Callable[..., Page]) -> None:
    """Every request goes to the exporter, and the browser's log is empty on each view."""
    see().complaints()  # of earlier tests, in which the exporter was away
    for view in VIEWS.values():
        page = see(view)
        asked = page.ask("performance.getEntriesByType('resource').map((entry) => entry.name)")
        assert asked
        assert [] == [name for name in asked if not name.startswith(board.address)]
        assert [] == page.complaints()


def test_a_room_with_many_queues_still_shows_all(board: Centre, see: Callable[..., Page]) -> None:
    """Twenty queues more: every tile is there and none is cut, on the room's screen and on 4K."""
    for number in range(20):
        board.wait(f"many-{number}", 1, f"Cola con un nombre bastante largo {number}")
    for screen in (FULL_HD, FOUR_K):
        page = see("/?lang=es", screen)
        page.wait_for(".tile", 24)
        cut = [text for text in page.ask(f"(() => {{{CLIPPED}}})()") if not text.startswith(HEADING)]
        assert [] == cut
