"""The table of sources: one row for each sender whose webhooks the relay understands."""

from importlib import import_module
from typing import Final

from relay.webhooks.provider import Source

MODULES: Final[dict[str, str]] = {
    "shopify": "relay.webhooks.shopify",
    "stripe": "relay.webhooks.stripe",
    "woocommerce": "relay.webhooks.woocommerce",
    "standard": "relay.webhooks.standard",
}
"""Last part of the route, which is also the secret's name → the module that has its SOURCE."""


def find(name: str) -> Source:
    """The source of that name, loaded only now: a cold start pays for no sender but the one that called.
    Raises KeyError."""
    source: Source = import_module(MODULES[name]).SOURCE
    return source
