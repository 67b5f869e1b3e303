"""Stacks: one on AWS, found by its name, or the one that `make up` left running on this machine.

Both are asked in the same way, through CloudFormation; the local one at the emulator's endpoint.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from relay_cli.errors import CliError
from relay_cli.files import write_private

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_sqs import SQSClient

LOCAL_FOLDER: Final[str] = ".local"
STACK_FILE: Final[str] = "stack.json"
LOCAL_STACK_NAME: Final[str] = "tiktok-events-relay"
EMULATOR_CREDENTIAL: Final[str] = "test"  # the emulator takes any


@dataclass(frozen=True, slots=True)
class Target:
    """Which stack the command line means."""

    name: str
    region: str | None = None
    profile: str | None = None
    local: bool = False
    local_folder: str | None = None

    def open(self) -> "Stack":
        """The stack. Raises CliError where there is none."""
        return open_local(self.local_folder) if self.local else open_on_aws(self)


@dataclass(frozen=True, slots=True)
class LocalStack:
    """What `stack.json` says of a local stack: a stable interface. `folder` is where it is."""

    api_url: str
    server_key: str
    endpoint_url: str
    region: str
    simulator_url: str
    webhook_secrets: Mapping[str, str]
    folder: Path

    def rewrite(self, **changed: object) -> None:
        """Change entries of `stack.json`. Raises CliError where it can't be written."""
        file = self.folder / STACK_FILE
        held = json.loads(file.read_text(encoding="utf-8"))
        write_private(file, json.dumps(held | changed, indent=2) + "\n")


@dataclass(frozen=True)
class Stack:
    """A deployed stack. `where` names it for people; `local` is None on AWS."""

    name: str
    where: str
    session: Any
    endpoint_url: str | None = None
    local: LocalStack | None = None

    def client(self, service: str) -> Any:
        """A client of an AWS service."""
        if self.endpoint_url is None:
            return self.session.client(service)
        return self.session.client(service, endpoint_url=self.endpoint_url)

    @cached_property
    def description(self) -> dict[str, Any]:
        """CloudFormation's description. Raises CliError where there is no such stack."""
        from botocore.exceptions import ClientError

        try:
            (found,) = self.client("cloudformation").describe_stacks(StackName=self.name)["Stacks"]
        except ClientError as error:
            if "does not exist" in str(error):
                raise CliError(
                    f"There is no stack {self.name} in {self.session.region_name}. "
                    "Name it with --stack, and its region with --region.",
                    "no_stack",
                ) from error
            raise
        described: dict[str, Any] = found
        return described

    @cached_property
    def outputs(self) -> dict[str, str]:
        """The stack's outputs by key."""
        return {entry["OutputKey"]: entry["OutputValue"] for entry in self.description.get("Outputs", [])}

    @cached_property
    def parameters(self) -> dict[str, str]:
        """The stack's parameters by name."""
        return {
            entry["ParameterKey"]: entry.get("ParameterValue", "")
            for entry in self.description.get("Parameters", [])
        }

    def parameters_now(self) -> dict[str, str]:
        """The parameters as they are now: they change with a deployment while the console runs."""
        for cached in ("description", "parameters"):
            self.__dict__.pop(cached, None)
        return self.parameters

    def output(self, key: str) -> str:
        """One output. Raises CliError where the stack has none of that name."""
        try:
            return self.outputs[key]
        except KeyError:
            raise CliError(
                f"The stack {self.name} has no output {key}. Is it a tiktok-events-relay stack?", "no_stack"
            ) from None

    @cached_property
    def _resources(self) -> list[tuple[str, str, str]]:
        """Logical id, type and physical id of each resource."""
        pages = self.client("cloudformation").get_paginator("list_stack_resources")
        return [
            (entry["LogicalResourceId"], entry["ResourceType"], entry.get("PhysicalResourceId", ""))
            for page in pages.paginate(StackName=self.name)
            for entry in page["StackResourceSummaries"]
        ]

    @cached_property
    def resources(self) -> dict[str, str]:
        """Physical ids by logical id."""
        return {logical: physical for logical, _, physical in self._resources}

    def resources_of_type(self, kind: str) -> dict[str, str]:
        """Physical ids of the resources of one type, by logical id."""
        return {logical: physical for logical, found, physical in self._resources if found == kind}

    def resource(self, logical_id: str) -> str:
        """The physical id of a resource. Raises CliError where the stack has none of that name."""
        found = self.resources.get(logical_id)
        if not found:
            raise CliError(
                f"The stack {self.name} has no resource {logical_id}. Is it a tiktok-events-relay stack?",
                "no_stack",
            )
        return found

    def environment(self, function: str) -> dict[str, str]:
        """The environment of a function (its logical id) in the version that is in force.

        The newest is another one after a rollback by hand and while traffic shifts.
        """
        aliases = self.resources_of_type("AWS::Lambda::Alias")
        alias = next((found for name, found in aliases.items() if name.startswith(function)), None)
        # An alias's physical id is its ARN, which Lambda takes for a function's name.
        held = self.client("lambda").get_function_configuration(FunctionName=alias or self.resource(function))
        variables: dict[str, str] = held.get("Environment", {}).get("Variables", {})
        return variables

    @property
    def api_url(self) -> str:
        """The address of the HTTP API, without a slash at the end."""
        return (self.local.api_url if self.local else self.output("ApiUrl")).rstrip("/")

    def queues(self) -> "Queues":
        """The stack's queues."""
        return Queues(
            self.client("sqs"), self.output("QueueUrl"), self.output("DeadLetterQueueUrl"), self.where
        )


