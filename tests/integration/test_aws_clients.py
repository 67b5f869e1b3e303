"""AWS clients: their time-outs, User-Agent and retries."""

from collections.abc import Iterator

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError

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


class _Failing:
    """HTTP 500 for every request, which it keeps."""

    def __init__(self) -> None:
        self.requests: list[AWSPreparedRequest] = []

    def send(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        self.requests.append(request)
        return AWSResponse(request.url, 500, HTTPHeaders(), _Body())


class _Body:
    def stream(self) -> Iterator[bytes]:
        yield b"{}"


@pytest.mark.parametrize(("attempts", "headers"), [(1, False), (2, True)])
@pytest.mark.parametrize("service", ["sqs", "secretsmanager"])
def test_client_with_one_attempt_has_no_retries_and_no_headers_about_them(
    service: str, attempts: int, headers: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "eu-central-1")
    failing = _Failing()
    client = clients.make_client(service, connect=1.0, read=2.0, attempts=attempts)
    client.meta.events.register("before-send", failing.send)
    call = client.list_queues if service == "sqs" else client.list_secrets
    with pytest.raises(ClientError):
        call()
    assert len(failing.requests) == attempts
    for request in failing.requests:
        assert ("amz-sdk-request" in request.headers) is headers
        assert ("amz-sdk-invocation-id" in request.headers) is headers
