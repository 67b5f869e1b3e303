"""The visit store: what it keeps, for how long, and that a failing table costs nothing."""

from relay.visits.store import (
    COUNTED_TTL_SECONDS,
    MAX_WRITES,
    PAUSE_SECONDS,
    VISIT_TTL_SECONDS,
    VisitStore,
    pointer_key,
    visit_key,
)
from relay.visits.visit import Visit
from tests.support.visits import OTHER_VISIT, VISIT, MemoryTable

NOW = 1_795_000_000.0


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


def make() -> tuple[VisitStore, MemoryTable, Clock]:
    table, clock = MemoryTable(), Clock()
    return VisitStore(table, clock), table, clock


def visit(visit_id: str = VISIT, **fields: str) -> Visit:
    return Visit(visit_id, granted=True, **fields)


def test_visit_and_pointers_are_kept_for_28_days() -> None:
    store, table, clock = make()
    assert store.leave(visit(ttclid="E.C.P.x", ip="9.9.9.9"), {"session_id": "cs_1"})
    item = table.items[visit_key(VISIT)]
    assert (item["ttclid"], item["ip"], item["consent"]) == ("E.C.P.x", "9.9.9.9", "granted")
    assert item["expires_at"] == NOW + VISIT_TTL_SECONDS
    assert table.items[pointer_key("session_id", "cs_1")]["visit"] == VISIT
    assert store.get([visit_key(VISIT)])
    # The table deletes late; the store does not give what has expired.
    clock.now += VISIT_TTL_SECONDS + 1
    assert store.get([visit_key(VISIT)]) == {}


def test_later_click_id_overrides_and_a_page_without_one_erases_nothing() -> None:
    store, table, _ = make()
    store.leave(visit(ttclid="old", ttp="t"), {})
    store.leave(visit(ttclid="new"), {})
    store.leave(visit(ip="9.9.9.9"), {})
    item = table.items[visit_key(VISIT)]
    assert (item["ttclid"], item["ttp"], item["ip"]) == ("new", "t", "9.9.9.9")


def test_withdrawal_leaves_only_the_answer_and_is_final_for_its_id() -> None:
    store, table, _ = make()
    store.leave(visit(ttclid="E.C.P.x", ip="9.9.9.9"), {})
    assert store.leave(Visit(VISIT, granted=False), {})
    assert table.items[visit_key(VISIT)].keys() == {"consent", "expires_at"}
    # A request that was on its way.
    assert not store.leave(visit(ttclid="E.C.P.x"), {"session_id": "cs_1"})
    assert len(table.items) == 1


def test_one_id_is_written_so_often_and_no_more() -> None:
    store, table, _ = make()
    assert [store.leave(visit(), {}) for _ in range(MAX_WRITES + 1)].count(False) == 1
    assert table.items[visit_key(VISIT)]["writes"] == MAX_WRITES


def test_token_belongs_to_the_visit_that_claimed_it_first() -> None:
    store, table, _ = make()
    store.leave(visit(), {"checkout_token": "chk"})
    store.leave(visit(OTHER_VISIT), {"checkout_token": "chk"})
    assert table.items[pointer_key("checkout_token", "chk")]["visit"] == VISIT


def test_order_that_two_visits_claim_belongs_to_neither() -> None:
    store, table, _ = make()
    store.leave(visit(), {"order_id": "1001"})
    store.leave(visit(OTHER_VISIT), {"order_id": "1001"})
    store.leave(visit(), {"order_id": "1001"})
    assert table.items[pointer_key("order_id", "1001")]["disputed"] is True


def test_address_belongs_to_the_visit_that_left_it_last() -> None:
    store, table, _ = make()
    store.leave(visit(), {"email": "d" * 64})
    store.leave(visit(OTHER_VISIT), {"email": "d" * 64})
    assert table.items[pointer_key("email", "d" * 64)]["visit"] == OTHER_VISIT


def test_trial_of_a_year_is_remembered_until_its_first_payment() -> None:
    store, _, clock = make()
    store.remember(["StartTrial:sub_1"])
    clock.now += 366 * 86_400
    assert store.already_counted("StartTrial:sub_1")


def test_counted_events_are_remembered_without_their_ids() -> None:
    store, table, clock = make()
    store.remember(["Purchase:1001"])
    assert store.already_counted("Purchase:1001")
    assert not store.already_counted("Purchase:1002")
    ((key, item),) = table.items.items()
    assert "1001" not in key
    assert item == {"expires_at": int(NOW) + COUNTED_TTL_SECONDS}
    clock.now += COUNTED_TTL_SECONDS + 1
    assert not store.already_counted("Purchase:1001")


def test_failing_table_is_asked_once_in_a_while_and_never_raises() -> None:
    store, table, clock = make()
    table.fails = True
    assert store.get([visit_key(VISIT)]) == {}
    assert store.already_counted("Purchase:1001") is None
    assert not store.remember(["Purchase:1001"])
    assert table.calls == 1
    clock.now += PAUSE_SECONDS + 1
    assert not store.remember(["Purchase:1001"])
    assert store.already_counted("Purchase:1001") is None
    assert table.calls == 2
    clock.now += PAUSE_SECONDS + 1
    table.fails = False
    assert store.remember(["Purchase:1001"])
    assert store.already_counted("Purchase:1001")
