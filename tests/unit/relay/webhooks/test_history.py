"""History: a purchase that is reported again after TikTok forgot its id counts once if it is remembered."""

from collections.abc import Sequence

import pytest

from relay.event.pipeline import PipelineOptions, RequestContext
from relay.ingestion import validate_events
from relay.request_error import RequestError
from relay.webhooks.history import NO_HISTORY, apply_history, check_order
from relay.webhooks.options import Options
from relay.webhooks.provider import HistoryCheck, Ignored, ProviderEvents
from tests.support.events import NOW, ROUTES
from tests.support.history import Remembered
from tests.support.rows import every_row
from tests.support.webhooks import parse, sample

HOUR = 3600


def order(ordered_at: int | None) -> ProviderEvents:
    return ProviderEvents([{}], "orders/paid", history=check_order("Purchase", "7", ordered_at))


def test_late_purchase_that_was_counted_is_ignored() -> None:
    memory = Remembered("Purchase:7")
    assert apply_history(order(0), memory, 41 * HOUR) == Ignored("already_counted", "orders/paid")


def test_late_purchase_that_nobody_reported_counts() -> None:
    late = order(0)
    for memory in (Remembered(), Remembered("PlaceAnOrder:7", "Purchase:8"), NO_HISTORY):
        assert apply_history(late, memory, 41 * HOUR) is late


@pytest.mark.parametrize(("ordered_at", "now"), [(0, 40 * HOUR), (0, 0), (None, 99 * HOUR), (9, 5)])
def test_purchase_soon_after_the_order_is_left_to_tiktok_without_a_look_up(
    ordered_at: int | None, now: int
) -> None:
    memory = Remembered("Purchase:7")
    soon = order(ordered_at)
    assert apply_history(soon, memory, now) is soon
    assert memory.looked_up == []


def test_event_that_needs_an_earlier_one_is_ignored_without_it() -> None:
    check = HistoryCheck(
        required="trial", required_reason="renewal", excluded="paid", excluded_reason="renewal"
    )
    events = ProviderEvents([{}], "invoice.paid", history=check)
    assert apply_history(events, NO_HISTORY, 0) == Ignored("renewal", "invoice.paid")
    assert apply_history(events, Remembered("trial"), 0) is events
    assert apply_history(events, Remembered("trial", "paid"), 0) == Ignored("renewal", "invoice.paid")


class Unreachable:
    """A history whose store fails."""

    def already_counted(self, _key: str) -> bool | None:
        return None

    def remember(self, _keys: Sequence[str]) -> bool:
        return False


def test_history_that_fails_holds_back_only_events_that_need_it() -> None:
    late = order(0)
    assert apply_history(late, Unreachable(), 41 * HOUR) is late
    for check in (HistoryCheck(required="trial", needed=True), HistoryCheck(excluded="paid", needed=True)):
        with pytest.raises(RequestError) as error:
            apply_history(ProviderEvents([{}], "invoice.paid", history=check), Unreachable(), 0)
        assert (error.value.status, error.value.code) == (503, "history_unavailable")


def test_no_history_remembers_nothing_and_asks_for_no_repetition() -> None:
    assert NO_HISTORY.remember(["Purchase:7"])
    assert not NO_HISTORY.already_counted("Purchase:7")


# ── a purchase is looked up under the id that it is remembered under ────────────────────────────────────────

_HEADER = "eyJhbGciOiJIUzI1NiJ9"
"""Of a web token; a scanner would take a whole one for a secret."""

CARRIED_IDS = (
    "order-7",
    "undefined",
    "null",
    "order_undefined",
    "None-None",
    "-",
    "--",
    "..",
    "__ORDER_ID__",
    "sk_live_51H7abcdefghijklmnopqrs",
    f"{_HEADER}.eyJzdWIiOiIxIn0.abc",
    "00491701234567",
)
"""Values of `tt_event_id`: a usual one, placeholders, and what goes out hashed."""

BODIES: dict[str, tuple[str, str, str, object]] = {
    "shopify": ("shopify/orders_paid", "orders/paid", "note_attributes", "name"),
    "woocommerce": ("woocommerce/order.created", "order.created", "meta_data", "key"),
    "stripe": ("stripe/checkout.session.completed", "", "data__object__metadata", None),
}
"""Provider → sample, topic, path of what a checkout carries, name of its keys; None for an object."""


def purchase(sender: str, carried: str, options: Options) -> ProviderEvents:
    name, topic, path, key = BODIES[sender]
    notes: object = {"tt_event_id": carried}
    if key is not None:
        notes = [{key: "tt_event_id", "value": carried}]
    parsed = parse(sender, sample(name, **{path: notes}), topic, options)
    assert isinstance(parsed, ProviderEvents)
    return parsed


def keys_of(parsed: ProviderEvents) -> list[str]:
    """Return the keys that ingest remembers."""
    receipt = validate_events(parsed.events, RequestContext(NOW), PipelineOptions(ROUTES))
    return receipt.purchase_keys(ROUTES.default)


@every_row("carried", CARRIED_IDS)
@every_row("sender", BODIES)
def test_purchase_is_looked_up_under_the_key_that_it_is_remembered_under(sender: str, carried: str) -> None:
    for prefix in ("", "shop-2.", "sk_live_", "-", "00491701234567"):
        parsed = purchase(sender, carried, Options(event_id_prefix=prefix))
        assert [parsed.history.excluded] == keys_of(parsed)


@every_row("carried", CARRIED_IDS)
@every_row("sender", BODIES)
def test_purchase_that_is_sent_again_days_later_counts_once(sender: str, carried: str) -> None:
    memory = Remembered()
    parsed = purchase(sender, carried, Options())
    assert parsed.history.ordered_at is not None
    memory.remember(keys_of(parsed))
    again = apply_history(purchase(sender, carried, Options()), memory, parsed.history.ordered_at + 72 * HOUR)
    assert isinstance(again, Ignored)
    assert again.reason == "already_counted"


@every_row("carried", CARRIED_IDS)
@every_row("field", ["event_id", "order_id"])
@every_row("name", ["Purchase", "complete payment", "Subscribe"])
def test_purchase_by_standard_webhooks_that_comes_days_later_counts_once(
    name: str, field: str, carried: str
) -> None:
    at = int(NOW) - 72 * HOUR
    sale = {"event": name, "event_time": at, "email": "ada@example.com", "value": 9, "currency": "EUR"}
    parsed = parse("standard", sale | {field: carried})
    assert isinstance(parsed, ProviderEvents)
    memory = Remembered()
    assert apply_history(parsed, memory, NOW) is parsed
    memory.remember(keys_of(parsed))
    assert apply_history(parsed, memory, NOW) == Ignored("already_counted", "events")
