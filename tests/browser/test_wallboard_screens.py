"""The wallboard on every screen, by keyboard, and with a screen reader's rules."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from selenium.webdriver.common.keys import Keys

from tests.browser.centre import SALES, Centre
from tests.browser.chromium import FOUR_K, FULL_HD, PHONE, SCREENS, Screen, accessibility_violations
from tests.browser.page import VIEWS, Page
from tests.support.processes import eventually

CLIPPED = """
const texts = ['h2', '.said', '.about', '.firing', '.cell', '.value', '.note'].map((part) => `.tile ${part}`);
return [...document.querySelectorAll(texts.join())]
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


AHEAD = "window.ahead = 0; const now = performance.now.bind(performance); performance.now = () => now() + ahead;"
"""Script that lets a test advance the page's time."""
WHOLE = """(() => {
  const above = document.querySelector('.top').getBoundingClientRect().bottom;
  const below = document.querySelector('.bottom').getBoundingClientRect().top;
  const whole = (box) => box.top >= above - 1 && box.bottom <= below + 1;
  const tiles = [...document.querySelectorAll('.tile')].filter((tile) => whole(tile.getBoundingClientRect()));
  return tiles.map((tile) => tile.dataset.queue);
})()"""
CUT = """(() => {
  const above = document.querySelector('.top').getBoundingClientRect().bottom;
  const below = document.querySelector('.bottom').getBoundingClientRect().top;
  const cut = (box) => box.bottom > above + 1 && box.top < below - 1 && (box.top < above - 1 || box.bottom > below + 1);
  const tiles = [...document.querySelectorAll('.tile')].filter((tile) => cut(tile.getBoundingClientRect()));
  return tiles.map((tile) => tile.dataset.queue);
})()"""
"""Script with the queues whose tiles are in sight with a part of them only."""
BROKEN = """
const context = document.createElement('canvas').getContext('2d');
return [...document.querySelectorAll('#tables th')].filter((head) => {
  context.font = getComputedStyle(head).font;
  const longest = Math.max(...head.textContent.split(/\\s/).map((word) => context.measureText(word).width));
  return head.clientWidth < longest;
}).map((head) => head.textContent);
"""


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing(view: str, theme: str, see: Callable[..., Page]) -> None:
    """Axe reports no violation on any view in any theme, on the screen of a room and on a phone."""
    for screen in (FULL_HD, PHONE):
        page = see(f"{VIEWS[view]}&theme={theme}", screen)
        page.wait_for("h2")
        assert [] == accessibility_violations(page.driver)


@pytest.mark.parametrize("preferred", ["light", "dark"])
def test_the_theme_is_that_of_the_link_else_of_the_screen(preferred: str, see: Callable[..., Page]) -> None:
    """A link with a theme has that theme on every screen; one without a theme follows the screen's preference."""
    grounds = {}
    for theme in ("", "light", "dark"):
        page = see(f"/?lang=es{theme and f'&theme={theme}'}")
        media = {"features": [{"name": "prefers-color-scheme", "value": preferred}]}
        page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
        grounds[theme] = page.ask("getComputedStyle(document.documentElement).getPropertyValue('--ground')")
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert {"": grounds[preferred], "light": "#e9eef2", "dark": "#0a0f14"} == grounds


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: f"{screen.width}x{screen.height}")
def test_nothing_runs_over_on_any_screen(screen: Screen, see: Callable[..., Page]) -> None:
    """No text is cut or covered and no page scrolls sideways, from a small phone to 4K."""
    for language in ("es", "en"):
        page = see(f"/?lang={language}", screen)
        assert [] == page.ask(f"(() => {{{CLIPPED}}})()")
        assert [] == page.ask(f"(() => {{{OVERLAPPING}}})()")
        assert page.ask("document.documentElement.scrollWidth <= window.innerWidth")
        if screen in (FULL_HD, FOUR_K):
            assert page.ask("document.documentElement.scrollHeight <= window.innerHeight")


def test_the_keyboard_leads_everywhere(see: Callable[..., Page]) -> None:
    """The tab key reaches first the skip link, then each queue, which opens its own view, then the other views."""
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
    see().complaints()  # of earlier tests, during which the exporter was stopped
    for view in VIEWS.values():
        page = see(view)
        asked = page.ask("performance.getEntriesByType('resource').map((entry) => entry.name)")
        assert asked
        assert [] == [name for name in asked if not name.startswith(board.address)]
        assert [] == page.complaints()


def _says(page: Page, turn: str) -> bool:
    return page.text("#turn") == turn


def test_a_room_with_many_queues_shows_them_in_turns(board: Centre, see: Callable[..., Page]) -> None:
    """A wall with twenty queues too many pages through whole rows until every tile was shown in full; none is cut over
    two pages, and a red queue that is out of sight is named."""
    for number in range(20):
        board.wait(f"many-{number}", 1, f"Cola con un nombre bastante largo {number}")
    board.wait("too-long", 300)
    page = see("/?lang=es")
    page.wait_for(".tile", 24)
    for screen in (FULL_HD, FOUR_K):
        page = see("/?lang=es", screen)
        page.driver.execute_script(AHEAD)
        assert [] == page.ask(f"(() => {{{CLIPPED}}})()")
        seen = set(page.ask(WHOLE))
        assert [] == page.ask(CUT)
        everybody = set(page.ask("[...document.querySelectorAll('.tile')].map((tile) => tile.dataset.queue)"))
        assert seen < everybody
        assert "Pantalla 1 de 2, una tecla la detiene" == page.text("#turn")
        assert (SALES in page.text("#elsewhere")) == (SALES not in seen)
        for turn in (2, 1):
            page.driver.execute_script("window.ahead += 15000")
            eventually("the next turn", partial(_says, page, f"Pantalla {turn} de 2, una tecla la detiene"))
            whole = set(page.ask(WHOLE))
            assert [] == page.ask(CUT)
            assert (SALES in page.text("#elsewhere")) == (SALES not in whole)
            seen |= whole
        assert everybody == seen


def test_words_in_tables_stay_whole_on_a_phone(see: Callable[..., Page]) -> None:
    """Labels of a table are never broken within a word on a phone."""
    for view in ("queue", "tickets"):
        page = see(VIEWS[view], PHONE)
        page.wait_for(".table")
        assert [] == page.ask(f"(() => {{{BROKEN}}})()")
