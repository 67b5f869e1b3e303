"""Doctor: findings that can't be planted on the local stack; tests/e2e/test_cli_doctor.py has the others."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from relay.aws.secrets import Secret
from relay.tiktok.access_tokens import AccessTokens
from relay_cli import doctor
from relay_cli.diagnostics import Diagnosis
from relay_cli.doctor import Patient
from relay_cli.errors import CliError
from relay_cli.main import main
from relay_cli.stacks import Stack, Target
from relay_cli.web import Response
from tests.support.rows import every_row

TOPIC = "arn:aws:sns:eu-central-1:123456789012:alarms"
FUNCTION = "arn:aws:lambda:eu-central-1:123456789012:function:dispatch"


class Client:
    """A client of AWS that gives one answer to every call."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self._answer = answer

    def __getattr__(self, _operation: str) -> Callable[..., dict[str, Any]]:
        return lambda **_: self._answer


class Session:
    """A session whose clients give these answers, by service."""

    region_name = "eu-central-1"

    def __init__(self, **answers: dict[str, Any]) -> None:
        self._answers = answers

    def client(self, service: str) -> Client:
        return Client(self._answers[service])


def patient(resources: dict[str, tuple[str, str]] | None = None, **answers: dict[str, Any]) -> Patient:
    """A stack with these resources (type and physical id), whose services give these answers."""
    stack = Stack("relay", "relay in eu-central-1", Session(**answers))
    stack.__dict__["_resources"] = [(name, *found) for name, found in (resources or {}).items()]
    return Patient(stack, 0.0)


def codes(found: Any) -> list[str]:
    """The codes; each finding says what, why and what to do."""
    listed: list[Diagnosis] = list(found)
    assert all(finding.what and finding.why and finding.fix for finding in listed)
    return [finding.code for finding in listed]


def test_alarm_that_rings_is_found_with_what_it_means() -> None:
    rings = {
        "AlarmName": "relay-QueueAgeAlarm-1A2B",
        "AlarmDescription": "New events wait on the queue for half an hour.",
        "StateUpdatedTimestamp": datetime.now(UTC) - timedelta(hours=3),
    }
    resources = {"QueueAgeAlarm": ("AWS::CloudWatch::Alarm", "relay-QueueAgeAlarm-1A2B")}
    (finding,) = doctor.check_alarms(patient(resources, cloudwatch={"MetricAlarms": [rings]}))
    assert (finding.code, finding.severity) == ("alarm_ringing", "error")
    assert finding.what == "QueueAgeAlarm rings, for 3 h at least."
    assert finding.why == "New events wait on the queue for half an hour."
    assert codes(doctor.check_alarms(patient(resources, cloudwatch={"MetricAlarms": []}))) == []
    # DescribeAlarms without names would give those of all stacks.
    assert codes(doctor.check_alarms(patient(cloudwatch={"MetricAlarms": [rings]}))) == []


def subscribed(*arns: str) -> Patient:
    held = {"Subscriptions": [{"SubscriptionArn": arn, "Endpoint": "ops@shop.example"} for arn in arns]}
    return patient({"AlarmTopic": ("AWS::SNS::Topic", TOPIC)}, sns=held)


def test_alarm_mail_that_nobody_confirmed_is_found() -> None:
    # SNS API reference, ListSubscriptionsByTopic: PendingConfirmation stands in the ARN's place.
    for arns in (("PendingConfirmation",), ("Deleted",), ()):
        assert codes(doctor.check_alarm_mail(subscribed(*arns))) == ["alarm_mail_unconfirmed"]
    assert codes(doctor.check_alarm_mail(subscribed("PendingConfirmation", f"{TOPIC}:1"))) == []
    assert codes(doctor.check_alarm_mail(patient())) == ["alarm_mail_missing"]


PIXEL = "D179S7RC77UA68QT5U1G"
TOKEN = "0123456789abcdef0123456789abcdef01234567"


