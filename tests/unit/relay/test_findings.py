"""Suggestions: the field or event name that was probably meant."""

import gc
import sys
from collections.abc import Callable
from types import FrameType

import pytest

from relay.event.pipeline import Dropped, Rejected
from relay.findings import Suggestions, safe_name
from tests.support.events import accepted, event, process
from tests.support.rows import every_row


def messages(raw: object) -> str:
    result = process(raw)
    assert not isinstance(result, Dropped)
    return " ".join(
        found.message
        for found in (*result.warnings, *(result.errors if isinstance(result, Rejected) else ()))
    )


@every_row(
    ("name", "shown"),
    [
        ("colour", "colour"),
        ("größe", "größe"),
        ("x" * 40, "x" * 40),
        ("x" * 41, "a field"),
        ("tel2133734253", "a field"),
        ("size_2", "a field"),
        ("tel_\u0662\u0661\u0663", "a field"),
        ("ada@example.com", "a field"),
        ("two words", "a field"),
        ("", "a field"),
    ],
)
def test_name_that_could_hold_personal_data_is_not_shown(name: str, shown: str) -> None:
    assert safe_name(name) == shown
    assert f"`{shown}`, ignored." in messages(event() | {name: "x"})


@every_row(
    ("name", "meant"),
    [
        ("emial", "email"),
        ("Email", "email"),
        ("e-mail", "email"),
        ("email_address", "email"),
        ("eventTime", "event_time"),
        ("event_tme", "event_time"),
        ("content_ids_", "content_ids"),
        ("curency", "currency"),
        ("externalId", "external_id"),
        ("transaction_id", "order_id"),
        ("user_data", "user"),
    ],
)
def test_field_that_was_meant_is_named(name: str, meant: str) -> None:
    assert f"`{name}`, ignored. Did you mean `{meant}`?" in messages(event() | {name: "x"}) or (
        not name.isidentifier() and f"Did you mean `{meant}`?" in messages(event() | {name: "x"})
    )


@pytest.mark.parametrize("name", ["colour", "x", "note", "gift_wrap", "a" * 5000])
def test_field_that_is_like_no_other_gets_no_suggestion(name: str) -> None:
    assert "Did you mean" not in messages(event() | {name: "x"})


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("Purchse", "Purchase"),
        ("Purchases", "Purchase"),
        ("begin_checkout", "InitiateCheckout"),
        ("generate_lead", "Lead"),
        ("view_item", "ViewContent"),
        ("sign_up", "CompleteRegistration"),
        ("Order Completed", "Purchase"),
        ("ViewContnet", "ViewContent"),
    ],
)
def test_event_that_was_meant_is_named_and_goes_out_as_written(name: str, meant: str) -> None:
    assert f"Did you mean `{meant}`?" in messages(event(event=name))
    if "Order" not in name:
        assert accepted(event(event=name)).event == name


def test_field_of_a_section_is_named_with_its_path() -> None:
    raw = event(email=None, user={"email": "ada@example.com", "phne": "1"})
    assert "Unknown field `user.phne`" in messages(raw)
    assert "Did you mean `phone`?" in messages(raw)


def lines_run(work: Callable[[], object]) -> int:
    """How many lines of Python `work` runs, without Hypothesis's callback of collections."""
    count = 0

    def trace(_frame: FrameType, kind: str, _argument: object) -> object:
        nonlocal count
        count += kind == "line"
        return trace

    before = sys.gettrace()
    gc.disable()
    sys.settrace(trace)  # type: ignore[arg-type]
    try:
        work()
    finally:
        sys.settrace(before)
        gc.enable()
    return count


def test_work_grows_with_the_name_and_not_with_what_is_known() -> None:
    few = Suggestions(["event_time"])
    many = Suggestions(f"field_{number:05d}" for number in range(2000))
    name = "completely_unlike_the_others"
    few.find(name)
    many.find(name)
    assert lines_run(lambda: many.find(name)) == lines_run(lambda: few.find(name))
    assert lines_run(lambda: many.find("x" * 100_000)) < 10
