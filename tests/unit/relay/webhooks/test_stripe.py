"""Stripe: one event for each payment, trials and invoices, minor units, ignored payments."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from relay.event.event_id import event_key
from relay.webhooks import money, stripe
from relay.webhooks.history import NO_HISTORY, History, apply_history
from relay.webhooks.options import FORWARDABLE, Options
from relay.webhooks.provider import Ignored, ProviderEvents
from tests.support.history import Remembered
from tests.support.rows import every_row
from tests.support.visits import VISIT
from tests.support.webhooks import GONE, event_of, parse, reason_of, sample

SESSION_ID = "cs_live_a1ExampleSession0000000000000000000000000000000000000001"
INTENTS = Options(stripe="payment_intent")
INVOICES = Options(stripe="invoice")


def session(**changes: object) -> dict[str, Any]:
    return sample(
        "stripe/checkout.session.completed",
        **{f"data__object__{name}": each for name, each in changes.items()},
    )


def purchase(options: Options | None = None, /, **changes: object) -> dict[str, Any]:
    return event_of("stripe", session(**changes), options=options)


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
    assert reason_of("stripe", sample("stripe/checkout.session.completed.unpaid")) == "not_paid"
    event = event_of("stripe", sample("stripe/checkout.session.async_payment_succeeded"))
    unpaid = sample("stripe/checkout.session.completed.unpaid")
    assert event["event_id"] == unpaid["data"]["object"]["id"]
    assert (event["properties"]["value"], event["properties"]["currency"]) == (99, "EUR")


@pytest.mark.parametrize(
    ("name", "options"), [("payment_intent.succeeded", INTENTS), ("invoice.paid", INVOICES)]
)
def test_object_whose_status_is_not_paid_is_ignored_whatever_its_type(name: str, options: Options) -> None:
    body = sample(f"stripe/{name}", data__object__status="processing")
    assert reason_of("stripe", body, options=options) == "not_paid"


@pytest.mark.parametrize("status", ["unpaid", None, "", 5, GONE])
def test_session_that_is_not_paid_is_no_purchase(status: object) -> None:
    assert reason_of("stripe", session(payment_status=status)) == "not_paid"


def test_trial_or_full_discount_is_no_purchase() -> None:
    assert reason_of("stripe", session(payment_status="no_payment_required", amount_total=0)) == "zero_value"
    free = session(payment_status="paid", amount_total=0, presentment_details=None)
    assert reason_of("stripe", free) == "zero_value"
    chosen = Options(forwarded=frozenset({"zero_value"}))
    assert purchase(chosen, payment_status="no_payment_required", amount_total=0, presentment_details=None)[
        "properties"
    ] == {"value": 0, "currency": "GBP", "order_id": SESSION_ID}


def test_each_family_counts_its_own_objects_only() -> None:
    intent, invoice = sample("stripe/payment_intent.succeeded"), sample("stripe/invoice.paid")
    assert reason_of("stripe", intent) == reason_of("stripe", invoice) == "covered_by_another_topic"
    assert reason_of("stripe", session(), options=INTENTS) == "covered_by_another_topic"
    assert reason_of("stripe", session(), options=INVOICES) == "covered_by_another_topic"
    event = event_of("stripe", intent, options=INTENTS)
    assert (event["event"], event["event_id"]) == ("Purchase", "pi_3SExample0000000000000001")
    assert event["user"] == {"email": "linus.pauling@example.com", "external_id": "cus_Example0000001"}


def test_start_of_a_subscription_is_a_subscription_under_the_invoices_id_from_either_twin() -> None:
    invoice = sample("stripe/invoice.paid")
    event = event_of("stripe", invoice, options=INVOICES)
    assert event_of("stripe", invoice | {"type": "invoice.payment_succeeded"}, options=INVOICES) == event
    assert (event["event"], event["event_id"]) == ("Subscribe", "in_1SExample000000000000001")
    assert event["properties"] == {
        "value": 1500,
        "currency": "JPY",
        "order_id": "in_1SExample000000000000001",
    }
    assert event["user"]["phone"] == "+81751234567"
    assert event["user"]["ttclid"] == "E.C.P.hideki000000000000000000000000001"


def invoice(**changes: object) -> dict[str, Any]:
    return sample(
        "stripe/invoice.paid", **{f"data__object__{name}": value for name, value in changes.items()}
    )


@every_row(
    ("billing_reason", "expected"),
    [
        ("subscription_threshold", "renewal"),
        ("subscription_update", "renewal"),
        ("manual", "manual_invoice"),
        ("quote_accept", "manual_invoice"),
        ("automatic_pending_invoice_item_invoice", "manual_invoice"),
        (None, "manual_invoice"),
    ],
)
@every_row("options", [Options(), INTENTS, INVOICES])
def test_invoice_that_starts_no_subscription_says_what_it_is(
    billing_reason: str | None, expected: Any, options: Options
) -> None:
    body = invoice(billing_reason=billing_reason)
    assert outcome(NO_HISTORY, body, options) == expected
    forwarded = replace(options, forwarded=frozenset({expected}))
    event = event_of("stripe", body, options=forwarded)
    assert (event["event"], event["event_id"]) == ("Purchase", "in_1SExample000000000000001")


def test_renewal_never_has_the_id_that_the_page_gave_to_the_first_payment() -> None:
    body = invoice(billing_reason="subscription_cycle")
    body["data"]["object"]["parent"]["subscription_details"]["metadata"] = {"tt_event_id": "order-7"}
    forwarded = replace(INVOICES, forwarded=frozenset({"renewal"}))
    assert event_of("stripe", body, options=forwarded)["event_id"] == "in_1SExample000000000000001"
    body["data"]["object"]["billing_reason"] = "subscription_create"
    assert event_of("stripe", body, options=INVOICES)["event_id"] == "order-7"


# ── trials ─────────────────────────────────────────────────────────────────────────────────────────────

TRIAL: dict[str, object] = {
    "mode": "subscription",
    "subscription": "sub_1",
    "amount_total": 0,
    "amount_subtotal": 0,
    "presentment_details": None,
}


FORWARD_LATER = Options(forwarded=frozenset({"renewal", "manual_invoice"}))


def outcome(memory: History, body: object, options: Options, now: int = 1_795_000_100) -> str:
    """Return the event's name or the reason, and remember what counted, as ingest does."""
    result = parse("stripe", body, options=options)
    if isinstance(result, ProviderEvents):
        result = apply_history(result, memory, now)
    if isinstance(result, Ignored):
        return result.reason
    (event,) = result.events
    assert isinstance(event, dict)
    memory.remember([result.history.remembered, event_key(event["event"], event["event_id"])])
    return str(event["event"])


