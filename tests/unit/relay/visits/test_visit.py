"""What a page may leave: texts that can be what they claim to be, nothing of a person in plain text."""

from typing import Any

import pytest

from relay.identity.hashing import digest
from relay.request_error import RequestError
from relay.visits.visit import Visit, is_visit_id, parse_visit
from tests.support.rows import every_row
from tests.support.visits import VISIT


def parse(**fields: Any) -> Visit:
    return parse_visit({"id": VISIT, "consent": "granted", **fields}, "9.9.9.9", "Browser/1")[0]


def test_visit_has_the_ip_and_the_browser_of_the_request_whatever_the_page_says() -> None:
    visit = parse(ip="1.1.1.1", user_agent="Forged/1", ttclid="E.C.P.x", ttp="01K_.tt.1")
    assert (visit.ip, visit.user_agent) == ("9.9.9.9", "Browser/1")
    assert (visit.ttclid, visit.ttp) == ("E.C.P.x", "01K_.tt.1")


@every_row(
    "forged",
    [
        None,
        7,
        "",
        "ttv_",
        "ttv_short",
        "ttv_" + "a" * 23,
        "TTV_" + "a" * 22,
        "ttv_" + "a" * 21 + "/",
        VISIT + "\n",
        [],
    ],
)
def test_forged_id_is_rejected(forged: object) -> None:
    assert not is_visit_id(forged)
    with pytest.raises(RequestError) as raised:
        parse_visit({"id": forged, "consent": "granted"}, "9.9.9.9", None)
    assert (raised.value.status, raised.value.code) == (422, "visit_id_invalid")


@pytest.mark.parametrize("consent", [None, True, "yes", "GRANTED", ""])
def test_unclear_consent_is_rejected(consent: object) -> None:
    with pytest.raises(RequestError) as raised:
        parse_visit({"id": VISIT, "consent": consent}, "9.9.9.9", None)
    assert raised.value.code == "consent_invalid"


@pytest.mark.parametrize("body", [None, [], "text", 7])
def test_body_that_is_no_object_is_rejected(body: object) -> None:
    with pytest.raises(RequestError) as raised:
        parse_visit(body, "9.9.9.9", None)
    assert raised.value.status == 400


@pytest.mark.parametrize(
    "useless", ["__CLICKID__", "undefined", "null", "a b", "<x>", "x" * 1025, 7, None, ["E.C.P.x"]]
)
def test_what_is_no_click_id_is_omitted(useless: object) -> None:
    assert parse(ttclid=useless).ttclid == ""


@pytest.mark.parametrize("name", ["checkout_token", "session_id", "payment_intent", "order_id"])
def test_placeholder_leads_to_no_visit(name: str) -> None:
    body = {"id": VISIT, "consent": "granted", "ttp": "null", name: "undefined"}
    visit, pointers = parse_visit(body, "9.9.9.9", None)
    assert (visit.ttp, pointers) == ("", {})


def test_email_is_kept_as_a_digest_only() -> None:
    expected = digest("ada@example.com")
    assert parse(email=" Ada@Example.com ").email == expected
    assert parse(email=expected.upper()).email == expected
    useless = ("ada@", "", digest(""), digest("undefined"), 7, "\ud800@example.com")
    assert [parse(email=entry).email for entry in useless] == [""] * len(useless)


@every_row(
    ("url", "kept"),
    [
        ("https://shop.example/p/1?email=ada@example.com&token=x#y", "https://shop.example/p/1"),
        ("https://ada:secret@shop.example/", ""),
        ("javascript:alert(1)", ""),
        ("https://[", ""),
        ("https://shop.example/p\u202e1", ""),
        ("https://shop.example/p\x001", ""),
        ("https://shop.example/" + "x" * 3000, ""),
        ("https://shop.example/p/1?utm_campaign=" + "x" * 3000, "https://shop.example/p/1"),
        ("https://shop.example/unsubscribe/ada@example.com", "https://shop.example/unsubscribe/"),
        ("https://shop.example/u/ada%40example.com/orders", "https://shop.example/u//orders"),
        ("https://shop.example/reset/token=abc123", "https://shop.example/reset/"),
        (7, ""),
    ],
)
def test_page_is_kept_without_query_and_personal_data(url: object, kept: str) -> None:
    assert parse(url=url).url == kept


def test_browser_is_kept_without_an_address_in_it() -> None:
    body = {"id": VISIT, "consent": "granted"}
    visit, _ = parse_visit(body, "9.9.9.9", "ShopApp/1.0 (ada@example.com)")
    assert visit.user_agent.startswith("ShopApp/1.0 (")
    assert "ada" not in visit.user_agent


def test_browser_that_says_more_than_any_browser_is_cut() -> None:
    body = {"id": VISIT, "consent": "granted"}
    visit, _ = parse_visit(body, "9.9.9.9", "Mozilla/5.0 " + "x" * 9000)
    assert visit.user_agent.startswith("Mozilla/5.0 x")
    assert len(visit.user_agent) < 1500


def test_pointers_lead_from_the_checkout_and_the_address_to_the_visit() -> None:
    body = {
        "id": VISIT,
        "consent": "granted",
        "checkout_token": "chk",
        "session_id": "cs_1",
        "payment_intent": "pi_1",
        "order_id": "1001",
        "email": "ada@example.com",
    }
    assert parse_visit(body, "9.9.9.9", None)[1] == {
        "checkout_token": "chk",
        "session_id": "cs_1",
        "payment_intent": "pi_1",
        "order_id": "1001",
        "email": digest("ada@example.com"),
    }
    assert parse_visit(body | {"order_id": "x" * 256, "session_id": 7}, "9.9.9.9", None)[1].keys() == {
        "checkout_token",
        "payment_intent",
        "email",
    }


def test_withdrawal_carries_nothing_but_the_id() -> None:
    visit, pointers = parse_visit(
        {"id": VISIT, "consent": "denied", "ttclid": "E.C.P.x", "order_id": "1"}, "9.9.9.9", "Browser/1"
    )
    assert (visit, pointers) == (Visit(VISIT, granted=False), {})
