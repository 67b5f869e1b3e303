"""Stripe: webhooks of payments. The table FAMILIES says what each event becomes.

Stripe has several objects for one payment (session, payment intent, charge, invoice), each with events of its
own, and a newer object does not name the others. So one family counts for each deployment. What subscriptions
pay after their start has only invoices, in every family. Sources: docs.stripe.com, "Webhooks", "Types of
events", "Fulfill orders", "How subscriptions work", and the API reference of each object.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from relay.event.body import parse_unlimited
from relay.visits.visit import VisitKeys, is_visit_id
from relay.webhooks import history, money, urls
from relay.webhooks.attribution import Attribution, parse_attribution
from relay.webhooks.customer import find_phone, split_full_name, without_empty
from relay.webhooks.json_fields import (
    JsonObject,
    find_object,
    get_path,
    get_text,
    get_texts,
    parse_amount,
    to_text,
)
from relay.webhooks.money import Money
from relay.webhooks.options import Forwardable, Options, StripeFamily
from relay.webhooks.provider import (
    HistoryCheck,
    Ignored,
    Provider,
    ProviderEvents,
    RawEvent,
    Reason,
    Signature,
)


@dataclass(frozen=True, slots=True)
class ObjectType:
    """One of Stripe's objects: the field and value by which it is paid, and the paths of its other fields.

    Of several paths, the first that has a value counts.
    """

    paid: tuple[str, str]
    amount: str
    email: tuple[str, ...]
    phone: tuple[str, ...]
    name: tuple[str, ...]
    addresses: tuple[str, ...]
    customer: tuple[str, ...]
    metadata: tuple[str, ...] = ("metadata",)


SESSION: Final[ObjectType] = ObjectType(
    # A delayed payment (a bank debit) completes the session as "unpaid".
    paid=("payment_status", "paid"),
    amount="amount_total",
    # `customer_email` is only what the page filled in beforehand.
    email=("customer_details.email", "customer_email"),
    phone=("customer_details.phone",),
    name=("customer_details.individual_name", "customer_details.name"),
    addresses=(
        "customer_details.address",
        "collected_information.shipping_details.address",
        "shipping_details.address",
    ),
    # The shop's own id of the customer, else Stripe's.
    customer=("client_reference_id", "customer"),
)

INTENT: Final[ObjectType] = ObjectType(
    paid=("status", "succeeded"),
    amount="amount_received",
    # `charges` is only there in API versions before 2022-11-15.
    email=("receipt_email", "charges.data.0.billing_details.email"),
    phone=("shipping.phone", "charges.data.0.billing_details.phone"),
    name=("shipping.name", "charges.data.0.billing_details.name"),
    addresses=("shipping.address", "charges.data.0.billing_details.address"),
    customer=("customer",),
)

INVOICE: Final[ObjectType] = ObjectType(
    paid=("status", "paid"),
    amount="amount_paid",
    email=("customer_email",),
    phone=("customer_phone",),
    name=("customer_name",),
    addresses=("customer_address", "customer_shipping.address"),
    customer=("customer",),
    # The subscription's, of API versions from 2025-03-31 on and before it.
    metadata=("metadata", "parent.subscription_details.metadata", "subscription_details.metadata"),
)

# The session's id makes one event of the two: cards are paid when the session is completed, bank debits days
# later.
_SESSIONS: Final[dict[str, ObjectType]] = dict.fromkeys(
    ("checkout.session.completed", "checkout.session.async_payment_succeeded"), SESSION
)
# Twins, which differ only for what is paid outside Stripe; one invoice, one id.
_INVOICES: Final[dict[str, ObjectType]] = dict.fromkeys(
    ("invoice.paid", "invoice.payment_succeeded"), INVOICE
)

FAMILIES: Final[dict[StripeFamily, dict[str, ObjectType]]] = {
    "checkout": _SESSIONS | _INVOICES,
    "payment_intent": {"payment_intent.succeeded": INTENT} | _INVOICES,
    "invoice": _INVOICES,
}
"""Family → type of event → the object that it carries. `StripePurchase` chooses the family."""

IGNORED: Final[dict[str, Reason]] = {
    # The same money again, or the same person.
    **{kind: "covered_by_another_topic" for family in FAMILIES.values() for kind in family},
    "charge.succeeded": "covered_by_another_topic",
    "charge.captured": "covered_by_another_topic",
    "charge.updated": "covered_by_another_topic",
    "invoice_payment.paid": "covered_by_another_topic",
    "customer.created": "covered_by_another_topic",
    "customer.subscription.created": "covered_by_another_topic",
    "customer.subscription.updated": "covered_by_another_topic",
    # Never revenue.
    "checkout.session.async_payment_failed": "no_revenue",
    "checkout.session.expired": "no_revenue",
    "payment_intent.payment_failed": "no_revenue",
    "payment_intent.canceled": "no_revenue",
    "setup_intent.succeeded": "no_revenue",
    "invoice.payment_failed": "no_revenue",
    "customer.subscription.trial_will_end": "no_revenue",
    "customer.subscription.deleted": "no_revenue",
    "charge.refunded": "no_revenue",
    "refund.created": "no_revenue",
    "refund.updated": "no_revenue",
}
"""Type of event → why it becomes nothing, where its family is not the chosen one or it has none."""

Stage = Literal["first_payment", "later_payment", "by_hand"]

STAGES: Final[dict[str, Stage]] = {
    "subscription_create": "first_payment",
    "subscription_cycle": "later_payment",
    "subscription_threshold": "later_payment",
    "subscription_update": "later_payment",
    "subscription": "later_payment",
}
"""`billing_reason` of an invoice → what it is to a subscription. All others (`manual`, `quote_accept`, …) are
written by hand or by the shop's own program."""

