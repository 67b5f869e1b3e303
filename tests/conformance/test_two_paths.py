"""A clean event and one that has to be coerced are redacted alike."""

import json
from typing import Any

import pytest
from pydantic_core import SchemaValidator, core_schema

from relay.event import typed
from tests.conformance.suite import Answered, Case, groups, run
from tests.support.events import accepted, event

CASES = [
    pytest.param(case, id=f"{group}: {case.id}")
    for group, cases in groups().items()
    for case in cases
    if not isinstance(case.given, Answered)
]


NOTHING_IS_CLEAN = SchemaValidator(core_schema.literal_schema(["nothing"]))


@pytest.mark.parametrize("case", CASES)
def test_both_paths_give_the_same_item_and_findings(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = run(case)
    monkeypatch.setattr(typed, "CLEAN", NOTHING_IS_CLEAN)
    assert run(case) == quick


@pytest.mark.parametrize("secret", ["ada@example.com", "+1 213 373 4253", "(213) 373-4253"])
@pytest.mark.parametrize(
    "section",
    [
        {"app": {"app_id": "1", "app_name": "{}"}},
        {"app": {"app_id": "1", "app_version": "{}"}},
        {"lead": {"lead_id": "1", "lead_event_source": "{}"}},
        {"properties": {"value": 1.0, "currency": "EUR", "shop_id": "a", "description": "{}"}},
        {"properties": {"value": 1.0, "currency": "EUR", "note": {"user": "{}"}}},
        {"properties": {"value": 1.0, "currency": "EUR", "note": {"user": {"note": ["{}"]}}}},
    ],
    ids=json.dumps,
)
def test_personal_data_is_redacted_in_every_free_text(section: dict[str, Any], secret: str) -> None:
    raw = event(
        value=None, currency=None, content_id=None, content_name=None, content_type=None, content_ids=["A"]
    )
    result = accepted(raw | json.loads(json.dumps(section).replace("{}", secret)))
    assert secret not in result.item
    assert "personal_data" in {finding.code for finding in result.warnings}
