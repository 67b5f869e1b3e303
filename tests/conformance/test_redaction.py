"""Personal data is redacted wherever it stands outside the user."""

import json
from typing import Any

import pytest

from tests.support.events import accepted, event


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
