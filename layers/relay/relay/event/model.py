"""The event as senders may write it: types for every field, checked by pydantic, and what each field wants.

Field names, types and requirements: TikTok API for Business, Doc 1771101303285761. Types here are as wide as
what can be mended (a number where text is wanted, a number in text); `relay.event.properties` mends, by the
kinds named here.
"""

from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Final, Literal, get_type_hints

from pydantic import ConfigDict, Field, TypeAdapter, with_config

# typing's own TypedDict only carries pydantic's config from Python 3.12 on.
from typing_extensions import TypedDict

EventSource = Literal["web", "app", "offline", "crm"]

_STRICT: Final[ConfigDict] = ConfigDict(strict=True, allow_inf_nan=False, extra="allow")

KindName = Literal["text", "number", "whole", "choice", "date", "texts", "flag"]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a field is made into before it goes out; `choices` for a choice, in TikTok's spelling."""

    name: KindName
    choices: tuple[str, ...] = ()


Text = Annotated[str | int | float, Kind("text")]
Number = Annotated[str | int | float, Kind("number")]
Whole = Annotated[str | int | float, Kind("whole")]
Texts = Annotated[str | int | list[str | int], Kind("texts")]
Date = Annotated[str | int, Kind("date")]
Flag = Annotated[bool, Kind("flag")]
Identifier = str | int
Identifiers = str | int | list[str | int]


@with_config(_STRICT)
class User(TypedDict, total=False):
    """Who did it. Everything that TikTok wants hashed may come plain or as SHA-256."""

    email: Annotated[Identifiers, Field(description="an e-mail address, plain or SHA-256, or a list of them")]
    phone: Annotated[
        Identifiers, Field(description="a phone number (E.164 is best), plain or SHA-256, or a list")
    ]
    external_id: Annotated[
        Identifiers, Field(description="your own id of the customer, plain or SHA-256, or a list")
    ]
    ttclid: Annotated[Identifier, Field(description="TikTok's click id, from the landing page's address")]
    ttp: Annotated[Identifier, Field(description="the value of the _ttp cookie")]
    ip: Annotated[str, Field(description="the visitor's public IPv4 or IPv6 address")]
    user_agent: Annotated[str, Field(description="the visitor's browser, as its User-Agent header says it")]


@with_config(_STRICT)
class Content(TypedDict, total=False):
    """One item of a cart or an order."""

    content_id: Annotated[Text, Field(description="the item's id as in the catalogue")]
    content_name: Annotated[Text, Field(description="the item's name")]
    content_category: Annotated[Text, Field(description="the item's category")]
    content_type: Annotated[
        Text, Kind("choice", ("product", "product_group")), Field(description="product or product_group")
    ]
    brand: Annotated[Text, Field(description="the item's brand")]
    price: Annotated[Number, Field(description="the price of one piece, a plain number")]
    quantity: Annotated[Whole, Field(description="how many pieces, a whole number")]


@with_config(_STRICT)
class Properties(TypedDict, total=False):
    """What it was about."""

    value: Annotated[Number, Field(description="the total, a plain number such as 129.9")]
    currency: Annotated[Text, Field(description="an ISO 4217 code such as USD")]
    content_type: Annotated[
        Text, Kind("choice", ("product", "product_group")), Field(description="product or product_group")
    ]
    contents: Annotated[list[Content], Field(description="a list of items")]
    content_ids: Annotated[Texts, Field(description="a list of item ids")]
    num_items: Annotated[Whole, Field(description="the number of pieces, a whole number")]
    search_string: Annotated[Text, Field(description="what was searched for")]
    query: Annotated[Text, Field(description="what was searched for (the older name of search_string)")]
    description: Annotated[Text, Field(description="a description")]
    order_id: Annotated[Text, Field(description="the order's id")]
    shop_id: Annotated[Text, Field(description="the shop's id")]
    status: Annotated[Text, Field(description="the order's or item's status")]
    customer_type: Annotated[
        Text, Kind("choice", ("new", "returning")), Field(description="new or returning")
    ]


@with_config(_STRICT)
class Page(TypedDict, total=False):
    """Where on the web it happened."""

    url: Annotated[str, Field(description="the page's absolute address")]
    referrer: Annotated[str, Field(description="the address of the page before")]


@with_config(_STRICT)
class Event(TypedDict, total=False):
    """One event, nested as TikTok's API has it."""

    event: Annotated[str, Field(description="the event's name, such as Purchase")]
    event_id: Annotated[str | int | float, Field(description="the id of the thing that happened, as text")]
    event_time: Annotated[str | int | float, Field(description="when it happened, in Unix seconds")]
    user: Annotated[User, Field(description="an object of identifiers")]
    properties: Annotated[Properties, Field(description="an object of properties")]
    page: Annotated[Page, Field(description="an object with url and referrer")]
    limited_data_use: Annotated[bool, Field(description="true or false")]


EVENT: Final[TypeAdapter[Event]] = TypeAdapter(Event)


@cache
def kinds(model: Any) -> dict[str, Kind]:
    """Field → kind, of a model above. The last kind named counts, so that a field can narrow its type's."""
    found: dict[str, Kind] = {}
    for name, hint in get_type_hints(model, include_extras=True).items():
        named = [part for part in getattr(hint, "__metadata__", ()) if isinstance(part, Kind)]
        if named:
            found[name] = named[-1]
    return found


_PARTS: Final[dict[str, Any]] = {
    "": Event,
    "user": User,
    "properties": Properties,
    "contents": Content,
    "page": Page,
}


def wanted(section: str, name: str) -> str:
    """What a field wants, in words, for the sentence that an error says."""
    hint = get_type_hints(_PARTS.get(section, Event), include_extras=True).get(name)
    described = [part for part in getattr(hint, "__metadata__", ()) if hasattr(part, "description")]
    return str(described[-1].description) if described else "another type"
