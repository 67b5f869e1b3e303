"""What was measured: the commit, and a digest of the code that runs on AWS."""

import hashlib
import subprocess
from pathlib import Path
from typing import Final

FOLDERS: Final[tuple[str, ...]] = ("functions", "layers")
"""The code of both functions; layers/relay/requirements.txt has the versions of its packages."""

DIRTY: Final[str] = "-dirty"
"""Ends the name of a commit where tracked files differ from it."""


def commit(root: Path) -> str:
    """The commit of a work tree; `unknown` without one."""
    return _git(root, "describe", "--always", f"--dirty={DIRTY}") or "unknown"


def code_digest(root: Path) -> str:
    """First 16 hex digits of the SHA-256 over names and contents of the tracked files of `FOLDERS`."""
    digest = hashlib.sha256()
    for name in sorted(_git(root, "ls-files", "--", *FOLDERS).splitlines()):
        content = (root / name).read_bytes()
        digest.update(f"{name}\n{len(content)}\n".encode() + content)
    return digest.hexdigest()[:16]


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", root, *arguments], capture_output=True, text=True, check=False)
    return done.stdout.strip()
