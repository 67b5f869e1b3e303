"""AWS clients: boto3's, with short time-outs and a User-Agent of our own."""

from typing import Any, Final

from relay import __version__

_CHECKED_BY_MYPY: Final[frozenset[str]] = frozenset({"sqs"})
"""Services whose parameters have AWS's own types where they are made (`relay.aws.sqs`). Their clients don't
check them again, which would take a thirtieth of each call."""


def make_client(service: str, *, connect: float, read: float, attempts: int = 1) -> Any:
    """A client of a service, with time-outs in seconds and the number of attempts of each call.

    The SDK's own time-outs are a minute each, with retries.
    """
    # Imported late: a client at import time would need a region and credentials to read this file at all,
    # and the package is also used where there is no AWS SDK.
    import boto3
    from botocore import __version__ as botocore_version
    from botocore.config import Config

    config = Config(
        connect_timeout=connect,
        read_timeout=read,
        retries={"total_max_attempts": attempts, "mode": "standard"},
        parameter_validation=service not in _CHECKED_BY_MYPY,
        # The SDK's own describes machine and settings, and is put together twice for each call, in an eighth
        # of the call's time.
        user_agent=f"tiktok-events-relay/{__version__} Boto3/{boto3.__version__} Botocore/{botocore_version}",
    )
    client: Any = boto3.client(service, config=config)  # type: ignore[call-overload]
    if attempts == 1:
        _remove_retries(client)
    return client


def _remove_retries(client: Any) -> None:
    """Remove the SDK's retries from a client that makes none: the decision after each response, and the
    headers that number the attempts, which together take a twentieth of a call.

    botocore ignores handlers that it does not have, so a version without one of these only takes longer.
    """
    from botocore import handlers

    service = client.meta.service_model.service_id.hyphenize()
    events = client.meta.events
    events.unregister(f"needs-retry.{service}", unique_id=f"retry-config-{service}")
    events.unregister(f"request-created.{service}", unique_id=f"seed-max-attempts-{service}")
    events.unregister("request-created", getattr(handlers, "add_retry_headers", None))
