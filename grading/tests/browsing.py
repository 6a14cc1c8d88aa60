"""Debian's Chromium without a screen, driven for real."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


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
