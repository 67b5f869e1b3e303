"""The demo's table: the answer to each sample in a word or two."""

from typing import Any

import pytest

from local.demo import Sent
from local.samples import Sample, load


@pytest.fixture(scope="module")
def sample() -> Sample:
    return next(iter(load(1_795_000_000.0)))


@pytest.mark.parametrize(
    ("status", "answer", "shown"),
    [
        (200, {"status": "accepted"}, "200 accepted"),
        (202, {"accepted": []}, "202"),
        (503, {"status": 503, "code": "history_unavailable"}, "503 history_unavailable"),
    ],
)
def test_answer_is_shown_by_its_word(sample: Sample, status: int, answer: dict[str, Any], shown: str) -> None:
    assert Sent(sample, status, answer).outcome() == shown
