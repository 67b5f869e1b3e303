"""What the functions write: metrics and log lines."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from relay import telemetry


def emitted(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Return the metrics that were emitted since the last call."""
    telemetry.flush()
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@contextmanager
def written() -> Iterator[io.StringIO]:
    """What Powertools' Logger of the service writes; it keeps the stream that it was made with."""
    telemetry.info("test_started")
    handler = Logger().registered_handler
    assert isinstance(handler, logging.StreamHandler)
    before, handler.stream = handler.stream, io.StringIO()
    try:
        yield handler.stream
    finally:
        handler.stream = before
