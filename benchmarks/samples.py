"""What the benchmarks send: made-up Purchases, each with a time and trace id of its own, and webhooks."""

import base64
import copy
import hashlib
import json
import random
import time
from collections.abc import Iterator
from itertools import count
from typing import Any, Final

from relay.delivery.outcomes import Record
from relay.destination import Destination
from relay.message import Message

NOW: Final[float] = time.time()
PIXEL: Final[str] = "D179S7RC77UA68QT5U1G"
PIXELS: Final[tuple[str, ...]] = (PIXEL, "D2OTHERPIXEL00000000", "D3THIRDPIXEL00000000")
SERVER_KEY: Final[str] = "server-key-of-the-benchmark"
numbers: Final[Iterator[int]] = count()
"""Of events, so that no two have the same time and trace id."""


def purchase(number: int) -> dict[str, Any]:
    """A Purchase of a made-up person: two items, seven match fields, six of which are hashed."""
    return {
        "event": "Purchase",
        "event_id": f"order-{number}",
        "event_time": int(NOW) - number % 3600,
        "url": f"https://shop.example/checkout/{number}/thanks",
        "email": f"Person.{number}@example.com",
        "phone": f"+1213373{number % 10_000:04d}",
        "external_id": f"customer-{number}",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "zip_code": f"{90_000 + number % 1000}",
        "ttclid": f"E.C.P.{number:032d}",
        "value": 153.9,
        "currency": "USD",
        "content_type": "product",
        "contents": [
            {"content_id": "SKU-1001", "content_name": "Trail shoe, size 41", "price": 129.9, "quantity": 1},
            {"content_id": "SKU-2002", "content_name": "Enamel mug", "price": 12, "quantity": 2},
        ],
        "num_items": 3,
        "order_id": f"order-{number}",
    }


def purchases(events: int) -> list[bytes]:
    """The bodies of requests with one Purchase each."""
    return [json.dumps(purchase(number)).encode() for number in range(events)]


def purchases_to_coerce(events: int) -> list[bytes]:
    """The same with `value` as text, which has to be coerced."""
    bodies = (purchase(number) for number in range(events))
    return [json.dumps(body | {"value": str(body["value"])}).encode() for body in bodies]


def purchases_with_visitor(events: int) -> list[bytes]:
    """The same with what a shop knows of the visit: address, browser, cookie, and a URL with a query."""
    visit = {
        "user_agent": "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/140.0.0.0 Mobile Safari/537.36",
        "ttp": "01JZ5X3M8Q4T7V9B2C6D0E1F3G",
    }
    bodies = [
        purchase(number) | visit | {"ip": f"9.9.{number // 250 % 250}.{number % 250}"}
        for number in range(events)
    ]
    for body in bodies:
        body["url"] += f"?utm_source=tiktok&utm_campaign=summer&ttclid={body['ttclid']}"
    return [json.dumps(body).encode() for body in bodies]


def purchases_of_ad(events: int) -> list[bytes]:
    """The same with a click id that only the URL has, as an ad of TikTok opens a page: in a query with the
    campaign, and as long as a real one."""
    bodies = [purchase(number) for number in range(events)]
    for number, body in enumerate(bodies):
        click_id = base64.urlsafe_b64encode(hashlib.shake_128(body.pop("ttclid").encode()).digest(207))
        body["url"] += (
            f"?order={number}&utm_source=tiktok&utm_medium=paid&utm_id={1_790_000_000_000_000 + number}"
            f"&utm_campaign=Summer+sale&utm_content=video_{number % 7}&ttclid=E.C.P.{click_id.decode()}"
        )
    return [json.dumps(body).encode() for body in bodies]


def varied(sample: dict[str, Any], copies: int) -> list[bytes]:
    """Bodies of webhooks from a sample, each with an e-mail address of its own."""
    return [
        json.dumps(_with_email(sample, f"person.{number}@example.com")).encode() for number in range(copies)
    ]


def _with_email(sample: dict[str, Any], email: str) -> dict[str, Any]:
    body = copy.deepcopy(sample)
    holders = [body]
    while holders:
        holder = holders.pop()
        for name, value in holder.items():
            if isinstance(value, dict):
                holders.append(value)
            elif name == "email" and isinstance(value, str):
                holder[name] = email
    return body


def http_event(body: bytes) -> dict[str, Any]:
    """A request as API Gateway hands it over (HTTP API, payload 2.0)."""
    return {
        "version": "2.0",
        "rawPath": "/v1/events",
        "headers": {"authorization": f"Bearer {SERVER_KEY}", "content-type": "application/json"},
        "requestContext": {
            "http": {"method": "POST", "path": "/v1/events", "sourceIp": "9.9.9.9"},
            "requestId": f"request-{next(numbers)}",
        },
        "body": body.decode(),
        "isBase64Encoded": False,
    }


def sqs_records(records: int) -> list[Record]:
    """Records as Lambda hands them over: Purchases for three pixels, by turns."""
    now = time.time()
    return [
        {
            "messageId": f"message-{number}",
            "body": Message(
                Destination("web", PIXELS[number % len(PIXELS)]),
                now,
                "server",
                f"trace-{number}",
                item(number),
            ).encode(),
            "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": str(int(now * 1000))},
        }
        for number in range(records)
    ]


def item(number: int) -> str:
    """An item of a request to TikTok, as ingest writes it."""
    value = {
        "event": "Purchase",
        "event_time": int(NOW),
        "event_id": f"order-{number}",
        "user": {"email": f"{number:064x}", "phone": f"{number * 7:064x}", "ip": "9.9.9.9"},
        "properties": {
            "value": 24.5,
            "currency": "EUR",
            "content_type": "product",
            "contents": [{"content_id": "SKU-1", "price": 24.5, "quantity": 1}],
        },
        "page": {"url": "https://shop.example/thanks"},
    }
    return json.dumps(value, separators=(",", ":"))


def placements(bad: int, rows: int, seed: int = 1) -> list[list[int]]:
    """Where `bad` of `rows` rows may lie: at an end, spread, as far apart as halving allows, at random."""
    chance = random.Random(seed)  # noqa: S311 - places of rows
    step = rows / bad
    digits = (rows - 1).bit_length()
    reversed_bits = [int(f"{number:0{digits}b}"[::-1], 2) * rows // 2**digits for number in range(bad)]
    return [
        list(range(bad)),
        list(range(rows - bad, rows)),
        [int(number * step) for number in range(bad)],
        reversed_bits,
        *(chance.sample(range(rows), bad) for _ in range(10)),
    ]
