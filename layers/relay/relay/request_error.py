"""Problems: how an HTTP request that went wrong is answered (RFC 9457, application/problem+json)."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

CONTENT_TYPE: Final[str] = "application/problem+json"


class ProblemError(Exception):
    """A request that is answered with an error: `status` is HTTP's, `code` is stable, `detail` is for the
    sender.

    `extra` goes into the answer's body, `headers` beside it.
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

    def body(self) -> str:
        """The problem as JSON text."""
        members = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        }
        return json.dumps(members | self.extra)
