"""The OpenAPI 3.1 document of the HTTP interface, generated from the model, the routes and the findings.

`make openapi` writes it beside the code that serves it; `docs/openapi.json` is a link to that one copy. It
describes what senders should send. What is coerced beyond that (a number in text, a list in text) is in
`docs/events.md`, so that generated clients get one type for each field.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter

from ingest.http import MAX_BROWSER_BYTES, MAX_SERVER_BYTES
from ingest.routes import ROUTES
from relay import __version__
from relay.event import model
from relay.event.body import MAX_BROWSER_EVENTS, MAX_EVENTS
from relay.event.match_quality import LOW
from relay.findings import CHECKS
from relay.ingestion import MAX_ID_BYTES
from relay.visits.visit import POINTER_KINDS, VISIT_ID

PATH: Final[Path] = Path(__file__).resolve().parents[1] / "functions/ingest/ingest/openapi.json"

_JSON: Final[str] = "application/json"
_PROBLEM: Final[str] = "application/problem+json"
_PIXEL: Final[str] = "D179S7RC77UA68QT5U1G"

Json = dict[str, Any]


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


# The examples have no event_time, so that they stay valid: the time of receipt is used.
FLAT: Final[Json] = {
    "event": "Purchase",
    "event_id": "order-1001",
    "url": "https://shop.example/thanks",
    "value": 129.9,
    "currency": "EUR",
    "content_id": "SKU-1001",
    "content_type": "product",
    "content_name": "Trail shoe",
    "email": "Ada@Example.com",
    "phone": "+49 30 901820",
    "external_id": "customer-77",
    "ttclid": "E.C.P.example",
}
NESTED: Final[Json] = {
    "event": "Purchase",
    "event_id": "order-1001",
    "user": {
        "email": ["Ada@Example.com", "ada@work.example"],
        "phone": "+49 30 901820",
        "external_id": "customer-77",
        "ttclid": "E.C.P.example",
        "ip": "9.9.9.9",
        "user_agent": "Mozilla/5.0",
    },
    "properties": {
        "value": 153.9,
        "currency": "EUR",
        "content_type": "product",
        "contents": [
            {"content_id": "SKU-1001", "content_name": "Trail shoe", "price": 129.9, "quantity": 1},
            {"content_id": "SKU-2002", "content_name": "Enamel mug", "price": 12, "quantity": 2},
        ],
        "order_id": "order-1001",
    },
    "page": {"url": "https://shop.example/thanks"},
}
SEVERAL: Final[Json] = {
    "events": [
        FLAT,
        {"event": "add_to_cart", "email": "not an address", "external_id": "customer-77"},
        {"event": "ViewContent", "url": "https://shop.example/shoes", "content_id": "SKU-1001"},
    ]
}
ENVELOPE: Final[Json] = {"event_source": "web", "event_source_id": _PIXEL, "data": [NESTED]}
BAD_CURRENCY: Final[Json] = {**FLAT, "currency": "EUX"}


def _finding(code: str, field: str, actual: str = "", expected: str = "") -> Json:
    message = CHECKS[code].message.format(field=field, actual=actual, expected=expected)
    return {"code": code, "field": field, "message": message}


ACCEPTED: Final[Json] = {
    "accepted": [
        {
            "index": 0,
            "event": "Purchase",
            "event_id": "order-1001",
            "match_quality": 8.5,
            "warnings": [_finding("event_time_missing", "event_time")],
        }
    ],
    "rejected": [],
}
REJECTED: Final[Json] = {
    "type": "about:blank",
    "title": "Unprocessable Content",
    "status": 422,
    "code": "events_rejected",
    "detail": "Every event was rejected; each has its errors.",
    "accepted": [],
    "rejected": [
        {
            "index": 0,
            "errors": [_finding("currency_unknown", "currency")],
            "warnings": [_finding("event_time_missing", "event_time")],
        }
    ],
}

TAGS: Final[dict[str, str]] = {
    "events": "Events of servers and browsers.",
    "tiktok": "TikTok's own route, for clients that change only their host.",
    "webhooks": "Webhooks of shops and payment providers, authenticated by the provider's signature.",
    "browser": "What pages load and send besides events.",
    "service": "The service itself.",
}


def describe() -> Json:
    """The whole document."""
    paths = {path: _describe_path(path, list(methods)) for path, methods in ROUTES.items()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "tiktok-events-relay",
            "version": __version__,
            "summary": "Delivers a shop's events to TikTok's Events API 2.0.",
            "description": "202 means that the event is on the queue. Personal data is normalised and hashed "
            "before it; what is hashed already is kept. docs/events.md explains every field and every "
            "finding.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [
            {
                "url": "https://{api}",
                "description": "The stack's own API; its host is an output of the stack.",
                "variables": {"api": {"default": "abc123.execute-api.eu-central-1.amazonaws.com"}},
            }
        ],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": _used(_schemas(), paths),
            "securitySchemes": {
                "serverKey": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The relay's server key. Browsers need none: their Origin is one of "
                    "AllowedOrigins.",
                },
                "accessToken": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Access-Token",
                    "description": "The relay's server key, where TikTok's clients put their token.",
                },
            },
        },
    }


def _describe_path(path: str, methods: list[str]) -> Json:
    if path in _PATHS:
        described = _PATHS[path]()
    elif path.startswith("/v1/webhooks/"):
        described = {"post": _webhook(path.rpartition("/")[2])}
    elif path.startswith("/open_api/"):
        described = _PATHS["/open_api/v1.3/event/track/"]()
        described["post"]["operationId"] += "WithoutSlash"
    else:
        described = {}
    return {method.lower(): described.get(method.lower()) or _other(path, method) for method in methods}


def _other(path: str, method: str) -> Json:
    """A route that needs no more than its responses: a preflight, a script."""
    words = [word.title().replace(".", "") for word in path.strip("/").split("/")]
    operation = {
        "operationId": method.lower() + "".join(words),
        "summary": f"{method} {path}",
        "tags": ["browser"],
        "security": [{}],
        "responses": {"200": {"description": "OK."}, "404": _problem("No such route.")},
    }
    if method == "OPTIONS":
        operation["summary"] = "Preflight of a browser"
        operation["responses"] = {
            "204": {"description": "Pages of this origin may send."},
            "403": _problem("Pages of this origin may not send."),
        }
    return operation


def _content(schema: str, media: str = _JSON, **examples: Json) -> Json:
    found: Json = {"schema": _ref(schema)}
    if examples:
        found["examples"] = {name: {"value": value} for name, value in examples.items()}
    return {media: found}


def _response(description: str, schema: str, media: str = _JSON, **examples: Json) -> Json:
    return {"description": description, "content": _content(schema, media, **examples)}


def _problem(description: str, **examples: Json) -> Json:
    return _response(description, "Problem", _PROBLEM, **examples)


def _events() -> Json:
    body = _content(
        "Body", flat=FLAT, nested=NESTED, several=SEVERAL, envelope=ENVELOPE, rejected=BAD_CURRENCY
    )
    return {
        "post": {
            "operationId": "postEvents",
            "summary": "Send events",
            "tags": ["events"],
            "description": f"One event, up to {MAX_EVENTS} in `events`, or TikTok's own envelope. A rejected "
            f"event never keeps its neighbours back. At most {MAX_SERVER_BYTES} bytes from a server; from a "
            f"browser {MAX_BROWSER_BYTES} bytes and {MAX_BROWSER_EVENTS} events, as application/json or, "
            "from navigator.sendBeacon, as text/plain. Of a browser's event, ip and user_agent are those of "
            "the request.",
            "security": [{"serverKey": []}, {}],
            "requestBody": {"required": True, "content": body},
            "responses": {
                "202": _response("Accepted: on the queue.", "Receipt", flat=ACCEPTED),
                "200": _response("Nothing was kept: no person consented.", "Receipt"),
                "400": _problem("The body is not JSON, or has no events."),
                "401": _problem("No server key, a wrong one, or a page of another origin."),
                "413": _problem("Too many bytes or events."),
                "429": _problem("Too many requests of this page's origin or address."),
                "415": _problem("The content type is not JSON, or the body is compressed."),
                "422": _problem("Every event was rejected.", rejected=REJECTED),
                "503": _problem(
                    "The queue accepted nothing, or of a page's events only a part. Send the request again."
                ),
            },
        },
    }


def _track() -> Json:
    return {
        "post": {
            "operationId": "track",
            "summary": "TikTok's own request",
            "tags": ["tiktok"],
            "description": "All of a request or nothing, as at TikTok. Always HTTP 200: `code` is the "
            "outcome. 0 is accepted, 40002 names row and field, 40104 and 40105 are a missing and a wrong "
            "key, 50000 asks to send the request again.",
            "security": [{"accessToken": []}],
            "requestBody": {"required": True, "content": _content("Envelope", envelope=ENVELOPE)},
            "responses": {
                "200": _response("TikTok's envelope.", "TikTokResponse"),
                "4XX": _problem("The request did not reach the route."),
            },
        }
    }


WEBHOOK_BODIES: Final[dict[str, tuple[str, str, dict[str, str]]]] = {
    "shopify": (
        "An order, a checkout, a cart or a customer, as Shopify sends it.",
        "X-Shopify-Hmac-Sha256",
        {"id": "Id of the order, checkout, cart or customer", "token": "Token of the checkout or cart"},
    ),
    "stripe": (
        "An event object with a snapshot in data.object, as Stripe sends it.",
        "Stripe-Signature",
        {"id": "Id of the event", "type": "Type of the event, such as checkout.session.completed"},
    ),
    "woocommerce": (
        "An order, as WooCommerce's REST API v2 or v3 has it.",
        "X-WC-Webhook-Signature",
        {"id": "Id of the order", "status": "Status of the order"},
    ),
    "standard": (
        "One event, events, or TikTok's envelope, as for POST /v1/events.",
        "webhook-signature",
        {"event": "Event name, such as Purchase"},
    ),
}
"""Provider → description of its body, its signature's header, and the fields that are described."""