@pytest.mark.parametrize("status", ["no_payment_required", "paid"])
def test_trial_is_a_trial_and_no_purchase(status: str) -> None:
    event = purchase(payment_status=status, **TRIAL)
    assert (event["event"], event["event_id"]) == ("StartTrial", SESSION_ID)
    assert event["properties"] == {"value": 0, "currency": "GBP", "order_id": SESSION_ID}


def test_free_order_or_full_discount_is_no_trial() -> None:
    free = {"payment_status": "no_payment_required", **TRIAL}
    assert reason_of("stripe", session(**free | {"mode": "payment"})) == "zero_value"
    assert reason_of("stripe", session(**free | {"amount_subtotal": 6000})) == "zero_value"
    discounted = session(**free | {"total_details": {"amount_discount": 6000}})
    assert reason_of("stripe", discounted) == "zero_value"


def test_trial_without_checkout_starts_with_an_invoice_over_nothing() -> None:
    start = invoice(amount_paid=0, subtotal=0, total=0)
    for options in (INVOICES, INTENTS):
        event = event_of("stripe", start, options=options)
        assert (event["event"], event["event_id"]) == ("StartTrial", "in_1SExample000000000000001")
        assert reason_of("stripe", invoice(amount_paid=0, subtotal=1500), options=options) == "zero_value"
    assert reason_of("stripe", start) == "covered_by_another_topic"


