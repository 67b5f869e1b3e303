"""Stripe: one payment is one event, of one family, in Stripe's own minor units."""

from decimal import Decimal
from typing import Any

import pytest

from relay.webhooks import money, stripe
from relay.webhooks.options import Policy
from tests.support.webhooks import GONE, reason, sample, told

SESSION_ID = "cs_live_a1ExampleSession0000000000000000000000000000000000000001"
INTENTS = Policy(stripe="payment_intent")
INVOICES = Policy(stripe="invoice")


def session(**changes: object) -> dict[str, Any]:
    return sample(
        "stripe/checkout.session.completed",
        **{f"data__object__{name}": each for name, each in changes.items()},
    )


def purchase(policy: Policy | None = None, /, **changes: object) -> dict[str, Any]:
    return told("stripe", session(**changes), policy=policy)


# ── what becomes what ──────────────────────────────────────────────────────────────────────────────────


def test_paid_session_is_a_purchase_with_all_that_tiktok_takes() -> None:
    assert purchase() == {
        "event": "Purchase",
        "event_id": SESSION_ID,
        "event_time": 1_795_000_000,
        "user": {
            "email": "Linus.Pauling@Example.com",
            "phone": "+15035550143",
            "external_id": "customer-1901",
            "locale": "en",
            "first_name": "Linus",
            "last_name": "Pauling",
            "city": "Portland",
            "state": "OR",
            "zip_code": "97201-1234",
            "country": "US",
            "ttclid": "E.C.P.linus0000000000000000000000001",
            "ttp": "2sampleStripe000000000000000001",
            "ip": "9.9.9.10",
            "user_agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 "
            "(KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
        },
        "properties": {"value": 702.08, "currency": "USD", "order_id": SESSION_ID},
        "page": {"url": "https://shop.example/cart"},
    }


def test_delayed_payment_counts_once_when_it_is_there() -> None:
    assert reason("stripe", sample("stripe/checkout.session.completed.unpaid")) == "not_paid"
    event = told("stripe", sample("stripe/checkout.session.async_payment_succeeded"))
    unpaid = sample("stripe/checkout.session.completed.unpaid")
    assert event["event_id"] == unpaid["data"]["object"]["id"]
    assert (event["properties"]["value"], event["properties"]["currency"]) == (99, "EUR")


@pytest.mark.parametrize(
    ("name", "policy"), [("payment_intent.succeeded", INTENTS), ("invoice.paid", INVOICES)]
)
def test_what_its_own_state_calls_unpaid_is_not_paid_whatever_its_type_says(
    name: str, policy: Policy
) -> None:
    body = sample(f"stripe/{name}", data__object__status="processing")
    assert reason("stripe", body, policy=policy) == "not_paid"


@pytest.mark.parametrize("status", ["unpaid", None, "", 5, GONE])
def test_session_that_is_not_paid_is_no_purchase(status: object) -> None:
    assert reason("stripe", session(payment_status=status)) == "not_paid"


def test_trial_or_full_discount_is_no_purchase() -> None:
    assert reason("stripe", session(payment_status="no_payment_required", amount_total=0)) == "zero_value"
    free = session(payment_status="paid", amount_total=0, presentment_details=None)
    assert reason("stripe", free) == "zero_value"
    wanted = Policy(forwarded=frozenset({"zero_value"}))
    assert purchase(wanted, payment_status="no_payment_required", amount_total=0, presentment_details=None)[
        "properties"
    ] == {"value": 0, "currency": "GBP", "order_id": SESSION_ID}


def test_each_family_counts_its_own_and_leaves_the_others_out() -> None:
    intent, invoice = sample("stripe/payment_intent.succeeded"), sample("stripe/invoice.paid")
    assert reason("stripe", intent) == reason("stripe", invoice) == "covered_by_another_topic"
    assert reason("stripe", session(), policy=INTENTS) == "covered_by_another_topic"
    assert reason("stripe", session(), policy=INVOICES) == "covered_by_another_topic"
    event = told("stripe", intent, policy=INTENTS)
    assert (event["event"], event["event_id"]) == ("Purchase", "pi_3SExample0000000000000001")
    assert event["user"] == {"email": "linus.pauling@example.com", "external_id": "cus_Example0000001"}


def test_start_of_a_subscription_is_a_subscription_under_the_invoices_id_from_either_twin() -> None:
    invoice = sample("stripe/invoice.paid")
    event = told("stripe", invoice, policy=INVOICES)
    assert told("stripe", invoice | {"type": "invoice.payment_succeeded"}, policy=INVOICES) == event
    assert (event["event"], event["event_id"]) == ("Subscribe", "in_1SExample000000000000001")
    assert event["properties"] == {
        "value": 1500,
        "currency": "JPY",
        "order_id": "in_1SExample000000000000001",
    }
    assert event["user"]["phone"] == "+81751234567"
    assert event["user"]["ttclid"] == "E.C.P.hideki000000000000000000000000001"


