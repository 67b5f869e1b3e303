"""Samples: moved to the present as a whole, and written as they were."""

import json

import pytest

from local import samples

NOW = 1_795_000_000.0


def fresh(body: object) -> object:
    return json.loads(samples.fresh(json.dumps(body).encode(), NOW))


@pytest.mark.parametrize(
    ("given", "moved"),
    [
        ("2020-01-01T00:00:00Z", "2026-11-18T11:06:10Z"),
        ("2020-01-01T00:00:00.123456789Z", "2026-11-18T11:06:10Z"),
        ("2020-01-01T00:00:00", "2026-11-18T11:06:10"),
        ("2020-01-01T00:00:00-05:00", "2026-11-18T06:06:10-05:00"),
        ("2020-01-01T00:00:00+01:00", "2026-11-18T12:06:10+01:00"),
    ],
)
def test_date_keeps_its_form_and_its_zone(given: str, moved: str) -> None:
    assert fresh({"created_at": given}) == {"created_at": moved}


def test_dates_keep_their_distance() -> None:
    assert fresh({"created": 100, "data": {"object": {"created": 40, "expires_at": 7}}}) == {
        "created": 1_794_999_970,
        "data": {"object": {"created": 1_794_999_910, "expires_at": 7}},
    }


def test_samples_own_date_counts_not_a_later_one_inside() -> None:
    body = {"created_at": "2008-01-01T00:00:00Z", "customer": {"created_at": "2014-01-01T00:00:00Z"}}
    assert fresh(body) == {
        "created_at": "2026-11-18T11:06:10Z",
        "customer": {"created_at": "2032-11-18T11:06:10Z"},
    }


def test_events_of_one_request_move_together() -> None:
    assert fresh({"events": [{"event_time": 5}, {"event_time": 9}]}) == {
        "events": [{"event_time": 1_794_999_966}, {"event_time": 1_794_999_970}]
    }


def test_what_is_no_date_stays() -> None:
    body = {"id": 5, "name": "Zoë", "when": "yesterday", "list": [None, "2020-01-01"]}
    assert fresh(body) == body


@pytest.mark.parametrize(
    ("sender", "stem", "topic"),
    [
        ("shopify", "orders_paid", "orders/paid"),
        ("shopify", "orders_paid.draft", "orders/paid"),
        ("woocommerce", "order.created.pending", "order.created"),
        ("stripe", "checkout.session.completed", ""),
        ("server", "purchase", ""),
    ],
)
def test_file_name_says_the_topic(sender: str, stem: str, topic: str) -> None:
    assert samples.topic(sender, stem) == topic


def test_samples_that_are_omitted_on_purpose_are_there() -> None:
    assert samples.IGNORED.keys() <= {sample.name for sample in samples.load(NOW)}
