"""Fixtures of the browser tests: one centre and one browser for all tests of a module."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from selenium.webdriver.chrome.webdriver import WebDriver

from tests.browser.centre import Centre, centre
from tests.browser.chromium import FULL_HD, Screen, chromium, show_on
from tests.browser.page import VIEWS, Page
from tests.support.processes import eventually


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
    """``see(path, screen)`` opens a view and waits until it shows live numbers."""

    def opened(path: str = VIEWS["queues"], screen: Screen = FULL_HD) -> Page:
        show_on(browser, screen)
        browser.get(f"{board.address}{path}")
        page = Page(browser)
        eventually("a page that lives", lambda: page.ask("document.documentElement.dataset.ready"))
        return page

    return opened
