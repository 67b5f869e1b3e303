"""Settings: the environment of each function as a typed value. The only module that reads the environment."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Final, TypeVar, get_args

from relay.destination import EVENT_SOURCES
from relay.identity.countries import countries
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


_HOST: Final[str] = "[A-Za-z0-9-]+([.][A-Za-z0-9-]+)*(:[0-9]{1,5})?"
_LOOPBACK: Final[str] = "http://(localhost|127[.]0[.]0[.]1)(:[0-9]{1,5})?"
_ORIGIN: Final[str] = f"(https://{_HOST}|{_LOOPBACK})"
_DESTINATION: Final[str] = f"({'|'.join(EVENT_SOURCES)}):[A-Za-z0-9]{{1,64}}"
_NAME: Final[str] = "[A-Za-z0-9_.:-]+"
_PAIR: Final[str] = "[^,= ]+=[^,= ]+"

PATTERNS: Final[dict[str, str]] = {
    "PIXEL_ID": "^[A-Za-z0-9]{1,64}$",
    "DESTINATIONS": f"^$|^{_DESTINATION}(, ?{_DESTINATION})*$",
    "ALLOWED_ORIGINS": f"^$|^{_ORIGIN}(, ?{_ORIGIN})*$",
    "TIKTOK_API_URL": f"^https://{_HOST}$|^{_LOOPBACK}$",
    "TEST_EVENT_CODE": "^[A-Za-z0-9_-]{0,64}$",
    "VISITOR_ADDRESS_HEADER": "^[A-Za-z0-9-]{0,64}$",
    "EVENT_ID_PREFIX": "^[A-Za-z0-9_.-]{0,32}$",
    "ALSO_FORWARD": f"^$|^(({'|'.join(FORWARDABLE)})(, ?|$))+$",
    "SHOPIFY_INCLUDE_SOURCES": f"^$|^{_NAME}(, ?{_NAME})*$",
    "SHOPIFY_EXCLUDE_SOURCES": f"^$|^{_NAME}(, ?{_NAME})*$",
    "STRIPE_SHOP_METADATA": f"^$|^{_PAIR}(, ?{_PAIR})*$",
}
"""Variable → AllowedPattern of the template's parameter, so that CloudFormation and the functions agree."""


class SettingsError(ValueError):
    """A variable that is missing or can't be right. `variable` names it."""

    def __init__(self, variable: str, detail: str) -> None:
        super().__init__(f"{variable} {detail}")
        self.variable = variable


def deployment(function: str, environment: Mapping[str, str] = os.environ) -> tuple[str, str]:
    """The stack's name, and the function with the number of its version: what metrics name, also where a
    setting is invalid."""
    stack = environment.get("STACK_NAME", "").strip() or DEFAULT_STACK
    return stack, f"{function}-{environment.get('AWS_LAMBDA_FUNCTION_VERSION', '$LATEST')}"


@dataclass(frozen=True, slots=True)
class IngestSettings:
    """Settings of the ingest function."""

    queue_url: str
    secret_arn: str
    destinations: Mapping[str, tuple[str, ...]]
    fan_out: bool
    allowed_origins: tuple[str, ...]
    visitor_address_header: str
    """Name, in lower case, of the header that a proxy in front of the API writes; empty without one."""
    test_event_code: str
    default_country: str | None
    webhooks: Options
    visits_table: str
    """Name of the table of visits; empty where the owner turned it off."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "IngestSettings":
        """Read the environment. Raises SettingsError."""
        country = _country(environment)
        destinations = _destinations(environment)
        return cls(
            queue_url=_required(environment, "QUEUE_URL"),
            secret_arn=_required(environment, "INGEST_SECRET_ARN"),
            destinations=destinations,
            fan_out=_choice(environment, "FAN_OUT", ("false", "true")) == "true",
            allowed_origins=_origins(environment),
            visitor_address_header=_matching(environment, "VISITOR_ADDRESS_HEADER").lower(),
            test_event_code=_matching(environment, "TEST_EVENT_CODE"),
            default_country=country,
            webhooks=Options(
                purchase_topic=_choice(environment, "SHOPIFY_PURCHASE_TOPIC", get_args(PurchaseTopic)),
                stripe=_choice(environment, "STRIPE_PURCHASE", get_args(StripeFamily)),
                item_id=_choice(environment, "ITEM_ID", get_args(ItemId)),
                woocommerce=_choice(environment, "WOOCOMMERCE_PURCHASE", get_args(WooCommercePurchase)),
                money=_choice(environment, "ORDER_MONEY", get_args(OrderMoney)),
                forwarded=_forwarded(environment),
                event_id_prefix=_matching(environment, "EVENT_ID_PREFIX"),
                country=country,
                shopify_include=_source_names(environment, "SHOPIFY_INCLUDE_SOURCES"),
                shopify_exclude=_source_names(environment, "SHOPIFY_EXCLUDE_SOURCES"),
                stripe_metadata=_metadata(environment, "STRIPE_SHOP_METADATA"),
                destinations=frozenset(chain.from_iterable(destinations.values())),
            ),
            visits_table=environment.get("VISITS_TABLE", "").strip(),
        )


@dataclass(frozen=True, slots=True)
class DispatchSettings:
    """Settings of the dispatch function."""

    retry_queue_url: str
    dead_letter_queue_url: str
    secret_arn: str
    tiktok_api_url: str
    known_ids: frozenset[str]
    """Of the destinations that the template names, with a token or still without."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "DispatchSettings":
        """Read the environment. Raises SettingsError."""
        return cls(
            retry_queue_url=_required(environment, "RETRY_QUEUE_URL"),
            dead_letter_queue_url=_required(environment, "DEAD_LETTER_QUEUE_URL"),
            secret_arn=_required(environment, "TIKTOK_SECRET_ARN"),
            tiktok_api_url=_matching(environment, "TIKTOK_API_URL"),
            known_ids=frozenset(chain.from_iterable(_destinations(environment).values())),
        )


