"""A defect: a small change that makes the code wrong, and the tests that have to notice it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final[Path] = Path(__file__).resolve().parents[2]


class DefectError(ValueError):
    """A defect that no longer fits the code: its text is missing, or occurs more than once."""


@dataclass(frozen=True, slots=True)
class Defect:
    """One deliberate defect.

    `what` says what goes wrong, in a few words, unique in the list. `path` is the file to change, relative to
    the repository, `before` a text that occurs there exactly once and `after` its replacement. `tests` are
    pytest's node ids (a file, or a test in it); at least one of them has to fail. With `faults` (arguments of
    `python -m tests.faults`), the fault run has to fail too, by itself.
    """

    what: str
    path: str
    before: str
    after: str
    tests: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()

    def apply(self, root: Path) -> None:
        """Change the file below `root`. Raises DefectError where `before` does not occur exactly once."""
        target = root / self.path
        text = target.read_text(encoding="utf-8") if target.is_file() else ""
        occurrences = text.count(self.before)
        if occurrences != 1 or self.before == self.after:
            raise DefectError(
                f"{self.what}: the text to replace occurs {occurrences} times in {self.path}; expected 1. "
                "Update the defect in tests/mutants/defects."
            )
        target.write_text(text.replace(self.before, self.after), encoding="utf-8")
