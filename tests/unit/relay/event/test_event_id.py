"""The event id: what was sent, else the order's, else one made from the content alone."""

import copy
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.event.event_id import make_event_id, resolve_event_id
from relay.event.nesting import validate_event
from relay.findings import Findings
from tests.support.events import PLACEHOLDERS
from tests.support.rows import every_row

ITEM: dict[str, Any] = {
    "event": "Subscribe",
    "event_time": 1795000000,
    "page": {"url": "https://shop.example/"},
    "user": {"email": "a" * 64, "ip": "9.9.9.9", "user_agent": "Browser/1"},
}
MADE = make_event_id(ITEM, "pixel")


def resolve(given: str | None, order_id: str | None) -> tuple[str, list[str]]:
    """The id and the codes of the findings on it."""
    findings = Findings()
    valid = validate_event({"event_id": given}, findings).get("event_id")
    chosen = resolve_event_id(valid, order_id, ITEM, "pixel", findings)
    assert not findings.errors
    return chosen, [warning.code for warning in findings.warnings]


TEMPLATES = [
    "{{ order.id }}",
    "${orderId}",
    "__ORDER__",
    "%%ORDER%%",
    "order_undefined",
    "purchase-null",
    "--",
]


@pytest.mark.parametrize("text", ["order-1", " order-1 ", "undefined-1795", "0"])
def test_id_that_was_sent_is_taken(text: str) -> None:
    assert resolve(text, None) == (text.strip(), [])


@pytest.mark.parametrize("blank", [None, "", " ", "\t"])
def test_without_an_id_the_orders_is_taken(blank: str | None) -> None:
    assert resolve(blank, "1001") == ("1001", ["event_id_from_order"])
    assert resolve(blank, None) == (MADE, ["event_id_made"])


@every_row("placeholder", [*PLACEHOLDERS, *TEMPLATES])
def test_placeholder_is_no_id(placeholder: str) -> None:
    assert resolve(placeholder, "1001") == ("1001", ["event_id_placeholder", "event_id_from_order"])
    assert resolve(placeholder, None) == (MADE, ["event_id_placeholder", "event_id_made"])


@pytest.mark.parametrize(
    "random", ["0b2c1a4e-6b0e-4a55-9c39-1f9d1a2b3c4d", "purchase_1795000000000", "0.8437219471"]
)
def test_random_id_beside_an_order_has_a_warning(random: str) -> None:
    assert resolve(random, "1001") == (random, ["event_id_looks_random"])
    assert resolve(random, None) == (random, [])


@pytest.mark.parametrize(
    "personal", ["Ada@example.com", "+12133734253", "ada%40example.com", "order ada@b.example"]
)
def test_id_with_personal_data_goes_out_hashed(personal: str) -> None:
    assert resolve(personal, None) == (sha256(personal.encode()).hexdigest(), ["event_id_personal"])


def test_made_id_is_the_same_for_the_same_content() -> None:
    reordered = dict(reversed(copy.deepcopy(ITEM).items()))
    assert make_event_id(reordered, "pixel") == MADE


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ("Lead", ("event",)),
        (1795000001, ("event_time",)),
        ("https://shop.example/2", ("page", "url")),
        ("b" * 64, ("user", "email")),
        ("b" * 64, ("user", "phone")),
        ({"value": 1.0}, ("properties",)),
    ],
)
def test_made_id_depends_on_everything_that_was_sent(change: object, path: tuple[str, ...]) -> None:
    item = copy.deepcopy(ITEM)
    holder = item
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = change
    assert make_event_id(item, "pixel") != MADE
    assert make_event_id(ITEM, "another pixel") != MADE


def test_nothing_of_the_moment_of_receipt_enters() -> None:
    later = {
        **ITEM,
        "event_time": 1795000003,
        "user": {**ITEM["user"], "ip": "8.8.8.8", "user_agent": "Browser/2"},
    }
    of_request = ("event_time", "ip", "user_agent")
    assert make_event_id(ITEM, "pixel", of_request) == make_event_id(later, "pixel", of_request)


def test_ip_and_user_agent_of_the_request_tell_people_apart_where_nothing_else_does() -> None:
    one, other = ({**ITEM, "user": {"ip": ip, "user_agent": "Browser/1"}} for ip in ("9.9.9.9", "8.8.8.8"))
    of_request = ("event_time", "ip", "user_agent")
    assert make_event_id(one, "pixel", of_request) != make_event_id(other, "pixel", of_request)


@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=20, unique=True), st.booleans())
def test_two_customers_never_share_an_id(customers: list[int], browser: bool) -> None:
    of_request = ("event_time", "ip", "user_agent") if browser else ("event_time",)
    ids = {
        resolve_event_id(
            None, None, {**ITEM, "user": {"external_id": f"{number:064x}"}}, "pixel", Findings(), of_request
        )
        for number in customers
    }
    assert len(ids) == len(customers)
