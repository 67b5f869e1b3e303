"""The one error that a request is answered with, as RFC 9457 problem details."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

CONTENT_TYPE: Final[str] = "application/problem+json"


class RequestError(Exception):
    """A request that is rejected as a whole.

    `status` is the HTTP status, `code` is stable and for programs, `detail` is a sentence for the sender.
    `extra` are further members of the response's body, `headers` further headers. None of them may hold a
    secret or a value that the sender sent.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        extra: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.extra = dict(extra or {})
        self.headers = dict(headers or {})

    def as_json(self) -> dict[str, object]:
        """The problem details as the API returns them."""
        return {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            **self.extra,
        }
