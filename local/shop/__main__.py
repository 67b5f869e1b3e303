"""The demo shop's server: `python -m local.shop --port 8000 --stack-file .local/stack.json --pixel ID`."""

import argparse
import hmac
import json
import mimetypes
import time
import urllib.parse
import urllib.request
from collections.abc import Mapping
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

from local.callers import is_foreign_page

PAGES: Final[Path] = Path(__file__).with_name("pages")
LAYOUT: Final[Path] = Path(__file__).with_name("layout.html")
"""What is around the content of each page."""

TITLES: Final[Mapping[str, str]] = {
    "index": "Products",
    "product": "Product",
    "cart": "Cart",
    "checkout": "Checkout",
    "thanks": "Thank you",
}
SAMPLE: Final[Path] = Path(__file__).resolve().parents[2] / "events/stripe/checkout.session.completed.json"
TIMEOUT_SECONDS: Final[float] = 120.0
"""The first requests start the functions, which takes a while on a busy machine."""
MAX_BODY_BYTES: Final[int] = 10_000

OPENER: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Everything is on this machine: no proxy."""


def fill_in(text: str, values: Mapping[str, str]) -> str:
    """The text with `{{name}}` replaced by the value of that name."""
    for name, value in values.items():
        text = text.replace(f"{{{{{name}}}}}", value)
    return text


def lay_out(page: str, content: str) -> str:
    """The whole page around its content. Raises KeyError for a page without a title."""
    values = {"page": page, "title": TITLES[page], "content": content}
    return fill_in(LAYOUT.read_text(encoding="utf-8"), values)


class Shop(BaseHTTPRequestHandler):
    """Serves the pages, and stands in for Stripe: a payment sends the signed webhook."""

    def __init__(self, stack_file: Path, pixel: str, *args: Any) -> None:
        self._stack_file, self._pixel = stack_file, pixel
        super().__init__(*args)

    def do_GET(self) -> None:
        """Serve a page, or what the simulator received."""
        if self._rejects_caller():
            return
        url = urllib.parse.urlsplit(self.path)
        if url.path == "/received":
            event_id = urllib.parse.parse_qs(url.query).get("event_id", [""])[0]
            self._answer(200, "application/json", json.dumps(self._received(event_id)))
            return
        path = PAGES / (url.path.removeprefix("/") or "index.html")
        if path.parent != PAGES or not path.is_file():
            self._answer(404, "text/plain", "not found")
            return
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".html":
            text = lay_out(path.stem, text)
        values = {"api_url": self._stack().get("api_url", ""), "pixel": self._pixel}
        self._answer(200, mimetypes.guess_type(path.name)[0] or "text/plain", fill_in(text, values))

    def do_POST(self) -> None:
        """Take a payment: the webhook that Stripe would send goes to the relay."""
        if self._rejects_caller():
            return
        if self.path != "/pay":
            self._answer(404, "text/plain", "not found")
            return
        length = int(self.headers.get("content-length") or 0)
        if length > MAX_BODY_BYTES:
            self._answer(413, "text/plain", "too large")
            return
        answer = self._send_webhook(json.loads(self.rfile.read(length)))
        self._answer(200, "application/json", answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002, ARG002 - the base class's
        """Log one line without the query, which may hold a click id."""
        print(f"{self.command} {self.path.partition('?')[0]}", flush=True)

    def _rejects_caller(self) -> bool:
        foreign = is_foreign_page(self.headers.get("host"), self.headers.get("origin"))
        if foreign:
            self._answer(403, "text/plain", "no page of another site may ask this")
        return foreign

    def _send_webhook(self, paid: dict[str, Any]) -> str:
        stack = self._stack()
        event = json.loads(SAMPLE.read_text(encoding="utf-8"))
        now = int(time.time())
        session = event["data"]["object"]
        session |= {
            "id": str(paid["session"]),
            "created": now,
            "client_reference_id": str(paid["visit"]) or None,
            "amount_total": round(float(paid["value"]) * 100),
            "currency": "eur",
            "customer_email": str(paid["email"]),
            "metadata": {},
            "success_url": f"http://{self.headers.get('host')}/thanks.html",
        }
        session.pop("presentment_details", None)
        session.pop("customer", None)
        session["customer_details"] = {"email": str(paid["email"])}
        body = json.dumps(event | {"created": now}).encode()
        signed = hmac.digest(stack["webhook_secrets"]["stripe"].encode(), f"{now}.".encode() + body, "sha256")
        request = urllib.request.Request(
            f"{stack['api_url']}/v1/webhooks/stripe",
            body,
            {"content-type": "application/json", "stripe-signature": f"t={now},v1={signed.hex()}"},
        )
        with OPENER.open(request, timeout=TIMEOUT_SECONDS) as response:
            text: str = response.read().decode()
        return text

    def _received(self, event_id: str) -> list[dict[str, Any]]:
        query = urllib.parse.urlencode({"event_id": event_id})
        url = f"{self._stack()['simulator_url']}/_sim/events?{query}"
        with OPENER.open(url, timeout=TIMEOUT_SECONDS) as response:
            found: list[dict[str, Any]] = json.load(response)["events"]
        return found

    def _stack(self) -> dict[str, Any]:
        try:
            stack: dict[str, Any] = json.loads(self._stack_file.read_text(encoding="utf-8"))
        except OSError:
            return {}  # the stack is starting
        return stack

    def _answer(self, status: int, content_type: str, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("content-type", f"{content_type}; charset=utf-8")
        self.send_header("content-length", str(len(body)))
        self.send_header("cache-control", "no-store")
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    """Serve until the process is stopped."""
    parser = argparse.ArgumentParser(prog="python -m local.shop", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--stack-file", type=Path, required=True)
    parser.add_argument("--pixel", required=True)
    chosen = parser.parse_args()
    handler = partial(Shop, chosen.stack_file, chosen.pixel)
    ThreadingHTTPServer((chosen.host, chosen.port), handler).serve_forever()


if __name__ == "__main__":
    main()
