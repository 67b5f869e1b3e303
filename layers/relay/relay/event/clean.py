"""Clean events: what may go out as it is, with one type for every field, in one look.

Most events are clean, and for them this is all the validation there is. It is written for pydantic's engine
itself, so that a cold start need not load pydantic, which takes longer than all of the relay; what is not
clean is held against `relay.event.model`, which says what could be made right. A test holds the two together.
"""

from typing import Any, Final

from pydantic_core import SchemaValidator, core_schema

from relay.event import currencies

MOST: Final[float] = 1e15
"""No amount in any currency; beyond it a float no longer holds cents."""

TEXT: Final[Any] = core_schema.str_schema(strict=True, strip_whitespace=True, min_length=1)
NUMBER: Final[Any] = core_schema.float_schema(strict=True, ge=0, lt=MOST, allow_inf_nan=False)
WHOLE: Final[Any] = core_schema.int_schema(strict=True, ge=0, lt=int(MOST))
TEXTS: Final[Any] = core_schema.list_schema(TEXT, strict=True, min_length=1)
FLAG: Final[Any] = core_schema.bool_schema(strict=True)
CONTENT_TYPE: Final[Any] = core_schema.literal_schema(["product", "product_group"])

CONTENT: Final[dict[str, Any]] = {
    "content_id": TEXT,
    "content_name": TEXT,
    "content_category": TEXT,
    "content_type": CONTENT_TYPE,
    "brand": TEXT,
    "price": NUMBER,
    "quantity": WHOLE,
}

PROPERTIES: Final[dict[str, Any]] = {
    "value": NUMBER,
    "currency": core_schema.literal_schema(sorted(currencies.TIKTOK)),
    "content_type": CONTENT_TYPE,
    "content_ids": TEXTS,
    "num_items": WHOLE,
    "search_string": TEXT,
    "query": TEXT,
    "description": TEXT,
    "order_id": TEXT,
    "shop_id": TEXT,
    "customer_type": core_schema.literal_schema(["new", "returning"]),
    "status": TEXT,
    "delivery_category": core_schema.literal_schema(["in_store", "curbside", "home_delivery"]),
    "predicted_ltv": NUMBER,
}

PAGE: Final[dict[str, Any]] = {"url": TEXT, "referrer": TEXT}
APP: Final[dict[str, Any]] = {"app_id": TEXT, "app_name": TEXT, "app_version": TEXT}
LEAD: Final[dict[str, Any]] = {"lead_id": TEXT, "lead_event_source": TEXT}


def _object(fields: dict[str, Any], extra: Any = "forbid") -> Any:
    return core_schema.typed_dict_schema(
        {name: core_schema.typed_dict_field(schema, required=False) for name, schema in fields.items()},
        extra_behavior=extra,
        strict=True,
    )


CONTENTS: Final[Any] = core_schema.list_schema(_object(CONTENT), strict=True, min_length=1)

CLEAN: Final[SchemaValidator] = SchemaValidator(
    _object(
        {
            "event": TEXT,
            "event_id": TEXT,
            "event_time": core_schema.int_schema(strict=True),
            "properties": _object({**PROPERTIES, "contents": CONTENTS}),
            "page": _object(PAGE),
            "app": _object(APP),
            "lead": _object(LEAD),
            "ad": core_schema.none_schema(),
            "limited_data_use": FLAG,
        },
        # What stands beside these is the user, whom `relay.identity.user_data` judges, and the destination.
        extra="allow",
    )
)
"""Gives a clean event back with its texts trimmed; raises pydantic_core's ValidationError for any other."""