@dataclass(frozen=True, slots=True)
class Queues:
    """The event queue and the dead-letter queue. `where` names the stack for people."""

    sqs: "SQSClient"
    queue_url: str
    dead_letter_queue_url: str
    where: str


def open_on_aws(target: Target) -> Stack:
    """A stack on AWS; nothing is asked of AWS yet. Raises CliError without an AWS SDK."""
    try:
        import boto3
    except ImportError:
        raise CliError(
            "This verb needs the AWS SDK for Python. Install boto3 beside the command.", "no_sdk"
        ) from None

    session = boto3.Session(profile_name=target.profile, region_name=target.region)
    return Stack(target.name, f"{target.name} in {session.region_name}", session)


def find_local(folder: str | None = None) -> LocalStack | None:
    """The local stack's own description, or None where `make up` left none.

    Raises CliError for one that can't be read, and for another user's that no one named: in a folder above
    that others write to, it could say anywhere to send events.
    """
    for place in [Path(folder)] if folder else _local_folders():
        try:
            with (place / STACK_FILE).open(encoding="utf-8") as opened:
                owner = os.fstat(opened.fileno()).st_uid
                text = opened.read()
            if not folder and owner != os.getuid():
                raise CliError(
                    f"{place / STACK_FILE} belongs to another user. If it is the stack that you mean, say "
                    f"--local-folder {place}.",
                    "no_local_stack",
                )
            held = json.loads(text)
            return LocalStack(
                api_url=held["api_url"],
                server_key=held["server_key"],
                endpoint_url=held["endpoint_url"],
                region=held["region"],
                simulator_url=held["simulator_url"],
                webhook_secrets=held["webhook_secrets"],
                folder=place,
            )
        except OSError:
            continue
        except (ValueError, KeyError, TypeError):
            raise CliError(
                f"{place / STACK_FILE} is not what `make up` writes. Run `make down` and `make up`.",
                "no_local_stack",
            ) from None
    return None


def _local_folders() -> list[Path]:
    here = Path.cwd()
    found = [folder / LOCAL_FOLDER for folder in (here, *here.parents)]
    # In a checkout the command works from every folder.
    checkout = Path(__file__).resolve().parents[2]
    return [*found, checkout / LOCAL_FOLDER] if (checkout / "template.yaml").exists() else found


def local_logs(folder: str | None = None) -> Path | None:
    """The folder of log files that a local stack wrote, also when it runs no more."""
    for place in [Path(folder)] if folder else _local_folders():
        if (place / "logs").is_dir():
            return place / "logs"
    return None


def local_stack(folder: str | None = None) -> LocalStack:
    """The local stack's own description. Raises CliError where none runs."""
    found = find_local(folder)
    if found is None:
        raise CliError("No local stack is running. `make up` starts one.", "no_local_stack")
    return found


def open_local(folder: str | None = None) -> Stack:
    """The stack that `make up` left running. Raises CliError where none runs."""
    found = local_stack(folder)
    session = _emulator_session(found.region)
    return Stack(LOCAL_STACK_NAME, "the local stack", session, found.endpoint_url, found)


def _emulator_session(region: str) -> "boto3.Session":
    """A session that neither reads nor needs the user's AWS configuration."""
    import boto3
    import botocore.session

    unset = (None, None, os.devnull, None)
    core = botocore.session.Session(
        session_vars={
            "profile": (None, None, None, None),
            "config_file": unset,
            "credentials_file": unset,
        }
    )
    return boto3.Session(
        botocore_session=core,
        aws_access_key_id=EMULATOR_CREDENTIAL,
        aws_secret_access_key=EMULATOR_CREDENTIAL,
        region_name=region,
    )
