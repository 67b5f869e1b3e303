"""Build the real template for this machine, deploy it to the emulator, and read what came of it."""

import base64
import hashlib
import json
import os
import re
import secrets
import shutil
import subprocess
import time
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path

import boto3
import botocore.session

from local.stack import emulator, processes
from local.stack.info import KEPT, ROOT, TOOLS, Home
from relay.aws.dynamodb import KEY
from relay.webhooks import registry

STACK_NAME = "tiktok-events-relay"
SAM = TOOLS / "sam/bin/sam"
BUILDS = KEPT / "build"

# How often SAM asks how the deployment goes. Its own 5 s spare AWS's API; the emulator is done at once.
SAM_POLL_SECONDS = "0.2"

# All that a build is made from; the layer's and the functions' folders with everything in them.
SOURCES = ("template.yaml", "Makefile", "tools/build_artifact.py", "layers", "functions")


def build(home: Home) -> tuple[Path, bool]:
    """Build the template for this machine. Gives the built template, and whether an earlier build was kept.

    Raises `ProcessError` when the build fails.
    """
    kept = BUILDS / fingerprint(ROOT)
    template = kept / "artefacts/template.yaml"
    if template.exists():
        return template, True
    unfinished = BUILDS / f"unfinished-{os.getpid()}"
    env = {
        # The whole environment, as the package index may need some of it; without what make tells its
        # children, since the recipe is a make of its own.
        **{
            name: value
            for name, value in os.environ.items()
            if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")
        },
        **_sam_environment(home),
        "RELAY_BUILD_TARGET": "host",
        "PYTHON": str(emulator.PYTHON),
    }
    command = [str(SAM), "build", "--build-dir", str(unfinished / "artefacts"), "--region", emulator.REGION]
    try:
        processes.run("sam build", command, env=env, cwd=ROOT, log=home.logs / "sam-build.log")
        for older in BUILDS.glob("[0-9a-f]*"):
            shutil.rmtree(older, ignore_errors=True)
        unfinished.rename(kept)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return template, False


def fingerprint(root: Path) -> str:
    """Give a digest of all that a build is made from: same digest, same build."""
    version = subprocess.run([str(emulator.PYTHON), "-VV"], capture_output=True, check=True).stdout
    digest = hashlib.sha256(version)
    for path in _files(root):
        digest.update(f"{path.relative_to(root)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _files(root: Path) -> Iterator[Path]:
    for source in SOURCES:
        found = root / source
        inside = sorted(path for path in found.rglob("*") if path.is_file()) if found.is_dir() else [found]
        yield from (path for path in inside if "__pycache__" not in path.parts)


def default_parameters() -> dict[str, str]:
    """Give the template's parameters as samconfig.toml sets them."""
    config = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))
    overrides: str = config["default"]["deploy"]["parameters"]["parameter_overrides"]
    return parse_parameters(overrides.split())


def parse_parameters(words: list[str]) -> dict[str, str]:
    """Read `Key=Value` words. Raises `ValueError` on a word that is none."""
    parameters = {}
    for word in words:
        key, sign, value = word.partition("=")
        if not (key and sign):
            raise ValueError(f"a parameter is written Key=Value, not {word!r}")
        parameters[key] = value
    return parameters


def check_parameters(names: Iterable[str]) -> None:
    """Raise `ValueError` for names that the template does not have."""
    known = parameter_names()
    for name in names:
        if name not in known:
            close = get_close_matches(name, known, n=1)
            meant = f"did you mean {close[0]}?" if close else f"template.yaml has {', '.join(known)}"
            raise ValueError(f"{name} is not a parameter; {meant}")


def parameter_names() -> list[str]:
    """Give the names of the template's parameters."""
    text = (ROOT / "template.yaml").read_text(encoding="utf-8")
    section = text.partition("\nParameters:\n")[2]
    return re.findall(
        r"^  (\w+):$", re.split(r"^\S", section, maxsplit=1, flags=re.MULTILINE)[0], re.MULTILINE
    )


def destination_ids(parameters: Mapping[str, str]) -> list[str]:
    """Give the ids that events can go to: the pixel's, and those of `Destinations`."""
    others = (entry.partition(":")[2].strip() for entry in parameters.get("Destinations", "").split(","))
    return list(dict.fromkeys([parameters["PixelId"], *filter(None, others)]))


