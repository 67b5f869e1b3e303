"""`relay key`: the server key, by which back ends authenticate."""

import secrets
import string
from typing import Final

import click

from relay_cli import output, secret_documents
from relay_cli.commands.secret import confirm
from relay_cli.errors import OK, CliError
from relay_cli.options import Group, json_option, option, stack_options
from relay_cli.stacks import Target

CHARACTERS: Final[int] = 48
"""As the template makes it: 48 letters and digits are 285 bits, and need no quoting anywhere."""


@click.group("key", cls=Group)
def command() -> None:
    """Show, rotate and retire the server key, by which back ends authenticate."""


@command.command("show")
@stack_options
@json_option
def show(*, target: Target, as_json: bool) -> int:
    """Print the server key: the one secret that your back end needs."""
    keys = secret_documents.server_keys(secret_documents.ingest_secret(target.open()).read().value)
    if not keys:
        raise CliError("The ingest secret holds no server key. `relay key rotate` makes one.", "no_key")
    if as_json:
        output.data({"server_key": keys[0], "old_keys_in_force": len(keys) - 1})
    else:
        output.line(keys[0])
    return OK


@command.command("rotate")
@stack_options
@json_option
def rotate(*, target: Target, as_json: bool) -> int:
    """Make a new server key and print it; the old one stays in force until `relay key retire`.

    Rotate, give the new key to every back end, then retire the old one.
    """
    letters = string.ascii_letters + string.digits
    key = "".join(secrets.choice(letters) for _ in range(CHARACTERS))
    secret = secret_documents.ingest_secret(target.open())
    secret.change(lambda document: secret_documents.rotate_key(document, key))
    old = len(secret_documents.server_keys(secret.read().value)) - 1
    if as_json:
        output.data({"server_key": key, "old_keys_in_force": old})
        return OK
    output.line(key)
    output.note(f"Ingest accepts it within five minutes. Old keys in force: {old} (`relay key retire`).")
    return OK


@command.command("retire")
@option("--yes", is_flag=True, help="Don't ask.")
@stack_options
@json_option
def retire(*, yes: bool, target: Target, as_json: bool) -> int:
    """Take the old server keys out of force; back ends that still send one are rejected."""
    secret = secret_documents.ingest_secret(target.open())
    old = len(secret_documents.server_keys(secret.read().value)) - 1
    if old > 0 and not yes:
        confirm(f"Take {old} old server keys out of force?")
    changed = secret.change(secret_documents.retire_keys) if old > 0 else False
    if as_json:
        output.data({"retired": max(old, 0), "changed": changed})
    else:
        output.line(f"No longer in force: {output.count(max(old, 0), 'old server key')}.")
    return OK
