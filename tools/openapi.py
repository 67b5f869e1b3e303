"""The OpenAPI 3.1 description of the HTTP interface, made from the models, the routes and the checks.

`make openapi` writes it beside the code that serves it; `docs/openapi.json` is a link to that one copy.
"""

import json
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter

from ingest.http import MOST_BROWSER_BYTES, MOST_SERVER_BYTES
from ingest.routes import ROUTES
from relay import __version__
from relay.event import model, nesting
from relay.event.body import MOST_EVENTS
from relay.event.industry import Industry
from relay.event.match_quality import LOW
from relay.event.routing import SOURCES
from relay.findings import CHECKS

PATH: Final[Path] = Path(__file__).resolve().parents[1] / "functions/ingest/ingest/openapi.json"

_JSON: Final[str] = "application/json"
_PROBLEM: Final[str] = "application/problem+json"
_PIXEL: Final[str] = "D179S7RC77UA68QT5U1G"
_TIME: Final[int] = 1_795_000_000

Json = dict[str, Any]


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


FLAT: Final[Json] = {
    "event": "Purchase",
    "event_id": "order-1001",
    "event_time": _TIME - 60,
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
    "event_time": _TIME - 60,
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
        {
            "event": "add_to_cart",
            "email": "not an address",
            "external_id": "customer-77",
            "event_time": _TIME,
        },
        {"event": "ViewContent", "event_time": _TIME},
    ]
}
ENVELOPE: Final[Json] = {"event_source": "web", "event_source_id": _PIXEL, "data": [NESTED]}


def _said(code: str, field: str, message: str) -> Json:
    return {"code": code, "field": field, "message": message}


ACCEPTED: Final[Json] = {
    "accepted": [
        {"index": 0, "event": "Purchase", "event_id": "order-1001", "match_quality": 8.5, "warnings": []}
    ],
    "rejected": [],
}
REFUSED: Final[Json] = {
    "type": "about:blank",
    "title": "Unprocessable Content",
    "status": 422,
    "code": "events_rejected",
    "detail": "Every event was refused; each says why.",
    "accepted": [],
    "rejected": [
        {
            "index": 0,
            "errors": [
                _said(
                    "value_not_a_number",
                    "value",
                    "value is text of 7 characters; wanted is a plain number, such as 129.9.",
                )
            ],
            "warnings": [
                _said(
                    "value_missing",
                    "value",
                    "No value and currency: TikTok can't report revenue or bid on it. Send both.",
                )
            ],
        }
    ],
}
BAD_VALUE: Final[Json] = {**FLAT, "value": "129,90€"}


