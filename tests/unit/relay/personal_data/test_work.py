"""Redaction costs work in proportion to the text, whatever stands in it.

Work is counted in steps, not in seconds: the characters that patterns are given, and the lines that are run.
That is an honest count because of the first test: a pattern costs a bounded number of steps for each
character that it is given.
"""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

import pytest

from relay.identity import emails, hashing, ip_addresses, locales, phones, placeholders
from relay.personal_data import detection, echoes, redact_item, redact_text, redaction

MODULES = (detection, echoes, redaction, hashing)


def is_lazy(value: object) -> bool:
    """Whether a value is what `lazy_pattern` returns."""
    made = getattr(value, "__wrapped__", None)
    return isinstance(made, partial) and made.func is re.compile


PATTERNS: dict[str, re.Pattern[str]] = {
    f"{module.__name__}.{name}": value() if is_lazy(value) else value
    for module in (*MODULES, emails, ip_addresses, locales, phones, placeholders)
    for name, value in vars(module).items()
    if isinstance(value, re.Pattern) or is_lazy(value)
}


def test_patterns_of_both_kinds_are_examined() -> None:
    assert {"relay.personal_data.detection._EMAIL_DOMAIN", "relay.personal_data.detection._HARMLESS"} <= set(
        PATTERNS
    )
    assert len(PATTERNS) > 40


MAX_STEPS = 20_000
"""Steps of one attempt of a pattern at one place. The largest is that of an e-mail's domain."""


def steps(tree: Any, *, last: bool) -> int:
    """How many steps an attempt to match costs at most. Raises AssertionError for an unbounded repeat that
    something follows: what follows may fail, and then the next attempt reads the same again."""
    total = 0
    entries = list(tree)
    for index, (operation, argument) in enumerate(entries):
        at_end = last and index == len(entries) - 1
        if operation in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
            _, most, inner = argument
            if most is sre.MAXREPEAT:
                assert at_end, "an unbounded repeat before the end"
                assert operation is sre.POSSESSIVE_REPEAT, "an unbounded repeat that gives back"
                most = 1
            total += int(most) * steps(inner, last=False)
        elif operation is sre.SUBPATTERN:
            total += steps(argument[3], last=at_end)
        elif operation is sre.ATOMIC_GROUP:
            total += steps(argument, last=at_end)
        elif operation is sre.BRANCH:
            total += sum(steps(branch, last=at_end) for branch in argument[1])
        elif operation in (sre.ASSERT, sre.ASSERT_NOT):
            total += steps(argument[1], last=False)
        else:
            total += 1
    return total


@pytest.mark.parametrize("name", PATTERNS)
def test_pattern_costs_a_bounded_number_of_steps_where_it_starts(name: str) -> None:
    pattern = PATTERNS[name]
    assert steps(_parser.parse(pattern.pattern, pattern.flags), last=True) <= MAX_STEPS


@pytest.mark.parametrize(
    "bad", [r"a+b", r"(?:a|b)*c", r"\s+$", r"(?:a+)*", r"a*", r"(?=a++)b", r"(?:a++){1,3}"]
)
def test_pattern_that_may_read_the_same_again_is_recognised(bad: str) -> None:
    with pytest.raises(AssertionError):
        steps(_parser.parse(bad), last=True)


class CountingPattern:
    """A pattern that counts the characters that it is given."""

    def __init__(self, pattern: re.Pattern[str], count: Callable[[int], None]) -> None:
        self._pattern = pattern
        self._count = count

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._pattern, name)

        def counted(*arguments: Any, **more: Any) -> Any:
            texts = [argument for argument in arguments if isinstance(argument, str)]
            span = [argument for argument in arguments if isinstance(argument, int)]
            self._count(span[1] - span[0] if len(span) == 2 else len(texts[-1]))
            return method(*arguments, **more)

        return counted


@contextmanager
def counting(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], int]]:
    """Count the characters given to patterns, and the lines of Python run in these modules."""
    total = 0

    def count(number: int) -> None:
        nonlocal total
        total += number

    def trace(frame: Any, event: str, _argument: object) -> Any:
        nonlocal total
        if "/relay/" not in frame.f_code.co_filename and "urllib" not in frame.f_code.co_filename:
            return None
        total += event == "line"
        return trace

    with monkeypatch.context() as patch:
        for module in MODULES:
            for name, value in list(vars(module).items()):
                if isinstance(value, re.Pattern):
                    patch.setattr(module, name, CountingPattern(value, count))
                elif is_lazy(value):
                    patch.setattr(module, name, partial(CountingPattern, value(), count))
        before = sys.gettrace()
        sys.settrace(trace)
        try:
            yield lambda: total
        finally:
            sys.settrace(before)


UNITS = [
    "+16502",
    "+1650253",
    "a@",
    "@",
    "ada@b.",
    "ada@example.com",
    "ada@example.com ",
    "+16502530000",
    "+16502530000 ",
    "(213) 373-4253 ",
    "020 7946 0018 ",
    "020 ",
    "0 ",
    "(0",
    "+",
    "1",
    "1-",
    "a.",
    "%",
    "%25",
    "%40",
    "%2540",
    "&",
    "&#64;",
    "&amp;",
    "\\",
    "\\u0040",
    "\u200b",
    "\uff20",
    "ﷺ",
    "https://",
    "https://a/?u=",
    "https://a/?b=c&",
    "https://a@b/",
    "a://",
    "/",
    "?",
    "?a=",
    "token=",
    "token=a&",
    "password:",
    "password: a ",
    "tel ",
    "tel 1",
    '"',
    '"a',
    "a(",
    "a(b)",
    "<a>@",
    "a @ ",
    "a@[1.",
    "+1,",
    "+1·2",
    "+49·30·901820·",
    "\n+1\n",
    "=40",
    "a=40abcde.co",
    ";",
    "&amp;key=a",
    "\\u{40}",
    "%u0040",
    "e\u0301",
    "eyJ",
    "-eyJ",
    "eyJhbGciOiJ.a ",
    "bearer ",
    "bearer a1 ",
    ";a=b",
    "#",
    "{",
    " ",
    "é",
]


def work(text: str, monkeypatch: pytest.MonkeyPatch, redact: Callable[[str], object]) -> int:
    # Names of fields are remembered.
    redact("a")
    with counting(monkeypatch) as total:
        redact(text)
    return total()


def redact_as_property(text: str) -> object:
    return redact_item({"properties": {"note": [text]}}, [{"properties": {"note": [text]}}])


def redact_as_url(text: str) -> object:
    return redact_text(f"https://shop.example/{text}?{text}#{text}")


@pytest.mark.slow
@pytest.mark.parametrize("redact", [redact_as_property, redact_as_url], ids=["property", "url"])
@pytest.mark.parametrize("unit", UNITS)
def test_work_doubles_with_the_text(
    unit: str, redact: Callable[[str], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    length = 1_500
    single = work(unit * (length // len(unit)), monkeypatch, redact)
    double = work(unit * (2 * length // len(unit)), monkeypatch, redact)
    assert double <= 2.2 * single + 200


@pytest.mark.parametrize("depth", [10, 100])
def test_nested_text_costs_no_more_than_flat_text(depth: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def nest(times: int) -> str:
        text = "+16502530000"
        for _ in range(times):
            text = f"+16502{text}530000@b.{text[:3]}"
        return text

    single = work(nest(depth), monkeypatch, redact_as_property)
    double = work(nest(2 * depth), monkeypatch, redact_as_property)
    assert double <= 2.2 * single + 200