@pytest.mark.parametrize(
    ("options", "start", "expected"),
    [
        (Options(), session(payment_status="no_payment_required", **TRIAL), "Purchase"),
        (INVOICES, invoice(amount_paid=0, subtotal=0), "Subscribe"),
        (INTENTS, invoice(amount_paid=0, subtotal=0), "Subscribe"),
    ],
)
def test_first_payment_after_a_remembered_trial_counts_and_later_ones_are_renewals(
    options: Options, start: dict[str, Any], expected: str
) -> None:
    memory = Remembered()
    start["data"]["object"] |= {"subscription": "sub_1", "parent": None}
    later = [invoice(id=f"in_{number}", billing_reason="subscription_cycle") for number in range(3)]
    for body in later:
        body["data"]["object"]["parent"]["subscription_details"]["subscription"] = "sub_1"
    assert outcome(memory, later[0], options) == "renewal"
    assert outcome(memory, start, options) == "StartTrial"
    assert [outcome(memory, body, options) for body in later] == [expected, "renewal", "renewal"]


@pytest.mark.parametrize("reason", ["subscription_update", "subscription_threshold", "subscription"])
def test_payment_that_ends_a_trial_early_is_the_first_one(reason: str) -> None:
    memory = Remembered()
    in_subscription: dict[str, object] = {"subscription": "sub_1", "parent": None}
    early = invoice(id="in_1", billing_reason=reason, **in_subscription)
    assert outcome(memory, early, Options()) == "renewal"
    outcome(memory, session(payment_status="no_payment_required", **TRIAL), Options())
    assert outcome(memory, early, Options()) == "Purchase"
    by_hand = invoice(id="in_2", billing_reason="manual", **in_subscription)
    assert outcome(memory, by_hand, Options()) == "manual_invoice"
    assert (
        outcome(memory, invoice(id="in_3", billing_reason="subscription_cycle", **in_subscription), Options())
        == "renewal"
    )


def test_change_soon_after_the_trial_is_no_first_payment_for_its_metadata() -> None:
    body = invoice(billing_reason="subscription_update", created=1_795_000_000)
    body["data"]["object"]["parent"]["subscription_details"]["metadata"] = {"tt_trial_end": "1795000000"}
    assert outcome(NO_HISTORY, body, Options()) == "renewal"


def test_first_payment_after_an_invoice_over_nothing_within_the_trial_still_counts() -> None:
    memory = Remembered()
    outcome(memory, session(payment_status="no_payment_required", **TRIAL), Options())
    free = invoice(amount_paid=0, billing_reason="subscription_cycle", subscription="sub_1", parent=None)
    assert outcome(memory, free, Options()) == "zero_value"
    paid = invoice(id="in_2", billing_reason="subscription_cycle", subscription="sub_1", parent=None)
    assert outcome(memory, paid, Options()) == "Purchase"


@pytest.mark.parametrize(
    ("made", "counts"),
    [
        (0, True),
        (3600, True),
        (86_400, True),
        (-3600, True),
        # A daily plan's second payment, and a payment before the trial is over.
        (2 * 86_400, False),
        (-86_400, False),
    ],
)
def test_subscription_that_says_when_its_trial_ends_needs_no_memory(made: int, counts: bool) -> None:
    body = invoice(billing_reason="subscription_cycle", created=1_795_000_000 + made)
    body["data"]["object"]["parent"]["subscription_details"]["metadata"] = {
        "tt_trial_end": "1795000000",
        "ttclid": "E.C.P.trial",
        "tt_event_id": "trial-7",
    }
    assert outcome(NO_HISTORY, body, Options()) == ("Purchase" if counts else "renewal")
    if counts:
        event = event_of("stripe", body)
        assert event["user"]["ttclid"] == "E.C.P.trial"
        assert (event["event_id"], event["properties"]["value"]) == ("in_1SExample000000000000001", 1500)


