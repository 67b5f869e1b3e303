"""`relay send`: events and webhook bodies to a stack, or to TikTok directly."""

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click

from relay.destination import TRACK_PATH, Destination
from relay_cli import (
    changes,
    documents,
    evaluation,
    output,
    secret_documents,
    secrets_input,
    stacks,
    tiktok_api,
    web,
)
from relay_cli.documents import Document
from relay_cli.errors import FAILED, OK, CliError, UsageError
from relay_cli.evaluation import BodyProblem, Settings
from relay_cli.options import command as declare
from relay_cli.options import json_option, option, stack_options
from relay_cli.stacks import Target
from relay_cli.times import now as present
from relay_senders import samples
from relay_senders.signing import ROUTE, headers

EVENTS_ROUTE = "/v1/events"

UNKNOWN_URL = "https://API-URL"


@dataclass(frozen=True, slots=True)
class Request:
    """One request to make. `shown` are the headers as they may be printed: without keys and signatures."""

    url: str
    body: bytes
    headers: Mapping[str, str]
    shown: Mapping[str, str]
    document: Document
    sender: str

    def curl(self) -> str:
        """A curl command; the key comes from the environment."""
        words = ["curl", "-sS", self.url]
        words += [word for name, value in self.shown.items() for word in ("-H", f"{name}: {value}")]
        # On one line, in ASCII: the body may have been written for people.
        body = json.dumps(json.loads(self.body))
        command = shlex.join([*words, "--data-binary", body])
        # In double quotes, so that the shell puts the key in.
        for name in ("RELAY_SERVER_KEY", "RELAY_TIKTOK_TOKEN"):
            command = command.replace(f"'authorization: Bearer ${name}'", f'"Authorization: Bearer ${name}"')
            command = command.replace(f"'access-token: ${name}'", f'"Access-Token: ${name}"')
        return command


@declare("send")
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@option("--set", "assignments", multiple=True, metavar="PATH=VALUE", help="Set a field: value=12.")
@option("--unset", "removals", multiple=True, metavar="PATH", help="Remove a field: user.email.")
@option("--now", is_flag=True, help="Move the dates to the present.")
@option("--sender", type=click.Choice(["auto", "events", *evaluation.WEBHOOK_SENDERS]), default="auto")
@option("--topic", default="", help="Topic of Shopify's or WooCommerce's bodies.")
@option("--test-code", help="Test code of Events Manager: a test event counts for nothing.")
@option("--url", help="Address of an HTTP API, where the stack can't be asked for it.")
@option("--tiktok", is_flag=True, help="To TikTok directly, without a stack. Needs --pixel and --test-code.")
@option("--pixel", help="With --tiktok: the pixel's id.")
@option("--live", is_flag=True, help="With --tiktok: without a test code, so that the events count.")
@option("--tiktok-url", default=tiktok_api.URL, show_default=True, help="With --tiktok: its address.")
@option("--dry-run", is_flag=True, help="Print the requests as curl commands, and send nothing.")
@stack_options
@json_option
def command(
    *,
    files: tuple[str, ...],
    assignments: tuple[str, ...],
    removals: tuple[str, ...],
    now: bool,
    sender: str,
    topic: str,
    test_code: str | None,
    url: str | None,
    tiktok: bool,
    pixel: str | None,
    live: bool,
    tiktok_url: str,
    dry_run: bool,
    target: Target,
    as_json: bool,
) -> int:
    """Send events and webhook bodies to a stack; webhooks are signed as their sender would.

    The server key and signing secrets are the stack's own; with --url the key comes from the environment
    variable RELAY_SERVER_KEY, a hidden prompt or standard input. With --tiktok the events are normalised and
    hashed here, and the token comes from RELAY_TIKTOK_TOKEN, a hidden prompt or standard input.

    Exits with 1 if anything was not accepted.
    """
    bodies = list(_bodies(files, assignments, removals, sender, topic, test_code, now=now))
    if tiktok:
        if not pixel:
            raise UsageError("Say which pixel with --pixel.")
        if not test_code and not live:
            raise UsageError("Say --test-code, or --live to send events that count. Nothing was sent.")
        return _to_tiktok(
            bodies, Destination("web", pixel, test_code or ""), tiktok_url, dry_run=dry_run, as_json=as_json
        )
    requests = _requests(bodies, target, url, dry_run=dry_run)
    if dry_run:
        if as_json:
            output.data(
                [
                    {
                        "url": entry.url,
                        "headers": dict(entry.shown),
                        "body": entry.body.decode("utf-8", "replace"),
                    }
                    for entry in requests
                ]
            )
        else:
            output.lines(entry.curl() for entry in requests)
        return OK
    return _send(requests, as_json=as_json)


