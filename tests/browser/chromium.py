"""A real headless Chromium, and the checks run in it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from selenium import webdriver
from selenium.webdriver.chrome.webdriver import WebDriver

from tests.support.tools import tool

HERE = Path(__file__).parent
AXE = HERE / "node_modules" / "axe-core"
OPTIONS = (
    "--headless=new",
    "--no-sandbox",  # root in a container has no other way
    "--hide-scrollbars",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
)


class Screen(NamedTuple):
    """A screen in CSS pixels, and the device pixels of each."""

    width: int
    height: int
    scale: float = 1.0


PHONE = Screen(390, 844, 2.0)
TABLET = Screen(768, 1024)
FULL_HD = Screen(1920, 1080)
FOUR_K = Screen(3840, 2160)
SCREENS = (Screen(360, 640), PHONE, TABLET, Screen(1366, 768), FULL_HD, FOUR_K)


@contextmanager
def chromium() -> Iterator[WebDriver]:
    """A browser that is closed at the end."""
    options = webdriver.ChromeOptions()
    options.binary_location = tool("chromium", "chromium-browser", "google-chrome")
    for option in OPTIONS:
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(tool("chromedriver")))
    try:
        yield driver
    finally:
        driver.quit()


def show_on(driver: WebDriver, screen: Screen) -> None:
    """Set the browser's screen."""
    metrics = {"width": screen.width, "height": screen.height, "deviceScaleFactor": screen.scale, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


@cache
def axe_source() -> str:
    """The script of axe-core, fetched by npm at the version and with the hash of package-lock.json."""
    wanted = json.loads((HERE / "package.json").read_text())["devDependencies"]["axe-core"]
    about = AXE / "package.json"
    if not about.exists() or json.loads(about.read_text())["version"] != wanted:
        command = [tool("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(command, cwd=HERE, check=True, capture_output=True, timeout=120)
    return (AXE / "axe.min.js").read_text(encoding="utf-8")


def accessibility_violations(driver: WebDriver) -> list[str]:
    """Violations of WCAG 2.2 AA and of axe-core's best practices on the page: rule, help and element."""
    driver.execute_script(axe_source())
    driver.set_script_timeout(60)
    found: dict[str, Any] = driver.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        "axe.run(document).then(done, (error) => done({error: `${error}`}));"
    )
    assert "error" not in found, found["error"]
    assert found["passes"], "axe-core has looked at nothing"
    return [
        f"{violation['id']}: {violation['help']}: {node['html'][:160]} ({node['failureSummary'][:300]})"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]
