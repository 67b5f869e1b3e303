"""The event as senders may write it: types for every field, checked by pydantic, and what each field wants.

Types here are as wide as what can be mended (a number where text is wanted, a number in text);
`relay.event.commerce` and `relay.identity.user_data` mend, by the kinds named here. The same declarations
make the OpenAPI description and the page of fields in `docs/`, so each says what it wants and where the
rule comes from.
"""

from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Final, Literal, get_type_hints

from pydantic import ConfigDict, Field, SkipValidation, TypeAdapter, with_config

# typing's own TypedDict only carries pydantic's config from Python 3.12 on.
from typing_extensions import TypedDict

EventSource = Literal["web", "app", "offline", "crm"]

STRICT: Final[ConfigDict] = ConfigDict(strict=True, allow_inf_nan=False, extra="allow")

KindName = Literal[
    "text", "number", "whole", "choice", "date", "texts", "flag", "id", "numbers", "share", "vin", "mileage"
]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a field is made into before it goes out; `choices` for a choice, in TikTok's spelling."""

    name: KindName
    choices: tuple[str, ...] = ()


def _source(text: str) -> dict[str, Any]:
    return {"x-source": text}


_DOC: Final[dict[str, Any]] = _source("TikTok API for Business, Doc 1771101303285761")
_WOO: Final[dict[str, Any]] = _source("TikTok for WooCommerce; Segment, TikTok Conversions destination")
SEGMENT: Final[dict[str, Any]] = _source("Segment, TikTok Conversions destination (fields added by TikTok)")
_HELP: Final[dict[str, Any]] = _source('TikTok Business Help Center, "About parameters"')

# Tried from left to right, the usual one first: in strict mode no two of them take the same value, and
# looking for the best of all costs as much as the rest of the validation.
_FIRST: Final = Field(union_mode="left_to_right")
Text = Annotated[str | int | float, _FIRST, Kind("text")]
Id = Annotated[str | int | float, _FIRST, Kind("id")]
Number = Annotated[float | int | str, _FIRST, Kind("number")]
Whole = Annotated[int | float | str, _FIRST, Kind("whole")]
Texts = Annotated[list[str | int] | str | int, _FIRST, Kind("texts")]
Date = Annotated[str | int, _FIRST, Kind("date")]
Identifier = Annotated[str | int, _FIRST]
Identifiers = Annotated[str | list[str | int] | int, _FIRST]


@with_config(STRICT)
class User(TypedDict, total=False):
    """Who did it. What TikTok wants hashed may come plain or as SHA-256, and goes out as SHA-256."""

    email: Annotated[
        Identifiers,
        Field(
            description="E-mail address, or a list of them: trimmed, lower-cased, hashed",
            json_schema_extra=_DOC,
        ),
    ]
    phone: Annotated[
        Identifiers,
        Field(
            description="Phone number, or a list of them: brought to E.164, hashed", json_schema_extra=_DOC
        ),
    ]
    external_id: Annotated[
        Identifiers,
        Field(
            description="Your id of the customer, or a list: trimmed, case kept, hashed; the pixel's "
            "identify must send the same",
            json_schema_extra=_DOC,
        ),
    ]
    ttclid: Annotated[
        Identifier,
        Field(description="TikTok's click id, from the landing page's address", json_schema_extra=_DOC),
    ]
    ttp: Annotated[Identifier, Field(description="Value of the _ttp cookie", json_schema_extra=_DOC)]
    ip: Annotated[str, Field(description="The visitor's public IPv4 or IPv6 address", json_schema_extra=_DOC)]
    user_agent: Annotated[
        str, Field(description="The visitor's browser: its User-Agent header", json_schema_extra=_DOC)
    ]
    locale: Annotated[str, Field(description="BCP 47 language tag, such as en-US", json_schema_extra=_DOC)]
    first_name: Annotated[
        str, Field(description="Lower-cased, without punctuation, hashed", json_schema_extra=_WOO)
    ]
    last_name: Annotated[
        str, Field(description="Lower-cased, without punctuation, hashed", json_schema_extra=_WOO)
    ]
    zip_code: Annotated[
        Identifier,
        Field(
            description="Lower-cased, without spaces and dashes, hashed; of a US ZIP+4 the first five",
            json_schema_extra=_WOO,
        ),
    ]
    city: Annotated[
        str, Field(description="Lower-cased, letters and digits of any script only", json_schema_extra=_WOO)
    ]
    state: Annotated[
        str, Field(description="Lower-cased; of a US state its two letters", json_schema_extra=_WOO)
    ]
    country: Annotated[
        str,
        Field(
            description="ISO 3166 code or English name; goes out as two lower-case letters, and is the "
            "country that national phone numbers are read in",
            json_schema_extra=_WOO,
        ),
    ]
    idfa: Annotated[
        str, Field(description="iOS advertising id: upper-cased, hashed (app)", json_schema_extra=_DOC)
    ]
    idfv: Annotated[str, Field(description="iOS vendor id (app)", json_schema_extra=_DOC)]
    gaid: Annotated[
        str, Field(description="Android advertising id: lower-cased, hashed (app)", json_schema_extra=_DOC)
    ]
    att_status: Annotated[
        str,
        Field(
            description="AUTHORIZED, DENIED, NOT_DETERMINED, RESTRICTED or NOT_APPLICABLE (app)",
            json_schema_extra=_DOC,
        ),
    ]


