"""Attribution that a checkout carries: documented names with valid values only."""

import pytest

from relay.webhooks import attribution
from tests.support.rows import every_row


def read(name: object, value: object) -> dict[str, str]:
    return attribution.parse_attribution([(name, value)]).values


@pytest.mark.parametrize("name", ["ttclid", "_ttclid", "__ttclid", " TTCLID "])
def test_underscores_and_case_do_not_matter(name: str) -> None:
    assert read(name, " E.C.P.abc ") == {"ttclid": "E.C.P.abc"}


@pytest.mark.parametrize("name", ["url", "event_id", "consent", "ip", "ttclid2", "", None, 5])
def test_name_that_is_not_documented_is_ignored(name: object) -> None:
    assert read(name, "E.C.P.abc") == {}


@every_row(
    ("name", "value"),
    [
        ("ttclid", "a b"),
        ("ttclid", "<script>"),
        ("ttclid", "é"),
        ("ttclid", "a" * 1025),
        ("ttclid", "a\n"[:1] + "\nb"),
        ("ttclid", ""),
        ("ttclid", None),
        ("ttclid", False),
        ("ttclid", 5.5),
        ("ttclid", ["a"]),
        ("ttp", "a" * 257),
        ("tt_client_ip", "localhost"),
        ("tt_user_agent", "Browser\x00"),
        ("tt_user_agent", "a" * 1025),
        ("tt_url", "javascript:alert(1)"),
        ("tt_url", "https://shop.example/ b"),
        ("tt_event_id", "a b"),
        ("tt_event_id", "a" * 129),
        ("tt_event_id", "undefined"),
        ("tt_event_id", "order_undefined"),
        ("tt_event_id", "None-None"),
        ("tt_event_id", "--"),
        ("ttclid", "undefined"),
        ("ttp", "null"),
        ("tt_user_agent", "{{ user_agent }}"),
    ],
)
def test_value_that_does_not_fit_is_ignored(name: str, value: object) -> None:
    assert read(name, value) == {}


def test_first_valid_value_counts() -> None:
    pairs = [("_ttclid", "a b"), ("ttclid", "good"), ("__ttclid", "late")]
    assert attribution.parse_attribution(pairs).values == {"ttclid": "good"}


def test_placeholder_leaves_the_click_id_to_the_landing_page() -> None:
    carried = attribution.parse_attribution([("ttclid", "undefined")])
    assert carried.user_fields("https://shop.example/?ttclid=E.C.P.abc") == {"ttclid": "E.C.P.abc"}
    assert carried.user_fields("https://shop.example/?ttclid=__CLICKID__") == {}
