"""The built functions, and every metric that they emit over requests and responses of all kinds."""

import base64
import hmac
import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.simulator import Simulator
from relay.event.pipeline import RequestContext
from relay.message import Message
from tests.aws import built
from tests.aws.cloudwatch import Series
from tests.faults.servers import Server
from tests.support.events import DESTINATION, PIXEL, accepted, event
from tests.support.lambda_events import http_event, sqs_event
from tests.support.template import physical

SECRET = "shopify-secret-1"
KEY = "key-1-of-sixteen-or-more-characters"
TOKEN = "token-of-the-pixel-0001"
ORIGIN = "https://shop.example"


def pytest_report_header() -> str:
    """Say which Python runs the built functions."""
    version = subprocess.run([built.PYTHON, "-V"], capture_output=True, text=True, check=True).stdout
    return f"built functions run on: {version.strip()}"


@pytest.fixture(scope="session")
def artefacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Layer and functions as `sam build` makes them, for this machine."""
    return built.build(tmp_path_factory.mktemp("built"))


@pytest.fixture(scope="session")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the functions write."""
    return tmp_path_factory.mktemp("logs")


@pytest.fixture
def aws() -> Iterator[tuple[built.Aws, Server]]:
    """SQS and Secrets Manager."""
    account = built.Aws()
    account.secrets["IngestSecret.Id"] = json.dumps({"server_key": KEY, "shopify": [SECRET]})
    account.secrets["TikTokSecret.Id"] = json.dumps({PIXEL: TOKEN})
    server = Server(account.answer)
    yield account, server
    server.close()


def request(body: object, key: str = KEY) -> dict[str, Any]:
    """A request of a back end."""
    return http_event(body=body, authorization=f"Bearer {key}")


def visit(user_agent: str) -> dict[str, Any]:
    """What a page leaves."""
    body = {"id": "ttv_" + "v" * 22, "consent": "granted", "ttclid": "E.C.P.x"}
    return http_event(path="/v1/visits", body=body, authorization=None, origin=ORIGIN, user_agent=user_agent)


def webhook(
    secret: str, topic: str = "orders/paid", sender: str = "shopify", body: object = None
) -> dict[str, Any]:
    """A webhook of Shopify, signed with `secret`."""
    raw = json.dumps(body or {"id": 1, "test": False}).encode()
    digest = base64.b64encode(hmac.digest(secret.encode(), raw, "sha256")).decode()
    return http_event(
        "POST",
        f"/v1/webhooks/{sender}",
        raw,
        authorization=None,
        x_shopify_topic=topic,
        x_shopify_hmac_sha256=digest,
        x_shopify_shop_domain="shop.myshopify.com",
    )


def messages(number: int) -> list[str]:
    """Queue messages of purchases, received now."""
    now = time.time()
    taken = (
        accepted(event(event_id=f"order-{index}", event_time=int(now)), context=RequestContext(now))
        for index in range(number)
    )
    return [Message(DESTINATION, now, "server", "trace", item.item).encode() for item in taken]


def ingest_everything(function: built.Function, account: built.Aws) -> None:
    """Send ingest one request of each kind that it counts."""
    good = event(event_time=int(time.time()))
    for body in (good, {**good, "event": None}, {**good, "consent": "denied"}):
        function.invoke(request({name: value for name, value in body.items() if value is not None}))
    function.invoke(request(good, key="wrong"))
    for secret in (SECRET, "another-secret-of-sixteen"):
        function.invoke(webhook(secret))
    function.invoke(webhook(SECRET, topic="themes/create"))
    account.rejects = True
    function.invoke(request(good))
    account.rejects = False
    for user_agent in ("Mozilla/5.0", "Googlebot/2.1"):
        function.invoke(visit(user_agent))
    paid = {
        "id": 2,
        "checkout_token": "chk",
        "total_price": "1.00",
        "currency": "EUR",
        "email": "a@shop.example",
    }
    function.invoke(webhook(SECRET, body=paid))
    account.table_fails = True
    function.invoke(visit("Mozilla/5.0"))