def _webhook(provider: str) -> Json:
    text, header, fields = WEBHOOK_BODIES[provider]
    body: Json = {
        "type": "object",
        "description": text,
        "properties": {name: {"description": about} for name, about in fields.items()},
    }
    operation: Json = {
        "operationId": f"postWebhook{provider.capitalize()}",
        "summary": f"Webhook of {provider}",
        "tags": ["webhooks"],
        "description": "Authenticated by the provider's signature over the raw bytes. "
        "docs/webhook-mapping.md lists the topics and the events that they become.",
        "security": [{}],
        "requestBody": {"required": True, "content": {_JSON: {"schema": body}}},
        "responses": {
            "200": _response("Accepted, or ignored on purpose: see `status`.", "WebhookResponse"),
            "400": _problem("The body is not JSON."),
            "401": _problem("The signature is invalid."),
            "413": _problem("Too many bytes."),
            "415": _problem("The body is compressed."),
            "503": _problem(
                "Not all was enqueued, or what was counted before is needed and can't be reached. "
                "The provider sends it again."
            ),
        },
    }
    if header:
        signature = {"name": header, "in": "header", "required": False, "schema": {"type": "string"}}
        operation["parameters"] = [signature | {"description": "The provider's signature"}]
    return operation


def _script(what: str) -> Callable[[], Json]:
    return lambda: {
        "get": {
            "operationId": f"get{what.title().replace(' ', '')}",
            "summary": f"The {what} for the shop's pages",
            "tags": ["browser"],
            "security": [{}],
            "responses": {
                "200": {
                    "description": "JavaScript with the values of this stack, compressed for a browser that "
                    "accepts gzip.",
                    "content": {"text/javascript": {"schema": {"type": "string"}}},
                },
                "304": {"description": "The browser has it."},
                "503": _problem("A setting can't be read; the detail names it."),
            },
        }
    }


