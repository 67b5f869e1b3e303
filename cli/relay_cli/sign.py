"""`relay sign`: a webhook as its sender would send it, with a right signature, to try a deployment with."""

import argparse
import base64
import getpass
import hmac
import json
import shlex
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Final

from local import samples
from local.stack import running

SENDERS: Final[tuple[str, ...]] = ("shopify", "stripe", "woocommerce", "standard")
ROUTE: Final[str] = "/v1/webhooks/"
SHOP: Final[str] = "example.myshopify.com"
SEND_SECONDS: Final[float] = 30.0
"""As long as an HTTP API lets its function take."""


def headers(sender: str, body: bytes, secret: str, *, topic: str, now: float) -> dict[str, str]:
    """The headers that a sender sends with this body, signed with this secret at `now` (Unix seconds).

    `topic` is Shopify's (orders/paid) or WooCommerce's (order.created). Raises ValueError where a Standard
    Webhooks secret is not base64.
    """
    at = str(int(now))
    made = {"content-type": "application/json"}
    if sender == "shopify":
        made |= {"x-shopify-topic": topic, "x-shopify-shop-domain": SHOP, "x-shopify-webhook-id": at}
        return made | {"x-shopify-hmac-sha256": _base64(secret.encode(), body)}
    if sender == "woocommerce":
        made |= {"x-wc-webhook-topic": topic, "x-wc-webhook-source": "https://woo.example/"}
        return made | {"x-wc-webhook-signature": _base64(secret.encode(), body)}
    if sender == "stripe":
        digest = hmac.digest(secret.encode(), at.encode() + b"." + body, "sha256").hex()
        return made | {"stripe-signature": f"t={at},v1={digest}"}
    key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    # The same for the same body: a second try is the same message.
    message_id = f"msg_{hmac.digest(b'id', body, 'sha256').hex()[:24]}"
    signature = _base64(key, f"{message_id}.{at}.".encode() + body)
    return made | {
        "webhook-id": message_id,
        "webhook-timestamp": at,
        "webhook-signature": f"v1,{signature}",
    }


def _base64(key: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    parser.add_argument("sender", choices=SENDERS)
    parser.add_argument("file", type=Path, help="the body, such as events/shopify/orders_paid.json")
    parser.add_argument(
        "--topic", help="Shopify's or WooCommerce's topic (read from the file's name, as in events/)"
    )
    parser.add_argument("--now", action="store_true", help="move the body's dates to the present")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--local", action="store_true", help="for the stack that `make up` left running")
    where.add_argument("--secret", help="the signing secret (asked for where this is left out)")
    parser.add_argument("--url", help="the API's address, ApiUrl of the stack's outputs")
    parser.add_argument("--send", action="store_true", help="send it, instead of printing a curl command")


def run(arguments: argparse.Namespace) -> int:
    """Runs the command; gives the exit code: 0 when it was printed, or sent and answered with 2xx."""
    sender: str = arguments.sender
    url, secret = arguments.url, arguments.secret
    if arguments.local:
        stack = running()
        if stack is None:
            return _fail("no local stack runs; `make up` starts one")
        url, secret = url or stack.api_url, stack.webhook_secrets[sender]
    if not url:
        return _fail("say where to with --url (ApiUrl of the stack's outputs) or --local")
    try:
        body = arguments.file.read_bytes()
        now = time.time()
        if arguments.now:
            body = samples.fresh(body, now)
        secret = secret or getpass.getpass("signing secret: ")
        topic = arguments.topic or samples.topic(sender, arguments.file.stem)
        sent = headers(sender, body, secret, topic=topic, now=now)
    except (OSError, ValueError) as error:
        return _fail(str(error))
    address = url.rstrip("/") + ROUTE + sender
    if arguments.send:
        # A proxy of this machine's has no business on the way to itself.
        return _send(address, body, sent, urllib.request.ProxyHandler({} if arguments.local else None))
    print(_curl(address, None if arguments.now else arguments.file, body, sent))
    return 0


def _curl(address: str, file: Path | None, body: bytes, sent: Mapping[str, str]) -> str:
    data = body.decode("utf-8", "replace") if file is None else f"@{file}"
    words = ["curl", "-sS", address]
    words += [word for name, value in sent.items() for word in ("-H", f"{name}: {value}")]
    return shlex.join([*words, "--data-binary", data])


def _send(address: str, body: bytes, sent: Mapping[str, str], proxy: urllib.request.ProxyHandler) -> int:
    if not address.startswith(("https://", "http://")):
        return _fail(f"{address} is no address of the web")
    request = urllib.request.Request(address, body, dict(sent))  # noqa: S310 - http and https only, see above
    try:
        with urllib.request.build_opener(proxy).open(request, timeout=SEND_SECONDS) as answer:
            status, said = answer.status, answer.read()
    except urllib.error.HTTPError as error:
        status, said = error.code, error.read()
    except OSError as error:
        return _fail(f"{address} did not answer: {error}")
    print(f"{status} {HTTPStatus(status).phrase}")
    try:
        print(json.dumps(json.loads(said), indent=2, ensure_ascii=False))
    except ValueError:
        print(said.decode("utf-8", "replace"))
    return 0 if status < HTTPStatus.MULTIPLE_CHOICES else 1


def _fail(says: str) -> int:
    print(f"error: {says}", file=sys.stderr)
    return 1