NO_PAYMENT_REQUIRED: Final[str] = "no_payment_required"
"""A session's `payment_status` where there was nothing to pay."""

OF_AN_INVOICE: Final[tuple[str, ...]] = ("payment_details.order_reference", "invoice", "invoice.id")
"""Paths at which an intent names its invoice: the first in recent API versions, the others before
2025-03-31."""

SUBSCRIPTION_DESCRIPTIONS: Final[frozenset[str]] = frozenset({"Subscription creation", "Subscription update"})
"""What Stripe itself writes into the `description` of a subscription's intents."""

SUBSCRIPTION_PATHS: Final[tuple[str, ...]] = (
    "parent.subscription_details.subscription",
    "subscription",
    "subscription.id",
)

TRIAL_END_KEY: Final[str] = "tt_trial_end"
"""Key in a subscription's metadata: when its trial ends, in Unix seconds."""

TRIAL_END_TOLERANCE: Final[tuple[int, int]] = (-43_200, 90_000)
"""Seconds that the first invoice after a trial may be made before or after `tt_trial_end`. A session may be
completed up to 24 hours after the shop wrote the end of the trial into it."""

AT_A_TILL: Final[frozenset[str]] = frozenset({"card_present", "interac_present"})
"""In the `payment_method_types` of an intent that a Terminal reader collects (docs.stripe.com, "Collect card
payments"). One that takes `card` as well may have been paid on a page."""

ADDRESS_FIELDS: Final[dict[str, str]] = {
    "city": "city",
    "state": "state",
    "zip_code": "postal_code",
    "country": "country",
}

STRIPES_OWN_DOMAIN: Final[str] = "stripe.com"
"""`success_url` of a payment link with Stripe's own thank-you page."""

_THIN: Final[str] = "v2.core.event"
_PING: Final[str] = "v2.core.event_destination.ping"
"""What "Ping" in the Workbench sends to an event destination: a thin event, whatever its payload style."""