def _visits() -> Json:
    visit: Json = {"id": "ttv_AAAAAAAAAAAAAAAAAAAAAA", "consent": "granted", "ttclid": "E.C.P.example"}
    return {
        "post": {
            "operationId": "postVisit",
            "summary": "Leave a visit for a later webhook",
            "tags": ["browser"],
            "description": "From pages of allowed origins, or with the public write key in the body; as "
            "application/json or text/plain. ip and user_agent are those of the request. With consent denied "
            "the visit is deleted.",
            "security": [{}],
            "requestBody": {"required": True, "content": _content("Visit", visit=visit)},
            "responses": {
                "204": {"description": "Accepted. Nothing can be read back."},
                "400": _problem("The body is not a JSON object."),
                "401": _problem("The write key is wrong."),
                "403": _problem("Pages of this origin may not leave visits."),
                "413": _problem("Too many bytes."),
                "415": _problem("The content type is not JSON, or the body is compressed."),
                "422": _problem("No visit id, or no clear consent."),
                "429": _problem("Too many requests of this origin or address."),
                "503": _problem("The visit was not kept. Send it again."),
            },
        }
    }


def _health() -> Json:
    return {
        "get": {
            "operationId": "health",
            "summary": "State and version of the service",
            "tags": ["service"],
            "security": [{}],
            "responses": {
                "200": _response("It runs.", "Health", health={"status": "ok", "version": __version__}),
                "503": _problem("A setting or a secret can't be read; the detail names it."),
            },
        }
    }