def test_daily_subscription_that_says_when_its_trial_ends_has_one_first_payment() -> None:
    memory = Remembered()
    outcomes = []
    for day in range(3):
        made = 1_795_000_000 + day * 86_400
        body = invoice(id=f"in_{day}", billing_reason="subscription_cycle", created=made)
        body["data"]["object"]["parent"]["subscription_details"]["metadata"] = {"tt_trial_end": "1795000000"}
        outcomes.append(outcome(memory, body, Options(), made + 60))
    assert outcomes == ["Purchase", "renewal", "renewal"]


def test_invoice_without_a_time_of_its_own_was_made_when_its_event_was() -> None:
    body = invoice(billing_reason="subscription_cycle", created=None) | {"created": 1_795_000_000}
    body["data"]["object"]["parent"]["subscription_details"]["metadata"] = {"tt_trial_end": "1795000000"}
    assert outcome(NO_HISTORY, body, Options()) == "Purchase"


@pytest.mark.parametrize("subscription", ["", None, 5.5, {}])
def test_renewal_of_no_subscription_is_a_renewal(subscription: object) -> None:
    body = invoice(billing_reason="subscription_cycle", parent=None, subscription=subscription)
    assert outcome(Remembered(), body, Options()) == "renewal"


# ── whose payments ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "changes",
    [
        {"payment_details": {"customer_reference": None, "order_reference": "in_1"}},
        {"invoice": "in_1"},
        {"invoice": {"id": "in_1"}},
        {"description": "Subscription update"},
        {"description": "Subscription creation"},
    ],
)
def test_payment_intent_of_an_invoice_is_ignored_because_the_invoice_reports_it(
    changes: dict[str, object],
) -> None:
    body = sample("stripe/payment_intent.succeeded")
    body["data"]["object"] |= changes
    assert reason_of("stripe", body, options=INTENTS) == "covered_by_another_topic"
    assert event_of("stripe", invoice(), options=INTENTS)["event"] == "Subscribe"


@pytest.mark.parametrize(
    "changes",
    [
        {"payment_details": {"order_reference": "order-7"}, "invoice": None},
        {"payment_details": None, "description": "Invoice 7"},
        {"payment_details": "in_1", "invoice": ""},
    ],
)
def test_payment_intent_of_the_shops_own_counts(changes: dict[str, object]) -> None:
    body = sample("stripe/payment_intent.succeeded")
    body["data"]["object"] |= changes
    assert event_of("stripe", body, options=INTENTS)["event"] == "Purchase"


@pytest.mark.parametrize(
    "methods", [["card_present"], ["card_present", "interac_present"], ["interac_present"]]
)
def test_payment_at_a_till_is_ignored_unless_forwarded(methods: list[str]) -> None:
    body = sample("stripe/payment_intent.succeeded", data__object__payment_method_types=methods)
    assert reason_of("stripe", body, options=INTENTS) == "pos"
    forwarded = replace(INTENTS, forwarded=frozenset({"pos"}))
    assert event_of("stripe", body, options=forwarded)["event"] == "Purchase"


@pytest.mark.parametrize(
    "methods",
    [None, [], ["card", "link"], ["card", "card_present"], "card_present", [{"type": "card"}, None]],
)
def test_payment_on_a_page_counts(methods: object) -> None:
    body = sample("stripe/payment_intent.succeeded", data__object__payment_method_types=methods)
    assert event_of("stripe", body, options=INTENTS)["event"] == "Purchase"


