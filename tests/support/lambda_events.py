"""Builders of what AWS hands to the functions."""

import base64
import json
import time
from typing import Any, Final

SERVER_KEY: Final[str] = "server-key-for-tests"


def http_event(
    method: str = "POST",
    path: str = "/v1/events",
    body: object = None,
    *,
    base64_encoded: bool = False,
    **headers: str | None,
) -> dict[str, Any]:
    """An HTTP API request (payload 2.0) with the right key and JSON; a header set to None is omitted."""
    raw = body if isinstance(body, (str, bytes)) else "" if body is None else json.dumps(body)
    text = raw.decode() if isinstance(raw, bytes) and not base64_encoded else raw
    if base64_encoded:
        text = base64.b64encode(raw.encode() if isinstance(raw, str) else raw).decode()
    sent: dict[str, str | None] = {
        "authorization": f"Bearer {SERVER_KEY}",
        "content-type": "application/json",
    }
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    return {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {name: value for name, value in sent.items() if value is not None},
        "requestContext": {
            "http": {"method": method, "path": path, "sourceIp": "9.9.9.9", "protocol": "HTTP/1.1"},
            "requestId": "request-1",
            "stage": "$default",
        },
        "body": text,
        "isBase64Encoded": base64_encoded,
    }


class Context:
    """What Lambda passes to a function about its run."""

    def __init__(self, milliseconds_left: int = 90_000) -> None:
        self._left = milliseconds_left

    def get_remaining_time_in_millis(self) -> int:
        """The time until Lambda ends the run, as if it stood still."""
        return self._left


def sqs_event(bodies: list[str], *, sent_at: float | None = None, receives: int = 1) -> dict[str, Any]:
    """An SQS event as Lambda's event source makes it; `sent_at` in Unix seconds, now by default."""
    sent = str(int((time.time() if sent_at is None else sent_at) * 1000))
    return {
        "Records": [
            {
                "messageId": f"message-{number}",
                "receiptHandle": f"handle-{number}",
                "body": body,
                "attributes": {"ApproximateReceiveCount": str(receives), "SentTimestamp": sent},
                "messageAttributes": {},
                "md5OfBody": "",
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:events",
                "awsRegion": "us-east-1",
            }
            for number, body in enumerate(bodies)
        ]
    }
