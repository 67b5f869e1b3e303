"""The event as senders may write it: the one declaration of every field.

Each field says its type (`strict | coerced`, see `relay.event.annotations`), what it means, the source of the
rule and, where they apply, the event source that needs it and how an identifier is normalised. Validation,
coercion, the redaction of free text, the OpenAPI document and the tables of `docs/events.md` come from here.

An event may be nested, as TikTok's API has it, or flat, with the names that Events Manager shows. Most types
are declared strict in the sense of pydantic: a bool is no number, a number is no text.
"""

from dataclasses import dataclass, replace
from typing import Annotated, Any, Final, Literal, TypeVar, get_type_hints

from pydantic import Field, GetJsonSchemaHandler, StringConstraints, WithJsonSchema, with_config
from pydantic_core import core_schema

# typing's own TypedDict only carries pydantic's config from Python 3.12 on.
from typing_extensions import TypedDict

from relay.characters import BASIC_CONTROL_CHARACTERS
from relay.destination import EventSource
from relay.event import coercion as to
from relay.event.annotations import Coerced, Object, Objects, Searched
from relay.event.coercion import MAX_AMOUNT
from relay.event.page_url import USUAL
from relay.findings import fold_name
from relay.identity import emails, ip_addresses, phones, places, user_data
from relay.identity.hashing import DIGEST_LENGTH
from relay.identity.user_data import Normaliser
from relay.personal_data import (
    FIREFOX,
    ID_SIGNS,
    MAX_UNSEARCHED_URL,
    TEXT_SIGNS,
    URL_SIGNS,
    USER_AGENT_SIGNS,
    USUAL_ID,
    USUAL_TEXT,
    USUAL_URL,
)

T = TypeVar("T")

_DOC: Final[str] = "TikTok API for Business, Doc 1771101303285761"
_WOO: Final[str] = "TikTok for WooCommerce; Segment, TikTok Conversions destination"
_SEGMENT: Final[str] = "Segment, TikTok Conversions destination (fields added by TikTok)"
_HELP: Final[str] = 'TikTok Business Help Center, "About parameters"'
_OURS: Final[str] = "this relay"


@dataclass(frozen=True, slots=True)
class About:
    """What there is to know of a field besides its type."""

    description: str
    source: str = _DOC
    required_by: str = ""
    """The event source that needs the field; its absence is the finding `<field>_missing`."""

    hashed: str = ""
    """The field that this one is another name of, for a value that is hashed already."""

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {**handler(schema), "description": self.description, "x-source": self.source}


def fields(of: type) -> dict[str, About]:
    """Name of each field → what there is to know of it."""
    return _annotations(of, About)


def normalisers(of: type) -> dict[str, Normaliser]:
    """Name of each identifier of a person → how it is normalised and hashed."""
    return _annotations(of, Normaliser)


def _annotations(of: type, kind: type[T]) -> dict[str, T]:
    return {
        name: part
        for name, hint in get_type_hints(of, include_extras=True).items()
        for part in hint.__metadata__
        if isinstance(part, kind)
    }


@with_config(
    strict=True, allow_inf_nan=False, extra="ignore", json_schema_extra={"additionalProperties": True}
)
class _Strict(TypedDict, total=False):
    """Base of every object. Undeclared fields are found by their names (`relay.event.objects`,
    `relay.event.nesting`)."""


_trimmed: Final = StringConstraints(strip_whitespace=True, min_length=1)
# Starts with a letter or digit, has a digit and no sign of a template, so it is no placeholder such as
# undefined; the coercer examines every other text.
_PLAIN_ID: Final[str] = "^(?:[A-Za-z][A-Za-z ._:/#=+-]*)?[0-9][A-Za-z0-9 ._:/#=+-]*$"
_text: Final = WithJsonSchema({"type": "string"})
_PlainId = Annotated[str, StringConstraints(strip_whitespace=True, pattern=_PLAIN_ID), _text]

