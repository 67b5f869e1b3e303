"""Any body with a valid signature becomes events or a reason, and any event an item or errors."""

import contextlib
import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local import samples
from relay.event import pipeline
from relay.event.pipeline import Accepted, Rejected, RequestContext
from relay.request_error import RequestError
from relay.webhooks import registry
from relay.webhooks.options import FORWARDABLE, Options
from relay.webhooks.provider import LOST, REASONS, Ignored, Provider, ProviderEvents, Reason
from tests.support.events import NOW, ROUTES
from tests.support.webhooks import EVENTS, SAMPLES, SENDERS, parse

EVERYTHING = [
    Options(forwarded=frozenset(FORWARDABLE)),
    Options(
        stripe="payment_intent",
        purchase_topic="orders/create",
        woocommerce="placed",
        forwarded=frozenset(FORWARDABLE),
    ),
    Options(stripe="invoice", money="shop", item_id="sku"),
]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(["\ud800", "2026-13-45T99:99:99Z", "9" * 400, "//[", "https://[", "-1", "0"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a body."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, entry in inside:
        yield (*path, step)
        yield from places(entry, (*path, step))


def check_every_option(sender: str, body: object, topic: str) -> None:
    """Parse a body with all options; its events are validated like any others."""
    for options in EVERYTHING:
        result = parse(sender, body, topic, options)
        if isinstance(result, Ignored):
            assert result.reason in REASONS
            continue
        for event in result.events:
            result_of_event = pipeline.process_event(
                event, RequestContext(NOW, result.envelope), pipeline.PipelineOptions(ROUTES)
            )
            if isinstance(result_of_event, Rejected):
                assert result_of_event.errors
            elif isinstance(result_of_event, Accepted):
                json.loads(result_of_event.item)


@pytest.mark.slow
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
@settings(max_examples=40)
@given(data=st.data())
def test_any_field_may_hold_anything(path: Path, data: st.DataObject) -> None:
    body = json.loads(path.read_text())
    for place in data.draw(st.lists(st.sampled_from(list(places(body))), min_size=1, max_size=4)):
        holder: Any = body
        try:
            for step in place[:-1]:
                holder = holder[step]
            holder[place[-1]] = data.draw(JSON)
        except (KeyError, IndexError, TypeError):
            continue
    sender = path.parent.name
    check_every_option(sender, body, samples.topic(sender, path.stem))


@pytest.mark.slow
@pytest.mark.parametrize("sender", SENDERS)
@settings(max_examples=100)
@given(raw=st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_parsed_or_rejected_as_unreadable(sender: str, raw: bytes) -> None:
    with contextlib.suppress(RequestError):
        assert isinstance(parse(sender, raw, "orders/paid"), (ProviderEvents, Ignored))


@pytest.mark.parametrize("sender", [entry for entry in SENDERS if entry != "standard"])
@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "body_empty"),
        (b"{", "body_not_json"),
        (b"nonsense", "body_not_json"),
        (b'{"a": NaN}', "body_not_json"),
        (b"\xff\xfe", "body_not_utf8"),
        (b"[" * 200_000, "body_too_deep"),
    ],
    ids=lambda entry: entry[:12] if isinstance(entry, bytes) else entry,
)
def test_body_that_cannot_be_read_says_why(sender: str, raw: bytes, code: str) -> None:
    with pytest.raises(RequestError) as error:
        parse(sender, raw, "orders/paid")
    assert error.value.code == code


@pytest.mark.parametrize("sender", SENDERS)
@pytest.mark.parametrize("raw", [b"[]", b"5", b"null", b'"text"', b"[1, 2]"])
def test_json_that_is_no_object_is_ignored_with_a_reason(sender: str, raw: bytes) -> None:
    result = parse(sender, raw, next(iter(registry.load_provider(sender).topics), ""))
    assert isinstance(result, Ignored)
    assert result.reason == "not_an_event"


def test_each_reason_has_its_words() -> None:
    assert set(REASONS) == set(get_args(Reason))
    assert set(FORWARDABLE) <= set(REASONS)
    assert set(REASONS) >= LOST
    for reason in FORWARDABLE:
        assert f"AlsoForward={reason}" in REASONS[reason]


def test_each_row_of_the_table_has_a_source_and_samples() -> None:
    for sender in registry.PROVIDERS:
        assert isinstance(registry.load_provider(sender), Provider)
        assert list((EVENTS / sender).glob("*.json"))


def test_parsing_does_not_change_the_body() -> None:
    body = json.loads((EVENTS / "shopify/orders_paid.json").read_text())
    before = copy.deepcopy(body)
    assert parse("shopify", body, "orders/paid") == parse("shopify", body, "orders/paid")
    assert body == before


@pytest.mark.parametrize("number", ["9" * 5000, "1e99999999999999999999", "-0." + "0" * 5000 + "1"], ids=len)
@pytest.mark.parametrize("sender", sorted(SENDERS))
def test_number_beyond_all_fields_is_json_all_the_same(sender: str, number: str) -> None:
    body = registry.load_provider(sender).parse(
        {}, f'{{"id": {number}, "n": [{number}]}}'.encode(), Options()
    )
    assert isinstance(body, (Ignored, ProviderEvents))