def _openapi() -> Json:
    return {
        "get": {
            "operationId": "openapi",
            "summary": "This document",
            "tags": ["service"],
            "security": [{}],
            "responses": {
                "200": {"description": "OpenAPI 3.1.", "content": {_JSON: {"schema": {"type": "object"}}}},
                "404": _problem("No such route."),
            },
        }
    }


_PATHS: Final = {
    "/v1/events": _events,
    "/open_api/v1.3/event/track/": _track,
    "/tag.js": _script("browser tag"),
    "/adapters.js": _script("consent adapters"),
    "/v1/visits": _visits,
    "/v1/health": _health,
    "/v1/openapi.json": _openapi,
}


def _schemas() -> Json:
    """The model's schemas, and those of bodies and responses."""
    flat, nested = _model_schema(model.FlatEvent), _model_schema(model.NestedEvent)
    schemas = {**flat.pop("$defs", {}), **nested.pop("$defs", {})}
    # Disjoint shapes: a flat event has no sections, and a nested one has a user, if only an empty one.
    flat |= {"required": ["event"], "additionalProperties": False}
    nested |= {"required": ["event", "user"], "additionalProperties": False}
    schemas["FlatEvent"], schemas["NestedEvent"] = flat, nested
    beside = _model_schema(model.EnvelopeFields)["properties"]
    schemas["Envelope"] = _object(
        "TikTok's own envelope.",
        {**beside, "data": _list({"$ref": "#/components/schemas/NestedEvent"}, "Nested events.")},
        required=["event_source", "event_source_id", "data"],
    )
    events = {"oneOf": [_ref("FlatEvent"), _ref("NestedEvent")]}
    schemas["EventList"] = _object(
        "Several events.", {**beside, "events": _list(events, "Flat or nested events.")}, ["events"]
    )
    bodies = ("FlatEvent", "NestedEvent", "EventList", "Envelope")
    schemas["Body"] = {
        "description": "One event, several, or TikTok's envelope.",
        "oneOf": [_ref(name) for name in bodies],
    }
    tidy: Json = _tidy(schemas | _responses())
    return tidy


def _model_schema(of: Any) -> Json:
    return TypeAdapter(of).json_schema(ref_template="#/components/schemas/{model}")


def _used(schemas: Json, paths: Json) -> Json:
    """The schemas that a path refers to, directly or through others."""
    used: set[str] = set()
    texts = [json.dumps(paths)]
    while texts:
        text = texts.pop()
        for name in schemas.keys() - used:
            if f'"#/components/schemas/{name}"' in text:
                used.add(name)
                texts.append(json.dumps(schemas[name]))
    return {name: schema for name, schema in schemas.items() if name in used}


def _object(description: str, fields: Json, required: list[str]) -> Json:
    return {"type": "object", "description": description, "properties": fields, "required": required}


def _list(items: Json, description: str) -> Json:
    return {
        "type": "array",
        "minItems": 1,
        "maxItems": MAX_EVENTS,
        "description": description,
        "items": items,
    }


def _open_text(description: str, known: list[str]) -> Json:
    """Text that may get further values in a later version; clients must not fail on one."""
    return {"type": "string", "description": f"{description}. Known values: {', '.join(known)}."}


_VISIT_FIELDS: Final[dict[str, str]] = {
    "ttclid": "TikTok's click id",
    "ttp": "Value of the cookie _ttp",
    "url": "URL of the page; kept without query and fragment",
    "write_key": "The public write key, from a page without an origin",
    "checkout_token": "Token of a Shopify checkout",
    "session_id": "Id of a Stripe Checkout session",
    "payment_intent": "Id of a Stripe payment intent",
    "order_id": "Id of the order",
    "email": "E-mail address of the visitor, plain or as SHA-256; kept as SHA-256",
}