@pytest.mark.parametrize("why", ["subscription_cycle", "subscription_update", "manual", None])
def test_renewal_is_left_out(why: str | None) -> None:
    invoice = sample("stripe/invoice.paid", data__object__billing_reason=why)
    assert reason("stripe", invoice, policy=INVOICES) == "renewal"


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("charge.succeeded", "covered_by_another_topic"),
        ("customer.created", "covered_by_another_topic"),
        ("customer.subscription.created", "covered_by_another_topic"),
        ("checkout.session.expired", "no_revenue"),
        ("charge.refunded", "no_revenue"),
        ("refund.created", "no_revenue"),
        ("plan.created", "topic_unknown"),
        (None, "topic_unknown"),
    ],
)
@pytest.mark.parametrize("policy", [Policy(), INTENTS, INVOICES])
def test_other_event_is_never_revenue(kind: str | None, wanted: str, policy: Policy) -> None:
    assert reason("stripe", session() | {"type": kind}, policy=policy) == wanted


def test_every_event_of_every_family_says_why_it_is_left_out_elsewhere() -> None:
    assert {kind for family in stripe.FAMILIES.values() for kind in family} <= stripe.IGNORED.keys()


def test_test_mode_stays_out_until_the_owner_wants_it_in() -> None:
    assert reason("stripe", session() | {"livemode": False}) == "test"
    wanted = Policy(forwarded=frozenset({"test"}))
    assert told("stripe", session() | {"livemode": False}, policy=wanted)["event_id"] == SESSION_ID


def test_thin_event_is_named() -> None:
    assert reason("stripe", sample("stripe/thin")) == "thin_event"


@pytest.mark.parametrize("body", [{}, {"object": "event"}, {"object": "event", "data": {"object": []}}])
def test_what_is_no_event_of_stripes_is_left_out(body: object) -> None:
    assert reason("stripe", body) == "not_an_event"


def test_object_without_its_envelope_is_left_out() -> None:
    assert reason("stripe", session()["data"]["object"]) == "not_an_event"


@pytest.mark.parametrize("value", [None, "", 5.5, [], GONE])
def test_session_without_an_id_is_left_out(value: object) -> None:
    assert reason("stripe", session(id=value)) == "id_missing"


# ── money ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("amount", "currency", "wanted"),
    [
        (51000, "gbp", "510"),
        (1, "usd", "0.01"),
        *((500, code, "500") for code in money._NO_DECIMALS.split()),  # noqa: SLF001 - the whole table
        *((1500, code, "1.5") for code in ("BHD", "JOD", "KWD", "OMR", "TND")),
        (500, "ugx", "5"),
        (500, "isk", "5"),
        (500, "huf", "5"),
        (500, "twd", "5"),
    ],
)
def test_minor_units_are_stripes_own(amount: int, currency: str, wanted: str) -> None:
    found = money.of_minor_units(amount, currency)
    assert found is not None
    assert (found.amount, found.currency) == (Decimal(wanted), currency.upper())


def test_fifteen_currencies_have_no_decimals() -> None:
    assert sum(units == 1 for units in money._MINOR.values()) == 15  # noqa: SLF001 - the whole table


def test_buyers_currency_or_the_shops_but_never_one_of_each() -> None:
    assert purchase(Policy(money="shop"))["properties"]["value"] == 510
    half = {"presentment_amount": 70208, "presentment_currency": None}
    properties = purchase(presentment_details=half)["properties"]
    assert (properties["value"], properties["currency"]) == (510, "GBP")


@pytest.mark.parametrize("amount", [None, "51000", 510.5, [], True])
def test_amount_that_is_none_leaves_no_value(amount: object) -> None:
    properties = purchase(amount_total=amount, presentment_details=None)["properties"]
    assert not {"value", "currency"} & properties.keys()


# ── people and pages ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["Prince", "Mary Ann Evans", "", None, 7])
def test_name_that_cannot_be_told_apart_is_left_out(name: object) -> None:
    assert "last_name" not in purchase(customer_details__name=name)["user"]


def test_phone_is_read_in_the_country_of_the_address() -> None:
    german = purchase(customer_details__phone="030 901820", customer_details__address__country="DE")
    assert german["user"]["phone"] == "+4930901820"


def test_customers_own_id_is_the_shops_where_it_gave_one() -> None:
    assert purchase(client_reference_id=None)["user"]["external_id"] == "cus_Example0000001"


def test_language_that_stripe_chose_is_nobodys() -> None:
    assert "locale" not in purchase(locale="auto")["user"]


def test_page_is_the_one_that_the_buyer_comes_back_to_without_its_query() -> None:
    assert purchase(metadata={})["page"] == {"url": "https://shop.example/thanks"}


def test_consent_denied_in_the_metadata_goes_with_the_event() -> None:
    assert purchase(metadata={"tt_consent": "denied"})["consent"] == "denied"


def test_page_may_name_the_purchase_itself() -> None:
    assert purchase(metadata={"tt_event_id": "order-7"})["event_id"] == "order-7"
    assert purchase(metadata={"event_id": "concert-9"})["event_id"] == SESSION_ID


@pytest.mark.parametrize("gone", ["customer_details", "metadata", "currency", "success_url", "locale"])
@pytest.mark.parametrize("value", [None, GONE, "text", 5, []])
def test_missing_part_is_no_fault(gone: str, value: object) -> None:
    assert purchase(**{gone: value})["event_id"] == SESSION_ID


def test_older_api_versions_keep_the_buyer_in_the_charge() -> None:
    charge = {"billing_details": {"email": "old@example.com", "address": {"country": "US"}}}
    body = sample(
        "stripe/payment_intent.succeeded",
        data__object__receipt_email=None,
        data__object__charges={"data": [charge]},
    )
    assert told("stripe", body, policy=INTENTS)["user"]["email"] == "old@example.com"
