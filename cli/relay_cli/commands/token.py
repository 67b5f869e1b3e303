"""`relay token`: TikTok's access tokens, one for each pixel or event set."""

import re

import click

from relay.aws.secret_texts import shown_name
from relay_cli import destinations, output, secret_documents, secrets_input, tiktok_api
from relay_cli.errors import OK, CliError, UsageError
from relay_cli.options import Group, json_option, option, stack_options
from relay_cli.stacks import Stack, Target


@click.group("token", cls=Group)
def command() -> None:
    """Set TikTok's access tokens. A token is never an option's value, and never shown."""


@command.command("set")
@click.argument("pixel", required=False)
@option("--test-code", help="Try the token first, with one test event under this code of Test Events.")
@option("--unknown-pixel", is_flag=True, help="Accept a pixel that is not a destination of the stack.")
@stack_options
@json_option
def set_token(
    *, pixel: str | None, test_code: str | None, unknown_pixel: bool, target: Target, as_json: bool
) -> int:
    """Put the token of PIXEL (or event set) into the TikTok secret; the others stay as they are.

    PIXEL is the stack's own by default. The token comes from a hidden prompt or from standard input. With
    --test-code a token that TikTok rejects is not written.
    """
    stack = target.open()
    source, source_id = _destination(stack, pixel, unknown=unknown_pixel)
    token = secrets_input.read_secret(f"access token of {source_id}")
    secret_documents.check_shape(token, "access token")
    tried = False
    if test_code:
        outcome = tiktok_api.try_token(destinations.tiktok_url(stack), source, source_id, token, test_code)
        if not outcome.delivered:
            what = (
                "TikTok rejects this token" if outcome.rejects_token else "TikTok did not take the test event"
            )
            raise CliError(f"{what} for {source_id}: {outcome}. Nothing was changed.", "token_rejected")
        tried = True
    changed = secret_documents.tiktok_secret(stack).change(
        lambda document: secret_documents.set_token(document, source_id, token)
    )
    if as_json:
        output.data({"event_source_id": source_id, "changed": changed, "tried": tried})
        return OK
    state = "is in the TikTok secret" if changed else "was in the TikTok secret already"
    output.line(
        f"The token of {source_id} {state}." + (" TikTok took a test event with it." if tried else "")
    )
    if changed:
        output.note("Dispatch uses it within five minutes; at once where TikTok rejects the old one.")
    return OK


@command.command("list")
@stack_options
@json_option
def list_tokens(*, target: Target, as_json: bool) -> int:
    """List the destinations of the stack, and whether each has a token. Tokens are not shown."""
    stack = target.open()
    held = secret_documents.tiktok_secret(stack).read().value
    known = destinations.of_stack(stack)
    others = [("", name) for name in held if name not in {source_id for _, source_id in known}]
    numbers = {name: number for number, name in enumerate(held, start=1)}
    rows = [
        {
            "event_source": source,
            "event_source_id": source_id if source else shown_name(source_id, numbers[source_id]),
            "token": isinstance(held.get(source_id), str) and bool(held[source_id].strip()),
            "in_template": bool(source),
        }
        for source, source_id in [*known, *others]
    ]
    if as_json:
        output.data(rows)
        return OK
    table = output.table("event source", "id", "token")
    for row in rows:
        output.add_row(
            table,
            row["event_source"] or "not in the template",
            row["event_source_id"],
            "set" if row["token"] else "missing",
        )
    output.show(table)
    return OK


def _destination(stack: Stack, pixel: str | None, *, unknown: bool) -> tuple[str, str]:
    known = destinations.of_stack(stack)
    if pixel is None:
        if not known:
            raise UsageError("The stack names no pixel. Say which one the token is for.")
        return known[0]
    if not re.fullmatch(r"[A-Za-z0-9]{1,64}", pixel):
        raise UsageError(
            "A pixel or event set id holds letters and digits only. Is this the token? Clear your history."
        )
    for source, source_id in known:
        if source_id == pixel:
            return source, source_id
    if not unknown:
        ids = ", ".join(source_id for _, source_id in known)
        raise UsageError(
            f"{pixel} is not a destination of the stack, which has {ids}. Add it to Destinations, or say "
            "--unknown-pixel."
        )
    return "web", pixel