_CONTENT_TYPE: Final[Kind] = Kind("choice", ("product", "product_group"))


@with_config(STRICT)
class Content(TypedDict, total=False):
    """One item of a cart or an order."""

    content_id: Annotated[
        Id, Field(description="The item's id as in the catalogue, text", json_schema_extra=_DOC)
    ]
    content_name: Annotated[Text, Field(description="The item's name", json_schema_extra=_DOC)]
    content_category: Annotated[Text, Field(description="The item's category", json_schema_extra=_DOC)]
    content_type: Annotated[
        Text, _CONTENT_TYPE, Field(description="product or product_group", json_schema_extra=_WOO)
    ]
    brand: Annotated[Text, Field(description="The item's brand", json_schema_extra=_DOC)]
    price: Annotated[
        Number, Field(description="The price of one piece, a plain number", json_schema_extra=_DOC)
    ]
    quantity: Annotated[Whole, Field(description="How many pieces, a whole number", json_schema_extra=_DOC)]


@with_config(STRICT)
class Properties(TypedDict, total=False):
    """What it was about."""

    value: Annotated[
        Number, Field(description="The total: a plain number, such as 129.9", json_schema_extra=_DOC)
    ]
    currency: Annotated[Text, Field(description="ISO 4217 code, such as USD", json_schema_extra=_DOC)]
    content_type: Annotated[
        Text,
        _CONTENT_TYPE,
        Field(description="product (a variant's id) or product_group (its group's)", json_schema_extra=_DOC),
    ]
    contents: Annotated[list[Content], Field(description="List of items", json_schema_extra=_DOC)]
    content_ids: Annotated[Texts, Field(description="List of item ids, text", json_schema_extra=_DOC)]
    num_items: Annotated[Whole, Field(description="Pieces in all, a whole number", json_schema_extra=_DOC)]
    search_string: Annotated[Text, Field(description="What was searched for", json_schema_extra=_DOC)]
    query: Annotated[Text, Field(description="Older name of search_string", json_schema_extra=_DOC)]
    description: Annotated[Text, Field(description="Free text", json_schema_extra=_DOC)]
    order_id: Annotated[Id, Field(description="The order's id, text", json_schema_extra=_DOC)]
    shop_id: Annotated[Id, Field(description="The shop's id, text", json_schema_extra=_DOC)]
    customer_type: Annotated[
        Text,
        Kind("choice", ("new", "returning")),
        Field(description="new or returning (app and web)", json_schema_extra=_DOC),
    ]
    status: Annotated[Text, Field(description="Status of the order or item", json_schema_extra=_HELP)]
    delivery_category: Annotated[
        Text,
        Kind("choice", ("in_store", "curbside", "home_delivery")),
        Field(description="in_store, curbside or home_delivery", json_schema_extra=SEGMENT),
    ]
    predicted_ltv: Annotated[
        Number, Field(description="Predicted lifetime value, a plain number", json_schema_extra=SEGMENT)
    ]


@with_config(STRICT)
class Page(TypedDict, total=False):
    """Where on the web it happened."""

    url: Annotated[str, Field(description="The page's absolute address", json_schema_extra=_DOC)]
    referrer: Annotated[str, Field(description="The address of the page before", json_schema_extra=_DOC)]


