"""`relay token`, `secret` and `key`: merged under a version check, tried first, never shown."""

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from local.simulator import Simulator
from relay_cli import secret_documents, web
from relay_cli.errors import CliError
from relay_cli.main import main
from relay_cli.secret_documents import SecretDocument
from tests.support.events import PIXEL

pytestmark = pytest.mark.integration

OTHER = "7123456789"
TOKEN, OLD_TOKEN = "a-new-token-0123456789", "an-old-token-0123456789"


class CloudFormation:
    """One stack, whose outputs and parameters are these."""

    def __init__(self, outputs: dict[str, str], parameters: dict[str, str]) -> None:
        self._outputs, self._parameters = outputs, parameters

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803, ARG002
        """Describes it."""
        outputs = [{"OutputKey": name, "OutputValue": value} for name, value in self._outputs.items()]
        parameters = [{"ParameterKey": n, "ParameterValue": v} for n, v in self._parameters.items()]
        return {"Stacks": [{"Outputs": outputs, "Parameters": parameters}]}


class Account:
    """A session for it."""

    region_name = "us-east-1"

    def __init__(self, aws: boto3.Session, cloudformation: CloudFormation) -> None:
        self._aws, self._cloudformation = aws, cloudformation

    def client(self, name: str, endpoint_url: str = "") -> Any:  # noqa: ARG002 - the emulator's, of a local stack
        """A client of a service."""
        services: Any = self._aws
        return self._cloudformation if name == "cloudformation" else services.client(name)


class Secrets:
    """The two secrets of the stack, as others see them."""

    def __init__(self, client: Any, arns: dict[str, str]) -> None:
        self.client, self.arns = client, arns

    def read(self, name: str) -> dict[str, Any]:
        # moto's default is the version that was put last, not the current one.
        found = self.client.get_secret_value(SecretId=self.arns[name], VersionStage="AWSCURRENT")
        held: dict[str, Any] = json.loads(found["SecretString"])
        return held

    def write(self, name: str, value: object) -> None:
        text = value if isinstance(value, str) else json.dumps(value)
        self.client.put_secret_value(SecretId=self.arns[name], SecretString=text)


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """TikTok, which knows the new token."""
    with Simulator(tokens={TOKEN: [PIXEL]}) as running:
        yield running


