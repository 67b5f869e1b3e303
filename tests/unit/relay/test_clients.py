"""AWS's clients: what each checks before it calls."""

import boto3
import pytest
from botocore.config import Config

from relay.aws.clients import make_client


@pytest.mark.parametrize(
    ("service", "checks"), [("sqs", False), ("dynamodb", True), ("secretsmanager", True)]
)
def test_only_entries_that_mypy_checks_are_sent_unchecked(
    service: str, checks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def client(_service: str, *, config: Config) -> Config:
        return config

    monkeypatch.setattr(boto3, "client", client)
    assert make_client(service, connect=1, read=1, attempts=2).parameter_validation is checks
