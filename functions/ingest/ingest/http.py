"""The HTTP exchange: what API Gateway hands over (HTTP API, payload 2.0), and what it is given back."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, Final, TypedDict

from relay.request_error import CONTENT_TYPE, RequestError
from relay.telemetry import to_line

MAX_SERVER_BYTES: Final[int] = 4_194_304
"""4 MiB: a thousand events of 4 KB. Lambda takes 6 MB, in which the body's quotes are escaped."""

MAX_BROWSER_BYTES: Final[int] = 65_536
"""What browsers allow a beacon to hold; nothing that a page sends needs more."""

_JSON: Final[frozenset[str]] = frozenset({"application/json", "text/json"})
_SHOWN: Final[frozenset[str]] = frozenset(
    {
        "application/octet-stream",
        "application/x-www-form-urlencoded",
        "application/xml",
        "multipart/form-data",
        "text/html",
        "text/plain",
        "text/xml",
    }
)
"""Content types that an error names; any other could hold anything."""

_BEACON: Final[frozenset[str]] = frozenset({"text/plain"})
"""A string given to navigator.sendBeacon goes out as text/plain, which needs no preflight."""


@dataclass(slots=True)
class Request:
    """One HTTP request. Header names are lower-case, as HTTP APIs give them."""

    method: str
    path: str
    headers: Mapping[str, str]
    client_ip: str
    request_id: str
    _body: str
    _is_base64: bool

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> "Request":
        """The request that a Lambda event of payload version 2.0 holds."""
        context = event["requestContext"]
        http = context["http"]
        headers = event.get("headers") or {}
        return cls(
            method=http["method"],
            path=_as_unicode(event["rawPath"]),
            headers={_as_unicode(name).lower(): _as_unicode(value) for name, value in headers.items()},
            client_ip=http["sourceIp"],
            request_id=context["requestId"],
            _body=event.get("body") or "",
            _is_base64=bool(event.get("isBase64Encoded")),
        )

    def header(self, name: str) -> str | None:
        """The value of a header, by its lower-case name."""
        return self.headers.get(name)

    def behind_proxy(self, address_header: str) -> "Request":
        """The request with the address that a proxy wrote into a header, or with none where it wrote none.

        `address_header` is lower-case, and empty where there is no proxy.
        """
        if not address_header:
            return self
        return replace(self, client_ip=_visitor_address(address_header, self.headers, self.client_ip))

    def size(self) -> int:
        """The least number of bytes that the body has, without decoding it."""
        return len(self._body) * 3 // 4 - 2 if self._is_base64 else len(self._body)

    def body(self, most: int) -> bytes:
        """The body's bytes as they were sent. Raises RequestError: 413 before decoding more than `most` of
        them, 415 if they are compressed."""
        if codings := self.headers.get("content-encoding"):
            _reject_compression(codings)
        if self.size() > most:
            raise RequestError(413, "body_too_large", f"At most {most} bytes are read; split the events up.")
        if not self._is_base64:
            return self._body.encode("utf-8", "surrogatepass")
        try:
            return base64.b64decode(self._body, validate=True)
        except ValueError:  # binascii's own, or a character that base64 has not
            raise RequestError(400, "body_unreadable", "The body's base64 can't be decoded.") from None

    def require_json(self, *, beacon: bool) -> None:
        """Raises RequestError (415) where the content type is not JSON; a browser's `beacon` may say
        text/plain."""
        given = self.headers.get("content-type", "")
        media = given.partition(";")[0].strip().lower()
        if media in _JSON or media.endswith("+json") or (beacon and media in _BEACON):
            return
        found = media if media in _SHOWN else "another one" if media else "missing"
        raise RequestError(
            415, "content_type_unsupported", f"The content type is {found}; expected application/json."
        )


_COMPRESSIONS: Final[frozenset[str]] = frozenset({"br", "compress", "deflate", "gzip", "x-gzip", "zstd"})
"""Content codings that compress. Senders name much else in that header (`utf-8`, `aws-chunked`), and send
plain JSON."""


def _reject_compression(codings: str) -> None:
    """Raise RequestError where one of a body's content codings compresses it (RFC 9110, 8.4 and 15.5.16)."""
    for coding in codings.lower().split(","):
        if (found := coding.strip()) in _COMPRESSIONS:
            raise RequestError(
                415,
                "content_encoding_unsupported",
                f"The content encoding is {found}; send the body without one.",
                headers={"accept-encoding": "identity"},
            )


_VIEWER_ADDRESS: Final[str] = "cloudfront-viewer-address"


def _visitor_address(name: str, headers: Mapping[str, str], peer: str) -> str:
    """The visitor's address in a proxy's header; empty where there is none.

    A list (X-Forwarded-For) is read from its end: API Gateway adds its peer, which is the proxy, and before
    that stands what the proxy added. What stands further left is what the visitor chose to send.
    """
    addresses = [entry.strip() for entry in headers.get(name, "").split(",")]
    while len(addresses) > 1 and addresses[-1] == peer:
        addresses.pop()
    address = addresses[-1]
    # CloudFront writes the port behind the address, also of IPv6, and without brackets.
    return address.rpartition(":")[0].strip("[]") if name == _VIEWER_ADDRESS else address


def _as_unicode(text: str) -> str:
    """A header or path whose bytes are not UTF-8 may hold halves of surrogate pairs, which nothing after this
    can encode."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


class LambdaAnswer(TypedDict):
    """What an HTTP API expects back from a function."""

    statusCode: int
    headers: dict[str, str]
    body: str
    isBase64Encoded: bool


@dataclass(slots=True)
class Response:
    """One HTTP response: text, or bytes in base64."""

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)
    is_base64: bool = False

    @classmethod
    def json(
        cls, status: HTTPStatus, value: Mapping[str, object], headers: Mapping[str, str] | None = None
    ) -> "Response":
        """A response that holds a JSON object."""
        return cls(status, to_line(value), {"content-type": "application/json", **(headers or {})})

    @classmethod
    def problem(cls, error: RequestError) -> "Response":
        """A response that says what went wrong."""
        return cls(error.status, to_line(error.as_json()), {"content-type": CONTENT_TYPE, **error.headers})

    def as_lambda(self) -> LambdaAnswer:
        """The response as an HTTP API expects it. No cache may keep it: it is about one request."""
        headers = {"cache-control": "no-store", **self.headers}
        return {
            "statusCode": self.status,
            "headers": headers,
            "body": self.body,
            "isBase64Encoded": self.is_base64,
        }
