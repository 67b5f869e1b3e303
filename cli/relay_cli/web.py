"""HTTP: one request with the standard library, no redirect followed, no proxy on the way to this machine."""

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

from relay_cli.errors import CliError

SECONDS: Final[float] = 30.0
"""As long as an HTTP API lets its function take."""

MAX_BYTES: Final[int] = 16 * 1024 * 1024
"""More than any response of the relay's, of TikTok's or of the simulator's."""

_LOOPBACK: Final[frozenset[str]] = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Response:
    """A response. `headers` has lower-case names."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def phrase(self) -> str:
        """Status and reason phrase: 202 Accepted."""
        try:
            return f"{self.status} {HTTPStatus(self.status).phrase}"
        except ValueError:
            return str(self.status)

    def json(self) -> Any:
        """The body as JSON, or None where it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry a key or a token to another host."""

    def redirect_request(self, *_arguments: Any, **_more: Any) -> None:
        return None


def request(
    method: str,
    url: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    seconds: float = SECONDS,
) -> Response:
    """Sends one request. Raises CliError where there is no response."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise CliError(f"{url} is not an http(s) URL", "url")
    handlers: list[urllib.request.BaseHandler] = [_NoRedirect()]
    if parts.hostname in _LOOPBACK:
        handlers.append(urllib.request.ProxyHandler({}))
    asked = urllib.request.Request(  # noqa: S310 - http and https only, see above
        url, body, {"user-agent": "relay-cli", **(headers or {})}, method=method
    )
    try:
        with urllib.request.build_opener(*handlers).open(asked, timeout=seconds) as answer:
            return _response(answer.status, answer)
    except urllib.error.HTTPError as error:
        with error:
            return _response(error.code, error)
    except ValueError:
        # The error quotes the header, which may hold a key.
        raise CliError(
            f"The request to {parts.scheme}://{parts.netloc} can't be sent: its address or a header (a key?) "
            "holds a character that HTTP does not allow there.",
            "unsendable",
        ) from None
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise CliError(f"{parts.scheme}://{parts.netloc} did not respond: {reason}", "no_response") from error


def _response(status: int, answer: Any) -> Response:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Response(status, answer.read(MAX_BYTES), headers)
