"""Times and ages on the command line."""

import pytest

from relay_cli import times
from tests.support.rows import every_row


@every_row("text, seconds", [("90s", 90), ("90m", 5_400), ("12h", 43_200), ("3d", 259_200), ("0s", 0)])
def test_age_is_a_number_and_a_unit(text: str, seconds: int) -> None:
    assert times.seconds(text) == seconds


@every_row("text", ["", "3", "d", "-3d", "3 d", "3D", "1.5h", "1234567s", "\u0663d", "3w", "3d\n"])
def test_text_of_another_form_is_no_age(text: str) -> None:
    with pytest.raises(ValueError, match="write 90m, 12h or 3d"):
        times.seconds(text)


@every_row(
    "seconds_ago, text",
    [
        (-5, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3_599, "60 min"),
        (3_600, "1 h"),
        (86_399, "24 h"),
        (86_400, "1 d"),
        (20 * 86_400, "20 d"),
    ],
)
def test_age_is_shown_in_its_largest_unit(seconds_ago: float, text: str) -> None:
    assert times.age(seconds_ago) == text


@every_row(
    "length, text",
    [
        (0.25, "0.25 s"),
        (3.14, "3.1 s"),
        (250, "4 min 10 s"),
        (3_600, "1 h 0 min"),
        (7_325, "2 h 2 min"),
    ],
)
def test_delay_is_shown_exactly_enough_to_compare(length: float, text: str) -> None:
    assert times.duration(length) == text