@with_config(STRICT)
class App(TypedDict, total=False):
    """The app that it happened in."""

    app_id: Annotated[
        Id,
        Field(
            description="App Store id or Android package name; required for app events",
            json_schema_extra=_DOC,
        ),
    ]
    app_name: Annotated[Text, Field(description="The app's name", json_schema_extra=_DOC)]
    app_version: Annotated[Text, Field(description="The app's version", json_schema_extra=_DOC)]


@with_config(STRICT)
class Ad(TypedDict, total=False):
    """What an attribution provider knows of the ad behind it."""

    callback: Annotated[Text, Field(description="Callback of the click", json_schema_extra=_DOC)]
    campaign_id: Annotated[Id, Field(description="Campaign id, text", json_schema_extra=_DOC)]
    ad_id: Annotated[Id, Field(description="Id of the ad group, text", json_schema_extra=_DOC)]
    creative_id: Annotated[Id, Field(description="Id of the ad, text", json_schema_extra=_DOC)]
    is_retargeting: Annotated[
        bool, Kind("flag"), Field(description="true for retargeting", json_schema_extra=_DOC)
    ]
    attributed: Annotated[
        bool, Kind("flag"), Field(description="true when the provider attributed it", json_schema_extra=_DOC)
    ]
    attribution_type: Annotated[Text, Field(description="Kind of attribution", json_schema_extra=_DOC)]
    attribution_provider: Annotated[
        Text, Field(description="Who attributed it (app)", json_schema_extra=_DOC)
    ]
    attribution_share: Annotated[
        Number,
        Kind("share"),
        Field(description="Share of the credit, 0 to 1 (web and app)", json_schema_extra=_DOC),
    ]


@with_config(STRICT)
class Lead(TypedDict, total=False):
    """The lead that a CRM event is about."""

    lead_id: Annotated[
        Id, Field(description="The lead's id; required for CRM events", json_schema_extra=_DOC)
    ]
    lead_event_source: Annotated[
        Text, Field(description="The CRM that it comes from, such as HubSpot", json_schema_extra=_DOC)
    ]


@with_config(STRICT)
class Event(TypedDict, total=False):
    """One event, nested as TikTok's API has it."""

    event: Annotated[str, Field(description="The event's name, such as Purchase", json_schema_extra=_DOC)]
    event_id: Annotated[
        str | int | float,
        _FIRST,
        Field(description="The id of the thing that happened, text", json_schema_extra=_DOC),
    ]
    event_time: Annotated[
        int | str | float,
        _FIRST,
        Field(description="When it happened, in Unix seconds", json_schema_extra=_DOC),
    ]
    # Judged by `relay.identity.user_data`, field by field: a bad identifier costs itself and not the event.
    user: Annotated[
        SkipValidation[User], Field(description="An object of identifiers", json_schema_extra=_DOC)
    ]
    properties: Annotated[Properties, Field(description="An object of properties", json_schema_extra=_DOC)]
    page: Annotated[Page, Field(description="An object with url and referrer", json_schema_extra=_DOC)]
    app: Annotated[App, Field(description="An object with app_id", json_schema_extra=_DOC)]
    ad: Annotated[Ad, Field(description="An object of what is known of the ad", json_schema_extra=_DOC)]
    lead: Annotated[Lead, Field(description="An object with lead_id", json_schema_extra=_DOC)]
    limited_data_use: Annotated[
        bool,
        Field(
            description="true or false: true limits what TikTok does with it, where law allows",
            json_schema_extra=_DOC,
        ),
    ]


@cache
def wide() -> TypeAdapter[Event]:
    """Takes every event whose fields can be made right. Made at the first use: most events need no
    mending."""
    return TypeAdapter(Event)


SECTIONS: Final[dict[str, Any]] = {
    "user": User,
    "properties": Properties,
    "page": Page,
    "app": App,
    "ad": Ad,
    "lead": Lead,
}
"""The parts of an event that are objects."""


@cache
def kinds(model: Any) -> dict[str, Kind]:
    """Field → kind, of a model above. The last kind named counts, so that a field can narrow its type's."""
    found: dict[str, Kind] = {}
    for name, hint in get_type_hints(model, include_extras=True).items():
        named = [part for part in getattr(hint, "__metadata__", ()) if isinstance(part, Kind)]
        if named:
            found[name] = named[-1]
    return found
