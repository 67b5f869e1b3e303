"""TikTok's field tables, one row a field, to be read beside TikTok's page.

Sources, by letter in the margin of each group:
  D  TikTok API for Business, Doc 1771101303285761 (report app, web, offline or CRM events)
  G  tiktok/gtm-template-eapi, TikTok's own tag for server-side Google Tag Manager
  W  TikTok's plugin for WooCommerce
  S  segmentio/action-destinations, tiktok-conversions: `{common,travel,vehicle}_fields.ts`
  R  TikTok API for Business, Doc 1737172488964097 (return codes)
"""

from __future__ import annotations

from local.simulator.json_types import Json
from local.simulator.personal_data import no_personal_data, no_personal_data_in_address
from local.simulator.value_checks import (
    FINE,
    Check,
    Field,
    Findings,
    Table,
    all_of,
    between,
    boolean,
    count,
    date,
    digest,
    elsewhere,
    event_id,
    filled,
    gaid,
    idfa,
    list_of,
    number,
    one_of,
    one_or_list_of,
    public_ip,
    record,
    short,
    string,
    unix_seconds,
    web_address,
    wrong,
)

WEB = frozenset({"web"})
APP = frozenset({"app"})
CRM = frozenset({"crm"})
ALL = frozenset({"web", "app", "offline", "crm"})

# D
_CURRENCY_CODES = """
    AED ARS AUD BDT BHD BIF BOB BRL CAD CHF CLP CNY COP CRC CZK DKK DZD EGP EUR GBP GTQ HKD HNL HUF IDR
    ILS INR ISK JPY KES KHR KRW KWD KZT MAD MOP MXN MYR NGN NIO NOK NZD OMR PEN PHP PKR PLN PYG QAR RON
    RUB SAR SEK SGD THB TRY TWD UAH USD VES VND ZAR
"""
CURRENCIES = frozenset(_CURRENCY_CODES.split())

# 40063 INVALID_PARTNER_NAME (R): TikTok knows its partners by name. These are the names public code sends.
PARTNER_NAMES = frozenset({"GoogleTagManagerServer", "WooCommerce", "WordPress", "Segment", "RudderStack"})
INVALID_PARTNER_NAME = 40063


def _currency(value: Json) -> Findings:
    return FINE if isinstance(value, str) and value in CURRENCIES else wrong("Not a supported currency")


def _partner_name(value: Json) -> Findings:
    known = isinstance(value, str) and value in PARTNER_NAMES
    return FINE if known else wrong("Not a registered partner name", INVALID_PARTNER_NAME)


USER: Table = {
    # Hashed, one or several: D
    "email": Field(one_or_list_of(digest)),
    "phone": Field(one_or_list_of(digest)),
    "external_id": Field(one_or_list_of(digest), sources=WEB | CRM),
    # Plain, from the visit: D
    "ttclid": Field(filled, sources=WEB),
    "ttp": Field(filled, sources=WEB),
    "ip": Field(public_ip, sources=WEB | APP),
    "user_agent": Field(filled, sources=WEB | APP),
    "locale": Field(filled, sources=WEB | APP),
    # Of the device, for apps: D
    "idfa": Field(idfa, sources=APP),
    "idfv": Field(filled, sources=APP),
    "gaid": Field(gaid, sources=APP),
    "att_status": Field(
        one_of("AUTHORIZED", "DENIED", "NOT_DETERMINED", "RESTRICTED", "NOT_APPLICABLE"), sources=APP
    ),
    # Not in TikTok's document but sent by its own plugin: names and postcode hashed, places plain: W, S
    "first_name": Field(digest, sources=WEB),
    "last_name": Field(digest, sources=WEB),
    "zip_code": Field(digest, sources=WEB),
    "city": Field(filled, sources=WEB),
    "state": Field(filled, sources=WEB),
    "country": Field(filled, sources=WEB),
    # Events 1.0
    "phone_number": Field(elsewhere("user.phone")),
}

CONTENT: Table = {
    # D
    "content_id": Field(filled),
    "price": Field(number),
    "quantity": Field(count),  # in every sample of D, not in its table
    "content_name": Field(string),
    "content_category": Field(string),
    "brand": Field(string),
    # G, W: extras that TikTok takes
    "content_type": Field(string),
    "description": Field(string),
    "sale_price": Field(number),
}

MILEAGE: Table = {"value": Field(number), "unit": Field(one_of("MI", "KM"))}  # S

