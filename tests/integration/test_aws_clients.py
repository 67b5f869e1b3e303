"""AWS clients: their time-outs, and what is imported for them."""

import subprocess
import sys
from pathlib import Path

import pytest

from relay import __version__
from relay.aws import clients

LAYER = Path(__file__).parents[2] / "layers/relay"


def test_a_client_has_the_time_outs_and_attempts_that_were_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    client = clients.make_client(clients.new_session(), "sqs", connect=1.0, read=2.0, attempts=2)
    config = client.meta.config
    assert (config.connect_timeout, config.read_timeout) == (1.0, 2.0)
    assert config.retries == {"total_max_attempts": 2, "mode": "standard"}
    assert config.user_agent.startswith(f"tiktok-events-relay/{__version__} Botocore/")


def test_a_client_does_not_load_boto3() -> None:
    script = (
        "import sys; from relay.aws import clients; "
        "clients.make_client(clients.new_session(), 'sqs', connect=1, read=1); "
        "print(*{'boto3', 's3transfer', 'botocore'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(LAYER), "AWS_DEFAULT_REGION": "us-east-1"},
    )
    assert done.stdout.split() == ["botocore"]
