"""Backoff: longer after each attempt, spread out, as long as TikTok asks, and never over SQS's limit."""

from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.aws.sqs import MAX_DELAY_SECONDS
from relay.delivery.backoff import (
    ATTEMPTS_FIRST_HOUR,
    FIRST_DELAY,
    LIFETIME,
    MAX_DELAY,
    MAX_DELAY_FIRST_HOUR,
    is_expired,
    retry_delay,
)
from relay.message import MAX_ATTEMPTS, decode
from relay.tiktok.responses import NO_TOKEN, Response
from tests.support.delivery import BROKEN, REVOKED, THROTTLED, record
from tests.support.events import NOW


def mean_delay(attempts: int) -> float:
    return fmean((retry_delay(BROKEN, attempts, 0.0), retry_delay(BROKEN, attempts, 1.0)))


@pytest.mark.parametrize("response", [BROKEN, THROTTLED, REVOKED, NO_TOKEN])
def test_first_delay_is_seconds(response: Response) -> None:
    assert retry_delay(response, 1, 0.0) == FIRST_DELAY / 2
    assert retry_delay(response, 1, 1.0) == FIRST_DELAY


def test_delay_doubles_up_to_five_minutes_for_an_hour_and_then_to_fifteen() -> None:
    longest = [retry_delay(REVOKED, attempts, 1.0) for attempts in range(1, ATTEMPTS_FIRST_HOUR + 3)]
    assert longest[:6] == [10, 20, 40, 80, 160, 300]
    assert set(longest[5:ATTEMPTS_FIRST_HOUR]) == {MAX_DELAY_FIRST_HOUR}
    assert longest[ATTEMPTS_FIRST_HOUR:] == [MAX_DELAY, MAX_DELAY]
    assert sum(map(mean_delay, range(1, ATTEMPTS_FIRST_HOUR + 1))) == pytest.approx(3600, rel=0.02)


@given(st.integers(1, 3000), st.floats(0, 1))
def test_delay_never_shrinks_as_attempts_add_up(attempts: int, jitter: float) -> None:
    assert retry_delay(BROKEN, attempts + 1, jitter) >= retry_delay(BROKEN, attempts, jitter)


def test_a_batch_that_failed_together_comes_back_spread_out() -> None:
    delays = {retry_delay(BROKEN, 7, jitter / 999) for jitter in range(1000)}
    assert max(delays) - min(delays) >= 150
    assert len(delays) > 100


@given(st.integers(0, 3000), st.floats(0, 1), st.floats(0, 1e9))
def test_retry_after_is_the_least_up_to_the_longest_delay_of_sqs(
    attempts: int, jitter: float, asked: float
) -> None:
    delay = retry_delay(Response("throttled", 429, retry_after=asked), attempts, jitter)
    assert min(asked, MAX_DELAY) <= delay <= MAX_DELAY == MAX_DELAY_SECONDS
    assert delay >= retry_delay(THROTTLED, attempts, 0.0)


def test_thirteen_days_of_retries_stay_far_below_the_largest_attempt_count() -> None:
    assert 1500 < ATTEMPTS_FIRST_HOUR + LIFETIME / (MAX_DELAY * 0.75) < 1800 < MAX_ATTEMPTS


@pytest.mark.parametrize(
    ("age", "replayed_days_ago", "expired"),
    [
        (5.0, None, False),
        (LIFETIME - 60, None, False),
        (LIFETIME, None, True),
        (LIFETIME + 86_400, 1, False),
        (LIFETIME + 86_400, 13, True),
    ],
)
def test_event_is_expired_thirteen_days_after_receipt_or_replay(
    age: float, replayed_days_ago: float | None, expired: bool
) -> None:
    replayed_at = 0.0 if replayed_days_ago is None else NOW - replayed_days_ago * 86_400
    assert is_expired(decode(record(age=age, replayed_at=replayed_at)["body"]), NOW) is expired
