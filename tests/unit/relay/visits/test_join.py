"""The join: what a webhook lacks comes from its buyer's visit, from nobody else's, and never against a no."""

from typing import Any

import pytest

from relay.identity.hashing import digest
from relay.visits.join import Joined, join_visit
from relay.visits.store import VisitStore
from relay.visits.visit import Visit, VisitKeys
from tests.support.visits import OTHER_VISIT, VISIT, MemoryTable

NOW = 1_795_000_000

EVENT: dict[str, Any] = {
    "event": "Purchase",
    "event_id": "cs_1",
    "user": {"email": "ada@example.com"},
    "properties": {"order_id": "1001", "value": 12.5, "currency": "EUR"},
}
FULL = {"ttclid": "E.C.P.x", "ttp": "01K_.tt.1", "ip": "9.9.9.9", "user_agent": "Browser/1"}


def make(at: float = NOW) -> tuple[VisitStore, MemoryTable]:
    table = MemoryTable()
    return VisitStore(table, lambda: at), table


def leave(
    store: VisitStore, visit_id: str = VISIT, pointers: dict[Any, str] | None = None, **fields: str
) -> None:
    store.leave(
        Visit(visit_id, granted=True, **{**FULL, "url": "https://shop.example/", **fields}), pointers or {}
    )


def join(store: VisitStore, keys: VisitKeys | None = None, **changes: Any) -> Joined:
    joined = join_visit([EVENT | changes], keys or VisitKeys(), store)
    assert joined is not None
    return joined


def user(joined: Joined) -> dict[str, Any]:
    (event,) = joined.events
    assert isinstance(event, dict)
    found: dict[str, Any] = event["user"]
    return found


def test_what_is_missing_is_filled_and_named() -> None:
    store, _ = make()
    leave(store)
    joined = join(store, VisitKeys(VISIT))
    assert user(joined) == {"email": "ada@example.com", **FULL}
    assert joined.events[0]["page"] == {"url": "https://shop.example/"}  # type: ignore[index]
    assert joined.to_json() == {
        "status": "joined",
        "joined_by": "visit_id",
        "filled": ["ttclid", "ttp", "ip", "user_agent", "url"],
    }
    assert "ttclid" not in EVENT["user"]


def test_what_the_webhook_says_is_never_changed() -> None:
    store, _ = make()
    leave(store)
    own = {"ttclid": "own", "ip": "1.1.1.1", "email": "ada@example.com"}
    joined = join(store, VisitKeys(VISIT), user=own, page={"url": "https://shop.example/own"})
    # Not the visit's browser beside the webhook's address: the two may be different people.
    assert user(joined) == {**own, "ttp": FULL["ttp"]}
    assert joined.filled == ("ttp",)


def test_browser_is_filled_beside_the_same_address() -> None:
    store, _ = make()
    leave(store)
    assert user(join(store, VisitKeys(VISIT), user={"ip": "9.9.9.9"}))["user_agent"] == "Browser/1"


@pytest.mark.parametrize(
    ("pointer", "keys"),
    [
        ({"checkout_token": "chk"}, VisitKeys(checkout_token="chk")),
        ({"session_id": "cs_1"}, VisitKeys(session_id="cs_1")),
        ({"payment_intent": "pi_1"}, VisitKeys(payment_intent="pi_1")),
        ({"order_id": "1001"}, VisitKeys(ordered_at=NOW - 10)),
        ({"email": digest("ada@example.com")}, VisitKeys()),
    ],
)
def test_each_pointer_leads_to_the_visit(pointer: dict[Any, str], keys: VisitKeys) -> None:
    store, _ = make()
    leave(store, pointers=pointer)
    joined = join(store, keys)
    assert joined.via == next(iter(pointer))
    assert user(joined)["ttclid"] == "E.C.P.x"


def test_carried_id_comes_before_pointers_and_tokens_before_the_order_and_the_address() -> None:
    store, _ = make()
    leave(store, VISIT, {"order_id": "1001"}, ttclid="by-order")
    leave(store, OTHER_VISIT, {"session_id": "cs_1"}, ttclid="by-session")
    third = "ttv_" + "z" * 22
    leave(store, third, {"email": digest("ada@example.com")}, ttclid="by-email")
    keys = VisitKeys(session_id="cs_1", ordered_at=NOW)
    assert user(join(store, keys))["ttclid"] == "by-session"
    assert user(join(store, VisitKeys(third, session_id="cs_1", ordered_at=NOW)))["ttclid"] == "by-email"
    assert user(join(store, VisitKeys(ordered_at=NOW)))["ttclid"] == "by-order"