@dataclass(frozen=True, slots=True)
class _Body:
    document: Document
    raw: bytes
    sender: str
    topic: str


def _bodies(
    files: Sequence[str],
    assignments: Sequence[str],
    removals: Sequence[str],
    sender: str,
    topic: str,
    test_code: str | None,
    *,
    now: bool,
) -> list[_Body]:
    found = []
    for name in documents.find_files(files):
        for document in documents.read_documents(name):
            value = evaluation.parse_body(document.raw)
            if isinstance(value, BodyProblem):
                raise CliError(
                    f"{document.name}:{document.line}: {value.message} Nothing was sent.", value.code
                )
            raw = samples.fresh(document.raw, present()) if now else document.raw
            who, what = (document.sender, document.topic) if sender == "auto" else (sender, document.topic)
            if not who:
                who, what = evaluation.recognise(value)
            changed = bool(assignments or removals or now)
            value = changes.apply(json.loads(raw), assignments, removals)
            if who == "events":
                value = {"events": value} if isinstance(value, list) else value
                if test_code and isinstance(value, dict):
                    value, changed = {**value, "test_event_code": test_code}, True
            if changed or isinstance(json.loads(raw), list):
                raw = json.dumps(value).encode()
            found.append(_Body(document, raw, who, topic or what))
    return found


def _requests(bodies: Sequence[_Body], target: Target, url: str | None, *, dry_run: bool) -> list[Request]:
    senders = {body.sender for body in bodies}
    stack = None if url or dry_run else target.open()
    base_url = (url or (stack.api_url if stack else _dry_run_url(target))).rstrip("/")
    key, secrets = "", {}
    if stack is not None:
        held = secret_documents.ingest_secret(stack).read().value
        key = next(iter(secret_documents.server_keys(held)), "")
        secrets = {name: next(iter(secret_documents.as_list(held.get(name))), "") for name in senders}
    elif not dry_run and "events" in senders:
        key = secrets_input.read_secret("server key", "RELAY_SERVER_KEY")
    requests = []
    for body in bodies:
        plain = {"content-type": "application/json"}
        if body.sender == "events":
            shown = {**plain, "authorization": "Bearer $RELAY_SERVER_KEY"}
            sent = {**plain, "authorization": f"Bearer {key}"}
            route = EVENTS_ROUTE
        else:
            secret = secrets.get(body.sender, "")
            if not secret and not dry_run:
                if not url:
                    raise CliError(
                        f"The stack has no signing secret of {body.sender}. `relay secret add {body.sender}` "
                        "puts one in. Nothing was sent.",
                        "no_secret",
                    )
                secret = secrets_input.read_secret(f"signing secret of {body.sender}", "RELAY_SIGN_SECRET")
                secrets[body.sender] = secret
            sent = _signed(body, secret) if secret else plain
            shown = {
                name: "…" if "signature" in name or "hmac" in name else value for name, value in sent.items()
            }
            route = ROUTE + body.sender
        requests.append(Request(base_url + route, body.raw, sent, shown, body.document, body.sender))
    return requests


def _dry_run_url(target: Target) -> str:
    """The URL of the API for a dry run, which asks no AWS account for it."""
    if target.local:
        return stacks.local_stack(target.local_folder).api_url
    output.note(f"{UNKNOWN_URL} stands for the stack's output ApiUrl; --url puts it there.")
    return UNKNOWN_URL