def parse(_headers: Mapping[str, str], raw: bytes, options: Options) -> ProviderEvents | Ignored:
    """Parse a webhook whose signature is valid. Raises RequestError where the body is not JSON."""
    envelope = parse_unlimited(raw)
    if not isinstance(envelope, dict):
        return Ignored("not_an_event", "other")
    if envelope.get("object") == _THIN:
        return Ignored("ping", "ping") if envelope.get("type") == _PING else Ignored("thin_event", "thin")
    kind, payment = get_text(envelope, "type"), get_path(envelope, "data.object")
    if envelope.get("object") != "event" or not isinstance(payment, dict):
        return Ignored("not_an_event", "other")
    object_type = FAMILIES[options.stripe].get(kind)
    if object_type is None:
        return Ignored(IGNORED[kind], kind) if kind in IGNORED else Ignored("topic_unknown", "other")
    parsed = _parse_payment(Payment(kind, envelope, payment, object_type, options))
    return Ignored(parsed, kind) if isinstance(parsed, str) else parsed


@dataclass(frozen=True, slots=True)
class Payment:
    """One webhook of a payment: its type, its envelope, the object inside with its type, and the options."""

    kind: str
    envelope: JsonObject
    body: JsonObject
    object_type: ObjectType
    options: Options

    def metadata(self) -> Attribution:
        return parse_attribution(
            pair
            for path in self.object_type.metadata
            if isinstance(found := get_path(self.body, path), dict)
            for pair in found.items()
        )


def _parse_payment(payment: Payment) -> ProviderEvents | Reason:
    if (reason := _ignored_for(payment)) is not None:
        return reason
    amount = _get_amount(payment)
    if payment.object_type is INVOICE:
        return _parse_invoice(payment, amount)
    status = get_text(payment.body, payment.object_type.paid[0])
    if _is_free(amount, status):
        if _starts_trial(payment):
            return _build_events(payment, "StartTrial", amount, _check_trial(payment.body))
        if "zero_value" not in payment.options.forwarded:
            return "zero_value"
    return _build_events(payment, "Purchase", amount)


def _ignored_for(payment: Payment) -> Reason | None:
    """Return why a payment is ignored: a test, another shop's, unpaid, or another object reports it."""
    body, options = payment.body, payment.options
    if payment.envelope.get("livemode") is False and "test" not in options.forwarded:
        return "test"
    if get_text(payment.envelope, "account") and "connected_account" not in options.forwarded:
        return "connected_account"
    if not get_text(body, "id"):
        return "id_missing"
    if payment.object_type is SESSION and get_text(body, "mode") == "setup":
        # The buyer changed a card.
        return "no_revenue"
    if options.stripe_metadata and not any(
        to_text(found.get(key)) == value
        for path in payment.object_type.metadata
        if isinstance(found := get_path(body, path), dict)
        for key, value in options.stripe_metadata
    ):
        return "other_shop"
    if payment.object_type is INTENT and _is_of_invoice(body):
        return "covered_by_another_topic"
    if payment.object_type is INTENT and _is_at_a_till(body) and "pos" not in options.forwarded:
        return "pos"
    field, value = payment.object_type.paid
    # A trial or a full discount is completed without a payment.
    if get_text(body, field) not in (value, NO_PAYMENT_REQUIRED):
        return "not_paid"
    return None


def _is_of_invoice(intent: JsonObject) -> bool:
    """Whether an invoice's webhook reports this payment intent."""
    return (
        any(get_text(intent, path).startswith("in_") for path in OF_AN_INVOICE)
        or get_text(intent, "description") in SUBSCRIPTION_DESCRIPTIONS
    )


def _is_at_a_till(intent: JsonObject) -> bool:
    types = intent.get("payment_method_types")
    names = set(map(to_text, types)) if isinstance(types, list) else set()
    return bool(AT_A_TILL & names) and "card" not in names