Text = Annotated[str, _trimmed, Searched(TEXT_SIGNS, USUAL_TEXT), Coerced(to.coerce_text, searched=True)]
Id = Annotated[_PlainId, Searched(ID_SIGNS, USUAL_ID), Coerced(to.coerce_id, searched=True)]
Ids = Annotated[
    list[Annotated[_PlainId, Searched(ID_SIGNS, USUAL_ID)]],
    Field(min_length=1),
    Coerced(to.coerce_ids, searched=True),
]
# Hotels and places are not named as ids, so that digits may be a phone number.
Names = Annotated[
    list[Annotated[_PlainId, Searched(TEXT_SIGNS)]],
    Field(min_length=1),
    Coerced(to.coerce_ids, searched=True),
]
EventId = Annotated[
    _PlainId,
    WithJsonSchema({"type": "string", "minLength": 1, "pattern": f"^[^{BASIC_CONTROL_CHARACTERS}]*$"}),
    Coerced(to.coerce_event_id, unless=ID_SIGNS, usual=USUAL_ID),
]
Time = Annotated[int, Coerced(to.coerce_time)]
Number = Annotated[float, Field(ge=0, lt=MAX_AMOUNT), Coerced(to.coerce_number)]
Whole = Annotated[int, Field(ge=0, lt=int(MAX_AMOUNT)), Coerced(to.coerce_whole)]
Share = Annotated[float, Field(ge=0, le=1), Coerced(to.coerce_share)]
Range = Annotated[list[float], Field(min_length=2, max_length=2), Coerced(to.reject_range)]
Flag = Annotated[bool, Coerced(to.coerce_flag)]
Date = Annotated[str, StringConstraints(pattern=to.DATE_PATTERN), Coerced(to.coerce_date)]
Vin = Annotated[
    str,
    StringConstraints(strip_whitespace=True, pattern="^.{1,17}$"),
    Searched(ID_SIGNS),
    Coerced(to.coerce_vin, searched=True),
]
Currency = Annotated[str, StringConstraints(pattern="^[A-Z]{3}$"), Coerced(to.coerce_currency)]
Url = Annotated[
    str,
    StringConstraints(max_length=MAX_UNSEARCHED_URL, pattern=USUAL),
    WithJsonSchema({"type": "string", "minLength": 1}),
    Searched(URL_SIGNS, USUAL_URL),
    Coerced(to.coerce_url, searched=True),
]
# Text without any constraint is strict even where it has half of a character.
Name = Annotated[str, StringConstraints(strip_whitespace=True), Coerced(to.coerce_text)]


def _usual(pattern: str, max_length: int = DIGEST_LENGTH - 1, *, lower: bool = False) -> StringConstraints:
    """The strict type of an identifier: the form that goes out or is hashed, which no digest has.

    `relay.identity.user_data` normalises every other text.
    """
    return StringConstraints(strip_whitespace=True, to_lower=lower, max_length=max_length, pattern=pattern)


def _one_or_more(of: dict[str, str]) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [of, {"items": of, "type": "array"}]})


_texts: Final = _one_or_more({"type": "string"})
_digests: Final = _one_or_more({"pattern": "^[0-9a-fA-F]{64}$", "type": "string"})
_one: Final = Coerced(to.coerce_identifier)
_several: Final = Coerced(to.coerce_identifiers)
Email = Annotated[str, _usual(emails.USUAL, lower=True), _texts, _several, user_data.EMAIL]
Phone = Annotated[str, _usual(phones.usual_pattern()), _texts, _several, user_data.PHONE]
CustomerId = Annotated[str, _usual(_PLAIN_ID), _texts, _several, user_data.EXTERNAL_ID]
PersonName = Annotated[str, _usual("^[A-Za-z]+$", lower=True), _text, _one, user_data.PERSON_NAME]
Postcode = Annotated[str, _usual(places.USUAL_POSTCODE, lower=True), _text, _one, user_data.POSTCODE]
ClickId = Annotated[
    str,
    _usual(_PLAIN_ID, user_data.MAX_PLAIN),
    _text,
    Coerced(to.coerce_identifier, unless=ID_SIGNS),
    user_data.PLAIN,
]
UserAgent = Annotated[
    str,
    _usual(user_data.USUAL_USER_AGENT, user_data.MAX_PLAIN),
    _text,
    Coerced(to.coerce_identifier, unless=USER_AGENT_SIGNS, usual=FIREFOX),
    user_data.USER_AGENT,
]
Ip = Annotated[str, _usual(ip_addresses.usual_pattern()), _text, _one, user_data.IP]
Identifier = Annotated[str, Coerced(to.coerce_identifier, always=True), _text]
Digests = Annotated[str, Coerced(to.coerce_digests, always=True), _digests]
ContentType = Annotated[Literal["product", "product_group"], Coerced()]


