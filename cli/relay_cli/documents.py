"""Documents: the bodies in files, folders and standard input, one after the other."""

import gzip
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from relay_cli.errors import CliError
from relay_cli.evaluation import WEBHOOK_SENDERS
from relay_senders import samples

SUFFIXES: Final[tuple[str, ...]] = (".json", ".jsonl", ".ndjson", ".json.gz", ".jsonl.gz", ".ndjson.gz")
"""Files that a folder is searched for."""

LINES: Final[tuple[str, ...]] = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")

MAX_LINE_BYTES: Final[int] = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Document:
    """One body. `name` is its file's, `line` where it begins; `sender` and `topic` are what the path says."""

    name: str
    line: int
    raw: bytes
    sender: str = ""
    topic: str = ""


def find_files(paths: Sequence[str]) -> list[str]:
    """The files that paths stand for: folders are searched, `-` is standard input. Raises CliError."""
    found: list[str] = []
    for given in paths:
        path = Path(given)
        if path.is_dir():
            inside = sorted(
                inner for inner in path.rglob("*") if inner.name.endswith(SUFFIXES) and inner.is_file()
            )
            if not inside:
                raise CliError(f"{given} holds no JSON files", "no_files")
            found += map(str, inside)
        elif given == "-" or path.exists():
            # Not only a regular file: `<(…)` of a shell is a pipe.
            found.append(given)
        else:
            raise CliError(f"{given} can't be read: no such file or folder", "file")
    return found


def read_documents(name: str) -> Iterator[Document]:
    """The bodies of one file: one of JSON, or one a line of JSON Lines. Raises CliError."""
    sender, topic = _hints(name)
    shown = "standard input" if name == "-" else name
    try:
        with _opened(name) as opened:
            if name.endswith(LINES):
                yield from _by_line(opened, shown, sender, topic)
                return
            raw = opened.read()
    except (OSError, EOFError, gzip.BadGzipFile) as error:
        raise CliError(
            f"{shown} can't be read: {getattr(error, 'strerror', None) or error}", "file"
        ) from error
    lines = raw.splitlines() if _is_lines(raw) else None
    if lines is None:
        yield Document(shown, 1, raw, sender, topic)
        return
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield Document(shown, number, line, sender, topic)


def _by_line(opened: BinaryIO, name: str, sender: str, topic: str) -> Iterator[Document]:
    number = 0
    while line := opened.readline(MAX_LINE_BYTES):
        number += 1
        if line.strip():
            yield Document(name, number, line.strip(), sender, topic)


def _opened(name: str) -> BinaryIO:
    if name == "-":
        return sys.stdin.buffer
    if name.endswith(".gz"):
        return gzip.open(name)  # type: ignore[return-value]
    return Path(name).open("rb")


def _is_lines(raw: bytes) -> bool:
    """Whether a text without a telling name is JSON Lines: its first line is a document of its own."""
    first, _, rest = raw.strip().partition(b"\n")
    if not rest.strip() or not first.strip().endswith((b"}", b"]")):
        return False
    try:
        json.loads(first)
    except ValueError:
        return False
    return True


def _hints(name: str) -> tuple[str, str]:
    path = Path(name)
    folder = path.parent.name
    if folder not in WEBHOOK_SENDERS:
        return "", ""
    return folder, samples.topic(folder, path.name.partition(".json")[0])