@every_row(
    "held",
    [
        TOKEN,
        f" {TOKEN}\n",
        [TOKEN],
        ["short", TOKEN],
        [],
        "",
        None,
        "short",
        "whsec_short======",
        f"é{TOKEN}",
        7,
    ],
)
def test_token_is_missing_where_dispatch_has_none(held: object) -> None:
    ill = patient()
    ill.__dict__.update(destinations=[("web", PIXEL)], tokens={PIXEL: held}, test_code=None)
    secret = Secret(lambda: json.dumps({PIXEL: held}), lambda: 0.0)
    missing = AccessTokens(secret, [PIXEL]).get(PIXEL) is None
    assert codes(doctor.check_tokens(ill)) == (["token_missing"] if missing else [])


def test_token_where_a_name_belongs_is_not_shown() -> None:
    ill = patient(
        secretsmanager={"SecretString": json.dumps({"server_key": TOKEN, TOKEN: ""}), "VersionId": "1"}
    )
    ill.stack.__dict__["outputs"] = {"IngestSecretArn": "arn:of-the-secret"}
    ill.__dict__.update(destinations=[("web", PIXEL)], tokens={PIXEL: TOKEN, TOKEN: PIXEL}, test_code=None)
    found = [*doctor.check_tokens(ill), *doctor.check_ingest_secret(ill)]
    assert codes(found) == ["token_without_destination", "secret_not_in_force"]
    assert all("entry number 2" in finding.what for finding in found)
    assert TOKEN not in repr(found)


def with_event_source(function: str, *, alias: bool = True) -> Patient:
    resources = {"EventSource": ("AWS::Lambda::EventSourceMapping", "uuid-1")}
    if alias:
        resources["DispatchFunctionAliaslive"] = ("AWS::Lambda::Alias", f"{FUNCTION}:live")
    return patient(resources, **{"lambda": {"State": "Enabled", "FunctionArn": function}})


def test_event_source_that_calls_the_newest_code_past_the_alias_is_found() -> None:
    assert codes(doctor.check_alias(with_event_source(FUNCTION))) == ["event_source_not_on_alias"]
    assert codes(doctor.check_alias(with_event_source(f"{FUNCTION}:live"))) == []
    assert codes(doctor.check_alias(with_event_source(FUNCTION, alias=False))) == []


class Lambda:
    """A function whose newest version has another environment than the one that its alias calls."""

    region_name = "eu-central-1"

    def client(self, _service: str) -> "Lambda":
        return self

    def get_function_configuration(self, *, FunctionName: str) -> dict[str, Any]:  # noqa: N803
        version = "live" if FunctionName.endswith(":live") else "newest"
        return {"Environment": {"Variables": {"VERSION": version}}}


@pytest.mark.parametrize(("alias", "read"), [(True, "live"), (False, "newest")])
def test_settings_are_those_of_the_version_that_the_alias_calls(*, alias: bool, read: str) -> None:
    stack = Stack("relay", "relay in eu-central-1", Lambda())
    stack.__dict__["_resources"] = [("IngestFunction", "AWS::Lambda::Function", "relay-IngestFunction")]
    if alias:
        stack.__dict__["_resources"].append(
            ("IngestFunctionAliaslive", "AWS::Lambda::Alias", f"{FUNCTION}:live")
        )
    assert Patient(stack, 0.0).environment("IngestFunction") == {"VERSION": read}


def with_health(status: int, body: bytes) -> Patient:
    found = patient()
    found.__dict__["health"] = Response(status, body, {})
    return found


def test_stack_that_is_not_healthy_is_found_with_its_own_words() -> None:
    printed = b'{"code": "settings_invalid", "detail": "The relay can\'t use its setting PIXEL_ID."}'
    (finding,) = doctor.check_health(with_health(503, printed))
    assert (finding.code, finding.severity) == ("unhealthy", "error")
    assert "503 Service Unavailable" in finding.what
    assert "PIXEL_ID" in finding.what
    assert codes(doctor.check_health(with_health(502, b"<html>"))) == ["unhealthy"]
    assert codes(doctor.check_health(with_health(200, b"{}"))) == []


