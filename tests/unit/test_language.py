"""The words of code, tests and docs: one plain technical word for each thing, for readers who search.

The glossary lists the project's own terms; this test holds the words that they replaced.
"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

REPLACED = {
    r"\bcouriers?\b": "sender of a destination",
    r"\bparcels?\b|\bpark(ed|ing|s)?\b": "dead letter, dead-lettered",
    r"\bput(s|ting)?[ _]off\b": "delay, retry",
    r"\bfates?\b|\bverdicts?\b": "outcome, status, reason",
    r"\bunproven\b": "unauthenticated, invalid signature",
    r"\bcrowded\b": "too many fields",
    r"\bbelievable\b|\bbelieved\b": "valid, trusted",
    r"\b(told_elsewhere|paid_before|may_have_arrived)\b": "covered_by_another_topic, update_after_payment",
    r"\banew\b": "again",
    r"\bwhoever\b|\bsomebody\b": "client, sender, anyone",
    r"\brefus(e|es|ed|ing|al|als)\b": "reject",
    r"\bjudg(e|es|ed|ing)\b": "validate, check, evaluate",
    r"\bmend(s|ed|ing)?\b": "coerce, fix",
    r"\b(MOST|LEAST|LONGEST|SHORTEST)_[A-Z_]+\b": "MAX_…, MIN_…",
    r"\b[A-Z_]+_(TRIES|AT_ONCE)\b": "MAX_ATTEMPTS, MAX_WORKERS",
    r"\bfor each in\b": "the thing's own name",
}
SUFFIXES = {".py", ".md", ".yaml", ".yml", ".toml", ".js", ".html", ".sh"}
FOLDERS = (
    "cli",
    "docs",
    "events",
    "functions",
    "layers",
    "local",
    "benchmarks",
    "tests",
    "tools",
    "web",
    ".github",
)
GLOSSARY = ROOT / "docs/glossary.md"
MAX_TERMS = 25

FILES = sorted(
    path
    for folder in FOLDERS
    for path in (ROOT / folder).rglob("*")
    if path.suffix in SUFFIXES and path != Path(__file__) and "vendor" not in path.parts and path.is_file()
) + [
    path
    for path in sorted(ROOT.iterdir())
    # The change log names what was renamed.
    if (path.suffix in SUFFIXES or path.name == "Makefile") and path.name != "CHANGELOG.md"
]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_replaced_words_are_gone(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    found = [
        f"{path.name}:{text.count(chr(10), 0, match.start()) + 1}: {match[0]!r}; write: {instead}"
        for pattern, instead in REPLACED.items()
        for match in re.finditer(pattern, text, re.IGNORECASE if pattern.islower() else 0)
    ]
    assert not found, "\n".join(found)


def test_glossary_is_short_and_in_one_line_each() -> None:
    rows = [line for line in GLOSSARY.read_text(encoding="utf-8").splitlines() if line.startswith("| ")][1:]
    assert 10 < len(rows) <= MAX_TERMS
