"""Files: written as a whole or not at all, and for their owner's eyes only."""

import os
from pathlib import Path

from relay_cli.errors import CliError


def write_private(path: Path, text: str) -> None:
    """Writes a file that only its owner can read, through a temporary name. Raises CliError."""
    unfinished = path.with_name(f".{path.name}.part")
    try:
        unfinished.unlink(missing_ok=True)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
            opened.write(text)
        unfinished.replace(path)
    except OSError as error:
        raise CliError(f"{path} can't be written: {error.strerror or error}", "file") from error


def read_bytes(path: Path) -> bytes:
    """The bytes of a file. Raises CliError."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise CliError(f"{path} can't be read: {error.strerror or error}", "file") from error