def _parse_invoice(payment: Payment, amount: Money | None) -> ProviderEvents | Reason:
    """Subscribe when a subscription starts, StartTrial where that is a trial, then the trial's first payment.

    With family checkout, the session reports the start, and the first payment after a trial is a Purchase.
    """
    body, options = payment.body, payment.options
    stage = STAGES.get(get_text(body, "billing_reason"), "by_hand")
    subscription = get_text(body, *SUBSCRIPTION_PATHS)
    free = _is_free(amount, "")
    if stage == "first_payment":
        if options.stripe == "checkout":
            return "covered_by_another_topic"
        if free and _starts_trial(payment):
            return _build_events(payment, "StartTrial", amount, _check_trial(body))
    if free and "zero_value" not in options.forwarded:
        return "zero_value"
    if stage == "first_payment":
        return _build_events(payment, "Subscribe", amount)
    reason: Forwardable = "manual_invoice" if stage == "by_hand" else "renewal"
    if reason in options.forwarded:
        return _build_events(payment, "Purchase", amount, later=True)
    says_trial_ended = _is_first_after_trial(payment)
    if stage == "by_hand" or not (subscription or says_trial_ended):
        return reason
    name = "Purchase" if options.stripe == "checkout" else "Subscribe"
    paid_earlier = _subscription_key("first_payment", subscription)
    check = HistoryCheck(
        # Only a history that has the trial can tell its first payment from the renewals after it. It may be
        # an update's: a trial that is ended early, an upgrade from a plan that is free.
        required="" if says_trial_ended else _subscription_key("trial", subscription),
        excluded=paid_earlier,
        excluded_reason="renewal",
        remembered=paid_earlier,
        needed=True,
    )
    return _build_events(payment, name, amount, check, later=True)


def _check_trial(body: JsonObject) -> HistoryCheck:
    """Return the check of a trial: remembered for its first payment, and looked up where it is late."""
    key = _subscription_key("trial", get_text(body, *SUBSCRIPTION_PATHS))
    return HistoryCheck(excluded=key, ordered_at=_get_created(body), remembered=key, needed=True)


def _subscription_key(stage: str, subscription: str) -> str:
    return f"stripe:{stage}:{subscription}" if subscription else ""


def _is_free(amount: Money | None, status: str) -> bool:
    return status == NO_PAYMENT_REQUIRED or (amount is not None and amount.amount <= 0)


def _starts_trial(payment: Payment) -> bool:
    """Whether a subscription starts that costs nothing yet, without a discount that makes it free."""
    body = payment.body
    if payment.object_type is SESSION and get_text(body, "mode") != "subscription":
        return False
    if payment.object_type is SESSION and _is_free_after_discount(body, "amount_subtotal"):
        return False
    return not (payment.object_type is INVOICE and _is_free_after_discount(body, "subtotal"))


def _is_free_after_discount(body: JsonObject, subtotal: str) -> bool:
    """Whether there would be something to pay without a discount."""
    before = parse_amount(body.get(subtotal))
    discount = parse_amount(get_path(body, "total_details.amount_discount"))
    return (before is not None and before > 0) or (discount is not None and discount > 0)


def _is_first_after_trial(payment: Payment) -> bool:
    """Whether the subscription's metadata says that its trial ended when this invoice was made.

    It can't say so of an update's invoice: a change of the plan may follow within hours.
    """
    if get_text(payment.body, "billing_reason") != "subscription_cycle":
        return False
    made_at = _get_created(payment.body)
    made_at = _get_created(payment.envelope) if made_at is None else made_at
    trial_end = payment.metadata().values.get(TRIAL_END_KEY)
    if trial_end is None or made_at is None:
        return False
    earliest, latest = TRIAL_END_TOLERANCE
    return earliest <= made_at - int(trial_end) <= latest


