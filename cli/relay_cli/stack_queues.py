"""The stack's queues: those of a stack on AWS, by its name, or of the one that `make up` left running
here."""

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from relay_cli.errors import CliError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

STACK: Final[str] = "tiktok-events-relay"
"""The name that samconfig.toml gives it."""


@dataclass(frozen=True, slots=True)
class Queues:
    """Where events wait, and where those lie that could not be delivered. `where` is for people."""

    sqs: "SQSClient"
    queue_url: str
    dead_letter_queue_url: str
    where: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options that say which stack is meant."""
    which = parser.add_argument_group("which stack")
    which.add_argument("--stack", default=STACK, help="its name on AWS (%(default)s)")
    which.add_argument("--region", help="its AWS region (the one that your AWS configuration names)")
    which.add_argument("--profile", help="profile of your AWS configuration")
    which.add_argument("--local", action="store_true", help="the stack that `make up` left running here")


def find(options: argparse.Namespace) -> Queues:
    """The queues that the options mean. Raises CliError."""
    return _local() if options.local else _on_aws(options.stack, options.region, options.profile)


def _local() -> Queues:
    from local.stack import lifecycle
    from local.stack.deployment import aws_session

    info = lifecycle.running()
    if info is None:
        raise CliError("no local stack is running; `make up` starts one")
    sqs = aws_session().client("sqs", endpoint_url=info.endpoint_url)
    return Queues(sqs, info.queue_url, info.dead_letter_queue_url, "the local stack")


def _on_aws(stack: str, region: str | None, profile: str | None) -> Queues:
    import boto3
    from botocore.exceptions import ClientError

    session = boto3.Session(profile_name=profile, region_name=region)
    try:
        (found,) = session.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error):
            raise CliError(
                f"there is no stack {stack} in {session.region_name}; --stack and --region name another"
            ) from error
        raise
    outputs = {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}
    try:
        urls = outputs["QueueUrl"], outputs["DeadLetterQueueUrl"]
    except KeyError as error:
        raise CliError(f"the stack {stack} has no output {error.args[0]}; is it a relay's?") from error
    return Queues(session.client("sqs"), *urls, f"{stack} in {session.region_name}")
