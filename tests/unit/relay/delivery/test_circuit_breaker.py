"""Circuit breakers: what fails is paused for a while, and retried after it."""

from relay.delivery.backoff import MAX_DELAY
from relay.delivery.circuit_breaker import (
    MAX_BREAKERS,
    MAX_FAILURES,
    PAUSE_SECONDS,
    CircuitBreaker,
    CircuitBreakers,
)
from relay.tiktok.responses import Response
from tests.support.delivery import BROKEN, OK, OTHER, REJECTED, REVOKED, THROTTLED
from tests.support.events import DESTINATION


def test_one_time_out_is_chance_and_three_are_not() -> None:
    breaker = CircuitBreaker()
    for _ in range(MAX_FAILURES - 1):
        breaker.record(BROKEN, 0.0)
        assert breaker.open_response(0.0) is None
    breaker.record(BROKEN, 0.0)
    response = breaker.open_response(1.0)
    assert response is not None
    assert response.outcome == "transient"


def test_success_and_a_rejection_of_the_content_close_it() -> None:
    for answer in (OK, REJECTED):
        breaker = CircuitBreaker()
        for _ in range(MAX_FAILURES - 1):
            breaker.record(BROKEN, 0.0)
        breaker.record(answer, 0.0)
        breaker.record(BROKEN, 0.0)
        assert breaker.open_response(0.0) is None


def test_rate_and_token_open_it_at_once() -> None:
    for answer in (THROTTLED, REVOKED):
        breaker = CircuitBreaker()
        breaker.record(answer, 0.0)
        assert breaker.open_response(PAUSE_SECONDS - 1) is not None
        assert breaker.open_response(PAUSE_SECONDS) is None


def test_it_stays_open_for_as_long_as_tiktok_asks_and_says_how_long_that_still_is() -> None:
    breaker = CircuitBreaker()
    breaker.record(Response("throttled", 429, retry_after=120.0), 0.0)
    response = breaker.open_response(50.0)
    assert response is not None
    assert response.retry_after == 70.0
    assert breaker.open_response(120.0) is None


def test_one_failure_for_which_tiktok_says_how_long_opens_it() -> None:
    breaker = CircuitBreaker()
    breaker.record(Response("transient", 503, retry_after=60.0), 0.0)
    assert breaker.open_response(59.0) is not None


def test_no_answer_pauses_a_destination_for_longer_than_its_events_wait() -> None:
    breaker = CircuitBreaker()
    breaker.record(Response("throttled", 429, retry_after=86_400.0), 0.0)
    assert breaker.open_response(MAX_DELAY - 1) is not None
    assert breaker.open_response(MAX_DELAY) is None


def test_after_the_pause_the_next_failure_opens_it_again() -> None:
    breaker = CircuitBreaker()
    for _ in range(MAX_FAILURES):
        breaker.record(BROKEN, 0.0)
    breaker.record(BROKEN, PAUSE_SECONDS)
    assert breaker.open_response(PAUSE_SECONDS + 1) is not None


def test_each_destination_has_its_own() -> None:
    breakers = CircuitBreakers()
    breakers.get(OTHER).record(REVOKED, 0.0)
    assert breakers.get(OTHER).open_response(1.0) is not None
    assert breakers.get(DESTINATION).open_response(1.0) is None
    assert breakers.get(OTHER._replace(event_source="crm")).open_response(1.0) is None


def test_test_code_makes_no_breaker_of_its_own() -> None:
    breakers = CircuitBreakers()
    for number in range(1000):
        breakers.get(DESTINATION._replace(test_event_code=f"TEST{number}"))
    assert len(breakers) == 1
    assert breakers.get(DESTINATION._replace(test_event_code="X")) is breakers.get(DESTINATION)


def test_number_of_breakers_is_bounded_and_the_one_in_use_stays() -> None:
    breakers = CircuitBreakers()
    used = breakers.get(DESTINATION)
    for number in range(2000):
        breakers.get(DESTINATION._replace(event_source_id=f"P{number}"))
        assert breakers.get(DESTINATION) is used
    assert len(breakers) == MAX_BREAKERS
