"""AWS clients: botocore's own, with short time-outs.

They are made by botocore and not by boto3, which adds resources and S3's file transfers to the same clients,
and some 20 ms to a cold start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from relay import __version__

if TYPE_CHECKING:
    from botocore.session import Session


def new_session() -> Session:
    """A session: credentials and region of the environment, and what its clients have in common."""
    # Imported late: the package is also used where there is no AWS SDK.
    import botocore.session

    return botocore.session.get_session()


def make_client(session: Session, service: str, *, connect: float, read: float, attempts: int = 1) -> Any:
    """A client of a service, with time-outs in seconds and the number of attempts of each call.

    The SDK's own time-outs are a minute each, with retries.
    """
    from botocore import __version__ as botocore_version
    from botocore.config import Config

    config = Config(
        connect_timeout=connect,
        read_timeout=read,
        retries={"total_max_attempts": attempts, "mode": "standard"},
        # The SDK's own describes machine and settings, and is put together twice for each call, in an eighth
        # of the call's time.
        user_agent=f"tiktok-events-relay/{__version__} Botocore/{botocore_version}",
    )
    return session.create_client(service, config=config)