PROPERTIES: Table = {
    # D
    "value": Field(number),
    "currency": Field(_currency),
    "contents": Field(list_of(record(CONTENT))),
    "content_ids": Field(list_of(filled)),
    "content_type": Field(one_of("product", "product_group")),
    "num_items": Field(count),
    "search_string": Field(string),
    "query": Field(string),
    "description": Field(string),
    "order_id": Field(string),
    "shop_id": Field(string),
    "customer_type": Field(one_of("new", "returning"), sources=WEB | APP),
    "status": Field(string),
    # S
    "delivery_category": Field(one_of("in_store", "curbside", "home_delivery")),
    "predicted_ltv": Field(number),
    # S, travel
    "city": Field(string),
    "region": Field(string),
    "country": Field(string),
    "checkin_date": Field(date),
    "checkout_date": Field(date),
    "num_adults": Field(number),
    "num_children": Field(number),
    "num_infants": Field(number),
    "suggested_hotels": Field(list_of(string)),
    "departing_departure_date": Field(date),
    "returning_departure_date": Field(date),
    "departing_arrival_date": Field(date),
    "returning_arrival_date": Field(date),
    "origin_airport": Field(string),
    "destination_airport": Field(string),
    "destination_ids": Field(list_of(string)),
    "travel_class": Field(one_of("eco", "prem", "bus", "first")),
    "user_score": Field(number),
    "preferred_num_stops": Field(number),
    "travel_start": Field(date),
    "travel_end": Field(date),
    "suggested_destinations": Field(list_of(string)),
    # S, vehicles
    "postal_code": Field(string),
    "make": Field(string),
    "model": Field(string),
    "year": Field(number),
    "state_of_vehicle": Field(one_of("New", "Used", "CPO")),
    "mileage": Field(record(MILEAGE)),
    "exterior_color": Field(string),
    "interior_color": Field(string),
    "transmission": Field(string),
    "body_style": Field(string),
    "fuel_type": Field(string),
    "drivetrain": Field(one_of("AWD", "FOUR_WD", "FWD", "RWD", "TWO_WD", "Other")),
    "preferred_price_range": Field(list_of(number)),
    "trim": Field(string),
    "vin": Field(short(17)),
    "condition_of_vehicle": Field(string),
    "viewcontent_type": Field(string),
    "search_type": Field(string),
    "registration_type": Field(string),
}

PAGE: Table = {  # D
    "url": Field(all_of(web_address, no_personal_data_in_address), required_for=ALL),
    "referrer": Field(all_of(string, no_personal_data_in_address)),
}

APPLICATION: Table = {  # D
    "app_id": Field(filled, required_for=ALL),
    "app_name": Field(string),
    "app_version": Field(string),
}

AD: Table = {  # D
    "callback": Field(string, sources=APP),
    "campaign_id": Field(string, sources=APP),
    "ad_id": Field(string, sources=APP),
    "creative_id": Field(string, sources=APP),
    "is_retargeting": Field(boolean, sources=APP),
    "attributed": Field(boolean, sources=APP),
    "attribution_type": Field(string, sources=APP),
    "attribution_provider": Field(string, sources=APP),
    "attribution_share": Field(between(0, 1), sources=WEB | APP),
}

LEAD: Table = {  # D
    "lead_id": Field(filled, required_for=ALL),
    "lead_event_source": Field(string),
}


_properties: Check = all_of(record(PROPERTIES), no_personal_data)

ITEM: Table = {
    # D
    "event": Field(filled, required_for=ALL),
    "event_time": Field(unix_seconds, required_for=ALL),
    "event_id": Field(event_id),
    "user": Field(record(USER, closed=True)),
    "properties": Field(_properties),
    "page": Field(record(PAGE), sources=WEB),
    "app": Field(record(APPLICATION), sources=APP, required_for=APP),
    "ad": Field(record(AD), sources=WEB | APP),
    "lead": Field(record(LEAD), sources=CRM, required_for=CRM),
    "limited_data_use": Field(boolean, sources=WEB | APP),
    # User agent client hints: G
    "device": Field(record({}), sources=WEB | APP),
    # Belongs beside `data`
    "event_source": Field(elsewhere("event_source beside data")),
    "event_source_id": Field(elsewhere("event_source_id beside data")),
    "test_event_code": Field(elsewhere("test_event_code beside data")),
    # Events 1.0
    "pixel_code": Field(elsewhere("event_source_id beside data")),
    "timestamp": Field(elsewhere("event_time in Unix seconds")),
    "context": Field(elsewhere("user and page in the item")),
    "type": Field(elsewhere("no such field")),
}

TOP: Table = {
    # D
    "event_source": Field(one_of("web", "app", "offline", "crm"), required_for=ALL),
    "event_source_id": Field(filled, required_for=ALL),
    "data": Field(lambda _: FINE, required_for=ALL),  # looked into row by row, in `contract`
    # G
    "test_event_code": Field(filled),
    "partner_name": Field(_partner_name),
    # Events 1.0
    "pixel_code": Field(elsewhere("event_source_id")),
    "events": Field(elsewhere("data")),
    "batch": Field(elsewhere("data")),
    "event": Field(elsewhere("event in an item of data")),
    "event_id": Field(elsewhere("event_id in an item of data")),
    "timestamp": Field(elsewhere("event_time in an item of data")),
    "context": Field(elsewhere("user and page in an item of data")),
    "properties": Field(elsewhere("properties in an item of data")),
}
