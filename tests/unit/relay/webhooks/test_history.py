"""History: a purchase that is reported again after TikTok forgot its id counts once if it is remembered."""

from collections.abc import Sequence

import pytest

from relay.webhooks.history import NO_HISTORY, apply_history, check_order
from relay.webhooks.provider import HistoryCheck, Ignored, ProviderEvents

HOUR = 3600


class Remembered:
    """A history in memory, which also knows which keys were looked up."""

    def __init__(self, *keys: str) -> None:
        self.keys = set(keys)
        self.looked_up: list[str] = []

    def already_counted(self, key: str) -> bool:
        self.looked_up.append(key)
        return key in self.keys

    def remember(self, keys: Sequence[str]) -> None:
        self.keys |= set(keys)


def order(ordered_at: int | None, paid_at: int | None) -> ProviderEvents:
    return ProviderEvents([{}], "orders/paid", history=check_order("Purchase", "7", ordered_at, paid_at))


def test_late_purchase_that_was_counted_is_ignored() -> None:
    memory = Remembered("Purchase:7")
    assert apply_history(order(0, 41 * HOUR), memory) == Ignored("already_counted", "orders/paid")


def test_late_purchase_that_nobody_reported_counts() -> None:
    late = order(0, 41 * HOUR)
    assert apply_history(late, Remembered()) is late
    assert apply_history(late, Remembered("PlaceAnOrder:7", "Purchase:8")) is late
    assert apply_history(late, NO_HISTORY) is late


@pytest.mark.parametrize(("ordered_at", "paid_at"), [(0, 40 * HOUR), (0, 0), (None, 5), (5, None), (9, 5)])
def test_purchase_soon_after_the_order_is_left_to_tiktok_without_a_look_up(
    ordered_at: int | None, paid_at: int | None
) -> None:
    memory = Remembered("Purchase:7")
    soon = order(ordered_at, paid_at)
    assert apply_history(soon, memory) is soon
    assert memory.looked_up == []


def test_every_purchase_is_remembered() -> None:
    assert order(0, 0).history.remembered == order(0, 41 * HOUR).history.remembered == ("Purchase:7",)


def test_event_that_needs_an_earlier_one_is_ignored_without_it() -> None:
    check = HistoryCheck(
        required="trial", required_reason="renewal", excluded="paid", excluded_reason="renewal"
    )
    events = ProviderEvents([{}], "invoice.paid", history=check)
    assert apply_history(events, NO_HISTORY) == Ignored("renewal", "invoice.paid")
    assert apply_history(events, Remembered("trial")) is events
    assert apply_history(events, Remembered("trial", "paid")) == Ignored("renewal", "invoice.paid")


def test_no_history_remembers_nothing() -> None:
    NO_HISTORY.remember(["Purchase:7"])
    assert not NO_HISTORY.already_counted("Purchase:7")
