"""Debian's Chromium without a screen, driven for real, and what every page must be for whoever looks at it."""

import importlib.util
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_AXE = importlib.util.find_spec("axe_core_python")


@contextmanager
def browser(profile: Path, *logs: str, height: int = 900) -> Iterator:
    """selenium's driver; logs: which it keeps, of "browser" and "performance"."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    for option in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                   f"--window-size=1280,{height}", "--disable-background-networking", "--disable-component-update",
                   f"--user-data-dir={profile}"):
        options.add_argument(option)
    if logs:
        options.set_capability("goog:loggingPrefs", dict.fromkeys(logs, "ALL"))
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    try:
        yield driver
    finally:
        driver.quit()


def until(driver, condition):
    """What `condition(driver)` gives once it is true. A page that is drawn anew while it is looked at is looked at
    again."""
    from selenium.common.exceptions import StaleElementReferenceException
    from selenium.webdriver.support.wait import WebDriverWait

    return WebDriverWait(driver, 120, poll_frequency=0.05,
                         ignored_exceptions=[StaleElementReferenceException]).until(condition)


def texts(driver, selector: str) -> list[str]:
    """Of all elements that fit, read at one moment."""
    return driver.execute_script("return [...document.querySelectorAll(arguments[0])].map(one => one.innerText)",
                                 selector)


def click(driver, selector: str) -> None:
    """The first element that fits, whether or not the page is just being drawn anew."""
    until(driver, lambda _: driver.find_element("css selector", selector).click() or True)


def set_screen(driver, width: int, scheme: str, height: int = 900) -> None:
    """scheme: "light" or "dark"."""
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                           {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia",
                           {"features": [{"name": "prefers-color-scheme", "value": scheme}]})


def assert_fits(driver, width: int) -> None:
    assert driver.execute_script("return document.documentElement.scrollWidth") <= width


def assert_accessible(driver) -> None:
    """axe-core finds nothing serious in the page. Without it nothing is looked at; see `say_what_was_not_looked_at`."""
    if _AXE:
        driver.execute_script(Path(_AXE.origin).with_name("axe.min.js").read_text(encoding="utf-8"))
        found = driver.execute_async_script("axe.run().then(arguments[arguments.length - 1])")
        assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found["violations"]
                if one["impact"] in ("serious", "critical")] == []


def say_what_was_not_looked_at() -> None:
    """At a test's end: skip it, rather than let it pass, where axe-core is missing."""
    if not _AXE:
        pytest.skip("axe-core is not installed (axe-core-python): whether it is accessible was not looked at")
