"""Errors of the command line: sentences for the person at the keyboard."""


class CliError(Exception):
    """Something that the person at the keyboard can mend; the text says what."""


class UsageError(CliError):
    """A command that needs another option; the exit code is that of a wrong command line."""