class HashedUser(_Strict, total=False):
    """Names that other integrations give to identifiers that are hashed already."""

    sha256_email: Annotated[Digests, About("email, already hashed", _OURS, hashed="email")]
    sha256_email_address: Annotated[Digests, About("email, already hashed", _OURS, hashed="email")]
    hashed_email: Annotated[Digests, About("email, already hashed", _OURS, hashed="email")]
    sha256_phone: Annotated[Digests, About("phone, already hashed", _OURS, hashed="phone")]
    sha256_phone_number: Annotated[Digests, About("phone, already hashed", _OURS, hashed="phone")]
    hashed_phone: Annotated[Digests, About("phone, already hashed", _OURS, hashed="phone")]
    hashed_phone_number: Annotated[Digests, About("phone, already hashed", _OURS, hashed="phone")]
    sha256_external_id: Annotated[Digests, About("external_id, already hashed", _OURS, hashed="external_id")]
    sha256_first_name: Annotated[Digests, About("first_name, already hashed", _OURS, hashed="first_name")]
    sha256_last_name: Annotated[Digests, About("last_name, already hashed", _OURS, hashed="last_name")]
    sha256_postal_code: Annotated[Digests, About("zip_code, already hashed", _OURS, hashed="zip_code")]
    sha256_zip_code: Annotated[Digests, About("zip_code, already hashed", _OURS, hashed="zip_code")]


class Identifiers(_Strict, total=False):
    """Identifiers of the person by the names that TikTok gives them."""

    email: Annotated[Email, About("E-mail address, or a list: trimmed, lower-cased, hashed")]
    phone: Annotated[Phone, About("Phone number, or a list: converted to E.164, hashed")]
    external_id: Annotated[
        CustomerId,
        About(
            "Your id of the customer, or a list: trimmed, case kept, hashed; the pixel's identify must send "
            "the same"
        ),
    ]
    ttclid: Annotated[
        ClickId,
        About(
            "TikTok's click id, from the landing page's URL; if missing, it is read from url, or from a "
            "referrer on the same host"
        ),
    ]
    ttp: Annotated[ClickId, About("Value of the _ttp cookie")]
    ip: Annotated[Ip, About("Public IPv4 or IPv6 address of the visitor")]
    user_agent: Annotated[UserAgent, About("User-Agent header of the visitor's browser")]
    locale: Annotated[Identifier, user_data.LOCALE, About("BCP 47 language tag, such as en-US")]
    first_name: Annotated[PersonName, About("Lower-cased, without punctuation, hashed", _WOO)]
    last_name: Annotated[PersonName, About("Lower-cased, without punctuation, hashed", _WOO)]
    zip_code: Annotated[
        Postcode,
        About("Lower-cased, without spaces and dashes, hashed; of a US ZIP+4 the first five digits", _WOO),
    ]
    city: Annotated[
        Identifier, user_data.CITY, About("Lower-cased, letters and digits of any script only", _WOO)
    ]
    state: Annotated[Identifier, user_data.STATE, About("Lower-cased; of a US state its two letters", _WOO)]
    country: Annotated[
        Identifier,
        user_data.COUNTRY,
        About(
            "ISO 3166 code or English name; goes out as two lower-case letters, and is the country that "
            "national phone numbers are read in",
            _WOO,
        ),
    ]
    idfa: Annotated[Identifier, user_data.IDFA, About("iOS advertising id: upper-cased, hashed (app)")]
    idfv: Annotated[Identifier, user_data.IDFV, About("iOS vendor id (app)")]
    gaid: Annotated[Identifier, user_data.GAID, About("Android advertising id: lower-cased, hashed (app)")]
    att_status: Annotated[
        Identifier,
        user_data.ATT_STATUS,
        About("AUTHORIZED, DENIED, NOT_DETERMINED, RESTRICTED or NOT_APPLICABLE (app)"),
    ]


