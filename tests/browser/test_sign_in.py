"""Signing in with a token, in a real browser."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.common.by import By

import metrics.access.guard
from streams.access.token_file import revoke
from tests.browser.chromium import accessibility_violations
from tests.browser.page import Page
from tests.support.processes import eventually
from tests.support.visitors import Doors, ask

FORM = "input[name=token]"


def sign_in_with(page: Page, token: str) -> None:
    """Fill the form and send it."""
    page.driver.find_element(By.CSS_SELECTOR, FORM).send_keys(token)
    page.driver.find_element(By.TAG_NAME, "button").click()


def lives(page: Page) -> bool:
    """The wallboard is open and hears from the server."""
    return page.ask("document.documentElement.dataset.ready") is not None


def test_a_wall_is_signed_in_once_and_until_its_token_is_revoked(
    tmp_path: Path, browser: WebDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The form leads to where one wanted to go and breaks no rule of accessibility; no script reads the session; a link
    of another site opens the page; a token that is revoked takes the open page back to the form."""
    monkeypatch.setattr(metrics.access.guard, "AGAIN_SECONDS", 0.2)
    page = Page(browser)

    def see(doors: Doors) -> None:
        wall = f"http://127.0.0.1:{doors.port}/?view=week&lang=es"
        browser.get(wall)
        assert [] == accessibility_violations(browser)
        sign_in_with(page, "wrong")
        eventually("the problem", lambda: page.text("[role=alert]"))
        sign_in_with(page, doors.tokens["board"])
        eventually("the wallboard", lambda: lives(page))
        assert (wall, "") == (browser.current_url, page.ask("document.cookie"))
        (cookie,) = browser.get_cookies()
        assert ("Strict", True) == (cookie["sameSite"], cookie["httpOnly"])
        # Another site for the browser, which keeps the cookie back at first.
        browser.get(f"http://localhost:{doors.port}/about")
        browser.execute_script(f"location.href = {wall!r}")
        eventually("the wallboard by a link", lambda: browser.current_url == wall and lives(page))
        revoke(doors.file, "board")
        page.wait_for(FORM)

    async def run(doors: Doors) -> None:
        await asyncio.to_thread(see, doors)

    ask(tmp_path, run)