@pytest.mark.parametrize("kind", ["checkout.session.completed", "checkout.session.async_payment_succeeded"])
@pytest.mark.parametrize("status", ["no_payment_required", "paid"])
def test_session_that_only_stores_a_card_never_counts(kind: str, status: str) -> None:
    everything = Options(forwarded=frozenset(FORWARDABLE))
    setup = session(mode="setup", payment_status=status, amount_total=None, currency=None) | {"type": kind}
    assert reason_of("stripe", setup, options=everything) == "no_revenue"


def test_metadata_names_the_payments_of_a_shop_on_a_shared_account() -> None:
    options = Options(stripe_metadata=(("site", "main"), ("shop.id", "7")))
    assert reason_of("stripe", session(metadata={"site": "another"}), options=options) == "other_shop"
    assert reason_of("stripe", session(metadata=None), options=options) == "other_shop"
    assert purchase(options, metadata={"site": "main"})["event_id"] == SESSION_ID
    assert purchase(options, metadata={"shop.id": 7})["event_id"] == SESSION_ID
    in_subscription = invoice()
    in_subscription["data"]["object"]["parent"]["subscription_details"]["metadata"] = {"site": "main"}
    assert event_of("stripe", in_subscription, options=replace(options, stripe="invoice"))
    assert reason_of("stripe", invoice(), options=replace(options, stripe="invoice")) == "other_shop"


def test_payment_of_a_connected_account_is_ignored_unless_forwarded() -> None:
    connected = session() | {"account": "acct_Other"}
    assert reason_of("stripe", connected) == "connected_account"
    forwarded = Options(forwarded=frozenset({"connected_account"}))
    assert event_of("stripe", connected, options=forwarded)["event_id"] == SESSION_ID


def test_delayed_payment_is_looked_up_when_tiktok_may_have_forgotten_the_page_s_report() -> None:
    memory = Remembered()
    memory.remember([f"Purchase:{SESSION_ID}"])
    assert outcome(memory, session(), Options()) == "Purchase"
    assert outcome(memory, session(created=1_795_000_000 - 144_001), Options()) == "already_counted"


@pytest.mark.parametrize(
    ("options", "body", "expected"),
    [
        (Options(), session(), "Purchase"),
        (Options(), session(payment_status="no_payment_required", **TRIAL), "StartTrial"),
        (INTENTS, sample("stripe/payment_intent.succeeded"), "Purchase"),
        (INVOICES, invoice(), "Subscribe"),
        (INVOICES, invoice(amount_paid=0, subtotal=0), "StartTrial"),
        (FORWARD_LATER, invoice(billing_reason="subscription_cycle"), "Purchase"),
        (FORWARD_LATER, invoice(billing_reason="manual"), "Purchase"),
    ],
)
def test_webhook_that_stripe_sends_again_days_later_counts_once(
    options: Options, body: dict[str, Any], expected: str
) -> None:
    memory = Remembered()
    assert outcome(memory, body, options) == expected
    assert outcome(memory, body, options) == expected, "TikTok makes one event of these two"
    days_later = 1_795_000_000 + 3 * 86_400
    assert outcome(memory, body, options, days_later) == "already_counted"
    assert outcome(Remembered(), body, options, days_later) == expected


@every_row(
    ("kind", "expected"),
    [
        ("charge.succeeded", "covered_by_another_topic"),
        ("invoice_payment.paid", "covered_by_another_topic"),
        ("invoice.payment.paid", "topic_unknown"),
        ("customer.created", "covered_by_another_topic"),
        ("customer.subscription.created", "covered_by_another_topic"),
        ("checkout.session.expired", "no_revenue"),
        ("charge.refunded", "no_revenue"),
        ("refund.created", "no_revenue"),
        ("plan.created", "topic_unknown"),
        (None, "topic_unknown"),
    ],
)
@every_row("options", [Options(), INTENTS, INVOICES])
def test_other_event_is_never_revenue(kind: str | None, expected: str, options: Options) -> None:
    assert reason_of("stripe", session() | {"type": kind}, options=options) == expected


