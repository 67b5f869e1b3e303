"""An upgrade, a changed parameter and a rollback of the running stack while events flow."""

import shutil
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
import requests

import relay
from local.stack import deployment, emulator, lifecycle
from local.stack.info import Home
from tests.e2e.conftest import HOME, ORIGIN, Stack
from tests.e2e.test_events import flat
from tests.support.events import PIXEL

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

NEXT_VERSION: Final = "9.9.9"
PAUSE_SECONDS: Final = 0.05


class Sender(threading.Thread):
    """Sends one event after the other, until it is stopped."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(daemon=True)
        self._stack, self._over = stack, threading.Event()
        self.sent: list[str] = []
        self.failed: list[str] = []

    def run(self) -> None:
        """Send; a response other than 202 is a failed request, and so is none."""
        with requests.Session() as session:
            session.trust_env = False
            own = Stack(self._stack.info, session)
            while not self._over.wait(PAUSE_SECONDS):
                event_id = f"upgrade-{uuid.uuid4()}"
                self.sent.append(event_id)
                try:
                    status = own.post(flat("view_content", event_id=event_id)).status_code
                except requests.RequestException as error:
                    self.failed.append(f"{event_id}: {type(error).__name__}")
                    continue
                if status != 202:
                    self.failed.append(f"{event_id}: {status}")

    def stop(self) -> None:
        """Send no more."""
        self._over.set()
        self.join(60)


class Deployments:
    """Deployments of the running stack."""

    def __init__(self, stack: Stack) -> None:
        self._port = int(urlsplit(stack.info.endpoint_url).port or 0)
        self._parameters = {
            **deployment.default_parameters(),
            **lifecycle.LOCAL_PARAMETERS,
            "AllowedOrigins": ORIGIN,
            "PixelId": PIXEL,
            "TikTokApiUrl": stack.info.simulator_url,
        }
        client: Any = deployment.aws_session().client
        self._lambda = client("lambda", endpoint_url=emulator.endpoint_url(self._port))
        self.latest: tuple[Path, dict[str, str]] | None = None

    def deploy(self, template: Path, **parameters: str) -> None:
        """Run `sam deploy`, as an owner does."""
        self.latest = None
        deployment.deploy(Home(HOME), self._port, template, self._parameters | parameters)
        self.latest = template, parameters

    def versions(self) -> dict[str, str]:
        """The version behind the alias of each function."""
        names = [function["FunctionName"] for function in self._lambda.list_functions()["Functions"]]
        return {
            name.split("-")[3]: self._lambda.get_alias(FunctionName=name, Name="live")["FunctionVersion"]
            for name in names
        }

    def ingest_environment(self) -> dict[str, str]:
        """The environment of the version that the API calls."""
        (name,) = (
            function["FunctionName"]
            for function in self._lambda.list_functions()["Functions"]
            if "IngestFunction" in function["FunctionName"]
        )
        found = self._lambda.get_function_configuration(FunctionName=name, Qualifier="live")
        variables: dict[str, str] = found["Environment"]["Variables"]
        return variables


@pytest.fixture
def deployments(stack: Stack) -> Iterator[Deployments]:
    made = Deployments(stack)
    yield made
    template, _ = deployment.build(Home(HOME))
    if made.latest != (template, {}):
        made.deploy(template)


def with_another_layer(template: Path) -> Path:
    """A copy of the build in which only the layer differs, by its version.

    It is as deep as the build itself: the template names its licence and README by a relative path.
    """
    copy = Home(HOME).state / "next"
    shutil.copytree(template.parent, copy)
    module = copy / "RelayLayer/python/relay/__init__.py"
    text = module.read_text(encoding="utf-8")
    assert relay.__version__ in text
    module.write_text(text.replace(relay.__version__, NEXT_VERSION), encoding="utf-8")
    for compiled in module.parent.glob("__pycache__/__init__.*.pyc"):
        compiled.unlink()  # it would be run whatever the source says
    return copy / template.name


def test_upgrade_parameter_and_rollback_lose_no_event_and_fail_no_request(
    stack: Stack, deployments: Deployments
) -> None:
    old, _ = deployment.build(Home(HOME))
    new = with_another_layer(old)

    def version() -> str:
        return str(stack.call("GET", "/v1/health", key="").json()["version"])

    seen = [deployments.versions()]
    sender = Sender(stack)
    sender.start()
    time.sleep(1)
    deployments.deploy(new)
    seen.append(deployments.versions())
    assert version() == NEXT_VERSION
    deployments.deploy(new, DefaultCountry="DE")
    seen.append(deployments.versions())
    assert deployments.ingest_environment()["DEFAULT_COUNTRY"] == "DE"
    deployments.deploy(old)
    seen.append(deployments.versions())
    assert version() == relay.__version__
    time.sleep(1)
    sender.stop()

    # Only the layer was touched, then only a parameter of ingest: another version of what it concerns.
    ingest, dispatch = (
        [versions[name] for versions in seen] for name in ("IngestFunction", "DispatchFunction")
    )
    assert len(set(ingest)) == 4, ingest
    assert len(set(dispatch)) == 3, dispatch
    assert dispatch[1] == dispatch[2]
    assert len(sender.sent) > 20
    assert sender.failed == []
    delivered = stack.received(sender.sent)
    dead_lettered = stack.waiting(stack.info.dead_letter_queue_url)
    assert dead_lettered == 0
    assert len(sender.sent) == len(delivered) + dead_lettered
