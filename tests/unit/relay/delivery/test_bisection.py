"""Bisection: bad rows found within the budget, good ones delivered, no row rejected on a hint alone."""

from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from math import ceil, log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.delivery.bisection import Bisection
from relay.delivery.outcomes import Row, Undelivered
from relay.tiktok.responses import Response
from relay.tiktok.row_references import parse_message
from tests.support.delivery import BROKEN, OK, REJECTED, row
from tests.support.rows import every_row

ROWS = [row(number) for number in range(1000)]

Respond = Callable[[Sequence[Row]], Response]


def ids(rows: Iterable[Row | Undelivered]) -> set[str]:
    return {record["messageId"] for record, *_ in rows}


def bisect(rows: Sequence[Row], respond: Respond) -> tuple[set[str], list[Undelivered], list[list[Row]]]:
    """Run a bisection to its end: ids of delivered rows, the undelivered, the requests."""
    delivered: list[Row] = []
    undelivered: list[Undelivered] = []
    requests: list[list[Row]] = []
    bisection = Bisection(rows, delivered)
    while (asked := bisection.next_rows()) is not None:
        requests.append(list(asked))
        undelivered += bisection.apply(respond(asked))
    assert len(delivered) + len(undelivered) == len(rows)
    return ids(delivered), undelivered, requests


def unnamed(bad: AbstractSet[str]) -> Respond:
    return lambda rows: REJECTED if any(record["messageId"] in bad for record, *_ in rows) else OK


def naming(bad: AbstractSet[str], words: str = "Batch.{}.event_id: Not a valid string") -> Respond:
    def respond(rows: Sequence[Row]) -> Response:
        places = [place for place, (record, *_) in enumerate(rows) if record["messageId"] in bad]
        if not places:
            return OK
        message = words.format(places[0])
        return Response("rejected", 200, 40002, message, "r", parse_message(message))

    return respond


def budget(bad: int, rows: int = 1000) -> int:
    return 2 * bad * ceil(log2(rows / bad)) + 2 * bad + 1 if bad else 1


