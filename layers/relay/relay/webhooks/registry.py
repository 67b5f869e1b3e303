"""Registry of webhook providers: one row for each provider whose webhooks the relay understands.

Route, samples, `relay sign`, local secrets and the demo follow from a row; template, docs and the OpenAPI
document are held against it by tests. docs/adding-a-provider.md lists the steps.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from relay.webhooks.provider import Provider

PROVIDERS: Final[dict[str, str]] = {
    "shopify": "relay.webhooks.shopify",
    "stripe": "relay.webhooks.stripe",
    "woocommerce": "relay.webhooks.woocommerce",
    "standard": "relay.webhooks.standard",
}
"""Last part of the route, which also names the provider's secret → module with its PROVIDER."""

ROUTE_PREFIX: Final[str] = "/v1/webhooks/"


def routes() -> list[str]:
    """Return the path of each provider's route."""
    return [ROUTE_PREFIX + name for name in PROVIDERS]


def load_provider(name: str) -> Provider:
    """Import and return a provider; a cold start pays only for the one that called. Raises KeyError."""
    provider: Provider = import_module(PROVIDERS[name]).PROVIDER
    return provider
