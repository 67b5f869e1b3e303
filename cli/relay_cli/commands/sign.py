"""`relay sign`: a webhook as its sender would send it, to try a deployment with."""

import json
import shlex
from collections.abc import Mapping
from pathlib import Path

import click

from relay_cli import evaluation, output, secrets_input, stacks, web
from relay_cli.errors import FAILED, OK, CliError, UsageError
from relay_cli.files import read_bytes
from relay_cli.options import command as declare
from relay_cli.options import json_option, option
from relay_cli.times import now as present
from relay_senders import samples
from relay_senders.signing import ROUTE, SENDERS, headers


@declare("sign")
@click.argument("sender", type=click.Choice(SENDERS))
@click.argument("file", type=click.Path(path_type=Path))
@option("--topic", help="Topic of Shopify or WooCommerce; the file's name says it, as in events/.")
@option("--now", is_flag=True, help="Move the body's dates to the present.")
@option("--local", is_flag=True, envvar="RELAY_LOCAL", help="For the stack that `make up` left running.")
@option("--local-folder", envvar="RELAY_LOCAL_FOLDER", help="Folder of the local stack's stack.json.")
@option("--url", help="Address of the HTTP API: ApiUrl of the stack's outputs.")
@option("--send", is_flag=True, help="Send it, instead of printing a curl command.")
@json_option
def command(
    *,
    sender: str,
    file: Path,
    topic: str | None,
    now: bool,
    local: bool,
    local_folder: str | None,
    url: str | None,
    send: bool,
    as_json: bool,
) -> int:
    """Sign FILE as SENDER would, and print a curl command or send it.

    FILE is a webhook body, such as events/shopify/orders_paid.json. The signing secret comes from the
    environment variable RELAY_SIGN_SECRET, a hidden prompt, or standard input; never from an option.
    """
    secret = None
    # RELAY_LOCAL may be exported: another URL gets no signature by the local stack's secret.
    if local and not url:
        stack = stacks.local_stack(local_folder)
        url, secret = stack.api_url, stack.webhook_secrets.get(sender)
    if not url:
        raise UsageError("Say where to: --url with the stack's ApiUrl, or --local.")
    body = read_bytes(file)
    parsed = evaluation.parse_body(body)
    if isinstance(parsed, evaluation.BodyProblem):
        raise UsageError(f"{file} can't be signed: {parsed.message}", parsed.code)
    topic = topic or samples.topic(sender, file.stem)
    topics = evaluation.topics(sender)
    if topics and not topic:
        raise UsageError(
            f"The name of {file} is no topic of {sender}. Say one with --topic: {', '.join(topics)}."
        )
    at = present()
    try:
        if now:
            # In ASCII, so that the printed command holds the very bytes that are signed.
            body = json.dumps(json.loads(samples.fresh(body, at))).encode()
        secret = secret or secrets_input.read_secret("signing secret", "RELAY_SIGN_SECRET")
        signed = headers(sender, body, secret, topic=topic, now=at)
    except ValueError as error:
        raise CliError(f"{file} can't be signed: {error}", "unsignable") from error
    full_url = url.rstrip("/") + ROUTE + sender
    if send:
        return _send(full_url, body, signed, as_json=as_json)
    if as_json:
        output.data({"url": full_url, "headers": signed, "body": body.decode("utf-8", "replace")})
    else:
        output.line(curl(full_url, None if now else file, body, signed))
    return OK


def curl(url: str, file: Path | None, body: bytes, sent: Mapping[str, str]) -> str:
    """A curl command that sends the body, from its file where it is as it stands there."""
    data = body.decode("utf-8", "replace") if file is None else f"@{file}"
    words = ["curl", "-sS", url]
    words += [word for name, value in sent.items() for word in ("-H", f"{name}: {value}")]
    return shlex.join([*words, "--data-binary", data])


def _send(url: str, body: bytes, sent: Mapping[str, str], *, as_json: bool) -> int:
    response = web.request("POST", url, body, sent)
    answered = response.json()
    if as_json:
        output.data({"status": response.status, "response": response.text if answered is None else answered})
    else:
        output.line(response.phrase)
        if answered is None:
            output.line(response.text)
        else:
            output.data(answered)
    return OK if response.ok else FAILED