def describe() -> Json:
    """The whole description."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "tiktok-events-relay",
            "version": __version__,
            "summary": "Takes a shop's events and delivers them to TikTok's Events API 2.0.",
            "description": "202 means that the event lies safe on the queue. Personal data is normalised and "
            "hashed before it; what is hashed already is kept. docs/events.md says what every field and "
            "every finding means.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "https://{api}", "variables": {"api": {"default": "api.example"}}}],
        "paths": {path: _PATHS[path]() if path in _PATHS else _webhook(path) for path in ROUTES},
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {
                "serverKey": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The relay's server key. Pages need none: their Origin is on the list "
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


def _content(schema: str, media: str = _JSON, **examples: Json) -> Json:
    found: Json = {"schema": _ref(schema)}
    if examples:
        found["examples"] = {name: {"value": value} for name, value in examples.items()}
    return {media: found}


def _answer(description: str, schema: str, media: str = _JSON, **examples: Json) -> Json:
    return {"description": description, "content": _content(schema, media, **examples)}


def _problem(description: str, **examples: Json) -> Json:
    return _answer(description, "Problem", _PROBLEM, **examples)


def _events() -> Json:
    body = _content("Body", flat=FLAT, nested=NESTED, several=SEVERAL, envelope=ENVELOPE, refused=BAD_VALUE)
    return {
        "post": {
            "operationId": "postEvents",
            "summary": "Send events",
            "description": f"One event, up to {MOST_EVENTS} in `events`, or TikTok's own envelope. A bad "
            f"event never keeps a good one back. At most {MOST_SERVER_BYTES} bytes from a server and "
            f"{MOST_BROWSER_BYTES} from a page, which may send text/plain (navigator.sendBeacon) and whose "
            "own address and browser are taken from the request.",
            "security": [{"serverKey": []}, {}],
            "requestBody": {
                "required": True,
                "content": {
                    **body,
                    "text/plain": {
                        "schema": {"type": "string", "description": "The same JSON, from a page only."}
                    },
                },
            },
            "responses": {
                "202": _answer("Accepted: on the queue.", "Receipt", flat=ACCEPTED),
                "200": _answer("Nothing was kept: the person refused consent to every event.", "Receipt"),
                "400": _problem("The body is no JSON, or holds no events."),
                "401": _problem("No server key, a wrong one, or a page of another origin."),
                "413": _problem("Too many bytes or events."),
                "415": _problem("Not JSON by its content type."),
                "422": _problem("Every event was refused.", refused=REFUSED),
                "503": _problem("The queue took nothing. Send it again."),
            },
        },
        "options": {
            "operationId": "preflightEvents",
            "summary": "What a browser asks before a page of another origin posts",
            "security": [{}],
            "responses": {
                "204": {"description": "Pages of this origin may send."},
                "403": _problem("Pages of this origin may not."),
            },
        },
    }


def _track() -> Json:
    return {
        "post": {
            "operationId": "track",
            "summary": "TikTok's own request, for clients that change only their host",
            "description": "All of a request or nothing, as TikTok has it. Always HTTP 200: `code` says what "
            "happened. 0 is taken, 40002 names row and field, 40104 and 40105 are a missing and a wrong key, "
            "50000 is for sending again.",
            "security": [{"accessToken": []}],
            "requestBody": {"required": True, "content": _content("Envelope", envelope=ENVELOPE)},
            "responses": {"200": _answer("TikTok's envelope.", "TikTokAnswer")},
        }
    }


def _webhook(path: str) -> Json:
    sender = path.rpartition("/")[2]
    return {
        "post": {
            "operationId": f"postWebhook{sender.capitalize()}",
            "summary": f"A webhook of {sender}",
            "description": "Proven by the sender's own signature over the raw bytes, in the headers that the "
            "sender sets. What becomes of which topic is in docs/webhook-mapping.md.",
            "security": [{}],
            "requestBody": {
                "required": True,
                "content": {_JSON: {"schema": {"type": "object", "description": "As the sender sends it."}}},
            },
            "responses": {
                "200": _answer("Taken, or left out on purpose: `status` says which.", "WebhookAnswer"),
                "400": _problem("The body can't be read."),
                "401": _problem("The signature proves nothing."),
                "413": _problem("Too many bytes."),
                "503": _problem("The queue took nothing. The sender tries again."),
            },
        }
    }


def _health() -> Json:
    return {
        "get": {
            "operationId": "health",
            "summary": "Whether it runs, and which version",
            "security": [{}],
            "responses": {
                "200": _answer("It runs.", "Health", health={"status": "ok", "version": __version__})
            },
        }
    }


def _openapi() -> Json:
    return {
        "get": {
            "operationId": "openapi",
            "summary": "This description",
            "security": [{}],
            "responses": {
                "200": {"description": "OpenAPI 3.1.", "content": {_JSON: {"schema": {"type": "object"}}}}
            },
        }
    }


_PATHS: Final = {
    "/v1/events": _events,
    "/open_api/v1.3/event/track/": _track,
    "/v1/health": _health,
    "/v1/openapi.json": _openapi,
}
"""What describes a path; all others are webhooks."""


def _schemas() -> Json:
    event, schemas = _made(model.Event)
    # Left to be judged field by field, it is no part of what pydantic sees of an event.
    schemas["User"], _ = _made(model.User)
    event["properties"]["user"] = {**_ref("User"), "description": "Who did it"}
    industry, more = _made(Industry)
    schemas |= more
    schemas["Properties"]["properties"] |= industry["properties"]
    schemas["User"]["properties"] |= _digests()
    event["properties"] |= _beside()
    schemas["Event"] = event | {"required": ["event"]}
    schemas["FlatEvent"] = _flat(schemas)
    addressed = {name: _beside()[name] for name in ("event_source", "event_source_id", "test_event_code")}
    schemas["Envelope"] = _object(
        "TikTok's own envelope.",
        {**addressed, "data": _list("Event", "Events, nested.")},
        required=["event_source", "event_source_id", "data"],
    )
    schemas["Events"] = _object(
        "Several events at once.",
        {
            **addressed,
            "events": {
                "type": "array",
                "minItems": 1,
                "maxItems": MOST_EVENTS,
                "items": {"anyOf": [_ref("FlatEvent"), _ref("Event")]},
            },
        },
        required=["events"],
    )
    schemas["Body"] = {"anyOf": [_ref("FlatEvent"), _ref("Event"), _ref("Events"), _ref("Envelope")]}
    tidy: Json = _tidy(schemas | _answers())
    return tidy


def _made(of: Any) -> tuple[Json, Json]:
    """The schema of a model, and those that it refers to."""
    made: Json = TypeAdapter(of).json_schema(ref_template="#/components/schemas/{model}")
    more: Json = made.pop("$defs", {})
    return made, more


def _beside() -> Json:
    return {
        "consent": {
            "description": "granted or true; denied or false drops the event before anything is kept",
            "enum": ["granted", "denied", True, False],
        },
        "event_source": {"description": "web where nothing is said", "enum": list(SOURCES)},
        "event_source_id": {
            "description": "One of the relay's destinations, or several; the usual one where nothing is said",
            "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
        },
        "test_event_code": {
            "type": "string",
            "description": "From Events Manager: the event counts as a test only",
        },
    }


def _digests() -> Json:
    one = {"type": "string", "pattern": "^[0-9a-fA-F]{64}$"}
    return {
        alias: {
            "description": f"{field}, hashed already",
            "anyOf": [one, {"type": "array", "items": one}],
        }
        for alias, field in nesting.DIGESTS.items()
    }


def _flat(schemas: Json) -> Json:
    sections = {
        "user": "User",
        "properties": "Properties",
        "page": "Page",
        "app": "App",
        "ad": "Ad",
        "lead": "Lead",
    }
    fields: Json = {
        name: value for name, value in schemas["Event"]["properties"].items() if name not in sections
    }
    for name, (section, inner) in sorted(nesting.flat_fields().items()):
        described = schemas[sections[section]]["properties"]
        known = name if name in nesting.DIGESTS else inner
        fields[name] = described[known] if known in described else schemas["Content"]["properties"][known]
    return _object("One event with the field names that Events Manager shows.", fields, required=["event"])


def _object(description: str, fields: Json, *, required: list[str]) -> Json:
    return {"type": "object", "description": description, "properties": fields, "required": required}


def _list(name: str, description: str) -> Json:
    return {
        "type": "array",
        "minItems": 1,
        "maxItems": MOST_EVENTS,
        "description": description,
        "items": _ref(name),
    }


def _answers() -> Json:
    index = {"type": "integer", "description": "The event's place in the request, from 0"}
    name, event_id = {"type": "string"}, {"type": "string"}
    findings = {"type": "array", "items": _ref("Finding")}
    receipt: Json = {
        "accepted": {
            "type": "array",
            "items": _object(
                "An event on the queue.",
                {
                    "index": index,
                    "event": name,
                    "event_id": event_id,
                    "match_quality": {
                        "type": "number",
                        "minimum": 0,
                        "maximum": 10,
                        "description": f"What there is to match on, by our own formula; below {LOW:g} it "
                        "comes with a warning",
                    },
                    "warnings": findings,
                },
                required=["index", "event", "event_id", "match_quality", "warnings"],
            ),
        },
        "rejected": {
            "type": "array",
            "items": _object(
                "An event that goes nowhere, and why.",
                {"index": index, "errors": findings, "warnings": findings},
                required=["index", "errors", "warnings"],
            ),
        },
        "dropped": {
            "type": "array",
            "items": _object(
                "An event that was not kept.",
                {"index": index, "reason": {"const": "consent_denied"}},
                required=["index", "reason"],
            ),
        },
        "not_queued": {
            "type": "array",
            "items": _object(
                "An event that the queue did not take: send it again.",
                {"index": index, "event": name, "event_id": event_id},
                required=["index", "event", "event_id"],
            ),
        },
    }
    return {
        "Finding": _object(
            "Something that is wrong with one field; it never holds the field's value.",
            {
                "code": {"enum": list(CHECKS), "description": "Stable: programs may compare it."},
                "field": {"type": "string", "description": "The field's path, as its sender wrote it"},
                "message": {"type": "string", "description": "What to do, in a sentence"},
            },
            required=["code", "field", "message"],
        ),
        "Receipt": _object("What became of each event.", receipt, required=["accepted", "rejected"]),
        "Problem": _object(
            "What went wrong (RFC 9457); beside it stand the members of a receipt where there are any.",
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
        "TikTokAnswer": _object(
            "TikTok's own answer.",
            {
                "code": {"type": "integer"},
                "message": {"type": "string"},
                "request_id": {"type": "string", "minLength": 34, "maxLength": 34},
                "data": {"type": "object"},
            },
            required=["code", "message", "request_id"],
        ),
        "WebhookAnswer": _object(
            "What became of a webhook; beside it stand the members of a receipt where it held an event.",
            {
                "status": {"enum": ["accepted", "ignored", "dropped"]},
                "reason": {"type": "string"},
                "detail": {"type": "string"},
                **receipt,
            },
            required=["status"],
        ),
        "Health": _object(
            "That it runs.",
            {"status": {"const": "ok"}, "version": {"type": "string"}},
            required=["status", "version"],
        ),
    }


def _tidy(value: Any) -> Any:
    """Without the titles that pydantic makes of names, and that say nothing."""
    if isinstance(value, dict):
        return {
            name: _tidy(each)
            for name, each in value.items()
            if not (name == "title" and isinstance(each, str))
        }
    return [_tidy(each) for each in value] if isinstance(value, list) else value


def text() -> str:
    """The description as it is kept."""
    return json.dumps(describe(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
