"""Registry of webhook providers: the module of each provider whose webhooks the relay understands.

Route, samples, `relay sign`, local secrets and the demo follow from a name in `provider_names`; template,
docs and the OpenAPI document are held against it by tests. docs/adding-a-provider.md lists the steps.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

from relay.provider_names import PROVIDER_NAMES

if TYPE_CHECKING:
    from relay.webhooks.provider import Provider

PROVIDERS: Final[dict[str, str]] = {name: f"relay.webhooks.{name}" for name in PROVIDER_NAMES}
"""Provider → module with its PROVIDER."""

ROUTE_PREFIX: Final[str] = "/v1/webhooks/"


def routes() -> list[str]:
    """Return the path of each provider's route."""
    return [ROUTE_PREFIX + name for name in PROVIDERS]


def load_provider(name: str) -> Provider:
    """Import and return a provider; a cold start pays only for the one that called. Raises KeyError."""
    provider: Provider = import_module(PROVIDERS[name]).PROVIDER
    return provider