def deploy(home: Home, port: int, template: Path, parameters: Mapping[str, str]) -> dict[str, str]:
    """Deploy a built template to the emulator with `sam deploy`. Gives the stack's outputs.

    Raises `ProcessError` when the deployment fails.
    """
    # Quoted, so that an empty value and a comma arrive as they are.
    overrides = [f'{key}="{value}"' for key, value in parameters.items()]
    command = [
        *(str(SAM), "deploy", "--template-file", str(template), "--stack-name", STACK_NAME, "--resolve-s3"),
        *("--region", emulator.REGION, "--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset"),
        *("--no-progressbar", "--no-fail-on-empty-changeset", "--parameter-overrides", *overrides),
    ]
    env = {**emulator.aws_environment(home, port), **_sam_environment(home)}
    processes.run("sam deploy", command, env=env, cwd=ROOT, log=home.logs / "sam-deploy.log")
    (stack,) = (
        aws_session()
        .client("cloudformation", endpoint_url=emulator.endpoint_url(port))
        .describe_stacks(StackName=STACK_NAME)["Stacks"]
    )
    _fix_event_sources(port)
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def made_up_webhook_secrets() -> dict[str, str]:
    """Give a signing secret for each provider of webhooks, in the provider's own form."""
    return {
        name: registry.load_provider(name).signature.secret_prefix
        + base64.b64encode(secrets.token_bytes(24)).decode()
        for name in registry.PROVIDERS
    }


def fill_secrets(
    port: int,
    outputs: Mapping[str, str],
    tokens: Mapping[str, str],
    webhook_secrets: Mapping[str, str],
    public_write_key: str,
) -> str:
    """Put TikTok's access tokens, by pixel, where dispatch finds them, and the webhooks' secrets where ingest
    does. Gives the server key."""
    client = aws_session().client("secretsmanager", endpoint_url=emulator.endpoint_url(port))
    client.put_secret_value(SecretId=outputs["TikTokSecretArn"], SecretString=json.dumps(dict(tokens)))
    # MiniStack's CloudFormation pays no regard to ExcludePunctuation when it generates the key; its Secrets
    # Manager does.
    ingest = json.loads(client.get_secret_value(SecretId=outputs["IngestSecretArn"])["SecretString"])
    length = len(ingest["server_key"])
    ingest["server_key"] = client.get_random_password(PasswordLength=length, ExcludePunctuation=True)[
        "RandomPassword"
    ]
    ingest |= {sender: [secret] for sender, secret in webhook_secrets.items()}
    ingest["public_write_key"] = [public_write_key]
    client.put_secret_value(SecretId=outputs["IngestSecretArn"], SecretString=json.dumps(ingest))
    return str(ingest["server_key"])


def make_first_calls(port: int, outputs: Mapping[str, str]) -> None:
    """Read from each table and ask for the queue, so that the services have answered once.

    MiniStack loads the description of a service while it answers the first call of it. On a busy machine that
    takes longer than ingest waits for its table.
    """
    session, url = aws_session(), emulator.endpoint_url(port)
    dynamodb = session.client("dynamodb", endpoint_url=url)
    for name in dynamodb.list_tables()["TableNames"]:
        dynamodb.get_item(TableName=name, Key={KEY: {"S": "none"}})
    session.client("sqs", endpoint_url=url).get_queue_attributes(
        QueueUrl=outputs["QueueUrl"], AttributeNames=["QueueArn"]
    )


def _fix_event_sources(port: int) -> None:
    # MiniStack keeps a MaximumConcurrency that comes from a parameter as text, and its poller then fails on
    # every round.
    client = aws_session().client("lambda", endpoint_url=emulator.endpoint_url(port))
    for mapping in client.list_event_source_mappings()["EventSourceMappings"]:
        limit = int(mapping["ScalingConfig"]["MaximumConcurrency"])
        client.update_event_source_mapping(UUID=mapping["UUID"], ScalingConfig={"MaximumConcurrency": limit})


def aws_session() -> boto3.Session:
    """Give an SDK session for the emulator, which neither reads nor needs the user's AWS configuration."""
    nothing = (None, None, os.devnull, None)
    core = botocore.session.Session(
        session_vars={
            "profile": (None, None, None, None),
            "config_file": nothing,
            "credentials_file": nothing,
        }
    )
    return boto3.Session(
        botocore_session=core,
        aws_access_key_id=emulator.CREDENTIAL,
        aws_secret_access_key=emulator.CREDENTIAL,
        region_name=emulator.REGION,
    )


def _sam_environment(home: Home) -> dict[str, str]:
    # A folder of its own for what SAM records about its user: there, no telemetry and no newer version to
    # look for.
    folder = home.state / "sam"
    folder.mkdir(parents=True, exist_ok=True)
    metadata = {"telemetryEnabled": False, "lastVersionCheck": time.time()}
    (folder / "metadata.json").write_text(json.dumps(metadata), encoding="utf-8")
    return {
        "SAM_CLI_TELEMETRY": "0",
        "__SAM_CLI_APP_DIR": str(folder),
        "SAM_CLI_POLL_DELAY": SAM_POLL_SECONDS,
    }
