"""Coercion: where each kind of value ends, and the finding beyond."""

from typing import Any

from relay.event.nesting import validate_event
from relay.findings import Findings, describe_type
from tests.support.rows import every_row

OMITTED = object()


def coerce(field: str, value: object, section: str = "properties") -> tuple[object, list[str]]:
    """What a field of a nested event becomes, and the codes of the findings."""
    findings = Findings([section])
    event = validate_event({section: {field: value}}, findings)
    coerced = event.get(section, {}).get(field, OMITTED)
    return coerced, [finding.code for finding in (*findings.errors, *findings.warnings)]


@every_row(
    "value, expected, codes",
    [
        (0, 0, []),
        (999_999_999_999_999.9, 999_999_999_999_999.9, []),
        (1e15, OMITTED, ["number_out_of_range"]),
        (-1e15, OMITTED, ["number_out_of_range"]),
        (float("nan"), OMITTED, ["number_out_of_range"]),
        (-1, -1, ["value_negative"]),
        (True, OMITTED, ["wrong_type"]),
        (" 12.50 ", 12.5, ["number_as_text"]),
        ("-0.5", -0.5, ["number_as_text", "value_negative"]),
        ("999999999999999.5", 999_999_999_999_999.5, ["number_as_text"]),
        ("0", 0, ["number_as_text"]),
        ("007", OMITTED, ["value_not_a_number"]),
        ("-", OMITTED, ["value_not_a_number"]),
        ("+1", OMITTED, ["value_not_a_number"]),
        ("1.", OMITTED, ["value_not_a_number"]),
        (".5", OMITTED, ["value_not_a_number"]),
        ("1e3", OMITTED, ["value_not_a_number"]),
        ("1,5", OMITTED, ["value_not_a_number"]),
        ("\u0661", OMITTED, ["value_not_a_number"]),
        ("1" * 16, OMITTED, ["value_not_a_number"]),
        (" ", OMITTED, []),
    ],
)
def test_number_is_plain_and_below_the_limit(value: object, expected: object, codes: list[str]) -> None:
    assert coerce("value", value) == (expected, codes)


@every_row(
    "value, expected, codes",
    [
        (0, 0, []),
        (1, 1, []),
        ("0", 0, ["number_as_text"]),
        ("1", 1, ["number_as_text"]),
        (1.001, OMITTED, ["value_invalid"]),
        (-0.001, OMITTED, ["value_negative", "value_invalid"]),
    ],
)
def test_share_is_from_0_to_1(value: object, expected: object, codes: list[str]) -> None:
    coerced, found = coerce("attribution_share", value, "ad")
    assert (coerced, sorted(found)) == (expected, sorted(codes))


@every_row(
    "value, expected, codes",
    [
        (["a\x00b", "c"], ["c"], ["control_characters"]),
        (["a\x00b"], OMITTED, ["control_characters"]),
        ([float("inf"), "c"], ["c"], ["number_out_of_range", "number_made_text"]),
        ([{"id": 7}, {"content_id": "c"}], ["7", "c"], ["read_as_list", "number_made_text"]),
        ([{"id": 7, "content_id": "c"}], ["c"], ["read_as_list"]),
        ([True, "c"], ["c"], ["value_invalid"]),
        (["undefined", "c"], ["c"], ["identifier_placeholder"]),
        ("a, b", ["a", "b"], ["read_as_list"]),
    ],
)
def test_entry_that_is_no_id_costs_itself_only(value: Any, expected: object, codes: list[str]) -> None:
    assert coerce("content_ids", value) == (expected, codes)


@every_row(
    "date", ["20260131", "2026-12-01", "2026-12-31T23:59", "2026-12-31T23:59:59Z", "2026-10-09T00:00+0200"]
)
def test_date_in_a_form_of_tiktoks_stays(date: str) -> None:
    assert coerce("checkin_date", date) == coerce("checkin_date", f" {date} ") == (date, [])


@every_row(
    "date",
    [
        *(
            "20261301",
            "20260001",
            "20260132",
            "20260100",
            "2026-13-01",
            "2026-00-01",
            "2026-01-32",
            "2026-01-00",
        ),
        *(
            "2026-01-01T24:00",
            "2026-01-01T23:60",
            "2026-01-01T23:59:60",
            "2026-1-1",
            "260101",
            "2026-0101",
            "x",
        ),
    ],
)
def test_date_that_does_not_exist_or_in_another_form_is_omitted(date: str) -> None:
    assert coerce("checkin_date", date) == (OMITTED, ["date_invalid"])


def test_vehicles_number_has_17_characters_at_most() -> None:
    assert coerce("vin", "W" * 17) == ("W" * 17, [])
    assert coerce("vin", "W" * 18) == (OMITTED, ["value_invalid"])


@every_row(
    "value, description",
    [
        (None, "null"),
        (True, "true or false"),
        (1, "a number"),
        (1.5, "a number"),
        ("secret", "text of 6 characters"),
        ([1, 2], "a list of 2"),
        ({"a": 1}, "an object"),
        (b"secret", "of another type"),
    ],
)
def test_value_is_described_without_it(value: object, description: str) -> None:
    assert describe_type(value) == description
