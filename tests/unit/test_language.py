"""The words of code, tests and docs: one plain technical word for each thing, for readers who search.

The glossary lists the project's own terms; this test holds the words that they replaced.
"""

import re
from pathlib import Path

from tests.support.rows import every_row

ROOT = Path(__file__).resolve().parents[2]

REPLACED = {
    r"couriers?": "sender of a destination",
    r"parcels?|park(ed|ing|s)?|the[ _]net": "dead letter, dead-lettered",
    r"put(s|ting)?[ _]off": "delay, retry",
    r"fates?|verdicts?": "outcome, status, reason",
    r"unproven?": "untrusted, invalid signature",
    r"pro(of|v(en?|es|ed|ing))": "authenticated, trusted, verified, shown",
    r"told": "reported, listed, configured, distinguished",
    r"taken[ _]out": "redacted, removed",
    r"left[ _]out": "omitted, ignored, skipped, dropped",
    r"wanted": "expected, needed",
    r"crowded": "too many fields",
    r"front[ _]door": "ingest, entry point",
    r"believable|believed": "valid, trusted",
    r"told_elsewhere|paid_before|may_have_arrived": "covered_by_another_topic, update_after_payment",
    r"anew": "again",
    r"whoever|somebody": "client, sender, anyone",
    r"refus(e|es|ed|ing|al|als)": "reject",
    r"judg(e|es|ed|ing)": "validate, check, evaluate",
    r"mend(s|ed|ing)?": "coerce, fix",
    r"(MOST|LEAST|LONGEST|SHORTEST)_[A-Z_]+": "MAX_…, MIN_…",
    r"[A-Z_]+_(TRIES|AT_ONCE)": "MAX_ATTEMPTS, MAX_WORKERS",
    r"for each in": "the thing's own name",
}
"""What is not written → what is. A match begins and ends at a letter's edge, inside snake_case too."""

RENAMED = re.compile(r"`\w+` →\s+`\w+`")
"""What the change log says of a renamed thing: its old name, an arrow, its new one."""

PATTERNS = [
    (words.islower(), re.compile(rf"(?:{words})(?![A-Za-z])"), instead) for words, instead in REPLACED.items()
]
"""Whether case counts for nothing, what to search for, what to write.

`re` is several times as fast where a pattern starts with a literal: so the letter before a match is looked at
after it, and the text is lower-cased instead of the pattern being told to ignore case.
"""
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


def files_in(folder: str) -> list[Path]:
    return sorted(
        path
        for path in (ROOT / folder).rglob("*")
        if path.suffix in SUFFIXES
        and path != Path(__file__)
        and "vendor" not in path.parts
        and path.is_file()
    )


def read(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    if path.name == "CHANGELOG.md":
        return RENAMED.sub(lambda pair: "\n" * pair[0].count("\n"), text)
    return text


def replaced_words(path: Path) -> list[str]:
    text, name = read(path), path.relative_to(ROOT)
    lower = text.lower()
    return [
        f"{name}:{match.string.count(chr(10), 0, match.start()) + 1}: {match[0]!r}; write: {instead}"
        for ignore_case, pattern, instead in PATTERNS
        for match in pattern.finditer(lower if ignore_case else text)
        if not match.string[max(match.start() - 1, 0) : match.start()].isalpha()
    ]


@every_row("folder", FOLDERS)
def test_replaced_words_are_gone(folder: str) -> None:
    files = files_in(folder)
    assert files
    found = [words for path in files for words in replaced_words(path)]
    assert not found, "\n".join(found)


def test_replaced_words_are_gone_from_the_files_at_the_top() -> None:
    files = [path for path in sorted(ROOT.iterdir()) if path.suffix in SUFFIXES or path.name == "Makefile"]
    assert {"README.md", "Makefile", "template.yaml"} <= {path.name for path in files}
    found = [words for path in files for words in replaced_words(path)]
    assert not found, "\n".join(found)


def test_glossary_is_short_and_in_one_line_each() -> None:
    rows = [line for line in GLOSSARY.read_text(encoding="utf-8").splitlines() if line.startswith("| ")][1:]
    assert 10 < len(rows) <= MAX_TERMS