class User(HashedUser, Identifiers, total=False):
    """The person. What TikTok expects hashed may come plain or as SHA-256, and goes out as SHA-256."""


_HASHED: Final = {
    fold_name(name): name for name, normaliser in normalisers(Identifiers).items() if normaliser.hashed
}
_property: Final = Object("unknown_property", never_kept=_HASHED)
"""Of an undeclared property: it goes out, unless it would take plain to TikTok what belongs in `user`."""


class ItemFields(_Strict, total=False):
    """Fields of an item that stand at the top of a flat event."""

    content_id: Annotated[Id, About("Item id as in the catalogue, text")]
    content_name: Annotated[Text, About("Item name")]
    content_category: Annotated[Text, About("Item category")]
    brand: Annotated[Text, About("Item brand")]
    price: Annotated[Number, About("Price of one piece, a plain number")]
    quantity: Annotated[Whole, About("Number of pieces, a whole number")]


class Content(ItemFields, total=False):
    """One item of a cart or an order."""

    content_type: Annotated[ContentType, About("product or product_group", _WOO)]


class Commerce(_Strict, total=False):
    """What an event of a shop is about."""

    value: Annotated[
        Number, About("Total, a plain number such as 129.9; if missing, computed from the items")
    ]
    currency: Annotated[Currency, About("ISO 4217 code, such as USD")]
    content_type: Annotated[
        ContentType, About("product (content_id of a variant) or product_group (of its group)")
    ]
    contents: Annotated[
        list[Annotated[Content, replace(_property, item=True)]],
        Objects(required="content_id"),
        About("List of items"),
    ]
    content_ids: Annotated[Ids, About("List of item ids, text")]
    num_items: Annotated[Whole, About("Number of pieces in all, a whole number")]
    search_string: Annotated[Text, About("Search term")]
    query: Annotated[Text, About("Older name of search_string")]
    description: Annotated[Text, About("Free text")]
    order_id: Annotated[Id, About("Order id, text")]
    shop_id: Annotated[Id, About("Shop id, text")]
    customer_type: Annotated[Literal["new", "returning"], Coerced(), About("new or returning (app and web)")]
    status: Annotated[Text, About("Status of the order or item", _HELP)]
    delivery_category: Annotated[
        Literal["in_store", "curbside", "home_delivery"],
        Coerced(),
        About("in_store, curbside or home_delivery", _SEGMENT),
    ]
    predicted_ltv: Annotated[Number, About("Predicted lifetime value, a plain number", _SEGMENT)]


class Mileage(_Strict, total=False):
    """Distance that a vehicle has covered."""

    value: Annotated[Number, About("Distance, a plain number", _SEGMENT)]
    unit: Annotated[Literal["MI", "KM"], Coerced(), About("MI or KM", _SEGMENT)]


