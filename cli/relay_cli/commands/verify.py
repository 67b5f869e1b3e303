"""`relay verify`: whether a webhook's signature is valid, by which secret, and the clock skew."""

import re
import sys
from pathlib import Path
from typing import Any, Final

import click

from relay_cli import output, secret_documents, secrets_input
from relay_cli.errors import FAILED, OK, UsageError
from relay_cli.evaluation import WEBHOOK_SENDERS, verify_signature
from relay_cli.files import read_bytes
from relay_cli.options import command as declare
from relay_cli.options import json_option, option, stack_options
from relay_cli.stacks import Target
from relay_cli.times import now

MEANING: Final[dict[str, str]] = {
    "secret_missing": "There is no secret to compare with.",
    "signature_missing": "The request has no signature header.",
    "signature_malformed": "The signature header is not in the sender's form.",
    "signature_wrong": "No secret made this signature. It is another secret, or the body was changed.",
    "signature_too_old": "The signature is right, and too old: a captured request, or a wrong clock.",
    "signature_too_new": "The signature is right, and from the future: a clock is wrong.",
}
"""Code → what it means."""


@declare("verify")
@click.argument("sender", type=click.Choice(WEBHOOK_SENDERS))
@click.argument("file", type=click.Path(path_type=Path))
@option("--header", "-H", "given", multiple=True, metavar="NAME:VALUE", help="A header of the request.")
@option(
    "--headers-file", type=click.Path(path_type=Path), help="Headers of the request, one NAME: VALUE a line."
)
@option("--stack-secrets", is_flag=True, help="Compare with the secrets of the stack on AWS.")
@stack_options
@json_option
def command(
    *,
    sender: str,
    file: Path,
    given: tuple[str, ...],
    headers_file: Path | None,
    stack_secrets: bool,
    target: Target,
    as_json: bool,
) -> int:
    """Verify the signature of a captured webhook: FILE is its body, byte for byte.

    The secrets are the local stack's (--local), those of a stack (--stack-secrets), or come from the
    environment variable RELAY_SIGN_SECRET, a hidden prompt, or standard input, one a line.

    Exits with 1 if the signature is not valid.
    """
    headers = _headers(given, headers_file)
    body = read_bytes(file)
    secrets = _secrets(sender, target, from_stack=stack_secrets)
    result = verify_signature(sender, headers, body, secrets, now())
    valid = result.code == "valid"
    if as_json:
        output.data(
            {
                "valid": valid,
                "code": result.code,
                "secret_number": result.secret_number,
                "secrets": len(secrets),
                "clock_skew_seconds": result.skew,
            }
        )
        return OK if valid else FAILED
    if valid:
        output.line(f"valid: made with secret number {result.secret_number} of {len(secrets)}")
    else:
        output.line(f"{result.code}: {MEANING.get(result.code, result.code)}")
        if result.secret_number is not None:
            output.line(f"It was made with secret number {result.secret_number} of {len(secrets)}.")
    if result.skew is not None:
        direction = "ago" if result.skew >= 0 else "ahead of this machine's clock"
        output.line(f"It was signed {abs(result.skew):.0f} s {direction}; 300 s are allowed.")
    return OK if valid else FAILED


def _headers(given: tuple[str, ...], file: Path | None) -> dict[str, str]:
    lines = list(given)
    if file is not None:
        lines += read_bytes(file).decode("utf-8", "replace").splitlines()
    headers: dict[str, str] = {}
    for line in lines:
        name, sign, value = line.partition(":")
        if not line.strip():
            continue
        if not sign or not re.fullmatch(r"[A-Za-z0-9-]+", name.strip()):
            if file is not None and line.startswith(("POST ", "HTTP/")):
                continue
            raise UsageError(f"A header is written NAME: VALUE, not {line!r}.")
        headers[name.strip().lower()] = value.strip()
    if not headers:
        raise UsageError("Say the request's headers with --header or --headers-file.")
    return headers


def _secrets(sender: str, target: Target, *, from_stack: bool) -> list[str]:
    if target.local or from_stack:
        held: dict[str, Any] = secret_documents.ingest_secret(target.open()).read().value
        return secret_documents.as_list(held.get(sender))
    first = secrets_input.read_secret("signing secret", "RELAY_SIGN_SECRET")
    more = [] if output.interactive() else [line.strip() for line in sys.stdin]
    return [first, *filter(None, more)]