def _signed(body: _Body, secret: str) -> dict[str, str]:
    try:
        return headers(body.sender, body.raw, secret, topic=body.topic, now=present())
    except ValueError as error:
        raise CliError(f"The signing secret of {body.sender} can't be used: {error}", "unsignable") from error


def _send(requests: Sequence[Request], *, as_json: bool) -> int:
    results: list[dict[str, Any]] = []
    failed = False
    for request in requests:
        response = web.request("POST", request.url, request.body, request.headers)
        body = response.json()
        failed |= not response.ok or bool(isinstance(body, dict) and body.get("rejected"))
        where = f"{request.document.name}:{request.document.line}"
        results.append(
            {
                "file": request.document.name,
                "line": request.document.line,
                "status": response.status,
                "response": response.text if body is None else body,
            }
        )
        if not as_json:
            output.line(f"{where}  {response.phrase}")
            output.lines(_lines(body, response.text))
    if as_json:
        output.data(results)
    return FAILED if failed else OK


def _lines(body: Any, text: str) -> list[str]:
    if not isinstance(body, dict):
        return [f"  {text}"] if text else []
    lines = []
    if "status" in body and "reason" in body:
        lines.append(f"  {body['status']}: {body['reason']}: {body.get('detail', '')}")
    elif "detail" in body:
        lines.append(f"  {body['detail']}")
    for entry in body.get("accepted") or []:
        lines.append(f"  accepted {entry.get('event')} {entry.get('event_id')}")
        lines += [
            f"    warning  {finding.get('code')}: {finding.get('message')}"
            for finding in entry.get("warnings", [])
        ]
    for entry in body.get("rejected") or []:
        lines.append(f"  rejected number {entry.get('index')}")
        lines += [
            f"    error    {finding.get('code')}: {finding.get('message')}"
            for finding in entry.get("errors", [])
        ]
    return lines


def _to_tiktok(
    bodies: Sequence[_Body], destination: Destination, url: str, *, dry_run: bool, as_json: bool
) -> int:
    items: list[str] = []
    for body in bodies:
        found = evaluation.evaluate(body.raw, body.sender, Settings(present()), topic=body.topic)
        if isinstance(found, BodyProblem):
            raise CliError(f"{body.document.name}: {found.message} Nothing was sent.", found.code)
        for assessment in found:
            if assessment.errors:
                finding = assessment.errors[0]
                raise CliError(
                    f"{body.document.name}:{body.document.line}: {finding.code}: {finding.message} "
                    "Nothing was sent; `relay check` shows all findings.",
                    "rejected",
                )
            if assessment.item:
                items.append(assessment.item)
    if not items:
        raise CliError("There is no event to send in these files. `relay check` says why.", "no_events")
    if dry_run:
        shown = {"content-type": "application/json", "access-token": "$RELAY_TIKTOK_TOKEN"}
        raw = tiktok_api.request_body(destination, items)
        if as_json:
            output.data({"url": url + TRACK_PATH, "headers": shown, "body": json.loads(raw)})
        else:
            request = Request(url + TRACK_PATH, raw.encode(), shown, shown, bodies[0].document, "tiktok")
            output.line(request.curl())
        return OK
    token = secrets_input.read_secret("access token", "RELAY_TIKTOK_TOKEN")
    outcomes = [
        tiktok_api.track(url, destination, items[first : first + 1000], token)
        for first in range(0, len(items), 1000)
    ]
    if as_json:
        output.data(
            [
                {
                    "outcome": entry.outcome,
                    "http_status": entry.status,
                    "tiktok_code": entry.code,
                    "message": entry.message,
                    "tiktok_request_id": entry.request_id,
                }
                for entry in outcomes
            ]
        )
    else:
        output.lines(
            f"{len(items)} events: {entry}; request {entry.request_id or 'none'}" for entry in outcomes
        )
    return OK if all(entry.delivered for entry in outcomes) else FAILED