def test_withdrawn_visit_fills_nothing_and_no_other_visit_does() -> None:
    store, _ = make()
    leave(store)
    leave(store, OTHER_VISIT, {"email": digest("ada@example.com")})
    store.leave(Visit(VISIT, granted=False), {})
    joined = join(store, VisitKeys(VISIT))
    assert (joined.status, user(joined)) == ("consent_denied", EVENT["user"])


@pytest.mark.parametrize("consent", ["denied", False])
def test_webhook_of_a_buyer_who_denied_consent_is_not_looked_up(consent: object) -> None:
    store, table = make()
    leave(store)
    calls = table.calls
    assert join_visit([EVENT | {"consent": consent}], VisitKeys(VISIT), store) is None
    assert table.calls == calls


def test_event_of_a_buyer_who_denied_consent_is_not_filled_beside_one_of_who_granted_it() -> None:
    store, _ = make()
    leave(store)
    denied = EVENT | {"consent": "denied"}
    joined = join_visit([EVENT, denied], VisitKeys(VISIT), store)
    assert joined is not None
    filled, left = joined.events
    assert "ttclid" in filled["user"]  # type: ignore[index]
    assert left == denied


def test_url_of_a_flat_event_is_not_replaced_by_the_visits() -> None:
    store, _ = make()
    leave(store)
    joined = join(store, VisitKeys(VISIT), url="https://shop.example/own")
    assert "page" not in joined.events[0]  # type: ignore[operator]
    assert "url" not in joined.filled


def test_webhook_with_two_addresses_is_joined_by_neither() -> None:
    store, _ = make()
    for visit_id, address in ((VISIT, "ada@example.com"), (OTHER_VISIT, "grace@example.com")):
        leave(store, visit_id, {"email": digest(address)})
    events = [EVENT | {"user": {"email": address}} for address in ("ada@example.com", "grace@example.com")]
    joined = join_visit(events, VisitKeys(ordered_at=NOW), store)
    assert joined is not None
    assert (joined.status, list(joined.events)) == ("not_found", events)


def test_digest_in_upper_case_is_the_same_address() -> None:
    store, _ = make()
    leave(store, pointers={"email": digest("ada@example.com")}, email=digest("ada@example.com"))
    assert join(store, user={"email": digest("ada@example.com").upper()}).via == "email"


def test_visit_of_another_person_fills_nothing() -> None:
    store, _ = make()
    leave(store, email=digest("grace@example.com"))
    joined = join(store, VisitKeys(VISIT))
    assert (joined.status, user(joined)) == ("another_person", EVENT["user"])
    assert user(join(store, VisitKeys(VISIT), user={"email": digest("grace@example.com")}))["ttclid"]


def test_order_of_another_person_claimed_before_it_was_made_is_not_trusted() -> None:
    """Order ids count up: a client that claims the next thousand must not get their buyers."""
    store, _ = make(at=NOW - 3600)
    leave(store, pointers={"order_id": "1001"})
    later = VisitStore(store._table, lambda: float(NOW))  # noqa: SLF001 - the same table, an hour later
    assert join(later, VisitKeys(ordered_at=NOW)).status == "not_found"
    assert join(later, VisitKeys()).status == "not_found"


def test_page_whose_clock_is_a_minute_behind_the_shops_may_claim_its_order() -> None:
    store, _ = make(at=NOW - 60)
    leave(store, pointers={"order_id": "1001"})
    assert join(store, VisitKeys(ordered_at=NOW)).via == "order_id"


def test_order_claimed_by_two_visits_is_not_trusted() -> None:
    store, _ = make()
    leave(store, VISIT, {"order_id": "1001"})
    leave(store, OTHER_VISIT, {"order_id": "1001"})
    assert join(store, VisitKeys(ordered_at=NOW)).status == "not_found"


def test_forged_id_falls_back_to_what_can_be_found() -> None:
    store, _ = make()
    leave(store, pointers={"session_id": "cs_1"})
    joined = join(store, VisitKeys("ttv_" + "f" * 22, session_id="cs_1"))
    assert joined.via == "session_id"


def test_webhook_that_lacks_nothing_costs_no_look_up() -> None:
    store, table = make()
    leave(store)
    calls = table.calls
    assert join_visit([EVENT | {"user": FULL}], VisitKeys(VISIT), store) is None
    assert table.calls == calls


def test_slow_table_leaves_the_webhook_as_it_is() -> None:
    store, table = make()
    leave(store)
    table.fails = True
    joined = join(store, VisitKeys(VISIT))
    assert (joined.status, list(joined.events)) == ("not_found", [EVENT])


@pytest.mark.parametrize(
    "event", [None, 7, [], {}, {"user": 7}, {"user": {"email": [7, None]}}, {"user": None}]
)
def test_events_of_any_shape_never_raise(event: object) -> None:
    store, _ = make()
    leave(store)
    join_visit([event], VisitKeys(VISIT), store)
