"""A visitor with a real Chromium, a shop under made-up host names, and stand-ins for relay and pixel."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.support import chromium
from tests.support.shop import Shop

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page


browser, context = chromium.browser, chromium.context


@pytest.fixture
def shop() -> Iterator[Shop]:
    """The shop's server, and what it was asked."""
    with Shop() as running:
        yield running


@pytest.fixture
def page(context: "BrowserContext", shop: Shop) -> "Iterator[Page]":
    """The visitor's page. An error that reaches it fails the test."""
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    shop.page_errors = errors
    yield opened
    assert errors == []