_COUNTRY_LETTERS: Final[int] = 2


def _required(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "").strip()
    if not value:
        raise SettingsError(name, "is not set; the template sets it.")
    return value


def _matching(environment: Mapping[str, str], name: str) -> str:
    """The value of a variable that has a pattern; one that is not set is empty."""
    value = environment.get(name, "")
    if not re.fullmatch(PATTERNS[name], value):
        raise SettingsError(name, f"is {value!r}; expected a match of {PATTERNS[name]}")
    return value


def _destinations(environment: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Ids by event source: the pixel first, then those of DESTINATIONS, written `source:id`."""
    found: dict[str, list[str]] = {"web": [_matching(environment, "PIXEL_ID")]}
    for entry in _entries(_matching(environment, "DESTINATIONS")):
        source, _, source_id = entry.partition(":")
        ids = found.setdefault(source, [])
        if source_id not in ids:
            ids.append(source_id)
    return {source: tuple(ids) for source, ids in found.items()}


def _origins(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Origins as browsers write them: in lower case, without the scheme's own port."""
    origins = _entries(_matching(environment, "ALLOWED_ORIGINS").lower())
    own = {"https": ":443", "http": ":80"}
    return tuple(origin.removesuffix(own[origin.partition("://")[0]]) for origin in origins)


_Choice = TypeVar("_Choice", bound=str)


def _choice(environment: Mapping[str, str], name: str, choices: tuple[_Choice, ...]) -> _Choice:
    """One of `choices`; the first where the variable is not set."""
    value = environment.get(name, "") or choices[0]
    for choice in choices:
        if value == choice:
            return choice
    raise SettingsError(name, f"is {value!r}; expected one of {', '.join(choices)}.")


def _forwarded(environment: Mapping[str, str]) -> frozenset[Forwardable]:
    given = _entries(_matching(environment, "ALSO_FORWARD"))
    return frozenset(reason for reason in FORWARDABLE if reason in given)


def _source_names(environment: Mapping[str, str], name: str) -> frozenset[str]:
    """Values of Shopify's `source_name`, in lower case."""
    return frozenset(_entries(_matching(environment, name).lower()))


def _metadata(environment: Mapping[str, str], name: str) -> tuple[tuple[str, str], ...]:
    """Pairs of key and value."""
    pairs = [entry.partition("=") for entry in _entries(_matching(environment, name))]
    return tuple((key, value) for key, _, value in pairs)


def _entries(text: str) -> list[str]:
    return [entry.strip() for entry in text.split(",") if entry.strip()]


def _country(environment: Mapping[str, str]) -> str | None:
    """The ISO 3166 alpha-2 code of DEFAULT_COUNTRY, which may also be UK."""
    code = environment.get("DEFAULT_COUNTRY", "")
    if not code:
        return None
    known = countries().get(code.lower()) if len(code) == _COUNTRY_LETTERS and code.isupper() else None
    if known is None:
        raise SettingsError(
            "DEFAULT_COUNTRY", f"is {code!r}; expected an ISO 3166 alpha-2 code in capitals, such as US."
        )
    return known.upper()
