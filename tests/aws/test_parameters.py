"""Parameters: CloudFormation and the functions accept the same values."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relay.settings import PATTERNS, DispatchSettings, IngestSettings, SettingsError
from tests.support.template import TEMPLATE, properties

REQUIRED = {
    "IngestFunction": {"QUEUE_URL": "https://sqs/q", "INGEST_SECRET_ARN": "arn", "PIXEL_ID": "P1"},
    "DispatchFunction": {
        "QUEUE_URL": "https://sqs/q",
        "RETRY_QUEUE_URL": "https://sqs/r",
        "DEAD_LETTER_QUEUE_URL": "https://sqs/d",
        "TIKTOK_SECRET_ARN": "arn",
        "TIKTOK_API_URL": "https://business-api.tiktok.com",
        "PIXEL_ID": "P1",
    },
}
READERS = {
    "IngestFunction": IngestSettings.from_environment,
    "DispatchFunction": DispatchSettings.from_environment,
}

NOT_SETTINGS = {"LogLevel"}
"""Parameters that a library reads."""


def parameters(function: str) -> list[tuple[str, str, str]]:
    """(function, variable, parameter) of each variable that a parameter sets."""
    return [
        (function, variable, value["Ref"])
        for variable, value in properties(function)["Environment"]["Variables"].items()
        if isinstance(value, dict)
        and value.get("Ref") in TEMPLATE["Parameters"]
        and value["Ref"] not in NOT_SETTINGS
    ]


ALL = [row for function in READERS for row in parameters(function)]
WITH_PATTERN = [row for row in ALL if "AllowedPattern" in TEMPLATE["Parameters"][row[2]]]
WITH_VALUES = [row for row in ALL if "AllowedValues" in TEMPLATE["Parameters"][row[2]]]


def function_accepts(function: str, variable: str, value: str) -> bool:
    try:
        READERS[function](REQUIRED[function] | {variable: value})
    except SettingsError as error:
        if error.variable != variable:
            raise
        return False
    return True


def cloudformation_accepts(parameter: str, value: str) -> bool:
    """Java's `matches`, which compares the whole value."""
    declared = TEMPLATE["Parameters"][parameter]
    if "AllowedValues" in declared:
        return value in declared["AllowedValues"]
    return re.fullmatch(declared["AllowedPattern"], value) is not None


def test_each_parameter_of_a_function_has_a_pattern_or_a_list() -> None:
    assert {row[2] for row in ALL} == {row[2] for row in WITH_PATTERN + WITH_VALUES}


@pytest.mark.parametrize(("function", "variable", "parameter"), WITH_PATTERN)
def test_pattern_of_the_template_is_the_functions_own(function: str, variable: str, parameter: str) -> None:
    assert function in READERS
    assert TEMPLATE["Parameters"][parameter]["AllowedPattern"] == PATTERNS[variable]


def edited(value: str) -> st.SearchStrategy[str]:
    """A text with one character replaced, removed or added."""
    characters = st.sampled_from([*",. /:*@=\n\t-_A1éß\u0660", "", "https://", "://", "\ud800"])
    return st.builds(
        lambda at, cut, new: value[: at % (len(value) + 1)] + new + value[at % (len(value) + 1) + cut :],
        st.integers(0, 200),
        st.integers(0, 1),
        characters,
    )


@pytest.mark.parametrize(("function", "variable", "parameter"), WITH_PATTERN)
@settings(max_examples=60)
@given(data=st.data())
def test_what_cloudformation_accepts_the_function_accepts(
    function: str, variable: str, parameter: str, data: Any
) -> None:
    pattern = TEMPLATE["Parameters"][parameter]["AllowedPattern"]
    value = data.draw(st.from_regex(pattern, fullmatch=True, alphabet=st.characters(max_codepoint=0x17F)))
    assert cloudformation_accepts(parameter, value) == function_accepts(function, variable, value)
    close = data.draw(edited(value))
    assert cloudformation_accepts(parameter, close) == function_accepts(function, variable, close)


@pytest.mark.parametrize(("function", "variable", "parameter"), WITH_VALUES)
@settings(max_examples=60)
@given(data=st.data())
def test_what_is_on_the_list_the_function_accepts_and_nothing_else(
    function: str, variable: str, parameter: str, data: Any
) -> None:
    values = [str(value) for value in TEMPLATE["Parameters"][parameter]["AllowedValues"]]
    for value in values:
        assert function_accepts(function, variable, value), value
    others = st.text(max_size=3), st.sampled_from(values).map(str.lower), st.from_regex("[A-Z]{2}")
    other = data.draw(st.one_of(*others))
    # A variable that is empty is one that is not set.
    if other:
        assert cloudformation_accepts(parameter, other) == function_accepts(function, variable, other)


@pytest.mark.parametrize(
    ("function", "variable", "value"),
    [
        ("IngestFunction", "ALLOWED_ORIGINS", "https://*.shop.example"),
        ("IngestFunction", "ALLOWED_ORIGINS", "http://shop.example"),
        ("IngestFunction", "ALLOWED_ORIGINS", "https://shop.example/"),
        ("IngestFunction", "DEFAULT_COUNTRY", "XX"),
        ("IngestFunction", "DEFAULT_COUNTRY", "de"),
        ("DispatchFunction", "TIKTOK_API_URL", "http://business-api.tiktok.com"),
        ("DispatchFunction", "TIKTOK_API_URL", "http://127.0.0.1.evil.example"),
    ],
)
def test_value_that_used_to_deploy_and_fail_is_rejected_on_both_sides(
    function: str, variable: str, value: str
) -> None:
    (parameter,) = (name for of, each, name in ALL if (of, each) == (function, variable))
    assert not cloudformation_accepts(parameter, value)
    assert not function_accepts(function, variable, value)
