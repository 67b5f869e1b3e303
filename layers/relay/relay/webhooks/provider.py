"""Provider: how a sender signs its webhooks, and how one becomes events. Each provider is one value."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, assert_never

from relay.auth import signatures
from relay.findings import Finding
from relay.visits.visit import VisitKeys
from relay.webhooks.options import Options

RawEvent = dict[str, object]
"""One event in TikTok's nested shape, not validated yet: `relay.event.pipeline` validates it like any
other."""

Reason = Literal[
    "already_counted",
    "api_version_old",
    "cancelled",
    "cart",
    "connected_account",
    "covered_by_another_topic",
    "draft",
    "empty",
    "id_missing",
    "late_update",
    "manual_invoice",
    "marketplace",
    "no_buyer_yet",
    "no_revenue",
    "not_an_event",
    "not_paid",
    "other_shop",
    "owner_cannot_read",
    "ping",
    "pos",
    "renewal",
    "sender_error",
    "source_excluded",
    "test",
    "thin_event",
    "topic_unknown",
    "update_after_payment",
    "zero_value",
]

REASONS: Final[dict[Reason, str]] = {
    "already_counted": "It was counted more than a day ago, so TikTok would count it again.",
    "api_version_old": "The webhook has an old API version, whose bodies lack needed fields. Set its API "
    "version to WP REST API Integration v3: each such webhook is a lost order.",
    "cancelled": "The order is cancelled.",
    "cart": "A cart names no visitor, so the page's AddToCart is better. AlsoForward=cart forwards it.",
    "connected_account": "The event belongs to a connected account, not to the shop's own. "
    "AlsoForward=connected_account forwards it.",
    "covered_by_another_topic": "Another webhook reports the same; with this one it would count twice.",
    "draft": "Staff wrote this order, not a visitor. AlsoForward=draft forwards it.",
    "empty": "The webhook holds no item or event.",
    "id_missing": "The object has no id. Let the webhook send all fields.",
    "late_update": "This change came more than a day after the event, which had a webhook of its own.",
    "manual_invoice": "An invoice that staff wrote, not the start of a subscription. "
    "AlsoForward=manual_invoice forwards it.",
    "marketplace": "Sold on another marketplace, not in the shop. AlsoForward=marketplace forwards it.",
    "no_buyer_yet": "Nothing in it identifies the buyer yet; a later webhook of the same checkout will.",
    "no_revenue": "Nothing is sold, and TikTok has no web event for it.",
    "not_an_event": "The signature is valid, but the body is not a webhook of this sender.",
    "not_paid": "Not paid yet; another webhook follows when it is.",
    "other_shop": "Its metadata has no pair of StripeShopMetadata: another shop on the account sold it.",
    "owner_cannot_read": "WooCommerce sent an error in place of the order: the webhook's owner may not read "
    "orders. Give the webhook an owner who may (an administrator): each such webhook is a lost order.",
    "ping": "The route works.",
    "pos": "Sold at a till, not in the web shop. AlsoForward=pos forwards it.",
    "renewal": "A renewal of a subscription, or the first payment after a trial that is not remembered. "
    "AlsoForward=renewal forwards it.",
    "sender_error": "WooCommerce sent an error in place of the object: each such webhook is a lost order. "
    "The webhook's log in WooCommerce shows the error.",
    "source_excluded": "ShopifyExcludeSources lists the source of this order.",
    "test": "A test, not a sale. AlsoForward=test forwards it.",
    "thin_event": "A thin event holds no data. Set the endpoint's payload style to snapshot.",
    "topic_unknown": "No event is made of this topic; you need not subscribe to it.",
    "update_after_payment": "Paid more than a day before this change; the payment had a webhook of its own.",
    "zero_value": "Nothing was paid (a gift, a replacement, a full discount). AlsoForward=zero_value "
    "forwards it.",
}
"""Each reason why a webhook becomes no event, with the sentence for its sender."""

LOST: Final[frozenset[Reason]] = frozenset(
    {"api_version_old", "owner_cannot_read", "sender_error", "thin_event"}
)
"""Reasons that mean a wrong set-up at the sender: an alarm rings, because each such webhook is a lost
order."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """A webhook that becomes no event on purpose.

    `topic` is one of the provider's own, never a text from the request, so that a log may hold it. `detail`
    is the sentence for the sender where it says more than the reason's.
    """

    reason: Reason
    topic: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class HistoryCheck:
    """What has to be known of earlier webhooks before these events count (see `relay.webhooks.history`).

    `required` is a key that must have been remembered, else the webhook is ignored for `required_reason`;
    `excluded` is a key that must not have been, else it is ignored for `excluded_reason`. With `ordered_at`,
    in Unix seconds, `excluded` is looked up only long after that. `remembered` is the key to remember once
    the queue has accepted the events. "" stands for none. `needed` says that a payment is lost or
    counted twice without them: where the history can't be reached, the webhook is answered with 503, and its
    sender sends it again. Only for senders that do so for days.
    """

    required: str = ""
    required_reason: Reason = "renewal"
    excluded: str = ""
    excluded_reason: Reason = "already_counted"
    ordered_at: int | None = None
    remembered: str = ""
    needed: bool = False


@dataclass(frozen=True, slots=True)
class ProviderEvents:
    """The events of one webhook; `envelope` holds what stands beside them.

    `visit` says by what the visit of the buyer may be found; None where no visitor of the shop made it.
    `warnings` are about fields that the provider replaced, by the index of the event.
    """

    events: Sequence[object]
    topic: str = ""
    envelope: Mapping[str, object] = field(default_factory=dict)
    history: HistoryCheck = HistoryCheck()
    visit: VisitKeys | None = None
    warnings: Mapping[int, tuple[Finding, ...]] = field(default_factory=dict)


Scheme = Literal["body_digest", "timestamped", "standard_webhooks"]
"""How a webhook is signed; `relay.auth.signatures` verifies each, `relay sign` makes each."""


@dataclass(frozen=True, slots=True)
class Signature:
    """How a provider signs: the scheme and the names of its headers.

    The first header counts that a request has and that is not blank; the last one is the usual one.
    `secret_prefix` is what a secret of this provider begins with.
    """

    scheme: Scheme
    headers: tuple[str, ...]
    secret_prefix: str = ""

    def verify(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: float) -> int:
        """Return the index of the secret that signed the body; `now` is in Unix seconds.

        Raises SignatureError.
        """
        name = signatures.find_signature_header(headers, self.headers)
        value = None if name is None else headers[name]
        match self.scheme:
            case "body_digest":
                return signatures.verify_body_digest(value, body, secrets)
            case "timestamped":
                return signatures.verify_timestamped(value, body, secrets, now)
            case "standard_webhooks":
                return signatures.verify_standard(headers, body, secrets, now)
            case _:
                assert_never(self.scheme)

    def is_present(self, headers: Mapping[str, str]) -> bool:
        """Whether a request has a signature header that is not blank."""
        return signatures.find_signature_header(headers, self.headers) is not None


PLATFORM_WARNINGS: Final[frozenset[str]] = frozenset({"contents_sum"})
"""Warnings that make no sense for a platform's own amounts: its total has the taxes, shipping and discounts
that its items' prices lack."""


