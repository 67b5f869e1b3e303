"""Stripe: webhooks of payments. Which event becomes what is the table FAMILIES.

Stripe tells of one payment several times over (a session, a payment intent, a charge, an invoice) and nothing
in the newer ones says so, hence one family for each deployment. Sources: docs.stripe.com, "Webhooks", "Types
of events", "Fulfill orders" and the API reference of each object.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from relay.auth import signatures
from relay.webhooks import attribution, money, urls
from relay.webhooks import customer as people
from relay.webhooks.json_fields import Object, at, first, holder, parse, texts
from relay.webhooks.options import Policy, StripeFamily
from relay.webhooks.provider import Ignored, RawEvent, Reason, Source, Told


@dataclass(frozen=True, slots=True)
class Shape:
    """What an object of Stripe's becomes, which field holds which word when it is paid, and where the rest
    stands: paths, of which the first that holds something counts."""

    event: str
    paid: tuple[str, str]
    amount: str
    email: tuple[str, ...]
    phone: tuple[str, ...]
    name: tuple[str, ...]
    addresses: tuple[str, ...]
    customer: tuple[str, ...]
    metadata: tuple[str, ...] = ("metadata",)


SESSION: Final[Shape] = Shape(
    event="Purchase",
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

INTENT: Final[Shape] = Shape(
    event="Purchase",
    paid=("status", "succeeded"),
    amount="amount_received",
    # `charges` is only there in API versions before 2022-11-15.
    email=("receipt_email", "charges.data.0.billing_details.email"),
    phone=("shipping.phone", "charges.data.0.billing_details.phone"),
    name=("shipping.name", "charges.data.0.billing_details.name"),
    addresses=("shipping.address", "charges.data.0.billing_details.address"),
    customer=("customer",),
)

INVOICE: Final[Shape] = Shape(
    event="Subscribe",
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

FAMILIES: Final[dict[StripeFamily, dict[str, Shape]]] = {
    # The session's id makes one event of the two: cards are paid when the session is completed, bank debits
    # days later.
    "checkout": {
        "checkout.session.completed": SESSION,
        "checkout.session.async_payment_succeeded": SESSION,
    },
    "payment_intent": {"payment_intent.succeeded": INTENT},
    # Twins, told apart by what is paid outside Stripe; one invoice, one id.
    "invoice": {"invoice.paid": INVOICE, "invoice.payment_succeeded": INVOICE},
}
"""Family → type of event → what it becomes. The owner chooses the family."""

IGNORED: Final[dict[str, Reason]] = {
    # The same money again, or the same person.
    **{kind: "covered_by_another_topic" for family in FAMILIES.values() for kind in family},
    "charge.succeeded": "covered_by_another_topic",
    "charge.captured": "covered_by_another_topic",
    "invoice.payment.paid": "covered_by_another_topic",
    "customer.created": "covered_by_another_topic",
    "customer.subscription.created": "covered_by_another_topic",
    # Never revenue.
    "checkout.session.async_payment_failed": "no_revenue",
    "checkout.session.expired": "no_revenue",
    "payment_intent.payment_failed": "no_revenue",
    "payment_intent.canceled": "no_revenue",
    "charge.refunded": "no_revenue",
    "refund.created": "no_revenue",
    "refund.updated": "no_revenue",
}
"""Type of event → why it becomes nothing, where its family is not the chosen one or it has none."""

FREE: Final[str] = "no_payment_required"
"""A session's `payment_status` where there was nothing to pay."""

ADDRESS: Final[dict[str, str]] = {
    "city": "city",
    "state": "state",
    "zip_code": "postal_code",
    "country": "country",
}

_THIN: Final[str] = "v2.core.event"


def read(_headers: Mapping[str, str], raw: bytes, policy: Policy) -> Told | Ignored:
    """Reads a proven request. Raises RequestError."""
    envelope = parse(raw)
    if envelope.get("object") == _THIN:
        return Ignored("thin_event", "thin")
    kind, paid = first(envelope, "type"), at(envelope, "data.object")
    if envelope.get("object") != "event" or not isinstance(paid, dict):
        return Ignored("not_an_event", "other")
    shape = FAMILIES[policy.stripe].get(kind)
    if shape is None:
        return Ignored(IGNORED[kind], kind) if kind in IGNORED else Ignored("topic_unknown", "other")
    told = _event(envelope, paid, shape, policy)
    return Ignored(told, kind) if isinstance(told, str) else Told([told], kind)


def _event(envelope: Object, paid: Object, shape: Shape, policy: Policy) -> RawEvent | Reason:
    identity = first(paid, "id")
    if envelope.get("livemode") is False and "test" not in policy.forwarded:
        return "test"
    if not identity:
        return "id_missing"
    field, word = shape.paid
    said = first(paid, field)
    # A trial or a full discount: paid all the same, with nothing.
    if said not in (word, FREE):
        return "not_paid"
    if shape is INVOICE and first(paid, "billing_reason") != "subscription_create":
        return "renewal"
    total = _money(paid, shape, policy)
    if (said == FREE or (total is not None and total.amount <= 0)) and "zero_value" not in policy.forwarded:
        return "zero_value"
    notes = attribution.read(
        pair for path in shape.metadata if isinstance(found := at(paid, path), dict) for pair in found.items()
    )
    created = envelope.get("created")
    # The page that a buyer comes back to. Its query holds no more than placeholders.
    url = notes.url or urls.without_query(first(paid, "success_url"))
    return people.known(
        {
            "event": shape.event,
            "event_id": notes.event_id or policy.event_id_prefix + identity,
            # Of the payment; a session's own time is when it was opened.
            "event_time": created if isinstance(created, int) else None,
            "consent": notes.consent,
            "user": people.known(_user(paid, shape, policy) | notes.user("")),
            "properties": (total.properties() if total else {}) | {"order_id": identity},
            "page": people.known({"url": url}),
        }
    )


def _user(paid: Object, shape: Shape, policy: Policy) -> RawEvent:
    phones = [(phone, f"{address}.country") for phone in shape.phone for address in shape.addresses]
    locale = first(paid, "locale")
    return {
        "email": first(paid, *shape.email),
        "phone": people.phone(paid, phones, policy.country),
        "external_id": first(paid, *shape.customer),
        "locale": "" if locale == "auto" else locale,
        **people.names(first(paid, *shape.name)),
        **texts(holder(paid, shape.addresses, ADDRESS.values()), ADDRESS),
    }


def _money(paid: Object, shape: Shape, policy: Policy) -> money.Sum | None:
    """With Stripe's Adaptive Pricing the buyer pays in a currency of their own, which stands aside."""
    if policy.money == "presentment":
        theirs = money.of_minor_units(
            at(paid, "presentment_details.presentment_amount"),
            first(paid, "presentment_details.presentment_currency"),
        )
        if theirs is not None:
            return theirs
    return money.of_minor_units(paid.get(shape.amount), first(paid, "currency"))


def _prove(headers: Mapping[str, str], raw: bytes, secrets: Sequence[str], now: float) -> int:
    return signatures.timestamped(headers.get("stripe-signature"), raw, secrets, now)


SOURCE: Final[Source] = Source(_prove, read)