def test_every_event_of_every_family_says_why_it_is_ignored_elsewhere() -> None:
    assert {kind for family in stripe.FAMILIES.values() for kind in family} <= stripe.IGNORED.keys()


def test_test_mode_stays_out_unless_forwarded() -> None:
    assert reason_of("stripe", session() | {"livemode": False}) == "test"
    chosen = Options(forwarded=frozenset({"test"}))
    assert event_of("stripe", session() | {"livemode": False}, options=chosen)["event_id"] == SESSION_ID


def test_ping_of_a_destination_loses_no_order() -> None:
    ping = sample("stripe/thin", type="v2.core.event_destination.ping")
    assert reason_of("stripe", ping) == "ping"


def test_thin_event_is_named() -> None:
    assert reason_of("stripe", sample("stripe/thin")) == "thin_event"


@pytest.mark.parametrize("body", [{}, {"object": "event"}, {"object": "event", "data": {"object": []}}])
def test_body_that_is_not_an_event_of_stripes_is_ignored(body: object) -> None:
    assert reason_of("stripe", body) == "not_an_event"


def test_object_without_its_envelope_is_ignored() -> None:
    assert reason_of("stripe", session()["data"]["object"]) == "not_an_event"


@pytest.mark.parametrize("value", [None, "", 5.5, [], GONE])
def test_session_without_an_id_is_ignored(value: object) -> None:
    assert reason_of("stripe", session(id=value)) == "id_missing"


# ── money ──────────────────────────────────────────────────────────────────────────────────────────────


