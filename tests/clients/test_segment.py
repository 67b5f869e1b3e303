"""Segment's TikTok destinations through the drop-in route: the digests that Segment makes are those that
arrive."""

import json
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from relay.message import decode
from tests.clients.conftest import NODE_MODULES
from tests.integration.conftest import Ingest
from tests.support.events import ROUTES
from tests.support.lambda_events import SERVER_KEY

DESTINATIONS = ",".join(f"{source}:{ROUTES.ids[source][0]}" for source in ("app", "offline", "crm"))
SCRIPT = Path(__file__).with_name("segment.cjs")
HASHED = ("email", "phone", "external_id", "first_name", "last_name", "zip_code")

PERSON: dict[str, Any] = {
    "email": ["Ada@Example.com", "ada@work.example"],
    "phone_number": ["+12133734253"],
    "external_id": ["customer-77"],
}
CONTENT: dict[str, Any] = {
    "content_id": "SKU-1001",
    "content_name": "Trail shoe",
    "price": 12.5,
    "quantity": 2,
    "brand": "Ours",
}
WEB: dict[str, Any] = {
    "destination": "tiktok-conversions",
    "action": "reportWebEvent",
    "settings": {"accessToken": "unused", "pixelCode": ROUTES.ids["web"][0]},
    "payload": {
        "event": "Purchase",
        "event_id": "order-1001",
        **PERSON,
        "first_name": "Ada",
        "last_name": "Lovelace",
        "address": {"city": "London", "state": "LND", "country": "GB", "zip_code": "SW1A1AA"},
        "url": "https://shop.example/thanks?ttclid=E.C.P.1",
        "ttp": "2tTp",
        "ip": "9.9.9.9",
        "user_agent": "Mozilla/5.0",
        "locale": "en-GB",
        "contents": [CONTENT],
        "content_type": "product",
        "value": 25,
        "currency": "EUR",
        "order_id": "1001",
    },
}
APP: dict[str, Any] = {
    "destination": "tiktok-app-events",
    "action": "reportAppEvent",
    "settings": {"accessToken": "unused", "appID": ROUTES.ids["app"][0]},
    "payload": {
        "event_source": "app",
        "event": "Purchase",
        "event_id": "order-1002",
        **PERSON,
        "app": {"app_id": "com.shop.example", "app_name": "Shop", "app_version": "1.0"},
        "advertising_id": "aaaaaaaa-2222-1111-8787-809e92233ba0",
        "device_details": {"device_type": "android", "device_id": "d-1"},
        "att_status": "AUTO",
        "contents": [CONTENT],
        "content_type": "product",
        "value": 25,
        "currency": "EUR",
    },
}
OFFLINE: dict[str, Any] = {
    "destination": "tiktok-offline-conversions",
    "action": "reportOfflineEvent",
    "settings": {"accessToken": "unused", "eventSetID": ROUTES.ids["offline"][0]},
    "payload": {
        "event": "Purchase",
        "event_id": "order-1003",
        "event_source": "offline",
        **PERSON,
        "email_addresses": PERSON["email"],
        "phone_numbers": PERSON["phone_number"],
        "contents": [CONTENT],
        "content_type": "product",
        "value": 25,
        "currency": "EUR",
        "order_id": "1003",
    },
}
DIGEST = "b5fc85e55755f9e0d030a10ab4429b6b2944855f9a0d60077fe832becbc41d72"
ALREADY_HASHED: dict[str, Any] = {
    **WEB,
    "payload": {
        **WEB["payload"],
        "email": [DIGEST],
    },
}


def build_request(node: str, case: dict[str, Any]) -> dict[str, Any]:
    """The body of the request that Segment's code makes of an event."""
    timestamp = datetime.fromtimestamp(time.time() - 60, UTC).isoformat()
    line = json.dumps({**case, "payload": {**case["payload"], "timestamp": timestamp}})
    done = subprocess.run(
        [node, str(SCRIPT)],
        input=line,
        capture_output=True,
        text=True,
        check=True,
        env={"NODE_PATH": str(NODE_MODULES)},
        timeout=120,
    )
    request: dict[str, Any] = json.loads(done.stdout)
    assert request["url"].endswith("/open_api/v1.3/event/track/")
    body: dict[str, Any] = request["json"]
    return body


@pytest.mark.parametrize(
    "case", [WEB, APP, OFFLINE, ALREADY_HASHED], ids=["web", "app", "offline", "already hashed"]
)
def test_digests_of_segment_arrive(
    ingest_function: Ingest, node: str, case: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESTINATIONS", DESTINATIONS)
    body = build_request(node, case)
    answer = ingest_function.request(path="/open_api/v1.3/event/track/", body=body, access_token=SERVER_KEY)
    assert answer["json"] == answer["json"] | {"code": 0, "message": "OK"}
    (message,) = map(decode, ingest_function.queued())
    item, (sent,) = json.loads(message.item), body["data"]
    assert message.destination[:2] == (body["event_source"], body["event_source_id"])
    for name in (*HASHED, "ttclid", "ttp", "ip", "user_agent", "idfa", "gaid"):
        expected = sent["user"].get(name) or None
        if isinstance(expected, list) and len(expected) == 1:
            (expected,) = expected
        assert item["user"].get(name) == expected, name
    for name in ("event", "event_id", "event_time"):
        assert item[name] == sent[name]
    assert item["properties"]["value"] == 25
    assert item["properties"]["contents"][0]["content_id"] == "SKU-1001"
