"""The journal of a backfill: what is done, on disk before the next request, so that a killed run goes on.

JSON Lines beside the file. The first line says of which file, stack and options it is; each further line is a
batch that the relay confirmed. A line that a crash cut off is ignored: its batch is sent again, with the same
event_ids.
"""

import hashlib
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from relay_cli.errors import CliError, UsageError
from relay_cli.files import open_private

VERSION: Final[int] = 1


@dataclass(frozen=True, slots=True)
class Header:
    """What a journal is of. A different value of any field is another backfill."""

    sha256: str
    size: int
    kind: str
    target: str
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Progress:
    """How far a backfill is: counts of records and events, and where to go on."""

    record: int = 0
    position: int = 0
    rejected_bytes: int = 0
    batches: int = 0
    accepted: int = 0
    rejected: int = 0
    dropped: int = 0
    skipped: int = 0
    unusable: int = 0

    @property
    def events(self) -> int:
        """Events that the relay answered for."""
        return self.accepted + self.rejected + self.dropped


class Journal:
    """An open journal. `progress` is what is done."""

    def __init__(self, path: Path, opened: IO[str], progress: Progress) -> None:
        self.path, self.progress = path, progress
        self._opened = opened

    def confirm(self, progress: Progress, ids: list[str]) -> None:
        """Note a batch that the relay confirmed; returns when it is on disk."""
        self.progress = progress
        digest = hashlib.sha256("\n".join(ids).encode("utf-8", "replace")).hexdigest()[:16]
        self._opened.write(json.dumps({**asdict(progress), "ids": digest}) + "\n")
        self._opened.flush()
        os.fsync(self._opened.fileno())

    def close(self) -> None:
        """Close the file."""
        self._opened.close()


def journal_path(file: Path) -> Path:
    """Where the journal of a file is."""
    return file.with_name(f"{file.name}.relay-journal")


def describe_file(path: Path) -> tuple[str, int]:
    """SHA-256 and size of a file. Raises CliError."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as opened:
            while chunk := opened.read(1 << 20):
                digest.update(chunk)
    except OSError as error:
        raise CliError(f"{path} can't be read: {error.strerror or error}", "file") from error
    return digest.hexdigest(), path.stat().st_size


def read_progress(path: Path, header: Header) -> Progress | None:
    """What the journal says is done; None where nothing is. Raises UsageError for another backfill's."""
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CliError(f"{path} can't be read: {error.strerror or error}", "file") from error
    try:
        held = json.loads(lines[0])
        before = Header(held["sha256"], held["size"], held["kind"], held["target"], held["options"])
    except (ValueError, KeyError, TypeError):
        raise UsageError(
            f"{path} is not a journal of this command. Move it away, or say --restart."
        ) from None
    progress = Progress()
    for line in lines[1:]:
        try:
            entry = json.loads(line)
            entry.pop("ids", None)
            progress = Progress(**entry)
        except (ValueError, TypeError, AttributeError):
            # Cut off by a crash: its batch is sent again.
            break
    if not progress.batches:
        # The first request failed, for example by a wrong key or address.
        return None
    differing = [name for name, value in asdict(header).items() if asdict(before)[name] != value]
    if differing:
        raise UsageError(
            f"{path} is the journal of another backfill: {', '.join(differing)} differ. Finish it, or say "
            "--restart to begin again."
        )
    return progress


def open_journal(path: Path, header: Header, progress: Progress | None) -> Journal:
    """Open the journal to go on with, or begin a new one. Raises CliError."""
    try:
        descriptor = open_private(path, keep=progress is not None)
        _cut(path, descriptor)
        opened = os.fdopen(descriptor, "a", encoding="utf-8")
        if progress is None:
            opened.write(json.dumps({"version": VERSION, **asdict(header)}) + "\n")
        opened.flush()
        os.fsync(opened.fileno())
    except OSError as error:
        raise CliError(f"{path} can't be written: {error.strerror or error}", "file") from error
    return Journal(path, opened, progress or Progress())


def _cut(path: Path, descriptor: int) -> None:
    """Cut off what a crash left half written."""
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole != len(content):
        os.ftruncate(descriptor, whole)