@every_row(
    ("amount", "currency", "expected"),
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
def test_minor_units_are_stripes_own(amount: int, currency: str, expected: str) -> None:
    found = money.from_minor_units(amount, currency)
    assert found is not None
    assert (found.amount, found.currency) == (Decimal(expected), currency.upper())


def test_fifteen_currencies_have_no_decimals() -> None:
    assert sum(units == 1 for units in money._MINOR_UNITS.values()) == 15  # noqa: SLF001 - the whole table


def test_value_and_currency_come_from_one_place() -> None:
    assert purchase(Options(money="shop"))["properties"]["value"] == 510
    half = {"presentment_amount": 70208, "presentment_currency": None}
    properties = purchase(presentment_details=half)["properties"]
    assert (properties["value"], properties["currency"]) == (510, "GBP")


def test_buyers_currency_that_tiktok_does_not_take_gives_way_to_the_shops() -> None:
    pesos = {"presentment_amount": 4_000_000, "presentment_currency": "dop"}
    properties = purchase(presentment_details=pesos)["properties"]
    assert (properties["value"], properties["currency"]) == (510, "GBP")
    properties = purchase(presentment_details=pesos, currency="rsd")["properties"]
    assert (properties["value"], properties["currency"]) == (40_000, "DOP")


@pytest.mark.parametrize("amount", [None, "51000", 510.5, [], True])
def test_invalid_amount_leaves_no_value(amount: object) -> None:
    properties = purchase(amount_total=amount, presentment_details=None)["properties"]
    assert not {"value", "currency"} & properties.keys()


# ── people and pages ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["Prince", "Mary Ann Evans", "", None, 7])
def test_name_without_exactly_two_words_is_ignored(name: object) -> None:
    assert "last_name" not in purchase(customer_details__name=name)["user"]


@every_row(
    ("full", "names"),
    [
        ("Linus Pauling", {"first_name": "Linus", "last_name": "Pauling"}),
        ("山田 太郎", {"first_name": "太郎", "last_name": "山田"}),
        ("山田\u3000はなこ", {"first_name": "はなこ", "last_name": "山田"}),
        ("김 철수", {"first_name": "철수", "last_name": "김"}),
        ("山田 エミ", {"first_name": "エミ", "last_name": "山田"}),
        ("陳 David", {"first_name": "David", "last_name": "陳"}),
        # A first name of another script stands first.
        ("David 陳", {"first_name": "David", "last_name": "陳"}),
        # A Japanese name, or a foreign one that has its own order.
        ("ヤマダ タロウ", {}),
        ("エミ 山田", {}),
        ("Ada M. Lovelace", {}),
    ],
)
def test_family_name_comes_first_in_east_asian_scripts(full: str, names: dict[str, str]) -> None:
    user = purchase(customer_details__name=full)["user"]
    assert {name: user[name] for name in ("first_name", "last_name") if name in user} == names


def test_phone_is_read_in_the_country_of_the_address() -> None:
    german = purchase(customer_details__phone="030 901820", customer_details__address__country="DE")
    assert german["user"]["phone"] == "+4930901820"


def test_external_id_is_the_shops_own_where_there_is_one() -> None:
    assert purchase(client_reference_id=None)["user"]["external_id"] == "cus_Example0000001"
    assert purchase(client_reference_id=VISIT)["user"]["external_id"] == "cus_Example0000001"


def test_locale_auto_is_not_sent() -> None:
    assert "locale" not in purchase(locale="auto")["user"]


def test_page_is_the_one_that_the_buyer_comes_back_to_without_its_query() -> None:
    assert purchase(metadata={})["page"] == {"url": "https://shop.example/thanks"}


@pytest.mark.parametrize(
    ("success_url", "return_url", "expected"),
    [
        (None, "https://shop.example/return?session_id={CHECKOUT_SESSION_ID}", "https://shop.example/return"),
        ("", "https://shop.example/done#top", "https://shop.example/done"),
        ("https://stripe.com", "https://shop.example/return", "https://shop.example/return"),
        ("https://shop.example/thanks/{CHECKOUT_SESSION_ID}", None, "https://shop.example/thanks/"),
        ("https://notstripe.com/thanks", None, "https://notstripe.com/thanks"),
        ("https://stripe.com.example/thanks", None, "https://stripe.com.example/thanks"),
    ],
)
def test_page_is_the_shops_also_where_checkout_is_embedded(
    success_url: str | None, return_url: str | None, expected: str
) -> None:
    event = purchase(metadata={}, success_url=success_url, return_url=return_url)
    assert event["page"] == {"url": expected}


@pytest.mark.parametrize(
    "url",
    [
        "https://stripe.com",
        "https://STRIPE.com/",
        "https://buy.stripe.com/x",
        "https://stripe.com./",
    ],
)
def test_page_of_stripes_own_is_never_the_shops(url: str) -> None:
    assert "page" not in purchase(metadata={}, success_url=url)
    assert purchase(metadata={"tt_url": "https://shop.example/cart"}, success_url=url)["page"] == {
        "url": "https://shop.example/cart"
    }


def test_consent_denied_in_the_metadata_goes_with_the_event() -> None:
    assert purchase(metadata={"tt_consent": "denied"})["consent"] == "denied"


def test_page_may_name_the_purchase_itself() -> None:
    assert purchase(metadata={"tt_event_id": "order-7"})["event_id"] == "order-7"
    assert purchase(metadata={"event_id": "concert-9"})["event_id"] == SESSION_ID


@every_row("gone", ["customer_details", "metadata", "currency", "success_url", "locale"])
@every_row("value", [None, GONE, "text", 5, []])
def test_missing_part_is_no_error(gone: str, value: object) -> None:
    assert purchase(**{gone: value})["event_id"] == SESSION_ID


def test_older_api_versions_keep_the_buyer_in_the_charge() -> None:
    charge = {"billing_details": {"email": "old@example.com", "address": {"country": "US"}}}
    body = sample(
        "stripe/payment_intent.succeeded",
        data__object__receipt_email=None,
        data__object__charges={"data": [charge]},
    )
    assert event_of("stripe", body, options=INTENTS)["user"]["email"] == "old@example.com"
