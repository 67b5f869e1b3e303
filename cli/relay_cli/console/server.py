"""The console's HTTP server: loopback only, closed without its token, no request from another page.

A page that a person visits elsewhere can send requests to loopback addresses, and can point its own name at
them (DNS rebinding). So the `Host` has to be this server's own, an `Origin` too, and every view needs the
token that stands in the console's URL.
"""

import hmac
import json
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import Any, Final, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from relay_cli.aws_errors import explain, is_aws_error
from relay_cli.errors import CliError

HOST: Final[str] = "127.0.0.1"
TOKEN_HEADER: Final[str] = "x-console-token"  # noqa: S105 - the header's name

MAX_BODY_BYTES: Final[int] = 5_000_000
"""More than ingest takes, so that its own limit can be shown."""

STATIC: Final[Mapping[str, str]] = {
    "console.css": "text/css; charset=utf-8",
    "console.js": "text/javascript; charset=utf-8",
    "vendor/uPlot.iife.min.js": "text/javascript; charset=utf-8",
    "vendor/uPlot.min.css": "text/css; charset=utf-8",
}
"""Files that the page loads: name → content type. Nothing else is served from the disk."""

HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": "default-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class ViewError(Exception):
    """A view that can't be given; `status` is HTTP's, the text is for the reader."""

    def __init__(self, status: HTTPStatus, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True)
class ViewRequest:
    """A request for a view: method, path below `/api/`, query, and the parsed JSON body (None without)."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any = None


class Views(Protocol):
    """What the console shows."""

    def answer(self, request: ViewRequest) -> Mapping[str, object]:
        """The view as JSON. Raises ViewError, or CliError where the stack can't be asked."""
        ...


class ConsoleServer:
    """Serves the page and its views until it is closed.

    `port` 0 takes any free one. `token` is made up unless it is given.
    """

    def __init__(self, views: Views, port: int = 0, token: str = "") -> None:
        self.token = token or secrets.token_urlsafe(24)
        self._server = _Server((HOST, port), _Handler)
        self._server.console = self
        self.views = views
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return self._server.server_port

    @property
    def url(self) -> str:
        """Where to open it; holds the token."""
        return f"http://{HOST}:{self.port}/?token={self.token}"

    def serve(self) -> None:
        """Serve in this thread until interrupted."""
        self._server.serve_forever(poll_interval=0.2)

    def start(self) -> None:
        """Serve in a thread of its own."""
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.005,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop serving and give the port back."""
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    console: ConsoleServer


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60
    server: _Server

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def _serve(self) -> None:
        split = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(split.query).items()}
        try:
            body = self._body()
            self._check_caller()
            self._route(split.path, query, body)
        except ViewError as error:
            self._send(error.status, _json({"error": str(error)}))
        except CliError as error:
            self._send(HTTPStatus.BAD_GATEWAY, _json({"error": str(error)}))
        except ConnectionError:
            self.close_connection = True
        except Exception as error:  # noqa: BLE001 - the outermost edge: whatever it is, the page gets a sentence
            sentence = (
                explain(error)[0] if is_aws_error(error) else f"The console failed ({type(error).__name__})."
            )
            self._send(HTTPStatus.INTERNAL_SERVER_ERROR, _json({"error": sentence}))

    def _route(self, path: str, query: Mapping[str, str], body: bytes) -> None:
        if path.startswith("/static/"):
            name = path.removeprefix("/static/")
            if name not in STATIC or self.command != "GET":
                raise ViewError(HTTPStatus.NOT_FOUND, "There is no such file.")
            self._send(HTTPStatus.OK, _static(name), STATIC[name])
            return
        self._check_token(query)
        if path == "/" and self.command == "GET":
            self._send(HTTPStatus.OK, _static("index.html"), "text/html; charset=utf-8")
            return
        if not path.startswith("/api/"):
            raise ViewError(HTTPStatus.NOT_FOUND, "There is no such page.")
        request = ViewRequest(
            self.command, unquote(path.removeprefix("/api/")), query, _parse(body) if body else None
        )
        self._send(HTTPStatus.OK, _json(self.server.console.views.answer(request)))

    def _check_caller(self) -> None:
        own = {f"{name}:{self.server.server_port}" for name in (HOST, "localhost")}
        if self.headers.get("host", "") not in own:
            raise ViewError(HTTPStatus.FORBIDDEN, "The Host is not this console's own.")
        origin = self.headers.get("origin")
        if origin is not None and origin not in {f"http://{host}" for host in own}:
            raise ViewError(HTTPStatus.FORBIDDEN, "The Origin is not this console's own.")

    def _check_token(self, query: Mapping[str, str]) -> None:
        given = self.headers.get(TOKEN_HEADER)
        if given is None and self.command == "GET":
            given = query.get("token")
        if not hmac.compare_digest((given or "").encode(), self.server.console.token.encode()):
            raise ViewError(
                HTTPStatus.FORBIDDEN, "The token is missing or wrong. Open the address that was printed."
            )

    def _body(self) -> bytes:
        length = self.headers.get("content-length", "0")
        if "transfer-encoding" in self.headers or not length.isdecimal() or int(length) > MAX_BODY_BYTES:
            self.close_connection = True
            raise ViewError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A body has at most {MAX_BODY_BYTES} bytes."
            )
        return self.rfile.read(int(length))

    def _send(self, status: HTTPStatus, body: bytes, content_type: str = "application/json") -> None:
        self.send_response_only(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the parent's name
        """Write nothing: request lines hold the token."""


def _static(name: str) -> bytes:
    return files("relay_cli.console").joinpath("static", *name.split("/")).read_bytes()


def _json(value: Mapping[str, object]) -> bytes:
    return json.dumps(value).encode()


def _parse(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise ViewError(HTTPStatus.BAD_REQUEST, "The body is not JSON.") from None