def placements(bad: int, rows: int) -> dict[str, list[int]]:
    step = rows / bad
    return {
        "first": list(range(bad)),
        "last": list(range(rows - bad, rows)),
        "spread": [int(number * step) for number in range(bad)],
        "spread from the middle": [min(int(number * step + step / 2), rows - 1) for number in range(bad)],
        # Bit reversal: the bad rows lie as far apart in the tree of halves as they can.
        "worst": sorted(int(f"{number:010b}"[::-1], 2) * rows // 1024 for number in range(bad)),
    }


def check_budget(bad: int) -> None:
    for name, places in placements(bad, 1000).items():
        expected = ids(ROWS[place] for place in places)
        delivered, undelivered, requests = bisect(ROWS, unnamed(expected))
        assert ids(undelivered) == expected
        assert delivered == ids(ROWS) - expected
        assert len(requests) <= budget(len(expected)), (name, len(requests))


@every_row("bad", [1, 2, 3, 7, 32, 33])
def test_unnamed_bad_rows_are_found_within_the_budget_wherever_they_lie(bad: int) -> None:
    check_budget(bad)


@every_row("bad", [*range(4, 32), 50, 63, 64, 65, 100, 127, 129, 250, 333, 500, 501, 999, 1000])
def test_the_budget_holds_for_any_number_of_bad_rows(bad: int) -> None:
    check_budget(bad)


@given(st.sets(st.integers(0, 999), max_size=60))
def test_the_budget_holds_for_any_placement(places: set[int]) -> None:
    expected = ids(ROWS[place] for place in places)
    _, undelivered, requests = bisect(ROWS, unnamed(expected))
    assert len(undelivered) == len(expected)
    assert len(requests) <= budget(len(expected))


@pytest.mark.parametrize("bad", [1, 2, 10, 100])
def test_named_bad_row_takes_two_requests(bad: int) -> None:
    expected = ids(ROWS[:: 1000 // bad][:bad])
    delivered, undelivered, requests = bisect(ROWS, naming(expected))
    assert ids(undelivered) == expected
    assert delivered == ids(ROWS) - expected
    assert len(requests) == 1 + 2 * bad


@given(st.sets(st.integers(0, 39)), st.lists(st.integers(0, 60)), st.booleans())
def test_a_row_that_is_named_wrongly_is_never_lost(bad: set[int], wrong: list[int], mixed: bool) -> None:
    rows = ROWS[:40]
    expected = ids(rows[place] for place in bad)
    lies = iter(wrong)

    def respond(asked: Sequence[Row]) -> Response:
        if not ids(asked) & expected:
            return OK
        lie = next(lies, None)
        if mixed and lie is None:
            return naming(expected)(asked)
        return Response("rejected", 200, 40002, "", "", () if lie is None else (lie,))

    delivered, undelivered, requests = bisect(rows, respond)
    assert delivered == ids(rows) - expected
    assert ids(undelivered) == expected
    assert all(row.status == "rejected" for row in undelivered)
    # A wrong name costs one request; after it no name is trusted.
    assert len(requests) <= max(budget(len(expected), 40), 1 + 2 * len(expected)) + 1 + 2 * len(expected)


def test_after_one_wrong_name_none_is_trusted() -> None:
    bad = ids([ROWS[700]])

    def respond(rows: Sequence[Row]) -> Response:
        # Names the first row whatever is wrong.
        return Response("rejected", 200, 40002, "Batch.0: no", "", (0,)) if bad & ids(rows) else OK

    _, undelivered, requests = bisect(ROWS, respond)
    assert ids(undelivered) == bad
    assert len(requests) <= budget(1) + 1


def test_others_are_delivered_although_the_named_row_meets_trouble() -> None:
    answers = iter([Response("rejected", 200, 40002, "Batch.4: no", "", (4,)), BROKEN])
    delivered, undelivered, _ = bisect(ROWS[:10], lambda _rows: next(answers, OK))
    assert ids(undelivered) == ids([ROWS[4]])
    assert delivered == ids(ROWS[:10]) - ids([ROWS[4]])


@given(st.lists(st.sampled_from([OK, REJECTED, BROKEN, Response("partial", 200, 20001)]), max_size=200))
def test_no_row_is_rejected_unless_it_was_rejected_alone(answers: list[Response]) -> None:
    alone: set[str] = set()
    script = iter(answers)

    def respond(rows: Sequence[Row]) -> Response:
        answer = next(script, OK)
        if answer.rejects_rows() and len(rows) == 1:
            alone.update(ids(rows))
        return answer

    _, undelivered, _ = bisect(ROWS[:64], respond)
    assert ids(row for row in undelivered if row.status == "rejected") == alone


def test_rejection_without_a_cause_dead_letters_nothing() -> None:
    answers = iter([REJECTED])
    delivered, undelivered, requests = bisect(ROWS, lambda _rows: next(answers, OK))
    assert undelivered == []
    assert len(delivered) == 1000
    assert len(requests) == 3


def test_a_single_row_that_is_rejected_is_not_asked_about_twice() -> None:
    _, undelivered, requests = bisect(ROWS[:1], unnamed(ids(ROWS[:1])))
    assert [row.status for row in undelivered] == ["rejected"]
    assert len(requests) == 1


def test_failed_rows_of_a_partial_answer_are_asked_about_alone() -> None:
    bad = ROWS[3]

    def respond(rows: Sequence[Row]) -> Response:
        places = [place for place, entry in enumerate(rows) if entry is bad]
        if places:
            return Response("partial", 200, 20001, "", "", tuple(places), has_failed_rows=True)
        return OK

    delivered, undelivered, requests = bisect(ROWS[:10], respond)
    assert [row.record for row in undelivered] == [bad[0]]
    assert len(delivered) == 9
    assert [len(rows) for rows in requests] == [10, 1, 9]


def test_partial_answer_without_a_list_condemns_nobody() -> None:
    delivered, undelivered, requests = bisect(ROWS[:10], lambda _rows: Response("partial", 200, 20001))
    assert delivered == set()
    assert {row.status for row in undelivered} == {"retry"}
    assert len(requests) == 1


def test_half_that_meets_trouble_comes_again_and_the_other_half_is_delivered() -> None:
    answers = iter([REJECTED, BROKEN])
    delivered, undelivered, _ = bisect(ROWS[:10], lambda _rows: next(answers, OK))
    assert len(delivered) == 5
    assert [row.status for row in undelivered] == ["retry"] * 5


@pytest.mark.parametrize("text", ['{"event":"A"},{"event":"B"}', '{"event":}', '{"event":"A"]}'])
def test_item_that_is_no_json_object_is_found_without_asking_about_it(text: str) -> None:
    broken = row("broken", text=text)
    rows = [*ROWS[:20], broken, *ROWS[20:40]]
    delivered, undelivered, requests = bisect(rows, unnamed(ids([broken])))
    assert [(row.record, row.status) for row in undelivered] == [(broken[0], "unreadable")]
    assert delivered == ids(ROWS[:40])
    assert len(requests) == 2


def test_what_is_given_up_comes_back_whole() -> None:
    delivered: list[Row] = []
    bisection = Bisection(ROWS[:100], delivered)
    bisection.next_rows()
    bisection.apply(Response("rejected", 200, 40002, "Batch.7: no", "", (7,)))
    assert bisection.next_rows() == [ROWS[7]]
    given_up = bisection.abandon(BROKEN)
    assert ids(given_up) == ids(ROWS[:100])
    assert bisection.next_rows() is None
    assert delivered == []


@pytest.mark.parametrize("index", [-1, -10, 10, 5000])
def test_row_number_outside_the_request_sends_no_empty_request(index: int) -> None:
    answers = iter([Response("partial", 200, 0, rows=(index,), has_failed_rows=True)])
    delivered, undelivered, requests = bisect(ROWS[:10], lambda _rows: next(answers, OK))
    assert all(requests)
    assert (len(delivered), undelivered) == (10, [])