def test_health_is_asked_at_a_domain_in_front_of_the_api(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def respond(_method: str, url: str, **_options: object) -> Response:
        asked.append(url)
        return Response(200, b"{}", {})

    monkeypatch.setattr("relay_cli.web.request", respond)
    ill = patient()
    ill.stack.__dict__["outputs"] = {"ApiUrl": "https://a.execute-api.eu-central-1.amazonaws.com"}
    for ill.url in (None, "https://events.shop.example/"):
        ill.__dict__.pop("health", None)
        assert codes(doctor.check_health(ill)) == []
    assert asked == [
        "https://a.execute-api.eu-central-1.amazonaws.com/v1/health",
        "https://events.shop.example/v1/health",
    ]


def test_another_version_than_the_commands_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("relay_cli.main.installed_version", lambda: "1.4.0")
    (finding,) = doctor.check_version(with_health(200, b'{"version": "1.3.0"}'))
    assert (finding.code, finding.severity) == ("version_differs", "info")
    assert "1.3.0" in finding.what
    assert "1.4.0" in finding.what
    for same_or_unknown in (b'{"version": "1.4.0"}', b"{}", b"<html>", b"[]"):
        assert codes(doctor.check_version(with_health(200, same_or_unknown))) == []


# ── what could not be asked ────────────────────────────────────────────────────────────────────────────────


class Failing:
    """A client of AWS whose calls fail."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, _operation: str) -> Callable[..., dict[str, Any]]:
        def fail(**_: object) -> dict[str, Any]:
            raise self._error

        return fail


class FailingSession(Session):
    """A session whose clients fail, but for those that have an answer."""

    def __init__(self, error: Exception, **answers: dict[str, Any]) -> None:
        super().__init__(**answers)
        self._error = error

    def client(self, service: str) -> Any:
        return super().client(service) if service in self._answers else Failing(self._error)


def failing(error: Exception, **answers: dict[str, Any]) -> Stack:
    """A stack of which every call but the answered ones fails."""
    stack = Stack("relay", "relay in eu-central-1", FailingSession(error, **answers))
    stack.__dict__["_resources"] = [("AlarmTopic", "AWS::SNS::Topic", TOPIC)]
    return stack


def aws_error(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "DescribeStacks")


@pytest.fixture
def examined(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Runs the command on such a stack."""

    def run(error: Exception, *words: str, **answers: dict[str, Any]) -> tuple[int, str, str]:
        monkeypatch.setattr(Target, "open", lambda _: failing(error, **answers))
        code = main(["doctor", "--json", *words])
        return code, *capsys.readouterr()

    return run


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NoCredentialsError(), "no_credentials"),
        (aws_error("ValidationError", "Stack with id typo does not exist"), "no_stack"),
        (aws_error("AccessDenied", "not authorised to perform it"), "access_denied"),
    ],
)
def test_stack_that_can_not_be_read_is_one_error(
    examined: Callable[..., tuple[int, str, str]], error: Exception, code: str
) -> None:
    exit_code, out, err = examined(error)
    assert (exit_code, out, json.loads(err)["code"]) == (1, "", code)


def test_it_is_no_success_where_no_check_could_ask(examined: Callable[..., tuple[int, str, str]]) -> None:
    stack = {"Stacks": [{"StackName": "typo"}]}
    denied = aws_error("AccessDenied", "not authorised to perform it")
    exit_code, out, _ = examined(denied, "--only", "alarm-mail", "--only", "logs", cloudformation=stack)
    printed = json.loads(out)
    assert (exit_code, printed["ok"]) == (1, False)
    assert [finding["code"] for finding in printed["findings"]] == ["not_checked"] * 2


def test_check_that_could_not_ask_says_what_to_do() -> None:
    def fix(error: Exception) -> str:
        (finding,) = doctor.examine(Patient(failing(error), 0.0), ["alarm-mail"])
        return finding.fix

    assert "Grant the permission" in fix(aws_error("AccessDenied", "not authorised"))
    assert "permission" not in fix(aws_error("Throttling", "Rate exceeded"))
    assert "permission" not in fix(CliError("Something else."))
