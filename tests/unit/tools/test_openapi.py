"""The OpenAPI description: valid, up to date, complete, and one copy of it."""

import json
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from ingest.routes import ROUTES
from relay.event.model import FLAT_FIELDS
from relay.findings import CHECKS
from relay.webhooks.registry import PROVIDERS
from tests.support.rows import every_row
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


def test_every_provider_has_a_description_of_its_body() -> None:
    assert openapi.WEBHOOK_BODIES.keys() == PROVIDERS.keys()


def test_every_flat_field_is_described() -> None:
    fields = DESCRIBED["components"]["schemas"]["FlatEvent"]["properties"]
    assert set(FLAT_FIELDS) <= set(fields)
    assert [
        name for name, schema in fields.items() if not {"description", "$ref", "type"} & schema.keys()
    ] == []


def test_every_check_is_a_known_code_of_a_finding() -> None:
    code = DESCRIBED["components"]["schemas"]["Finding"]["properties"]["code"]
    assert code["type"] == "string"
    assert "enum" not in code
    assert [known for known in CHECKS if known not in code["description"]] == []


def enums(value: Any) -> list[list[Any]]:
    """Every enum in a document."""
    if isinstance(value, dict):
        inside = [found for inner in value.values() for found in enums(inner)]
        return [*([value["enum"]] if isinstance(value.get("enum"), list) else []), *inside]
    return [found for inner in value for found in enums(inner)] if isinstance(value, list) else []


def test_no_enum_mixes_types() -> None:
    assert [enum for enum in enums(DESCRIBED) if {type(value) for value in enum} != {str}] == []


def test_every_operation_has_a_tag_that_is_explained() -> None:
    explained = {tag["name"] for tag in DESCRIBED["tags"]}
    operations = [operation for methods in DESCRIBED["paths"].values() for operation in methods.values()]
    assert all(set(operation["tags"]) <= explained and operation["tags"] for operation in operations)


@pytest.mark.parametrize(
    ("body", "shape"),
    [
        (openapi.FLAT, "FlatEvent"),
        (openapi.NESTED, "NestedEvent"),
        (openapi.SEVERAL, "EventList"),
        (openapi.ENVELOPE, "Envelope"),
    ],
)
def test_a_body_has_exactly_one_of_the_shapes(body: dict[str, Any], shape: str) -> None:
    shapes = [ref["$ref"].rpartition("/")[2] for ref in DESCRIBED["components"]["schemas"]["Body"]["oneOf"]]
    matching = [
        name
        for name in shapes
        if OAS31Validator(
            {"$ref": f"#/components/schemas/{name}", "components": DESCRIBED["components"]}
        ).is_valid(body)
    ]
    assert matching == [shape]


def test_no_example_has_a_fixed_time() -> None:
    assert 'event_time": 1' not in json.dumps(DESCRIBED)


@every_row("name", list(DESCRIBED["components"]["schemas"]))
def test_every_schema_is_referred_to(name: str) -> None:
    assert f'"#/components/schemas/{name}"' in json.dumps(DESCRIBED)
