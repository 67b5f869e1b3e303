"""The threat model names tests that exist."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "threat-model.md").read_text()
TESTS = re.findall(r"`(tests/[^`]+)`", PAGE)


@cache
def functions(path: str) -> frozenset[str]:
    """Names of the functions in a file; of a browser test, whatever is quoted in it."""
    source = (ROOT / path).read_text()
    if not path.endswith(".py"):
        return frozenset(re.findall(r"[\"'`]([^\"'`\n]+)[\"'`]", source))
    return frozenset(node.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("test", sorted(set(TESTS)))
def test_named_test_exists(test: str) -> None:
    path, _, name = test.partition("::")
    assert (ROOT / path).is_file()
    assert name in functions(path)


def test_each_row_names_a_test() -> None:
    rows = [
        line
        for line in PAGE.splitlines()
        if line.startswith("| ") and not line.startswith(("| tried |", "|---"))
    ]
    assert rows
    assert [row for row in rows if not re.search(r"`tests/[^`]+::[^`]+` \|$", row)] == []
