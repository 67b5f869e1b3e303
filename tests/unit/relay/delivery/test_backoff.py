"""Waiting: longer each time, spread out, as long as TikTok asks, and never long enough to be forgotten."""

from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.delivery.backoff import (
    FIRST_SECONDS,
    HOLD_SECONDS,
    LIFE_SECONDS,
    LONG_HOLD_SECONDS,
    MOST_ASKED_SECONDS,
    MOST_RECEIVES,
    seconds_to_wait,
    soon_given_up,
)
from relay.tiktok.responses import NO_TOKEN, Answer
from tests.support.delivery import BROKEN, REVOKED, THROTTLED, record
from tests.support.events import NOW


def test_first_wait_is_seconds() -> None:
    assert FIRST_SECONDS / 2 <= seconds_to_wait(BROKEN, 1, 0.0) <= seconds_to_wait(BROKEN, 1, 1.0) == 10


@given(st.integers(1, 2000), st.floats(0, 1))
def test_wait_never_shrinks_as_tries_add_up(receives: int, chance: float) -> None:
    assert seconds_to_wait(BROKEN, receives + 1, chance) >= seconds_to_wait(BROKEN, receives, chance)


def test_a_batch_that_failed_together_comes_back_spread_out() -> None:
    waits = {seconds_to_wait(BROKEN, 7, chance / 999) for chance in range(1000)}
    assert max(waits) - min(waits) >= 150
    assert len(waits) > 100


@pytest.mark.parametrize("answer", [REVOKED, NO_TOKEN])
def test_refused_token_is_asked_about_again_within_minutes(answer: Answer) -> None:
    waits = [seconds_to_wait(answer, receives, 1.0) for receives in (1, 2, 50, 100)]
    assert waits == [HOLD_SECONDS] * 4
    assert seconds_to_wait(answer, 5000, 1.0) == LONG_HOLD_SECONDS < 30 * 60


@given(st.integers(1, 2000), st.floats(0, 1), st.floats(0, 1e9))
def test_retry_after_is_the_least_and_has_a_limit(receives: int, chance: float, asked: float) -> None:
    wait = seconds_to_wait(Answer("throttled", 429, retry_after=asked), receives, chance)
    assert wait >= min(asked, MOST_ASKED_SECONDS)
    assert wait <= MOST_ASKED_SECONDS + LONG_HOLD_SECONDS
    assert wait >= seconds_to_wait(THROTTLED, receives, 0.0)


@pytest.mark.parametrize("answer", [REVOKED, BROKEN])
def test_waiting_takes_longer_to_use_up_all_receives_than_a_message_lives(answer: Answer) -> None:
    middling = [
        fmean((seconds_to_wait(answer, receives, 0.0), seconds_to_wait(answer, receives, 1.0)))
        for receives in range(1, MOST_RECEIVES)
    ]
    # The sum of some thousand independent waits lies within hours of its mean.
    assert sum(middling) > LIFE_SECONDS - 6 * 3600


@pytest.mark.parametrize(
    ("age", "receives", "soon"),
    [
        (5.0, 1, False),
        (LIFE_SECONDS - 60, 500, False),
        (LIFE_SECONDS, 1, True),
        (5.0, MOST_RECEIVES - 1, False),
        (5.0, MOST_RECEIVES, True),
    ],
)
def test_old_or_worn_message_is_about_to_be_given_up(age: float, receives: int, soon: bool) -> None:
    assert soon_given_up(record(age=age, receives=receives), NOW) is soon
