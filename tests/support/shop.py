"""A shop's web server for browser tests: pages under any host name, the tag, and a stand-in for the relay.

Chromium resolves every name to this machine, so that `www.shop.example` and `relay.shop.example` are two
origins of this one server, with real cookie domains.
"""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self, TypeVar

from tools.browser_scripts import SERVED, SOURCES

PIXEL: Final[str] = "D179S7RC77UA68QT5U1G"
WAIT_SECONDS: Final[float] = 10.0

STUB: Final[str] = (
    "<script>window.ttRelay = window.ttRelay || function () "
    "{ (ttRelay.q = ttRelay.q || []).push(arguments) }</script>"
)

# The shape of TikTok's snippet: an array whose methods push their names and arguments until the real script
# takes over, which here never comes.
PIXEL_STANDIN: Final[str] = """
<script>
window.installPixel = function () {
  var ttq = window.ttq = window.ttq || []
  ;['page', 'track', 'identify', 'load', 'grantConsent'].forEach(function (name) {
    ttq[name] = function () { ttq.push([name].concat([].slice.call(arguments))) }
  })
  ttq._i = {}
  ;[].slice.call(arguments).forEach(function (id) { ttq._i[id] = [] })
}
</script>
"""

T = TypeVar("T")


@dataclass
class Received:
    """One request to the relay's stand-in."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Shop:
    """The running server. `pages` holds HTML by path.

    `status` is what the relay's stand-in answers, after `delay` seconds.
    """

    pages: dict[str, str] = field(default_factory=dict)
    page_headers: dict[str, str] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    status: int = 202
    delay: float = 0
    page_errors: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                shop._get(self)

            def do_POST(self) -> None:
                shop._post(self)

            def do_OPTIONS(self) -> None:
                shop._post(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                """Keep quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    # ── addresses and pages ────────────────────────────────────────────────────────────────────────────────

    def url(self, path: str = "/", host: str = "www.shop.example") -> str:
        """The address of a page."""
        return f"http://{host}:{self.port}{path}"

    @property
    def relay(self) -> str:
        """Where pages find the relay."""
        return self.url("", "relay.shop.example")

    def tag(self, attributes: str = 'data-consent="not-required"') -> str:
        """The element that loads the tag."""
        return f'<script async src="{self.relay}/tag.js" {attributes}></script>'

    def add(self, path: str, head: str = "", body: str = "", *, tag: str | None = None) -> str:
        """Add a page with stub and tag. Gives its address."""
        tag = self.tag() if tag is None else tag
        self.pages[path] = (
            f"<!doctype html><html><head><meta charset=utf-8><title>Shop</title>{head}{STUB}{tag}</head>"
            f"<body>{body}</body></html>"
        )
        return self.url(path)

    # ── what came ──────────────────────────────────────────────────────────────────────────────────────────

    def events(self) -> list[dict[str, Any]]:
        """Every event that the relay's stand-in accepted, in order."""
        return [
            event
            for request in list(self.received)
            if request.path.endswith("/v1/events") and request.method == "POST"
            for event in request.body["events"]
        ]

    def visits(self) -> list[dict[str, Any]]:
        """Every visit that was left."""
        return [entry.body for entry in list(self.received) if entry.path.endswith("/v1/visits")]

    def wait(self, number: int, of: str = "") -> list[dict[str, Any]]:
        """Wait for that many events (of a name); fails when there are more."""

        def look() -> list[dict[str, Any]] | None:
            found = [event for event in self.events() if of in ("", event["event"])]
            return found if len(found) >= number else None

        found = until(look, f"{number} events {of}")
        time.sleep(0.3)
        found = look() or []
        assert len(found) == number, [(event["event"], event["event_id"]) for event in found]
        return found

    def settle(self, seconds: float = 0.6) -> None:
        """Let time pass in which nothing should come."""
        time.sleep(seconds)

    # ── the server ─────────────────────────────────────────────────────────────────────────────────────────

    def _get(self, request: BaseHTTPRequestHandler) -> None:
        path = request.path.partition("?")[0]
        if path == "/tag.js":
            text = (SERVED / "tag.js").read_text(encoding="utf-8").replace("{{pixel}}", PIXEL)
            self._answer(request, 200, text, "text/javascript", {"access-control-allow-origin": "*"})
        elif path == "/adapters.js":
            self._answer(
                request, 200, (SERVED / "adapters.js").read_text(encoding="utf-8"), "text/javascript"
            )
        elif path == "/shopify-pixel.js":
            text = (SOURCES / "shopify-pixel.js").read_text(encoding="utf-8")
            self._answer(request, 200, text.replace("https://relay.example", self.relay), "text/javascript")
        elif path in self.pages:
            self._answer(request, 200, self.pages[path], "text/html; charset=utf-8", self.page_headers)
        else:
            self._answer(request, 404, "", "text/plain")

    def _post(self, request: BaseHTTPRequestHandler) -> None:
        raw = request.rfile.read(int(request.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = json.loads(raw) if raw else None
        time.sleep(self.delay)
        if self.status < 300:
            self.received.append(Received(request.command, request.path, headers, body))
        allow = {"access-control-allow-origin": headers.get("origin", "*")}
        self._answer(request, self.status, "{}", "application/json", allow)

    def _answer(
        self,
        request: BaseHTTPRequestHandler,
        status: int,
        text: str,
        content_type: str,
        headers: dict[str, str] | None = None,
    ) -> None:
        body = text.encode()
        try:
            request.send_response(status)
            request.send_header("content-type", content_type)
            request.send_header("content-length", str(len(body)))
            for name, value in (headers or {}).items():
                request.send_header(name, value)
            request.end_headers()
            request.wfile.write(body)
        except OSError:
            pass  # the page left


def until(look: Callable[[], T | None], what: str) -> T:
    """Look until there is something to see. Raises AssertionError after WAIT_SECONDS."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        seen = look()
        if seen is not None:
            return seen
        time.sleep(0.05)
    raise AssertionError(f"not within {WAIT_SECONDS:.0f} s: {what}")
