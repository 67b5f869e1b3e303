"""The threat model names tests that exist."""

import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "threat-model.md").read_text()
TESTS = re.findall(r"`(tests/[^`]+)`", PAGE)


@cache
def functions(path: str) -> frozenset[str]:
    """Names of the functions in a file; of a browser test, whatever is quoted in it."""
    source = (ROOT / path).read_text()
    if not path.endswith(".py"):
        return frozenset(re.findall(r"[\"'`]([^\"'`\n]+)[\"'`]", source))
    return frozenset(re.findall(r"^\s*def (\w+)\(", source, re.MULTILINE))


def exists(test: str) -> bool:
    path, _, name = test.partition("::")
    return (ROOT / path).is_file() and name in functions(path)


def test_each_named_test_exists() -> None:
    assert TESTS
    assert [test for test in TESTS if not exists(test)] == []


def test_each_row_names_a_test() -> None:
    rows = [
        line
        for line in PAGE.splitlines()
        if line.startswith("| ") and not line.startswith(("| tried |", "|---"))
    ]
    assert rows
    assert [row for row in rows if not re.search(r"`tests/[^`]+::[^`]+` \|$", row)] == []
