"""Rate limits of one process: a flood is stopped, the next window is free, and memory stays bounded."""

from ingest import rate_limits
from ingest.rate_limits import MAX_KEYS, RateLimit, RateLimits


def test_requests_beyond_the_limit_wait_for_the_next_window() -> None:
    now = [0.0]
    limit = RateLimit(2, 10.0, lambda: now[0])
    assert [limit.allows("a") for _ in range(3)] == [True, True, False]
    assert limit.allows("b")
    now[0] = 10.0
    assert limit.allows("a")


def test_keys_are_forgotten_beyond_a_bound() -> None:
    limit = RateLimit(1, 10.0, lambda: 0.0)
    for number in range(MAX_KEYS + 1):
        assert limit.allows(str(number))
    assert limit.allows("0")
    assert not limit.allows(str(MAX_KEYS))


def test_key_that_begins_a_new_window_is_not_the_oldest_any_more() -> None:
    now = [0.0]
    limit = RateLimit(1, 10.0, lambda: now[0])
    limit.allows("a")
    limit.allows("b")
    now[0] = 10.0
    assert limit.allows("a")
    for number in range(MAX_KEYS - 1):
        limit.allows(str(number))
    assert not limit.allows("a")


def test_one_address_cannot_use_up_what_its_origin_may_send() -> None:
    limits = RateLimits(lambda: 0.0)
    sent = rate_limits.MAX_REQUESTS_PER_ORIGIN + 1
    allowed = [limits.allow("https://shop.example", "9.9.9.9") for _ in range(sent)]
    assert allowed.count(True) == rate_limits.MAX_REQUESTS_PER_ADDRESS
    assert limits.allow("https://shop.example", "1.1.1.1")


def test_visitors_whose_address_is_unknown_share_only_the_limit_of_their_origin() -> None:
    limits = RateLimits(lambda: 0.0)
    allowed = [limits.allow("https://shop.example", "") for _ in range(1100)]
    assert allowed.count(True) == rate_limits.MAX_REQUESTS_PER_ORIGIN