class Industry(_Strict, total=False):
    """What an event of travel or of vehicle sales is about; nested only."""

    city: Annotated[Text, About("Travel: city", _SEGMENT)]
    region: Annotated[Text, About("Travel: region", _SEGMENT)]
    country: Annotated[Text, About("Travel: country", _SEGMENT)]
    checkin_date: Annotated[Date, About("Travel: check-in date", _SEGMENT)]
    checkout_date: Annotated[Date, About("Travel: check-out date", _SEGMENT)]
    num_adults: Annotated[Whole, About("Travel: adults", _SEGMENT)]
    num_children: Annotated[Whole, About("Travel: children", _SEGMENT)]
    num_infants: Annotated[Whole, About("Travel: infants", _SEGMENT)]
    suggested_hotels: Annotated[Names, About("Travel: hotels", _SEGMENT)]
    departing_departure_date: Annotated[Date, About("Outbound flight: date of departure", _SEGMENT)]
    departing_arrival_date: Annotated[Date, About("Outbound flight: date of arrival", _SEGMENT)]
    returning_departure_date: Annotated[Date, About("Return flight: date of departure", _SEGMENT)]
    returning_arrival_date: Annotated[Date, About("Return flight: date of arrival", _SEGMENT)]
    origin_airport: Annotated[Text, About("Flight: from", _SEGMENT)]
    destination_airport: Annotated[Text, About("Flight: to", _SEGMENT)]
    destination_ids: Annotated[Ids, About("Travel: destinations", _SEGMENT)]
    travel_class: Annotated[
        Literal["eco", "prem", "bus", "first"], Coerced(), About("eco, prem, bus or first", _SEGMENT)
    ]
    user_score: Annotated[Number, About("Travel: score of the user", _SEGMENT)]
    preferred_num_stops: Annotated[Whole, About("Flight: stops", _SEGMENT)]
    travel_start: Annotated[Date, About("Travel: first day", _SEGMENT)]
    travel_end: Annotated[Date, About("Travel: last day", _SEGMENT)]
    suggested_destinations: Annotated[Names, About("Travel: suggested destinations", _SEGMENT)]
    postal_code: Annotated[Text, About("Vehicle: postal code of the dealer", _SEGMENT)]
    make: Annotated[Text, About("Vehicle: make", _SEGMENT)]
    model: Annotated[Text, About("Vehicle: model", _SEGMENT)]
    year: Annotated[Whole, About("Vehicle: year", _SEGMENT)]
    state_of_vehicle: Annotated[
        Literal["New", "Used", "CPO"], Coerced(), About("Vehicle: New, Used or CPO", _SEGMENT)
    ]
    mileage: Annotated[
        Mileage, Object("unknown_field"), About("Vehicle: {value, unit}, the unit MI or KM", _SEGMENT)
    ]
    exterior_color: Annotated[Text, About("Vehicle: exterior colour", _SEGMENT)]
    interior_color: Annotated[Text, About("Vehicle: interior colour", _SEGMENT)]
    transmission: Annotated[Text, About("Vehicle: transmission", _SEGMENT)]
    body_style: Annotated[Text, About("Vehicle: body style", _SEGMENT)]
    fuel_type: Annotated[Text, About("Vehicle: fuel", _SEGMENT)]
    drivetrain: Annotated[
        Literal["AWD", "FOUR_WD", "FWD", "RWD", "TWO_WD", "Other"],
        Coerced(),
        About("Vehicle: AWD, FOUR_WD, FWD, RWD, TWO_WD or Other", _SEGMENT),
    ]
    preferred_price_range: Annotated[Range, About("Vehicle: [minimum, maximum]", _SEGMENT)]
    trim: Annotated[Text, About("Vehicle: trim", _SEGMENT)]
    vin: Annotated[Vin, About("Vehicle: identification number, 17 characters", _SEGMENT)]
    condition_of_vehicle: Annotated[Text, About("Vehicle: condition", _SEGMENT)]
    viewcontent_type: Annotated[Text, About("Vehicle: type of view", _SEGMENT)]
    search_type: Annotated[Text, About("Vehicle: type of search", _SEGMENT)]
    registration_type: Annotated[Text, About("Vehicle: type of registration", _SEGMENT)]


class Properties(Commerce, ItemFields, Industry, total=False):
    """What an event is about. Undeclared properties go out unchanged, with a warning."""


class Page(_Strict, total=False):
    """The web page of an event."""

    url: Annotated[Url, About("Absolute URL of the page", required_by="web")]
    referrer: Annotated[Url, About("URL of the page before")]


class App(_Strict, total=False):
    """The app of an event."""

    app_id: Annotated[Id, About("App Store id or Android package name", required_by="app")]
    app_name: Annotated[Text, About("App name")]
    app_version: Annotated[Text, About("App version")]


