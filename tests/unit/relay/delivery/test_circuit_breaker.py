"""Breakers: what fails is left alone for a while, and asked again after it."""

from relay.delivery.circuit_breaker import MOST_FAILURES, PAUSE_SECONDS, Breaker, Breakers
from relay.tiktok.responses import Answer
from tests.support.delivery import BROKEN, OK, OTHER, REFUSED, REVOKED, THROTTLED
from tests.support.events import DESTINATION


def test_one_time_out_is_chance_and_three_are_not() -> None:
    breaker = Breaker()
    for _ in range(MOST_FAILURES - 1):
        breaker.note(BROKEN, 0.0)
        assert breaker.refusal(0.0) is None
    breaker.note(BROKEN, 0.0)
    refusal = breaker.refusal(1.0)
    assert refusal is not None
    assert refusal.outcome == "transient"


def test_success_and_a_verdict_on_the_content_close_it() -> None:
    for answer in (OK, REFUSED):
        breaker = Breaker()
        for _ in range(MOST_FAILURES - 1):
            breaker.note(BROKEN, 0.0)
        breaker.note(answer, 0.0)
        breaker.note(BROKEN, 0.0)
        assert breaker.refusal(0.0) is None


def test_rate_and_token_open_it_at_once() -> None:
    for answer in (THROTTLED, REVOKED):
        breaker = Breaker()
        breaker.note(answer, 0.0)
        assert breaker.refusal(PAUSE_SECONDS - 1) is not None
        assert breaker.refusal(PAUSE_SECONDS) is None


def test_it_stays_open_for_as_long_as_tiktok_asks_and_says_how_long_that_still_is() -> None:
    breaker = Breaker()
    breaker.note(Answer("throttled", 429, retry_after=120.0), 0.0)
    refusal = breaker.refusal(50.0)
    assert refusal is not None
    assert refusal.retry_after == 70.0
    assert breaker.refusal(120.0) is None


def test_after_the_pause_the_next_failure_opens_it_again() -> None:
    breaker = Breaker()
    for _ in range(MOST_FAILURES):
        breaker.note(BROKEN, 0.0)
    breaker.note(BROKEN, PAUSE_SECONDS)
    assert breaker.refusal(PAUSE_SECONDS + 1) is not None


def test_each_destination_has_its_own() -> None:
    breakers = Breakers()
    breakers.of(OTHER).note(REVOKED, 0.0)
    assert breakers.of(OTHER).refusal(1.0) is not None
    assert breakers.of(DESTINATION).refusal(1.0) is None