DEFECTS: tuple[tuple[str, str], ...] = (
    ("IngestFunction", "relay.settings:_matching"),
    ("IngestFunction", "ingest.handler:find_route"),
    ("IngestFunction", "relay.event.pipeline:process_event"),
    ("DispatchFunction", "relay.tiktok.client:Client.track"),
)
"""What raises in a release with a defect: a setting, a route, one event, a request to TikTok."""


def new_version(function: str) -> str:
    """The version of a function that the template's alarms name."""
    return f"{physical(function)}.Version.Version"


Ended = tuple[dict[str, Any], list[dict[str, Any]]]
"""The response of a run, and its metric lines."""


@pytest.fixture(scope="session")
def defective(artefacts: Path, logs: Path) -> dict[tuple[str, str], Ended]:
    """What a run of each release with a defect ends in."""
    account = built.Aws()
    account.secrets["IngestSecret.Id"] = json.dumps({"server_key": KEY})
    account.secrets["TikTokSecret.Id"] = json.dumps({PIXEL: TOKEN})
    server = Server(account.answer)
    ended: dict[tuple[str, str], Ended] = {}
    for name, defect in DEFECTS:
        sent = sqs_event(messages(2)) if name == "DispatchFunction" else request(event())
        variables = {"PIXEL_ID": PIXEL, "AWS_LAMBDA_FUNCTION_VERSION": new_version(name)}
        with built.running(name, artefacts, logs, server, defect=defect, **variables) as function:
            ended[name, defect] = function.invoke(sent), function.metrics()
    server.close()
    return ended


@pytest.fixture(scope="session")
def emitted(
    artefacts: Path, logs: Path, defective: dict[tuple[str, str], Ended]
) -> dict[str, list[dict[str, Any]]]:
    """The metric lines of each function, by the function's name, over everything that can happen to it."""
    account = built.Aws()
    # Each with an entry too short to be in force.
    account.secrets["IngestSecret.Id"] = json.dumps({"server_key": KEY, "shopify": [SECRET], "stripe": ["x"]})
    account.secrets["TikTokSecret.Id"] = json.dumps({PIXEL: TOKEN, "OTHERPIXEL": "x"})
    lines: dict[str, list[dict[str, Any]]] = {"ingest": [], "dispatch": []}
    server = Server(account.answer)
    variables = {"PIXEL_ID": PIXEL, "ALLOWED_ORIGINS": ORIGIN}
    with built.running("IngestFunction", artefacts, logs, server, **variables) as function:
        ingest_everything(function, account)
        lines["ingest"] = function.metrics()
    with built.running(
        "IngestFunction", artefacts, logs, server, **variables, TEST_EVENT_CODE="TEST1"
    ) as function:
        function.invoke(request(event(event_time=int(time.time()))))
        lines["ingest"] += function.metrics()
    for kind, options in FAULTS:
        with Simulator(tokens={TOKEN: [PIXEL]}) as simulator:
            if kind:
                simulator.add_fault(kind, **options)
            variables = {"PIXEL_ID": PIXEL, "TIKTOK_API_URL": simulator.url}
            with built.running("DispatchFunction", artefacts, logs, server, **variables) as function:
                function.invoke(sqs_event(messages(2)))
                lines["dispatch"] += function.metrics()
    server.close()
    for (name, _), (_, written) in defective.items():
        lines[built.PACKAGES[name]] += written
    return lines


FAULTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("", {}),
    ("throttle", {"http_status": 429}),
    ("error", {}),
    ("error", {"code": 31337}),
    ("token_revoked", {}),
    ("partial", {"listed": False, "match": {"field": "event_id", "in": ["order-0"]}}),
    ("poison", {"match": {"field": "event_id", "in": ["order-0"]}}),
)
"""What TikTok does with a batch: one of each class of its responses."""


def series_of(line: dict[str, Any]) -> set[Series]:
    """Every series that a line in the embedded metric format makes."""
    return {
        Series(directive["Namespace"], metric["Name"], frozenset((name, line[name]) for name in names))
        for directive in line["_aws"]["CloudWatchMetrics"]
        for names in directive["Dimensions"]
        for metric in directive["Metrics"]
    }
