"""Docstrings: each example gives what it says."""

import doctest
import re
from importlib import import_module
from pathlib import Path

from tests.support.rows import every_row
from tests.support.telemetry import written

ROOT = Path(__file__).parents[2]
SOURCES = [
    (path, source)
    for source in ("layers/relay", "functions/ingest", "functions/dispatch", "cli")
    for path in sorted((ROOT / source).rglob("*.py"))
    if re.search(r"^ *>>> ", path.read_text(encoding="utf-8"), re.MULTILINE)
]


@every_row("path, source", SOURCES)
def test_example_gives_what_it_says(path: Path, source: str) -> None:
    name = ".".join(path.relative_to(ROOT / source).with_suffix("").parts)
    with written():
        result = doctest.testmod(import_module(name.removesuffix(".__init__")))
    assert result.attempted
    assert not result.failed
