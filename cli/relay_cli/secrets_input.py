"""Secrets from a person: a hidden prompt, standard input or an environment variable; never an option's value.

What is on a command line is in the shell's history and in every user's list of processes.
"""

import os
import sys
from getpass import getpass

from relay_cli import output
from relay_cli.errors import UsageError


def read_secret(what: str, variable: str | None = None) -> str:
    """A secret: from the environment variable, a hidden prompt on a terminal, else standard input.

    White space around it is removed: it comes from pasting. Raises UsageError for an empty one.
    """
    given = os.environ.get(variable, "") if variable else ""
    if not given:
        given = getpass(f"{what} (hidden): ") if output.interactive() else sys.stdin.readline()
    secret = given.strip()
    if not secret:
        also = f", or set {variable}" if variable else ""
        raise UsageError(f"The {what} is empty. Paste it at the prompt, or pipe it to standard input{also}.")
    return secret
