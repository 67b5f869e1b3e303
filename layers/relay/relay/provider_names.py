"""Names of the webhook providers. Data only: `webhooks.registry` loads a provider by its name, and a metric
has each as a value of its dimension."""

from typing import Final

PROVIDER_NAMES: Final[tuple[str, ...]] = ("shopify", "stripe", "woocommerce", "standard")
"""Of each provider: its module in `webhooks`, the last part of its route, and the entry of its secret."""
