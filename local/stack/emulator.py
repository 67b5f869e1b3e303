"""MiniStack, the AWS emulator: how it is started so that it keeps to itself."""

import os
from collections.abc import Mapping
from pathlib import Path

from local.stack import processes
from local.stack.info import TOOLS, Home

NAME = "emulator"
HOST = "127.0.0.1"
REGION = "eu-central-1"
CREDENTIAL = "test"  # the emulator takes any
PYTHON = TOOLS / "emulator/bin/python"  # also runs the functions: their host build is for this one

MAIN = Path(__file__).with_name("ministack_main.py")

# What the template needs, and what `sam deploy` needs to deploy it.
SERVICES = (
    "apigateway,appconfig,cloudformation,dynamodb,iam,lambda,logs,monitoring,s3,secretsmanager,sns,sqs,sts"
)

# Passed on when set: where certificates are, for machines behind a proxy of their own.
PASSED_ON = ("LANG", "LC_ALL", "PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE")


def endpoint_url(port: int) -> str:
    """Give the address of every AWS service of an emulator on this port."""
    return f"http://{HOST}:{port}"


def aws_environment(home: Home, port: int) -> dict[str, str]:
    """Give the environment in which AWS is this emulator, and nothing of the user's own account is seen."""
    return {
        **{name: os.environ[name] for name in PASSED_ON if name in os.environ},
        "HOME": str(home.state),
        "TMPDIR": str(home.state / "tmp"),
        "AWS_ENDPOINT_URL": endpoint_url(port),
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": CREDENTIAL,
        "AWS_SECRET_ACCESS_KEY": CREDENTIAL,
        "AWS_CONFIG_FILE": str(home.state / "aws-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(home.state / "aws-credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def start(home: Home, port: int) -> Path:
    """Start the emulator, on loopback, with all that it writes under the stack's folder. Gives its log."""
    log = home.logs / f"{NAME}.log"
    (home.state / "tmp").mkdir(parents=True, exist_ok=True)
    env: Mapping[str, str] = {
        **aws_environment(home, port),
        "BIND_HOST": HOST,  # its own default is every interface
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": REGION,
        "SERVICES": SERVICES,
        "RELAY_FUNCTION_LOGS": str(home.logs),
        "STATE_DIR": str(home.state / "emulator"),
        "S3_DATA_DIR": str(home.state / "s3"),
        # Listeners on ports of their own (MQTT and SFTP), and Docker, where it would sweep up containers that
        # aren't ours.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": f"unix://{home.state}/no-docker.sock",
        "LAMBDA_EXECUTOR": "local",
        # Each function has only what its role in the template allows, as on AWS.
        "AUTH": "true",
    }
    command = [str(PYTHON), str(MAIN)]
    processes.start(NAME, command, env=env, cwd=home.state, folder=home.processes, log=log)
    return log