def _responses() -> Json:
    index = {"type": "integer", "description": "Index of the event in the request, from 0"}
    name = {"type": "string"}
    event_id = {"type": "string", "description": f"Missing if it has more than {MAX_ID_BYTES} bytes in UTF-8"}
    findings = {"type": "array", "items": _ref("Finding")}
    receipt: Json = {
        "accepted": {"type": "array", "items": _ref("AcceptedEvent")},
        "rejected": {"type": "array", "items": _ref("RejectedEvent")},
        "dropped": {"type": "array", "items": _ref("DroppedEvent")},
        "not_queued": {"type": "array", "items": _ref("UnqueuedEvent")},
        "findings_not_listed": {
            "type": "object",
            "additionalProperties": {"type": "integer", "minimum": 1},
            "description": "Number of findings by code that the response has no room for (1 MiB)",
        },
    }
    not_listed = {
        "type": "integer",
        "minimum": 1,
        "description": "Number of findings of this event that the response has no room for",
    }
    return {
        "AcceptedEvent": _object(
            "An event on the queue.",
            {
                "index": index,
                "event": name,
                "event_id": event_id,
                "match_quality": {
                    "type": "number",
                    "minimum": 0,
                    "maximum": 10,
                    "description": f"How much there is to match on, by this relay's formula; below {LOW:g} "
                    "there is a warning",
                },
                "warnings": findings,
                "not_listed": not_listed,
            },
            required=["index", "event"],
        ),
        "RejectedEvent": _object(
            "An event that goes nowhere, and why.",
            {"index": index, "errors": findings, "warnings": findings, "not_listed": not_listed},
            required=["index", "errors"],
        ),
        "DroppedEvent": _object(
            "An event that was not kept.",
            {"index": index, "reason": _open_text("Why", ["consent_denied"])},
            required=["index", "reason"],
        ),
        "UnqueuedEvent": _object(
            "An event that the queue did not accept: send it again.",
            {"index": index, "event": name, "event_id": event_id},
            required=["index", "event"],
        ),
        "Finding": _object(
            "Something that is wrong with one field; it never holds the field's value.",
            {
                "code": _open_text("Stable: programs may compare it", list(CHECKS)),
                "field": {"type": "string", "description": "Path of the field as its sender wrote it"},
                "message": {"type": "string", "description": "What was found, what is expected"},
            },
            required=["code", "field", "message"],
        ),
        "Receipt": _object("The outcome of each event.", receipt, required=["accepted", "rejected"]),
        "Problem": _object(
            "What went wrong (RFC 9457); with the members of a receipt if there is one.",
            {
                "type": {"type": "string"},
                "title": {"type": "string"},
                "status": {"type": "integer"},
                "code": {"type": "string", "description": "Stable: programs may compare it."},
                "detail": {"type": "string"},
                **receipt,
            },
            required=["type", "title", "status", "code", "detail"],
        ),
        "TikTokResponse": _object(
            "TikTok's own response.",
            {
                "code": {"type": "integer"},
                "message": {"type": "string"},
                "request_id": {"type": "string", "minLength": 34, "maxLength": 34},
                "data": {"type": "object"},
            },
            required=["code", "message", "request_id"],
        ),
        "WebhookResponse": _object(
            "The outcome of a webhook; with the members of a receipt if it became an event.",
            {
                "status": _open_text("Outcome", ["accepted", "ignored", "dropped"]),
                "reason": {"type": "string", "description": "Why it was ignored or dropped; a stable code."},
                "detail": {"type": "string"},
                "visit": _object(
                    "The buyer's visit: whether it was found, by what, and the fields that it filled.",
                    {
                        "status": _open_text(
                            "Status", ["joined", "not_found", "consent_denied", "another_person"]
                        ),
                        "joined_by": _open_text("By what", ["visit_id", *POINTER_KINDS]),
                        "filled": {"type": "array", "items": {"type": "string"}},
                    },
                    required=["status"],
                ),
                **receipt,
            },
            required=["status"],
        ),
        "Visit": _object(
            "What a page leaves. A value that can't be what its field names is ignored.",
            {
                "id": {
                    "type": "string",
                    "pattern": f"^{VISIT_ID.pattern}$",
                    "description": "Id of the visit",
                },
                "consent": {"enum": ["granted", "denied"], "description": "The visitor's answer"},
                **{
                    name: {"type": "string", "description": description}
                    for name, description in _VISIT_FIELDS.items()
                },
            },
            required=["id", "consent"],
        ),
        "Health": _object(
            "State of the service.",
            {"status": _open_text("State", ["ok"]), "version": {"type": "string"}},
            required=["status", "version"],
        ),
    }


def _tidy(value: Any) -> Any:
    """Without the titles that pydantic makes of names, which add nothing, and without its default of
    additionalProperties."""
    if isinstance(value, dict):
        return {
            name: _tidy(inner)
            for name, inner in value.items()
            if not (name == "title" and isinstance(inner, str))
            and (name, inner) != ("additionalProperties", True)
        }
    return [_tidy(inner) for inner in value] if isinstance(value, list) else value


def text() -> str:
    """The document as it is stored."""
    return json.dumps(describe(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
