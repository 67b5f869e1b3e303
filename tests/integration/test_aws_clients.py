"""AWS clients: their time-outs and User-Agent."""

import boto3
import pytest

from relay import __version__
from relay.aws import clients


def test_a_client_has_the_time_outs_and_attempts_that_were_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    client = clients.make_client("sqs", connect=1.0, read=2.0, attempts=2)
    config = client.meta.config
    assert (config.connect_timeout, config.read_timeout) == (1.0, 2.0)
    assert config.retries == {"total_max_attempts": 2, "mode": "standard"}
    assert config.user_agent.startswith(
        f"tiktok-events-relay/{__version__} Boto3/{boto3.__version__} Botocore/"
    )
