"""Isolation: bad rows found within the budget, good ones delivered, no row condemned on hearsay."""

from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from math import ceil, log2

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relay.delivery.bisection import Isolation
from relay.delivery.outcomes import Row, Verdict
from relay.tiktok.responses import Answer
from relay.tiktok.row_references import named
from tests.support.delivery import BROKEN, OK, REFUSED, row

ROWS = [row(number) for number in range(1000)]

Say = Callable[[Sequence[Row]], Answer]


def ids(rows: Iterable[Row | Verdict]) -> set[str]:
    return {each.record.message_id for each in rows}


def take_apart(rows: Sequence[Row], say: Say) -> tuple[set[str], list[Verdict], list[list[Row]]]:
    """Plays an isolation to its end: ids of delivered rows, verdicts on the others, the requests it took."""
    delivered: list[Row] = []
    verdicts: list[Verdict] = []
    requests: list[list[Row]] = []
    isolation = Isolation(rows, delivered)
    while (asked := isolation.next()) is not None:
        requests.append(list(asked))
        verdicts += isolation.tell(say(asked))
    assert len(delivered) + len(verdicts) == len(rows)
    return ids(delivered), verdicts, requests


def unnamed(bad: AbstractSet[str]) -> Say:
    return lambda rows: REFUSED if bad & ids(rows) else OK


def naming(bad: AbstractSet[str], words: str = "Batch.{}.event_id: Not a valid string") -> Say:
    def say(rows: Sequence[Row]) -> Answer:
        places = [place for place, each in enumerate(rows) if each.record.message_id in bad]
        if not places:
            return OK
        message = words.format(places[0])
        return Answer("payload", 200, 40002, message, "r", named(message))

    return say


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


@pytest.mark.parametrize("bad", [*range(1, 34), 50, 63, 64, 65, 100, 127, 129, 250, 333, 500, 501, 999, 1000])
def test_unnamed_bad_rows_are_found_within_the_budget_wherever_they_lie(bad: int) -> None:
    for name, places in placements(bad, 1000).items():
        wanted = ids(ROWS[place] for place in places)
        delivered, verdicts, requests = take_apart(ROWS, unnamed(wanted))
        assert ids(verdicts) == wanted
        assert delivered == ids(ROWS) - wanted
        assert len(requests) <= budget(len(wanted)), (name, len(requests))


@settings(deadline=None)
@given(st.sets(st.integers(0, 999), max_size=60))
def test_the_budget_holds_for_any_placement(places: set[int]) -> None:
    wanted = ids(ROWS[place] for place in places)
    _, verdicts, requests = take_apart(ROWS, unnamed(wanted))
    assert len(verdicts) == len(wanted)
    assert len(requests) <= budget(len(wanted))


