"""The wallboard in a real Chromium during changes: callers, a silent worker, a lost connection."""

from __future__ import annotations

from collections.abc import Callable

from metrics.snapshot.instants import instant_text
from streams.common.durations import MINUTE_MS
from streams.facts.conversations.measures import ConversationMeasure
from tests.browser.centre import CALLS, CHAT, SALES, SUPPORT, Centre, wall_ms
from tests.browser.chromium import accessibility_violations
from tests.browser.page import Page, api_row, clock_seconds, now
from tests.support.processes import eventually


def test_a_callers_wait_ticks(board: Centre, see: Callable[..., Page]) -> None:
    """A waiting time advances by the second without any event, and stays equal to that of the API."""
    page = see()
    first = clock_seconds(page.cell(SALES, "longest"))
    eventually("two seconds more", lambda: clock_seconds(page.cell(SALES, "longest")) >= first + 2)
    before = clock_seconds(page.cell(SALES, "longest"))
    wait = now(api_row(board, "call", SALES), "contact_center_longest_wait_seconds")
    after = clock_seconds(page.cell(SALES, "longest"))
    assert before - 1 <= wait <= after + 1


def test_a_new_caller_shows_up_and_goes(board: Centre, see: Callable[..., Page]) -> None:
    """A new caller is shown without a reload, turns the tile red after three targets, and disappears at the end."""
    page = see()
    assert ("0", "–", "green") == (page.cell(SUPPORT, "waiting"), page.cell(SUPPORT, "longest"), page.band(SUPPORT))
    board.wait("forgotten", 61, SUPPORT)
    eventually("the caller", lambda: page.cell(SUPPORT, "waiting") == "1")
    eventually("red", lambda: page.band(SUPPORT) == "red")
    assert "Espera excesiva" == page.text(f'.tile[data-queue="{SUPPORT}"] .said')
    assert f"{SUPPORT}: Espera excesiva" == page.text("#said[role=status]")
    board.leave("forgotten")
    eventually("nobody", lambda: page.cell(SUPPORT, "longest") == "–")
    assert "red" == page.band(SUPPORT)  # the minute for which a bad colour is held


def test_blind_turns_grey_and_says_why(board: Centre, see: Callable[..., Page]) -> None:
    """A silent worker greys the tiles of its channel, keeps their numbers, and is named; its return restores all."""
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
    """A page without the exporter is grey and names the problem; after the return it shows the changes in between."""
    # Nobody who may wait too long meanwhile, which would be said after the return.
    board.leave("first")
    page = see()
    eventually("nobody", lambda: page.cell(SALES, "waiting") == "0")
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
    board.wait("first", 25)


def test_a_wait_stands_where_nobody_counts_any_more(board: Centre, see: Callable[..., Page]) -> None:
    """Waiting times stop at the last known time while the worker of their channel is silent."""
    page = see()
    board.lose(CALLS)
    eventually("grey", lambda: page.band(SALES) == "blind")
    known_ms = float(page.ask(f"document.querySelector('.tile[data-queue=\"{SALES}\"]').dataset.until"))
    began_ms = float(page.ask(f"document.querySelector('.tile[data-queue=\"{SALES}\"] [data-since]').dataset.since"))
    whole = (known_ms - began_ms) // 1000
    eventually(
        "two seconds later", lambda: board.ask("/api/v1/snapshot")["now"] > instant_text(round(known_ms) + 2_000)
    )
    assert whole == clock_seconds(page.cell(SALES, "longest"))
    board.see(CALLS)
    eventually("a wait that goes on", lambda: clock_seconds(page.cell(SALES, "longest")) > whole + 2)


def test_the_clock_of_the_rooms_computer_does_not_matter(board: Centre, see: Callable[..., Page]) -> None:
    """A computer with a clock an hour and a half wrong shows the centre's time and the same waiting times."""
    page = see()
    wrong = "const real = Date.now; Date.now = () => real() + 5400000;"
    script = page.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": wrong})
    try:
        page = see()
        before = clock_seconds(page.cell(SALES, "longest"))
        wait = now(api_row(board, "call", SALES), "contact_center_longest_wait_seconds")
        assert before - 1 <= wait <= clock_seconds(page.cell(SALES, "longest")) + 1
        clock = "new Date(performance.timeOrigin + performance.now())"
        told = f"{clock}.toLocaleTimeString('es-ES', {{timeZone: 'Europe/Madrid', hour: '2-digit', minute: '2-digit'}})"
        eventually("the centre's time", lambda: page.text("#time") == page.ask(told))
    finally:
        page.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)


def test_new_numbers_leave_the_keyboard_where_it_is(board: Centre, see: Callable[..., Page]) -> None:
    """A table focused by keyboard keeps the focus while its numbers change."""
    page = see(f"/?view=queue&queue={SUPPORT}&lang=es")
    page.driver.execute_script("document.querySelector('[data-key=variants] .wide').focus()")
    level = page.text("[data-key=variants] td .value")
    board.writers[CALLS].add(wall_ms() - 2 * MINUTE_MS, {ConversationMeasure.REACHED_TARGET: 40}, SUPPORT)
    eventually("another number", lambda: page.text("[data-key=variants] td .value") != level)
    assert "t-variants" == page.ask("document.activeElement.getAttribute('aria-labelledby')")