def _is_no_ping(_headers: Mapping[str, str], _body: bytes) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Provider:
    """A sender of webhooks. Header names are lower-case throughout.

    `parse` takes headers, body and options of a webhook whose signature is valid, and raises RequestError for
    a body that is not JSON. `topics` are all values of `topic_header` that the provider knows. `is_ping`
    recognises the unsigned request by which a sender tries a URL. `hidden_warnings` are codes that are not
    reported: those of a shop platform's amounts, unless the bodies are events of the relay. `example_headers`
    are what a request of the sender has besides signature and topic, for `relay sign` and the tests.
    """

    title: str
    signature: Signature
    parse: Callable[[Mapping[str, str], bytes, Options], ProviderEvents | Ignored]
    topic_header: str = ""
    topics: Collection[str] = ()
    is_ping: Callable[[Mapping[str, str], bytes], bool] = _is_no_ping
    hidden_warnings: Collection[str] = PLATFORM_WARNINGS
    example_headers: Mapping[str, str] = field(default_factory=dict)

    def select_warnings(
        self, parsed: ProviderEvents, index: int, warnings: Sequence[Finding]
    ) -> tuple[Finding, ...]:
        """Return the warnings that are reported of an event: the provider's own and the pipeline's, without
        the hidden ones."""
        every = (*parsed.warnings.get(index, ()), *warnings)
        return tuple(warning for warning in every if warning.code not in self.hidden_warnings)
