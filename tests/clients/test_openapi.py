"""The OpenAPI document for tools that others wrote: a generated client sends an event, and a linter is
content."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.conftest import NODE_MODULES, PYTHON, ROOT
from tests.integration.conftest import Ingest
from tests.support.http_server import Answer, Posted, serving
from tests.support.lambda_events import SERVER_KEY
from tools import openapi

SEND = """
import sys
from generated import AuthenticatedClient
from generated.api.events import post_events
from generated.models import Content, EventList, FlatEvent, NestedEvent, Properties, Receipt, User

url, key = sys.argv[1:]
with AuthenticatedClient(base_url=url, token=key) as client:
    flat = FlatEvent(event="Purchase", event_id="order-1", email="a@b.example", value=24.0, currency="EUR")
    nested = NestedEvent(
        event="ViewContent",
        user=User(email=["ada@example.com"]),
        properties=Properties(contents=[Content(content_id="SKU-1", price=12.0, quantity=2)]),
    )
    for body in (flat, nested, EventList(events=[flat, nested])):
        receipt = post_events.sync(client=client, body=body)
        assert isinstance(receipt, Receipt), receipt
        assert not receipt.rejected, receipt
        print(*(accepted.event for accepted in receipt.accepted))
"""


@pytest.fixture
def url(ingest_function: Ingest) -> Iterator[str]:
    """The handler behind a real HTTP server."""

    def answer_to(posted: Posted) -> Answer:
        answer = ingest_function.request(
            path=posted.path, body=posted.body.decode(), authorization=posted.headers["authorization"]
        )
        body = json.dumps(answer["json"]).encode()
        return Answer(answer["statusCode"], body, answer["headers"]["content-type"])

    with serving(answer_to) as url:
        yield url


def test_generated_client_sends_events(
    ingest_function: Ingest, url: str, generator: Path, tmp_path: Path
) -> None:
    done = subprocess.run(
        [
            str(generator), "generate", "--path", str(openapi.PATH), "--meta", "none",
            "--output-path", str(tmp_path / "generated"), "--fail-on-warning",
        ],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": f"{PYTHON}:/usr/bin:/bin"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    sent = subprocess.run(
        [str(PYTHON / "python"), "-c", SEND, url, SERVER_KEY],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={"NO_PROXY": "127.0.0.1"},
    )
    assert sent.stdout.split() == ["Purchase", "ViewContent", "Purchase", "ViewContent"], sent.stderr
    assert len(ingest_function.queued()) == 4


def test_linter_finds_nothing(node: str) -> None:
    done = subprocess.run(
        [
            node, str(NODE_MODULES / "@redocly/cli/bin/cli.js"), "lint", str(openapi.PATH), "--config",
            str(ROOT / "tests/clients/redocly.yaml"), "--format", "json",
        ],
        capture_output=True,
        text=True,
        check=False,
        env={"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "PATH": "/usr/bin:/bin"},
        timeout=120,
    )  # fmt: skip
    assert json.loads(done.stdout)["problems"] == [], done.stderr
