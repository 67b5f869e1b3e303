"""Chromium for tests: fixtures that a conftest imports."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

NAMES: Final[tuple[str, ...]] = ("chromium", "chromium-browser", "google-chrome", "chrome")
ARGUMENTS: Final[tuple[str, ...]] = (
    "--host-resolver-rules=MAP * 127.0.0.1",
    "--no-sandbox",  # as root, in a container
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
)


def find_chromium() -> str | None:
    """Give the path of a Chromium: CHROMIUM says which, else the first on the PATH."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named if Path(named).exists() else None
    return next((path for path in map(shutil.which, NAMES) if path), None)


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """One Chromium for a module's tests. Without one they are skipped, or fail where REQUIRE_BROWSER is set.

    Not for longer: Playwright's event loop would run beside the tests of other modules.
    """
    path = find_chromium()
    if path is None:
        reason = "no Chromium on the PATH: apt-get install chromium, or set CHROMIUM to its path"
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield running
        running.close()


@pytest.fixture
def context(browser: "Browser") -> "Iterator[BrowserContext]":
    """A visitor: an empty cookie jar of their own."""
    visitor = browser.new_context()
    visitor.set_default_timeout(10_000)
    yield visitor
    visitor.close()