class Ad(_Strict, total=False):
    """What an attribution provider knows of the ad."""

    callback: Annotated[Id, About("Callback of the click")]
    campaign_id: Annotated[Id, About("Campaign id, text")]
    ad_id: Annotated[Id, About("Id of the ad group, text")]
    creative_id: Annotated[Id, About("Id of the ad, text")]
    is_retargeting: Annotated[Flag, About("true for retargeting")]
    attributed: Annotated[Flag, About("true if the provider attributed the event")]
    attribution_type: Annotated[Text, About("Type of attribution")]
    attribution_provider: Annotated[Text, About("Attribution provider (app)")]
    attribution_share: Annotated[Share, About("Share of the credit, 0 to 1 (web and app)")]


class Lead(_Strict, total=False):
    """The lead that a CRM event is about."""

    lead_id: Annotated[Id, About("Lead id", required_by="crm")]
    lead_event_source: Annotated[Text, About("CRM that the lead comes from, such as HubSpot")]


class EnvelopeFields(_Strict, total=False):
    """Fields of an event that may also stand beside `data` or `events`, for every event that lacks them."""

    event_source: Annotated[
        EventSource, Coerced(to.coerce_event_source), About("web, app, offline or crm; web if missing")
    ]
    event_source_id: Annotated[
        str | list[str],
        Field(union_mode="left_to_right"),
        Coerced(to.coerce_source_id),
        About("A destination of the relay, or a list; if missing, the first one of the event source"),
    ]
    test_event_code: Annotated[
        str,
        StringConstraints(pattern=to.TEST_CODE_PATTERN),
        Coerced(to.coerce_test_code),
        About("From Events Manager: the event counts as a test only; servers only"),
    ]
    limited_data_use: Annotated[Flag, About("true for limited data use (web and app)")]
    consent: Annotated[
        Literal["granted", "denied"],
        Coerced(to.coerce_consent),
        About("granted or denied; denied drops the event before anything is stored", _OURS),
    ]


class EventFields(EnvelopeFields, total=False):
    """Fields at the top of an event in either shape."""

    event: Annotated[Name, About("Event name, such as Purchase")]
    event_id: Annotated[EventId, About("Id of what happened, text")]
    event_time: Annotated[Time, About("When it happened, in Unix seconds")]


class Sections(_Strict, total=False):
    """The sections of an event, as TikTok's API has them."""

    user: Annotated[User, Object("unknown_user_field"), About("Identifiers of the person")]
    properties: Annotated[Properties, _property, About("What it is about")]
    page: Annotated[Page, Object("unknown_field"), About("The web page: url and referrer")]
    app: Annotated[App, Object("unknown_field"), About("The app: app_id")]
    ad: Annotated[Ad, Object("unknown_field"), About("The ad behind it")]
    lead: Annotated[Lead, Object("unknown_field"), About("The lead: lead_id")]


class NestedEvent(EventFields, Sections, total=False):
    """An event with sections, as TikTok's API has it."""


class FlatEvent(EventFields, User, Commerce, ItemFields, Page, App, Lead, total=False):
    """An event with the field names that Events Manager shows, all at the top."""


class AnyEvent(FlatEvent, NestedEvent, total=False):
    """An event in either shape, or in a mixture of both."""


class UsualParts(_Strict, total=False):
    """What is read of a flat event: what belongs to its top, and what stands there of its sections."""

    top: EventFields
    user: Identifiers
    properties: Commerce
    page: Page


class EventParts(UsualParts, total=False):
    """The same, and what is read of other events only: a field that is not there takes time, too."""

    sections: Sections
    digests: HashedUser
    item: ItemFields
    app: App
    lead: Lead


SECTIONS: Final[dict[str, type]] = get_type_hints(Sections)
"""Section of a nested event → its fields."""

_PARTS: Final[dict[str, type]] = get_type_hints(EventParts)
PART_SECTIONS: Final[dict[str, str]] = {
    **{part: part for part in _PARTS if part in SECTIONS},
    "digests": "user",
    "item": "properties",
}
"""Part of a flat event → the section that its fields stand in at TikTok."""

FLAT_FIELDS: Final[dict[str, str]] = {
    name: section for part, section in PART_SECTIONS.items() for name in fields(_PARTS[part])
}
"""Field of a flat event → the section that it stands in at TikTok."""
