"""Builders of what AWS hands to the functions."""

import base64
import json
from typing import Any


def http_event(
    method: str = "POST",
    path: str = "/v1/events",
    body: object = None,
    *,
    base64_encoded: bool = False,
    **headers: str | None,
) -> dict[str, Any]:
    """An HTTP API request (payload 2.0) with the right key and JSON; a header set to None is left out."""
    raw = body if isinstance(body, (str, bytes)) else "" if body is None else json.dumps(body)
    text = raw.decode() if isinstance(raw, bytes) and not base64_encoded else raw
    if base64_encoded:
        text = base64.b64encode(raw.encode() if isinstance(raw, str) else raw).decode()
    sent: dict[str, str | None] = {"authorization": "Bearer key-1", "content-type": "application/json"}
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


def sqs_event(bodies: list[str]) -> dict[str, Any]:
    """An SQS event as Lambda's event source makes it."""
    return {
        "Records": [
            {
                "messageId": f"message-{number}",
                "receiptHandle": f"handle-{number}",
                "body": body,
                "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1795000000000"},
                "messageAttributes": {},
                "md5OfBody": "",
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:events",
                "awsRegion": "us-east-1",
            }
            for number, body in enumerate(bodies)
        ]
    }
