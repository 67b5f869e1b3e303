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


def open_private(path: Path, *, keep: bool) -> int:
    """Opens a file to read and write that only its owner can read: the one that is there, or a new one.

    Returns its descriptor. Raises OSError for a link and for another user's file: in a folder that others
    write to, they can lay either in wait.
    """
    if not keep:
        path.unlink(missing_ok=True)
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | (0 if keep else os.O_EXCL)
    descriptor = os.open(path, flags, 0o600)
    try:
        os.fchmod(descriptor, 0o600)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def read_bytes(path: Path) -> bytes:
    """The bytes of a file. Raises CliError."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise CliError(f"{path} can't be read: {error.strerror or error}", "file") from error
