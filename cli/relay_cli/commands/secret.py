"""`relay secret`: the signing secrets of webhooks."""

import base64
import binascii
from typing import Any

import click

from relay.aws.secret_texts import find_fault
from relay_cli import output, secret_documents, secrets_input
from relay_cli.errors import OK, UsageError
from relay_cli.evaluation import WEBHOOK_SENDERS
from relay_cli.options import Group, json_option, option, stack_options
from relay_cli.stacks import Target

# The key of Shopify's custom pixel is kept and rotated like a signing secret.
ENTRIES = (*WEBHOOK_SENDERS, "public_write_key")
SENDER = click.Choice(ENTRIES)


@click.group("secret", cls=Group)
def command() -> None:
    """Add, retire and list signing secrets of webhooks. They are never an option's value, and never shown.

    All secrets of a provider's list are in force, so that old and new overlap while you rotate.
    """


@command.command("add")
@click.argument("sender", type=SENDER)
@stack_options
@json_option
def add(*, sender: str, target: Target, as_json: bool) -> int:
    """Put a signing secret of SENDER in front of those in force.

    It comes from a hidden prompt or from standard input. Add the new one before you change it at the sender.
    """
    stack = target.open()
    secret = secrets_input.read_secret(f"signing secret of {sender}")
    secret_documents.check_shape(secret, "signing secret")
    _check(sender, secret)
    changed = secret_documents.ingest_secret(stack).change(
        lambda document: secret_documents.add_secret(document, sender, secret)
    )
    number = len(secret_documents.as_list(secret_documents.ingest_secret(stack).read().value.get(sender)))
    if as_json:
        output.data({"sender": sender, "changed": changed, "secrets": number})
    else:
        state = "is in force as number 0" if changed else "was in force already"
        output.line(f"The secret {state}; {sender} has {number}.")
    return OK


@command.command("retire")
@click.argument("sender", type=SENDER)
@click.argument("number", type=int, required=False)
@option("--last", is_flag=True, help="Also where it is the last one, which closes the route.")
@option("--yes", is_flag=True, help="Don't ask.")
@stack_options
@json_option
def retire(*, sender: str, number: int | None, last: bool, yes: bool, target: Target, as_json: bool) -> int:
    """Take a signing secret of SENDER out of force.

    NUMBER is its place in the list, counted from 0, as the log's secret_number has it; the oldest (the last)
    by default.
    """
    secret = secret_documents.ingest_secret(target.open())
    held = secret_documents.as_list(secret.read().value.get(sender))
    index = len(held) - 1 if number is None else number
    if not 0 <= index < len(held):
        raise UsageError(f"{sender} has {len(held)} secrets, counted from 0; there is no number {index}.")
    if len(held) == 1 and not last:
        raise UsageError(
            f"It is the last one: without it {sender}'s webhooks are rejected. Say --last to do it."
        )
    if not yes:
        confirm(f"Take secret number {index} of {len(held)} out of force for {sender}?")
    retired = held[index]

    def change(document: dict[str, Any]) -> dict[str, Any]:
        # By value: its number may have changed meanwhile.
        now_held = secret_documents.as_list(document.get(sender))
        if retired not in now_held:
            return document
        return secret_documents.retire_secret(document, sender, now_held.index(retired))

    changed = secret.change(change)
    if as_json:
        output.data({"sender": sender, "number": index, "changed": changed, "secrets": len(held) - 1})
    else:
        output.line(f"Secret number {index} of {sender} is no longer in force; in force: {len(held) - 1}.")
    return OK


@command.command("list")
@stack_options
@json_option
def list_secrets(*, target: Target, as_json: bool) -> int:
    """List how many signing secrets each provider has in force, and whether each can be one."""
    held = secret_documents.ingest_secret(target.open()).read().value
    rows = [
        {
            "sender": sender,
            "number": number,
            "characters": len(secret),
            "in_force": find_fault(secret) is None,
        }
        for sender in ENTRIES
        for number, secret in enumerate(secret_documents.as_list(held.get(sender)))
    ]
    if as_json:
        output.data(rows)
        return OK
    table = output.table("sender", "number", "characters", "in force")
    for row in rows:
        output.add_row(
            table,
            row["sender"],
            row["number"],
            row["characters"],
            "yes" if row["in_force"] else "no: too short",
        )
    output.show(table)
    return OK


def confirm(question: str) -> None:
    """Ask for a yes. Raises UsageError for anything else, and where there is no terminal."""
    if not output.interactive():
        raise UsageError("Say --yes to do it; nothing was changed.")
    if not click.confirm(question, err=True):
        raise UsageError("Nothing was changed.")


def _check(sender: str, secret: str) -> None:
    if sender == "stripe" and not secret.startswith("whsec_"):
        raise UsageError("A signing secret of Stripe begins with whsec_. An API key (sk_…) is another thing.")
    if sender == "standard":
        encoded = secret.removeprefix("whsec_").rstrip("=")
        try:
            base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
        except (binascii.Error, ValueError):
            raise UsageError("A secret of Standard Webhooks is whsec_ and base64; this is not.") from None
