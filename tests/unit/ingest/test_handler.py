"""The handler: what the response to a page says of who may read it, and what an error counts."""

from typing import Any

import pytest

from ingest.handler import lambda_handler
from relay import telemetry
from relay.settings import SettingsError
from tests.support.ingest import ORIGIN, make_dependencies
from tests.support.lambda_events import http_event
from tests.support.rows import every_row
from tests.support.telemetry import emitted


@pytest.fixture(autouse=True)
def without_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.handler.get_dependencies", make_dependencies)


def answer(*arguments: Any, **headers: str | None) -> dict[str, Any]:
    return {**lambda_handler(http_event(*arguments, **headers), None)}  # type: ignore[arg-type]


@every_row("path", ["/v1/events", "/v1/visits"])
@every_row("method", ["POST", "OPTIONS", "PUT"])
@every_row("origin", [ORIGIN, "https://evil.example", "null"])
def test_no_cache_gives_the_response_to_one_page_to_another(path: str, method: str, origin: str) -> None:
    headers = answer(method, path, "{", authorization=None, origin=origin)["headers"]
    assert headers["vary"] == "origin"
    assert headers["cache-control"] == "no-store"
    allowed = {ORIGIN: ORIGIN, "null": "*"}
    assert headers.get("access-control-allow-origin") == allowed.get(origin)


def test_response_to_a_server_names_no_origin() -> None:
    headers = answer("POST", "/v1/events", "{")["headers"]
    assert headers.keys().isdisjoint({"vary", "access-control-allow-origin"})


@pytest.mark.parametrize(
    ("known", "status"),
    [
        ("*", 304),
        ("{tag}", 304),
        ("W/{tag}", 304),
        ('"another", {tag}', 304),
        ('"another"', 200),
        ("", 200),
        (None, 200),
    ],
)
def test_script_that_the_browser_has_is_not_sent_again(known: str | None, status: int) -> None:
    tag = answer("GET", "/tag.js")["headers"]["etag"]
    again = answer("GET", "/tag.js", if_none_match=known and known.format(tag=tag))
    assert (again["statusCode"], bool(again["body"])) == (status, status == 200)
    assert again["headers"]["etag"] == tag


@pytest.mark.parametrize(
    ("raised", "status"), [(SettingsError("PIXEL_ID", "is missing"), 503), (KeyError("of a person"), 500)]
)
def test_response_with_5xx_is_one_error_of_the_version(
    raised: Exception, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_request: object) -> None:
        raise raised

    monkeypatch.setattr("ingest.handler.find_route", fail)
    telemetry.configure("shop-stack", "ingest-12")
    emitted(capsys)
    assert answer("POST", "/v1/events", "{")["statusCode"] == status
    counted = [line["VersionErrors"] for line in emitted(capsys) if "VersionErrors" in line]
    assert counted == [[1.0]]
