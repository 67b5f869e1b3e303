"""The OpenAPI description: valid, up to date, complete, and one copy of it."""

import json
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from ingest.routes import ROUTES
from relay.event.nesting import flat_fields
from relay.findings import CHECKS
from tools import openapi

DESCRIBED: dict[str, Any] = json.loads(openapi.PATH.read_text(encoding="utf-8"))


def test_it_is_valid() -> None:
    assert [error.message for error in OpenAPIV31SpecValidator(DESCRIBED).iter_errors()] == []


def test_kept_copy_is_what_the_models_make() -> None:
    assert openapi.PATH.read_text(encoding="utf-8") == openapi.text(), "run `make openapi`"


def test_docs_have_the_same_copy() -> None:
    linked = openapi.PATH.parents[3] / "docs/openapi.json"
    assert linked.is_symlink()
    assert linked.resolve() == openapi.PATH


def test_every_route_and_method_is_described() -> None:
    described = {path: {method.upper() for method in methods} for path, methods in DESCRIBED["paths"].items()}
    assert described == {path: set(methods) for path, methods in ROUTES.items()}


def test_every_flat_field_is_described() -> None:
    fields = DESCRIBED["components"]["schemas"]["FlatEvent"]["properties"]
    assert set(flat_fields()) <= set(fields)
    assert [
        name for name, schema in fields.items() if not {"description", "$ref", "type"} & schema.keys()
    ] == []


def test_every_check_is_a_code_that_a_finding_may_have() -> None:
    assert DESCRIBED["components"]["schemas"]["Finding"]["properties"]["code"]["enum"] == list(CHECKS)


@pytest.mark.parametrize("name", list(DESCRIBED["components"]["schemas"]))
def test_every_schema_is_referred_to(name: str) -> None:
    assert f'"#/components/schemas/{name}"' in json.dumps(DESCRIBED)
