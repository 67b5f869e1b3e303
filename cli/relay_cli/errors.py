"""Errors of the command line: one sentence for the person at the keyboard, a stable code, an exit code.

CliError             1   something was found wrong, or could not be done
├── UsageError       2   the command line needs another option or argument
├── PartlyDoneError  3   a part is done; running the command again goes on
└── TimedOutError    124 what was waited for did not happen in time
"""

from typing import ClassVar, Final

OK: Final[int] = 0
FAILED: Final[int] = 1
USAGE: Final[int] = 2
PARTLY_DONE: Final[int] = 3
TIMED_OUT: Final[int] = 124
INTERRUPTED: Final[int] = 130
"""What shells report for a command that Ctrl-C ended."""

EXIT_CODES: Final[dict[int, str]] = {
    OK: "Everything is right, or was done.",
    FAILED: "Something was found wrong (for example by `check`, `verify` or `doctor`), or could not be done.",
    USAGE: "The command line is wrong, or needs an answer and there is no terminal. Nothing was done.",
    PARTLY_DONE: "A part is done (`replay`, `backfill`, `dlq drop`): run the same command again to go on. "
    "Or not all dead letters could be read (`dlq list`, `dlq export`).",
    TIMED_OUT: "What `tail --until-delivered` waited for did not happen in time.",
    INTERRUPTED: "Interrupted by Ctrl-C or SIGTERM. What was under way was ended properly.",
}
"""Exit code → meaning; `relay help exit-codes` prints it, and docs/cli.md's table is made from it."""


class CliError(Exception):
    """Something that the person at the keyboard can fix; the text says what."""

    exit_code: ClassVar[int] = FAILED

    def __init__(self, message: str, code: str = "failed") -> None:
        super().__init__(message)
        self.code = code


class UsageError(CliError):
    """A command that needs another option or argument. Nothing was done."""

    exit_code = USAGE

    def __init__(self, message: str, code: str = "usage") -> None:
        super().__init__(message, code)


class PartlyDoneError(CliError):
    """A command that did a part of its work; running it again goes on."""

    exit_code = PARTLY_DONE


class TimedOutError(CliError):
    """What was waited for did not happen in time."""

    exit_code = TIMED_OUT