def _build_events(
    payment: Payment,
    name: str,
    amount: Money | None,
    check: HistoryCheck | None = None,
    *,
    later: bool = False,
) -> ProviderEvents:
    """Build the event; `later` for an invoice after the first, which has a copy of the first one's id.

    Without another `check`, it counts once for its id.
    """
    body, attribution = payment.body, payment.metadata()
    amount = money.in_iso_4217(amount)
    identity = get_text(body, "id")
    event_id = ("" if later else attribution.event_id) or payment.options.event_id_prefix + identity
    event = without_empty(
        {
            "event": name,
            "event_id": event_id,
            # Of the payment; a session's own time is when it was opened.
            "event_time": _get_created(payment.envelope),
            "consent": attribution.consent,
            "user": without_empty(_build_user(payment) | attribution.user_fields("")),
            "properties": (amount.properties() if amount else {}) | {"order_id": identity},
            "page": without_empty({"url": attribution.url or _get_return_page(body)}),
        }
    )
    visit = None if later else _get_visit_keys(payment, attribution)
    check = check or history.check_order(name, event_id, _get_created(body))
    return ProviderEvents([event], payment.kind, history=check, visit=visit)


def _get_created(value: JsonObject) -> int | None:
    created = value.get("created")
    return created if isinstance(created, int) else None


def _get_visit_keys(payment: Payment, attribution: Attribution) -> VisitKeys:
    body = payment.body
    identity, reference = get_text(body, "id"), get_text(body, "client_reference_id")
    return VisitKeys(
        reference if is_visit_id(reference) else attribution.values.get("tt_visit", ""),
        session_id=identity if payment.object_type is SESSION else "",
        payment_intent=identity
        if payment.object_type is INTENT
        else get_text(body, "payment_intent", "payment_intent.id"),
        ordered_at=_get_created(body),
    )


def _get_return_page(body: JsonObject) -> str:
    """Return the shop's page that the buyer comes back to; its query has only placeholders.

    Embedded Checkout has `return_url` in place of `success_url`. A page of Stripe's own is not the shop's.
    """
    for url in (get_text(body, "success_url"), get_text(body, "return_url")):
        if url and not urls.is_on_domain(url, STRIPES_OWN_DOMAIN) and (page := urls.strip_query(url)):
            return page.replace("{CHECKOUT_SESSION_ID}", "")
    return ""


def _build_user(payment: Payment) -> RawEvent:
    body, object_type = payment.body, payment.object_type
    phones = [
        (phone, f"{address}.country") for phone in object_type.phone for address in object_type.addresses
    ]
    locale = get_text(body, "locale")
    address = find_object(body, object_type.addresses, ADDRESS_FIELDS.values())
    return {
        "email": get_text(body, *object_type.email),
        "phone": find_phone(body, phones, payment.options.country),
        # A visit's id in `client_reference_id` is nobody's customer number.
        "external_id": next(
            (
                found
                for path in object_type.customer
                if (found := get_text(body, path)) and not is_visit_id(found)
            ),
            "",
        ),
        "locale": "" if locale == "auto" else locale,
        **split_full_name(get_text(body, *object_type.name)),
        **get_texts(address, ADDRESS_FIELDS),
    }


def _get_amount(payment: Payment) -> Money | None:
    """Return what was paid. With Adaptive Pricing, `presentment_details` has it in the buyer's currency."""
    return money.choose_money(_find_amounts(payment))


def _find_amounts(payment: Payment) -> Iterator[Money | None]:
    body = payment.body
    if payment.options.money == "presentment":
        yield money.from_minor_units(
            get_path(body, "presentment_details.presentment_amount"),
            get_text(body, "presentment_details.presentment_currency"),
        )
    yield money.from_minor_units(body.get(payment.object_type.amount), get_text(body, "currency"))


PROVIDER: Final[Provider] = Provider(
    title="Stripe",
    signature=Signature("timestamped", ("stripe-signature",), secret_prefix="whsec_"),  # noqa: S106 - a prefix
    parse=parse,
)
