"""The OpenAPI description served, and its examples: each fits its schema, and comes out of the handler as it
says."""

import json
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator

from tests.integration.conftest import Ingest
from tests.support.lambda_events import SERVER_KEY
from tools import openapi

pytestmark = pytest.mark.integration

DESCRIBED: dict[str, Any] = json.loads(openapi.PATH.read_text(encoding="utf-8"))
POST: dict[str, Any] = DESCRIBED["paths"]["/v1/events"]["post"]
EXAMPLES: dict[str, Any] = POST["requestBody"]["content"]["application/json"]["examples"]
ENVELOPES: dict[str, Any] = DESCRIBED["paths"]["/open_api/v1.3/event/track/"]["post"]


def faults(value: object, schema: str) -> list[str]:
    """What is wrong with a value by a schema of the description."""
    described = {"$ref": f"#/components/schemas/{schema}", "components": DESCRIBED["components"]}
    return [error.message for error in OAS31Validator(described).iter_errors(value)]


def test_it_is_served_to_anybody(ingest_function: Ingest) -> None:
    answer = ingest_function.request("GET", "/v1/openapi.json", authorization=None)
    assert answer["statusCode"] == 200
    assert answer["headers"]["content-type"] == "application/json"
    assert answer["json"] == DESCRIBED


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_fits_its_schema_and_so_does_its_answer(ingest_function: Ingest, name: str) -> None:
    body = EXAMPLES[name]["value"]
    assert faults(body, "Body") == []
    answer = ingest_function.request(body=body)
    status = str(answer["statusCode"])
    media, described = next(iter(POST["responses"][status]["content"].items()))
    assert answer["headers"]["content-type"] == media
    assert faults(answer["json"], described["schema"]["$ref"].rpartition("/")[2]) == []
    if name in described.get("examples", {}):
        # The title is the standard's name of the status, which Python 3.13 knows by its newer one.
        shown = described["examples"][name]["value"]
        assert answer["json"] | {"title": ""} == shown | {"title": ""}


def test_every_example_of_an_answer_is_one_of_a_request() -> None:
    answered = {
        name
        for answer in POST["responses"].values()
        for media in answer["content"].values()
        for name in media.get("examples", {})
    }
    assert answered <= set(EXAMPLES)
    assert answered


def test_example_of_tiktoks_envelope_is_answered_as_tiktok_does(ingest_function: Ingest) -> None:
    body = ENVELOPES["requestBody"]["content"]["application/json"]["examples"]["envelope"]["value"]
    assert faults(body, "Envelope") == []
    answer = ingest_function.request(path="/open_api/v1.3/event/track/", body=body, access_token=SERVER_KEY)
    assert answer["json"]["code"] == 0
    assert faults(answer["json"], "TikTokResponse") == []


def test_health_answers_as_described(ingest_function: Ingest) -> None:
    answer = ingest_function.request("GET", "/v1/health")
    described = DESCRIBED["paths"]["/v1/health"]["get"]["responses"]["200"]["content"]["application/json"]
    assert answer["json"] == described["examples"]["health"]["value"]
    assert faults(answer["json"], "Health") == []


def test_webhook_of_nobody_is_rejected_as_described(ingest_function: Ingest) -> None:
    answer = ingest_function.request(path="/v1/webhooks/shopify", body={})
    assert answer["statusCode"] == 401
    assert faults(answer["json"], "Problem") == []
