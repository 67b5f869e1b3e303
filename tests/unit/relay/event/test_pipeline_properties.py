"""Intake, whatever comes in: what goes out is always TikTok's to take, holds nobody in clear, and is the same
twice."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest import mock

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from local.simulator import contract
from relay.event import pipeline
from relay.event.pipeline import Accepted, Dropped, PipelineOptions, Rejected, RequestContext, process_event
from relay.message import Message, decode
from relay.tiktok import client
from tests.support.events import NOW, ROUTES, AlwaysSearched
from tests.support.strategies import EVENTS, IDENTIFYING, RUBBISH

ROOT = Path(__file__).resolve().parents[4]

EXAMPLES = int(os.environ.get("RELAY_EXAMPLES", "100"))
"""How many events each property is shown; more of them by hand, when something is new."""

many = settings(
    max_examples=EXAMPLES,
    derandomize="RELAY_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)

CONTEXTS = st.builds(
    lambda browser, tiktok: RequestContext(
        NOW, {}, {"ip": "9.9.9.9", "user_agent": "Browser/1"} if browser else None, tiktok
    ),
    st.booleans(),
    st.booleans(),
)
OPTIONS = st.sampled_from([PipelineOptions(ROUTES), PipelineOptions(ROUTES, "GB")])


@many
@given(EVENTS, CONTEXTS, OPTIONS)
def test_what_is_accepted_is_tiktoks_to_take(
    raw: Any, context: RequestContext, options: PipelineOptions
) -> None:
    result = process_event(raw, context, options)
    event(type(result).__name__)
    if isinstance(result, Accepted):
        for destination in result.destinations:
            body = json.loads(client.encode_body(destination, [result.item]))
            assert contract.problems(body) == []


@many
@given(EVENTS, CONTEXTS, OPTIONS)
def test_nobody_goes_out_in_clear(raw: Any, context: RequestContext, options: PipelineOptions) -> None:
    result = process_event(raw, context, options)
    if isinstance(result, Accepted):
        shown = json.dumps(json.loads(result.item), ensure_ascii=False).lower()
        out = json.loads(result.item)
        # An id with personal data in it goes out hashed, so what is left of it is an id.
        for secret in identifiers(raw):
            assert secret.lower() not in shown.replace(str(out["event_id"]).lower(), ""), secret


def identifiers(raw: dict[str, Any]) -> set[str]:
    """What of an event identifies a person: of all that the strategies make, what is nothing else as well."""
    user = raw.get("user")
    found: set[str] = set()
    for part in (raw, user if isinstance(user, dict) else {}):
        for name in ("email", "phone", "external_id", "first_name", "last_name", "zip_code"):
            value = part.get(name)
            for identifier in value if isinstance(value, list) else [value]:
                if isinstance(identifier, str) and identifier in IDENTIFYING:
                    found.add(identifier.strip())
                elif name == "external_id" and isinstance(identifier, int) and identifier >= 10**9:
                    found.add(str(identifier))
    return found


@many
@given(EVENTS, CONTEXTS, OPTIONS)
def test_findings_quote_no_value(raw: Any, context: RequestContext, options: PipelineOptions) -> None:
    result = process_event(raw, context, options)
    if isinstance(result, Dropped):
        return
    findings = (*result.warnings, *(result.errors if isinstance(result, Rejected) else ()))
    for finding in findings:
        shown = f"{finding.field} {finding.message}".lower()
        for secret in identifiers(raw):
            assert secret.lower() not in shown
        assert "ada.lovelace" not in shown
        assert "6502530000" not in shown
        json.dumps(finding.as_json(), ensure_ascii=False).encode()


@many
@given(EVENTS, CONTEXTS, OPTIONS)
def test_read_twice_it_is_the_same(raw: Any, context: RequestContext, options: PipelineOptions) -> None:
    before = repr(raw)
    assert process_event(raw, context, options) == process_event(raw, context, options)
    assert repr(raw) == before


@many
@given(EVENTS, CONTEXTS, OPTIONS)
def test_message_comes_back_as_it_went(raw: Any, context: RequestContext, options: PipelineOptions) -> None:
    result = process_event(raw, context, options)
    if isinstance(result, Accepted):
        for destination in result.destinations:
            message = Message(destination, NOW, "server", "trace-1", result.item)
            assert message.encode().isascii()
            assert decode(message.encode()) == message


@many
@given(EVENTS, CONTEXTS, OPTIONS)
def test_search_that_is_saved_would_find_nothing(
    raw: Any, context: RequestContext, options: PipelineOptions
) -> None:
    result = process_event(raw, context, options)
    with mock.patch.object(pipeline, "Findings", AlwaysSearched):
        searched = process_event(raw, context, options)
    if isinstance(result, Accepted):
        assert searched == result


@many
@given(RUBBISH, CONTEXTS)
def test_anything_at_all_is_answered(raw: Any, context: RequestContext) -> None:
    assert isinstance(process_event(raw, context, PipelineOptions(ROUTES)), (Accepted, Rejected, Dropped))


def test_another_process_makes_the_same_of_the_same_bytes() -> None:
    """Sets have another order in each process; what is made must not."""
    script = """
from relay.event.pipeline import PipelineOptions, RequestContext, process_event
from tests.support.events import NOW, ROUTES, event
raw = event(event_id=None, price=24, brand="B", quantity=1, content_category="C", hashed_email="a" * 64)
raw |= {"email": None, "sha256_email": "b" * 64, "colour": "red", "size": 1}
print(process_event(raw, RequestContext(NOW), PipelineOptions(ROUTES)))
"""
    made = {
        subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": f"{ROOT}:{ROOT / 'layers/relay'}"},
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(made) == 1