@pytest.fixture
def secrets(aws: boto3.Session, simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> Secrets:
    """A stack with one pixel and one offline event set."""
    client = aws.client("secretsmanager")
    held = {
        "tiktok": json.dumps({PIXEL: OLD_TOKEN, OTHER: "the-token-of-another"}),
        "ingest": json.dumps({"server_key": "server-key-0123456789", "shopify": "shopify-secret-0123456789"}),
    }
    arns = {name: client.create_secret(Name=name, SecretString=text)["ARN"] for name, text in held.items()}
    cloudformation = CloudFormation(
        {"TikTokSecretArn": arns["tiktok"], "IngestSecretArn": arns["ingest"]},
        {"PixelId": PIXEL, "Destinations": f"offline:{OTHER}", "TikTokApiUrl": simulator.url},
    )
    account = Account(aws, cloudformation)
    monkeypatch.setattr(boto3, "Session", lambda **_: account)
    return Secrets(client, arns)


Relay = Callable[..., tuple[int, str, str]]


@pytest.fixture
def relay(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Relay:
    """Runs a command line with a text on standard input; gives exit code, output, errors."""

    def run(*arguments: str, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        code = main([*arguments])
        printed = capsys.readouterr()
        assert TOKEN not in printed.out + printed.err
        assert OLD_TOKEN not in printed.out + printed.err
        return code, printed.out, printed.err

    return run


def test_setting_one_pixels_token_never_touches_anothers(secrets: Secrets, relay: Relay) -> None:
    code, out, _ = relay("token", "set", "--json", typed=f" {TOKEN}\n")
    assert (code, json.loads(out)) == (0, {"event_source_id": PIXEL, "changed": True, "tried": False})
    assert secrets.read("tiktok") == {PIXEL: TOKEN, OTHER: "the-token-of-another"}
    assert relay("token", "set", OTHER, typed="another-token-012345\n")[0] == 0
    assert secrets.read("tiktok") == {PIXEL: TOKEN, OTHER: "another-token-012345"}


def test_token_is_tried_first_and_not_written_where_tiktok_rejects_it(
    secrets: Secrets, relay: Relay, simulator: Simulator
) -> None:
    code, out, errors = relay(
        "token", "set", "--test-code", "TEST1", "--json", typed="a-wrong-token-0123456789"
    )
    assert (code, out) == (1, "")
    assert json.loads(errors)["code"] == "token_rejected"
    assert secrets.read("tiktok")[PIXEL] == OLD_TOKEN
    code, out, _ = relay("token", "set", "--test-code", "TEST1", "--json", typed=TOKEN)
    assert (code, json.loads(out)["tried"]) == (0, True)
    assert secrets.read("tiktok")[PIXEL] == TOKEN
    held = web.request("GET", f"{simulator.url}/_sim/events?test=true").json()
    assert [event["event_source_id"] for event in held["events"]] == [PIXEL]


@pytest.mark.parametrize(
    ("arguments", "typed", "says"),
    [
        ((), "", "is empty"),
        ((), "short", "at least 16"),
        ((), "a token with spaces in it", "space"),
        ((), "ein-tökén-0123456789", "not ASCII"),
        (("UNKNOWNPIXEL",), TOKEN, "not a destination"),
        (("not/a/pixel",), TOKEN, "letters and digits"),
    ],
)
def test_wrong_token_or_pixel_changes_nothing(
    secrets: Secrets, relay: Relay, arguments: tuple[str, ...], typed: str, says: str
) -> None:
    before = secrets.read("tiktok")
    code, _, errors = relay("token", "set", *arguments, typed=typed)
    assert code == 2
    assert says in errors
    assert secrets.read("tiktok") == before


@pytest.mark.usefixtures("secrets")
def test_tokens_are_listed_without_values(relay: Relay) -> None:
    code, out, _ = relay("token", "list", "--json")
    assert code == 0
    assert [(row["event_source_id"], row["token"]) for row in json.loads(out)] == [
        (PIXEL, True),
        (OTHER, True),
    ]


def test_white_space_around_a_secret_is_none_of_it(secrets: Secrets, relay: Relay) -> None:
    shopify = [" shopify-secret-0123456789", "\n"]
    pasted = json.dumps({"server_key": "server-key-0123456789\n", "shopify": shopify})
    secrets.client.put_secret_value(SecretId=secrets.arns["ingest"], SecretString=pasted)
    assert relay("key", "show", "--json")[:2] == (
        0,
        '{\n  "server_key": "server-key-0123456789",\n  "old_keys_in_force": 0\n}\n',
    )
    assert relay("secret", "add", "shopify", typed="shopify-secret-0123456789")[0] == 0
    assert secrets.read("ingest")["shopify"] == ["shopify-secret-0123456789"]


def test_token_where_a_pixel_belongs_is_not_listed(secrets: Secrets, relay: Relay) -> None:
    swapped = json.dumps({**secrets.read("tiktok"), "canary" * 7: PIXEL})
    secrets.client.put_secret_value(SecretId=secrets.arns["tiktok"], SecretString=swapped)
    code, out, errors = relay("token", "list", "--json")
    assert (code, json.loads(out)[-1]["event_source_id"]) == (0, "entry number 3")
    assert "canary" not in out + errors


def test_secret_is_put_in_front_and_the_oldest_retired(secrets: Secrets, relay: Relay) -> None:
    new = "shopify-secret-new-0123456789"
    assert relay("secret", "add", "shopify", typed=new)[0] == 0
    assert secrets.read("ingest")["shopify"] == [new, "shopify-secret-0123456789"]
    assert relay("secret", "add", "shopify", typed=new)[0] == 0
    assert secrets.read("ingest")["shopify"] == [new, "shopify-secret-0123456789"]
    assert relay("secret", "retire", "shopify")[0] == 2
    assert relay("secret", "retire", "shopify", "7", "--yes")[0] == 2
    assert relay("secret", "retire", "shopify", "--yes")[0] == 0
    assert secrets.read("ingest")["shopify"] == [new]
    assert relay("secret", "retire", "shopify", "--yes")[0] == 2
    assert relay("secret", "retire", "shopify", "--yes", "--last")[0] == 0
    assert secrets.read("ingest") == {"server_key": "server-key-0123456789"}


@pytest.mark.parametrize(
    ("sender", "typed"), [("stripe", "sk_live_0123456789abcdef"), ("standard", "whsec_!!!!!!!!!!!!!!!!")]
)
def test_secret_of_the_wrong_kind_is_rejected(
    secrets: Secrets, relay: Relay, sender: str, typed: str
) -> None:
    assert relay("secret", "add", sender, typed=typed)[0] == 2
    assert sender not in secrets.read("ingest")


def test_server_key_is_rotated_with_an_overlap(secrets: Secrets, relay: Relay) -> None:
    code, out, _ = relay("key", "rotate")
    key = out.strip()
    held = secrets.read("ingest")
    assert (code, len(key)) == (0, 48)
    assert (held["server_key"], held["server_keys"]) == (key, ["server-key-0123456789"])
    assert held["shopify"] == "shopify-secret-0123456789"
    assert relay("key", "show")[1].strip() == key
    assert relay("key", "retire")[0] == 2
    assert relay("key", "retire", "--yes")[0] == 0
    assert "server_keys" not in secrets.read("ingest")
    assert secrets.read("ingest")["server_key"] == key


@pytest.mark.usefixtures("secrets")
def test_what_a_local_stack_says_of_itself_follows_its_secret(relay: Relay, tmp_path: Path) -> None:
    written = {
        "api_url": "http://127.0.0.1:1",
        "server_key": "server-key-0123456789",
        "endpoint_url": "http://127.0.0.1:2",
        "region": "us-east-1",
        "simulator_url": "http://127.0.0.1:3",
        "webhook_secrets": {"shopify": "shopify-secret-0123456789"},
        "public_write_key": "write-key-0123456789",
    }
    file = tmp_path / "stack.json"
    file.write_text(json.dumps(written))
    local = ("--local", "--local-folder", str(tmp_path))

    def printed() -> dict[str, Any]:
        held: dict[str, Any] = json.loads(file.read_text())
        return held

    key = relay("key", "rotate", *local)[1].strip()
    assert printed()["server_key"] == key
    for sender in ("shopify", "woocommerce", "public_write_key"):
        assert relay("secret", "add", sender, *local, typed=f"new-{sender}-0123456789")[0] == 0
    assert relay("secret", "retire", "shopify", "--yes", *local)[0] == 0
    assert printed() == written | {
        "server_key": key,
        "webhook_secrets": {
            "shopify": "new-shopify-0123456789",
            "woocommerce": "new-woocommerce-0123456789",
        },
        "public_write_key": "new-public_write_key-0123456789",
    }
    assert file.stat().st_mode & 0o777 == 0o600
    body = tmp_path / "orders_paid.json"
    body.write_text("{}")
    signed = json.loads(relay("sign", "shopify", str(body), "--json", *local)[1])
    words = [f"-H{name}: {value}" for name, value in signed["headers"].items()]
    code, out, _ = relay("verify", "shopify", str(body), "--json", *words, *local)
    assert (code, json.loads(out)["secret_number"]) == (0, 0)


@pytest.mark.parametrize("broken", ["not json", "[]", '"text"'])
def test_broken_secret_is_never_overwritten(secrets: Secrets, relay: Relay, broken: str) -> None:
    secrets.write("tiktok", broken)
    code, _, errors = relay("token", "set", "--json", typed=TOKEN)
    assert (code, json.loads(errors)["code"]) == (1, "broken_secret")
    assert secrets.client.get_secret_value(SecretId=secrets.arns["tiktok"])["SecretString"] == broken


class Meddling:
    """Secrets Manager, where another one writes between our read and our write, so many times."""

    def __init__(self, secrets: Secrets, times: int) -> None:
        self._secrets, self._times = secrets, times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._secrets.client, name)

    def update_secret_version_stage(self, **more: Any) -> Any:
        if more["VersionStage"] == "AWSCURRENT" and self._times:
            self._times -= 1
            held = self._secrets.read("tiktok")
            self._secrets.write("tiktok", held | {f"OTHER{self._times}": "written-by-another"})
        return self._secrets.client.update_secret_version_stage(**more)


def test_change_of_another_at_the_same_time_is_kept(secrets: Secrets) -> None:
    document = SecretDocument(Meddling(secrets, 2), secrets.arns["tiktok"], "TikTok secret")
    assert document.change(lambda held: secret_documents.set_token(held, PIXEL, TOKEN))
    assert secrets.read("tiktok") == {
        PIXEL: TOKEN,
        OTHER: "the-token-of-another",
        "OTHER0": "written-by-another",
        "OTHER1": "written-by-another",
    }


def test_secret_that_others_keep_changing_is_left_alone(secrets: Secrets) -> None:
    document = SecretDocument(Meddling(secrets, 99), secrets.arns["tiktok"], "TikTok secret")
    with pytest.raises(CliError, match="keep changing"):
        document.change(lambda held: secret_documents.set_token(held, PIXEL, TOKEN))
    assert secrets.read("tiktok")[PIXEL] == OLD_TOKEN


def test_no_label_of_ours_is_left_behind(secrets: Secrets, relay: Relay) -> None:
    relay("token", "set", typed=TOKEN)
    versions = secrets.client.describe_secret(SecretId=secrets.arns["tiktok"])["VersionIdsToStages"]
    assert {label for labels in versions.values() for label in labels} == {"AWSCURRENT", "AWSPREVIOUS"}


def test_interrupted_prompt_changes_nothing(
    secrets: Secrets, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_prompt: str) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("relay_cli.output.interactive", lambda: True)
    monkeypatch.setattr("relay_cli.secrets_input.getpass", interrupt)
    code, out, errors = relay("token", "set")
    assert (code, out, errors.strip()) == (130, "", "error: interrupted")
    assert secrets.read("tiktok")[PIXEL] == OLD_TOKEN
