"""Intake: from a request's bytes to the queue message, beside a floor and a peer.

The floor is what every implementation does, with the standard library: parse the body, compute six SHA-256
digests, dump the result. The peer is the normaliser of Meta's own SDK (facebook-business, `Event.normalize`);
it neither parses nor dumps. A webhook's floor parses its body and dumps the item that it becomes; its
signature is verified in neither.
"""

import gc
import hashlib
import json
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final, NamedTuple

from facebook_business.adobjects.serverside.content import Content
from facebook_business.adobjects.serverside.custom_data import CustomData
from facebook_business.adobjects.serverside.event import Event
from facebook_business.adobjects.serverside.user_data import UserData

from benchmarks import samples
from benchmarks.figures import MICROSECONDS, Figures, NotDoneError, in_turns
from relay.event import body as bodies
from relay.event import pipeline
from relay.event.routing import Routes
from relay.message import Message
from relay.webhooks import registry
from relay.webhooks.options import Options
from relay.webhooks.provider import ProviderEvents
from tests.support.webhooks import headers_of, sample

PEOPLE: Final[int] = 1_000
ROUNDS: Final[int] = 9
MAX_BYTES: Final[int] = 1_000_000
HASHED: Final[tuple[str, ...]] = ("email", "phone", "external_id", "first_name", "last_name", "zip_code")
OPTIONS: Final[pipeline.PipelineOptions] = pipeline.PipelineOptions(Routes({"web": (samples.PIXEL,)}))

WEBHOOKS: Final[dict[str, tuple[str, str]]] = {
    "shopify": ("shopify/orders_paid", "orders/paid"),
    "stripe": ("stripe/checkout.session.completed", "checkout.session.completed"),
    "woocommerce": ("woocommerce/order.created", "order.created"),
    "standard": ("standard/purchase", ""),
}
"""Provider → its sample of a Purchase, and its topic."""


class Sent(NamedTuple):
    """A request: its body, its time of receipt (Unix seconds) and its trace id."""

    body: bytes
    received_at: float
    trace_id: str


def requests(sent: Iterable[bytes]) -> list[Sent]:
    """Requests with these bodies, no two at the same time or with the same trace id."""
    return [
        Sent(body, samples.NOW + number / 1000, f"trace-{number}")
        for body, number in zip(sent, samples.numbers, strict=False)
    ]


def intake(sent: Sent) -> str:
    """What ingest does with one event between HTTP and SQS. Raises NotDoneError where it is not accepted."""
    body, received_at, trace_id = sent
    event = bodies.parse_json(body, MAX_BYTES)
    return _to_message(event, pipeline.RequestContext(received_at), trace_id)


def _to_message(event: object, context: pipeline.RequestContext, trace_id: str) -> str:
    result = pipeline.process_event(event, context, OPTIONS)
    if not isinstance(result, pipeline.Accepted):
        raise NotDoneError(f"the benchmark's event was not accepted: {result}")
    return Message(result.destinations[0], context.received_at, "server", trace_id, result.item).encode()


def webhook_intake(provider_name: str, headers: dict[str, str], body: bytes) -> str:
    """What ingest does with one webhook after its signature.

    Raises NotDoneError where it becomes no event.
    """
    number = next(samples.numbers)
    parsed = registry.load_provider(provider_name).parse(headers, body, Options())
    if not isinstance(parsed, ProviderEvents):
        raise NotDoneError(f"the benchmark's webhook was ignored: {parsed}")
    context = pipeline.RequestContext(samples.NOW + number / 1000, parsed.envelope)
    (event,) = parsed.events
    return _to_message(event, context, f"trace-{number}")


def floor(body: bytes) -> object:
    """Parse, the same digests, dump."""
    event = json.loads(body)
    for name in HASHED:
        event[name] = hashlib.sha256(event[name].encode()).hexdigest()
    return json.dumps(event)