@pytest.mark.parametrize("bad", [1, 2, 10, 100])
def test_named_bad_row_takes_two_requests(bad: int) -> None:
    wanted = ids(ROWS[:: 1000 // bad][:bad])
    delivered, verdicts, requests = take_apart(ROWS, naming(wanted))
    assert ids(verdicts) == wanted
    assert delivered == ids(ROWS) - wanted
    assert len(requests) == 1 + 2 * bad


@given(st.sets(st.integers(0, 39)), st.lists(st.integers(0, 60)), st.booleans())
def test_a_row_that_is_named_wrongly_is_never_lost(bad: set[int], wrong: list[int], mixed: bool) -> None:
    rows = ROWS[:40]
    wanted = ids(rows[place] for place in bad)
    lies = iter(wrong)

    def say(asked: Sequence[Row]) -> Answer:
        if not ids(asked) & wanted:
            return OK
        lie = next(lies, None)
        if mixed and lie is None:
            return naming(wanted)(asked)
        return Answer("payload", 200, 40002, "", "", () if lie is None else (lie,))

    delivered, verdicts, requests = take_apart(rows, say)
    assert delivered == ids(rows) - wanted
    assert ids(verdicts) == wanted
    assert all(verdict.fate == "rejected" for verdict in verdicts)
    # A wrong name costs one request; after it no name is believed.
    assert len(requests) <= max(budget(len(wanted), 40), 1 + 2 * len(wanted)) + 1 + 2 * len(wanted)


def test_after_one_wrong_name_none_is_believed() -> None:
    bad = ids([ROWS[700]])

    def say(rows: Sequence[Row]) -> Answer:
        # Names the first row whatever is wrong.
        return Answer("payload", 200, 40002, "Batch.0: no", "", (0,)) if bad & ids(rows) else OK

    _, verdicts, requests = take_apart(ROWS, say)
    assert ids(verdicts) == bad
    assert len(requests) <= budget(1) + 1


def test_others_are_delivered_although_the_named_row_meets_trouble() -> None:
    answers = iter([Answer("payload", 200, 40002, "Batch.4: no", "", (4,)), BROKEN])
    delivered, verdicts, _ = take_apart(ROWS[:10], lambda _rows: next(answers, OK))
    assert ids(verdicts) == ids([ROWS[4]])
    assert delivered == ids(ROWS[:10]) - ids([ROWS[4]])


@given(st.lists(st.sampled_from([OK, REFUSED, BROKEN, Answer("partial", 200, 20001)]), max_size=200))
def test_no_row_is_refused_unless_it_was_refused_alone(answers: list[Answer]) -> None:
    alone: set[str] = set()
    told = iter(answers)

    def say(rows: Sequence[Row]) -> Answer:
        answer = next(told, OK)
        if answer.refuses() and len(rows) == 1:
            alone.update(ids(rows))
        return answer

    _, verdicts, _ = take_apart(ROWS[:64], say)
    assert ids(verdict for verdict in verdicts if verdict.fate == "rejected") == alone


def test_refusal_without_a_cause_parks_nothing() -> None:
    answers = iter([REFUSED])
    delivered, verdicts, requests = take_apart(ROWS, lambda _rows: next(answers, OK))
    assert verdicts == []
    assert len(delivered) == 1000
    assert len(requests) == 3


def test_a_single_row_that_is_refused_is_not_asked_about_twice() -> None:
    _, verdicts, requests = take_apart(ROWS[:1], unnamed(ids(ROWS[:1])))
    assert [verdict.fate for verdict in verdicts] == ["rejected"]
    assert len(requests) == 1


def test_failed_rows_of_a_partial_answer_are_asked_about_alone() -> None:
    bad = ROWS[3]

    def say(rows: Sequence[Row]) -> Answer:
        places = [place for place, each in enumerate(rows) if each is bad]
        if places:
            return Answer("partial", 200, 20001, "", "", tuple(places), listed=True)
        return OK

    delivered, verdicts, requests = take_apart(ROWS[:10], say)
    assert [verdict.record for verdict in verdicts] == [bad.record]
    assert len(delivered) == 9
    assert [len(each) for each in requests] == [10, 1, 9]


def test_partial_answer_without_a_list_condemns_nobody() -> None:
    delivered, verdicts, requests = take_apart(ROWS[:10], lambda _rows: Answer("partial", 200, 20001))
    assert delivered == set()
    assert {verdict.fate for verdict in verdicts} == {"again"}
    assert len(requests) == 1


def test_half_that_meets_trouble_comes_again_and_the_other_half_is_delivered() -> None:
    answers = iter([REFUSED, BROKEN])
    delivered, verdicts, _ = take_apart(ROWS[:10], lambda _rows: next(answers, OK))
    assert len(delivered) == 5
    assert [verdict.fate for verdict in verdicts] == ["again"] * 5


@pytest.mark.parametrize("text", ['{"event":"A"},{"event":"B"}', '{"event":}', '{"event":"A"]}'])
def test_item_that_is_no_json_object_is_found_without_asking_about_it(text: str) -> None:
    broken = row("broken", text=text)
    rows = [*ROWS[:20], broken, *ROWS[20:40]]
    delivered, verdicts, requests = take_apart(rows, unnamed(ids([broken])))
    assert [(verdict.record, verdict.fate) for verdict in verdicts] == [(broken.record, "unreadable")]
    assert delivered == ids(ROWS[:40])
    assert len(requests) == 2


def test_what_is_given_up_comes_back_whole() -> None:
    delivered: list[Row] = []
    isolation = Isolation(ROWS[:100], delivered)
    isolation.next()
    isolation.tell(Answer("payload", 200, 40002, "Batch.7: no", "", (7,)))
    assert [each.record for each in isolation.next() or ()] == [ROWS[7].record]
    given_up = isolation.give_up(BROKEN)
    assert ids(given_up) == ids(ROWS[:100])
    assert isolation.next() is None
    assert delivered == []
