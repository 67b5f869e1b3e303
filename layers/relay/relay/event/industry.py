"""The industries: properties of travel and of the trade with vehicles, which stand among the others on the
wire.

Apart from `relay.event.model`, and loaded only for an event that has one of them: few have, and declaring
sixty fields takes as long as all the rest.
"""

from functools import cache
from typing import Annotated

from pydantic import Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from relay.event.model import SEGMENT, STRICT, Date, Kind, Number, Text, Texts, Whole


@with_config(STRICT)
class Mileage(TypedDict, total=False):
    """How far a vehicle has gone."""

    value: Annotated[Number, Field(description="How far, a plain number", json_schema_extra=SEGMENT)]
    unit: Annotated[
        Text, Kind("choice", ("MI", "KM")), Field(description="MI or KM", json_schema_extra=SEGMENT)
    ]


@with_config(STRICT)
class Industry(TypedDict, total=False):
    """What it was about, in travel and in the trade with vehicles."""

    # Travel
    city: Annotated[Text, Field(description="Travel: city", json_schema_extra=SEGMENT)]
    region: Annotated[Text, Field(description="Travel: region", json_schema_extra=SEGMENT)]
    country: Annotated[Text, Field(description="Travel: country", json_schema_extra=SEGMENT)]
    checkin_date: Annotated[Date, Field(description="Travel: date of arrival", json_schema_extra=SEGMENT)]
    checkout_date: Annotated[Date, Field(description="Travel: date of leaving", json_schema_extra=SEGMENT)]
    num_adults: Annotated[Whole, Field(description="Travel: adults", json_schema_extra=SEGMENT)]
    num_children: Annotated[Whole, Field(description="Travel: children", json_schema_extra=SEGMENT)]
    num_infants: Annotated[Whole, Field(description="Travel: infants", json_schema_extra=SEGMENT)]
    suggested_hotels: Annotated[Texts, Field(description="Travel: hotels", json_schema_extra=SEGMENT)]
    departing_departure_date: Annotated[
        Date, Field(description="Flight out: date of departure", json_schema_extra=SEGMENT)
    ]
    departing_arrival_date: Annotated[
        Date, Field(description="Flight out: date of arrival", json_schema_extra=SEGMENT)
    ]
    returning_departure_date: Annotated[
        Date, Field(description="Flight back: date of departure", json_schema_extra=SEGMENT)
    ]
    returning_arrival_date: Annotated[
        Date, Field(description="Flight back: date of arrival", json_schema_extra=SEGMENT)
    ]
    origin_airport: Annotated[Text, Field(description="Flight: from", json_schema_extra=SEGMENT)]
    destination_airport: Annotated[Text, Field(description="Flight: to", json_schema_extra=SEGMENT)]
    destination_ids: Annotated[Texts, Field(description="Travel: destinations", json_schema_extra=SEGMENT)]
    travel_class: Annotated[
        Text,
        Kind("choice", ("eco", "prem", "bus", "first")),
        Field(description="eco, prem, bus or first", json_schema_extra=SEGMENT),
    ]
    user_score: Annotated[Number, Field(description="Travel: score of the user", json_schema_extra=SEGMENT)]
    preferred_num_stops: Annotated[Whole, Field(description="Flight: stops", json_schema_extra=SEGMENT)]
    travel_start: Annotated[Date, Field(description="Travel: first day", json_schema_extra=SEGMENT)]
    travel_end: Annotated[Date, Field(description="Travel: last day", json_schema_extra=SEGMENT)]
    suggested_destinations: Annotated[
        Texts, Field(description="Travel: suggested destinations", json_schema_extra=SEGMENT)
    ]
    # Vehicles
    postal_code: Annotated[
        Text, Field(description="Vehicle: postal code of the dealer", json_schema_extra=SEGMENT)
    ]
    make: Annotated[Text, Field(description="Vehicle: make", json_schema_extra=SEGMENT)]
    model: Annotated[Text, Field(description="Vehicle: model", json_schema_extra=SEGMENT)]
    year: Annotated[Whole, Field(description="Vehicle: year", json_schema_extra=SEGMENT)]
    state_of_vehicle: Annotated[
        Text,
        Kind("choice", ("New", "Used", "CPO")),
        Field(description="Vehicle: New, Used or CPO", json_schema_extra=SEGMENT),
    ]
    mileage: Annotated[
        Mileage,
        Kind("mileage"),
        Field(description="Vehicle: {value, unit}, the unit MI or KM", json_schema_extra=SEGMENT),
    ]
    exterior_color: Annotated[Text, Field(description="Vehicle: outer colour", json_schema_extra=SEGMENT)]
    interior_color: Annotated[Text, Field(description="Vehicle: inner colour", json_schema_extra=SEGMENT)]
    transmission: Annotated[Text, Field(description="Vehicle: transmission", json_schema_extra=SEGMENT)]
    body_style: Annotated[Text, Field(description="Vehicle: body style", json_schema_extra=SEGMENT)]
    fuel_type: Annotated[Text, Field(description="Vehicle: fuel", json_schema_extra=SEGMENT)]
    drivetrain: Annotated[
        Text,
        Kind("choice", ("AWD", "FOUR_WD", "FWD", "RWD", "TWO_WD", "Other")),
        Field(description="Vehicle: AWD, FOUR_WD, FWD, RWD, TWO_WD or Other", json_schema_extra=SEGMENT),
    ]
    preferred_price_range: Annotated[
        list[int | float],
        Kind("numbers"),
        Field(description="Vehicle: [least, most]", json_schema_extra=SEGMENT),
    ]
    trim: Annotated[Text, Field(description="Vehicle: trim", json_schema_extra=SEGMENT)]
    vin: Annotated[
        Text,
        Kind("vin"),
        Field(description="Vehicle: identification number, 17 characters", json_schema_extra=SEGMENT),
    ]
    condition_of_vehicle: Annotated[Text, Field(description="Vehicle: condition", json_schema_extra=SEGMENT)]
    viewcontent_type: Annotated[Text, Field(description="Vehicle: kind of view", json_schema_extra=SEGMENT)]
    search_type: Annotated[Text, Field(description="Vehicle: kind of search", json_schema_extra=SEGMENT)]
    registration_type: Annotated[
        Text, Field(description="Vehicle: kind of registration", json_schema_extra=SEGMENT)
    ]


@cache
def adapter() -> TypeAdapter[Industry]:
    """Takes properties of travel and vehicles whose fields can be made right; others pass as they are."""
    return TypeAdapter(Industry)
