"""Settings: the environment of each function as a typed value. The only module that reads the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Final, TypeVar, get_args
from urllib.parse import urlsplit

from relay.webhooks.options import (
    FORWARDABLE,
    Forwardable,
    ItemId,
    Options,
    OrderMoney,
    PurchaseTopic,
    StripeFamily,
    WooCommercePurchase,
)

DEFAULT_STACK: Final[str] = "tiktok-events-relay"
"""The name that samconfig.toml gives the stack."""


class SettingsError(ValueError):
    """A variable that is missing or can't be right. Names the variable, what was found and what is wanted."""


@dataclass(frozen=True, slots=True)
class IngestSettings:
    """What the ingest function is told by the template."""

    queue_url: str
    secret_arn: str
    stack: str
    """Name of the stack, on every metric."""
    destinations: Mapping[str, tuple[str, ...]]
    fan_out: bool
    allowed_origins: tuple[str, ...]
    test_event_code: str
    default_country: str | None
    webhooks: Options

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> "IngestSettings":
        """Reads the environment. Raises SettingsError."""
        country = _country(environment.get("DEFAULT_COUNTRY", ""))
        return cls(
            queue_url=_wanted(environment, "QUEUE_URL"),
            secret_arn=_wanted(environment, "INGEST_SECRET_ARN"),
            stack=environment.get("STACK_NAME", "").strip() or DEFAULT_STACK,
            destinations=_destinations(environment),
            fan_out=environment.get("FAN_OUT", "false").strip().lower() == "true",
            allowed_origins=_origins(environment.get("ALLOWED_ORIGINS", "")),
            test_event_code=environment.get("TEST_EVENT_CODE", "").strip(),
            default_country=country,
            webhooks=Options(
                purchase_topic=_choice(environment, "SHOPIFY_PURCHASE_TOPIC", get_args(PurchaseTopic)),
                stripe=_choice(environment, "STRIPE_PURCHASE", get_args(StripeFamily)),
                item_id=_choice(environment, "ITEM_ID", get_args(ItemId)),
                woocommerce=_choice(environment, "WOOCOMMERCE_PURCHASE", get_args(WooCommercePurchase)),
                money=_choice(environment, "ORDER_MONEY", get_args(OrderMoney)),
                forwarded=_forwarded(environment.get("ALSO_FORWARD", "")),
                event_id_prefix=environment.get("EVENT_ID_PREFIX", "").strip(),
                country=country,
                shopify_include=_source_names(environment.get("SHOPIFY_INCLUDE_SOURCES", "")),
                shopify_exclude=_source_names(environment.get("SHOPIFY_EXCLUDE_SOURCES", "")),
                stripe_metadata=_metadata(environment, "STRIPE_SHOP_METADATA"),
            ),
        )


@dataclass(frozen=True, slots=True)
class DispatchSettings:
    """What the dispatch function is told by the template."""

    retry_queue_url: str
    dead_letter_queue_url: str
    secret_arn: str
    tiktok_api_url: str
    stack: str
    """Name of the stack, on every metric."""
    known_ids: frozenset[str]
    """Of the destinations that the template names, with a token or still without."""

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> "DispatchSettings":
        """Reads the environment. Raises SettingsError."""
        return cls(
            retry_queue_url=_wanted(environment, "RETRY_QUEUE_URL"),
            dead_letter_queue_url=_wanted(environment, "DEAD_LETTER_QUEUE_URL"),
            secret_arn=_wanted(environment, "TIKTOK_SECRET_ARN"),
            tiktok_api_url=_url(environment, "TIKTOK_API_URL"),
            stack=environment.get("STACK_NAME", "").strip() or DEFAULT_STACK,
            known_ids=frozenset(chain.from_iterable(_destinations(environment).values())),
        )


_COUNTRY_LETTERS: Final[int] = 2


def _wanted(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "").strip()
    if not value:
        raise SettingsError(f"{name} is not set; the template sets it.")
    return value


def _url(environment: Mapping[str, str], name: str) -> str:
    value = _wanted(environment, name).rstrip("/")
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path or parts.query:
        raise SettingsError(
            f"{name} is {value!r}; wanted is scheme and host, such as https://business-api.tiktok.com."
        )
    return value


def _destinations(environment: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Ids by event source: the pixel first, then those of DESTINATIONS, written `source:id`,
    comma-separated."""
    found: dict[str, list[str]] = {"web": [_wanted(environment, "PIXEL_ID")]}
    for each in environment.get("DESTINATIONS", "").split(","):
        if not each.strip():
            continue
        source, _, source_id = map(str.strip, each.partition(":"))
        if source not in ("web", "app", "offline", "crm") or not source_id.isalnum():
            raise SettingsError(
                f"DESTINATIONS holds {each.strip()!r}; wanted are entries such as offline:1234567890."
            )
        ids = found.setdefault(source, [])
        if source_id not in ids:
            ids.append(source_id)
    return {source: tuple(ids) for source, ids in found.items()}


def _origins(text: str) -> tuple[str, ...]:
    origins = tuple(origin.strip().lower().rstrip("/") for origin in text.split(",") if origin.strip())
    for origin in origins:
        parts = urlsplit(origin)
        if (
            parts.scheme not in ("http", "https")
            or not parts.netloc
            or parts.path
            or parts.query
            or "*" in origin
        ):
            raise SettingsError(
                f"ALLOWED_ORIGINS holds {origin!r}; wanted are origins such as https://shop.example."
            )
    return origins


_Choice = TypeVar("_Choice", bound=str)


def _choice(environment: Mapping[str, str], name: str, choices: tuple[_Choice, ...]) -> _Choice:
    """One of `choices`; the first where nothing is said."""
    value = environment.get(name, "").strip() or choices[0]
    for choice in choices:
        if value == choice:
            return choice
    raise SettingsError(f"{name} is {value!r}; wanted is one of {', '.join(choices)}.")


def _forwarded(text: str) -> frozenset[Forwardable]:
    given = _entries(text.lower())
    for entry in given:
        if entry not in FORWARDABLE:
            raise SettingsError(f"ALSO_FORWARD has {entry!r}; allowed: {', '.join(FORWARDABLE)}.")
    return frozenset(reason for reason in FORWARDABLE if reason in given)


def _source_names(text: str) -> frozenset[str]:
    """Values of Shopify's `source_name`, comma-separated, in lower case."""
    return frozenset(_entries(text.lower()))


def _metadata(environment: Mapping[str, str], name: str) -> tuple[tuple[str, str], ...]:
    """Pairs written `key=value`, comma-separated."""
    pairs = []
    for entry in _entries(environment.get(name, "")):
        key, _, value = map(str.strip, entry.partition("="))
        if not key or not value:
            raise SettingsError(f"{name} has {entry!r}; expected pairs such as site=main.")
        pairs.append((key, value))
    return tuple(pairs)


def _entries(text: str) -> list[str]:
    return [entry.strip() for entry in text.split(",") if entry.strip()]


def _country(text: str) -> str | None:
    code = text.strip().upper()
    if not code:
        return None
    if len(code) != _COUNTRY_LETTERS or not (code.isascii() and code.isalpha()):
        raise SettingsError(f"DEFAULT_COUNTRY is {code!r}; wanted is an ISO 3166 alpha-2 code such as US.")
    return code