def webhook_floor(item: object, body: bytes) -> object:
    """Parse the webhook, six digests, dump the item that it becomes."""
    json.loads(body)
    for name in HASHED:
        hashlib.sha256(name.encode()).hexdigest()
    return json.dumps(item)


def peer(event: dict[str, Any]) -> object:
    """The same event through Meta's normaliser."""
    user = UserData(
        email=event["email"],
        phone=event["phone"],
        external_id=event["external_id"],
        first_name=event["first_name"],
        last_name=event["last_name"],
        zip_code=event["zip_code"],
    )
    contents = [
        Content(product_id=content["content_id"], quantity=content["quantity"], item_price=content["price"])
        for content in event["contents"]
    ]
    data = CustomData(
        value=event["value"], currency="usd", contents=contents, order_id=event["order_id"], num_items=3
    )
    return Event(
        event_name="Purchase",
        event_time=event["event_time"],
        event_id=event["event_id"],
        event_source_url=event["url"],
        user_data=user,
        custom_data=data,
    ).normalize()


def for_all(work: Callable[[Any], object], given: Iterable[object]) -> Callable[[], None]:
    """A function that does `work` with each that is given, and holds no result, as no function would."""

    def run() -> None:
        for entry in given:
            work(entry)

    return run


def run(figures: Figures) -> None:
    """Measure, and add the figures."""
    events = [samples.purchase(number) for number in range(PEOPLE)]
    sent = samples.purchases(PEOPLE)
    cases: dict[str, Callable[[], object]] = {
        "clean": for_all(intake, requests(sent)),
        "coerced": for_all(intake, requests(samples.purchases_to_coerce(PEOPLE))),
        "visitor": for_all(intake, requests(samples.purchases_with_visitor(PEOPLE))),
        "ad": for_all(intake, requests(samples.purchases_of_ad(PEOPLE))),
        "floor": for_all(floor, sent),
        "facebook": for_all(peer, events),
    }
    for name, (path, topic) in WEBHOOKS.items():
        webhooks = samples.varied(sample(path), PEOPLE)
        process = partial(webhook_intake, name, headers_of(name, topic))
        item = json.loads(process(webhooks[0]).partition("\n")[2])
        cases[name] = for_all(process, webhooks)
        cases[f"{name} floor"] = for_all(partial(webhook_floor, item), webhooks)
    # The samples are thousands of objects that no function would hold, for the collector to walk through.
    gc.collect()
    gc.freeze()
    seconds = in_turns(cases, ROUNDS)
    gc.unfreeze()

    def add(name: str, case: str, title: str) -> None:
        figures.add(name, title, "µs", [taken / PEOPLE * MICROSECONDS for taken in seconds[case]])

    add("intake.floor", "floor", "floor: parse, 6 SHA-256, dump")
    add("intake.clean", "clean", "relay: a Purchase")
    add("intake.coerced", "coerced", "relay: with one field to coerce")
    add("intake.visitor", "visitor", "relay: with address, browser, cookie and a URL with a query")
    add("intake.ad", "ad", "relay: with the query of an ad, and its click id in it")
    add("intake.facebook", "facebook", "facebook-business: normalise only")
    for case, title in (
        ("clean", "a Purchase"),
        ("coerced", "with one field to coerce"),
        ("visitor", "with address, browser, cookie and a URL with a query"),
        ("ad", "with the query of an ad, and its click id in it"),
    ):
        figures.add_ratio(
            f"intake.{case}.ratio", f"{title}, times the floor", seconds[case], seconds["floor"]
        )
    figures.add_ratio(
        "intake.facebook.ratio",
        "facebook-business, times the floor",
        seconds["facebook"],
        seconds["floor"],
    )
    for name in WEBHOOKS:
        add(f"intake.{name}", name, f"relay: a webhook of {name}")
        figures.add_ratio(
            f"intake.{name}.ratio",
            f"a webhook of {name}, times its floor",
            seconds[name],
            seconds[f"{name} floor"],
        )
