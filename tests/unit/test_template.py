"""What template.yaml promises: numbers that hang together, who may do what, and that it fits the code."""

import ast
import re
import tomllib
from types import SimpleNamespace
from typing import Any

import pytest

from ingest.dependencies import ENQUEUE_SECONDS, get_dependencies
from ingest.routes import gateway_keys
from local.stack.deployment import parse_parameters
from relay import telemetry
from relay.aws import dynamodb
from relay.delivery import backoff, ports
from relay.settings import IngestSettings
from relay.webhooks.options import FORWARDABLE
from tests.support.ingest import ENVIRONMENT
from tests.support.template import RESOURCES, ROOT, TEMPLATE, condition, of_type, properties, resolve
from tools import build_artifact, parameter_docs

DAY = 24 * 3600


FUNCTIONS = ("IngestFunction", "DispatchFunction")


def variables(function: str) -> dict[str, Any]:
    shared: dict[str, Any] = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    return {**shared, **properties(function)["Environment"]["Variables"]}


def permissions(role: str, **parameters: str) -> set[tuple[str, str]]:
    """Give every (action, resource) that a role allows."""
    allowed = set()
    for entry in properties(role)["Policies"]:
        needed, policy, _ = entry.get("If", ("", entry, None))
        if needed and not condition(needed, parameters):
            continue
        for statement in policy["PolicyDocument"]["Statement"]:
            assert statement["Effect"] == "Allow"
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            allowed |= {(action, statement["Resource"]["GetAtt"]) for action in actions}
    return allowed


# ── the queues ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("queue", ["EventQueue", "RetryQueue"])
def test_a_message_stays_hidden_for_six_timeouts_of_dispatch_and_the_longest_window(queue: str) -> None:
    longest_window = TEMPLATE["Parameters"]["BatchWindowSeconds"]["MaxValue"]
    assert properties(queue)["VisibilityTimeout"] == (
        6 * properties("DispatchFunction")["Timeout"] + longest_window
    )


@pytest.mark.parametrize("queue", ["EventQueue", "RetryQueue", "DeadLetterQueue"])
def test_queues_keep_messages_as_long_as_sqs_can_and_encrypted(queue: str) -> None:
    assert properties(queue)["MessageRetentionPeriod"] == 14 * DAY
    assert properties(queue)["SqsManagedSseEnabled"] is True


def test_an_event_expires_before_the_queue_forgets_it() -> None:
    assert properties("EventQueue")["MessageRetentionPeriod"] - DAY == backoff.LIFETIME


@pytest.mark.parametrize("queue", ["EventQueue", "RetryQueue"])
def test_a_message_that_kills_dispatch_is_dead_lettered_within_the_hour(queue: str) -> None:
    redrive = properties(queue)["RedrivePolicy"]
    assert redrive == {"deadLetterTargetArn": {"GetAtt": "DeadLetterQueue.Arn"}, "maxReceiveCount": 5}
    assert redrive["maxReceiveCount"] * properties(queue)["VisibilityTimeout"] <= 3600
    age = properties("DeadLettersAgeAlarm")
    rings_after = age["Period"] * age["EvaluationPeriods"]
    assert rings_after == 5 * DAY
    assert 3600 + rings_after < properties(queue)["MessageRetentionPeriod"] - 8 * DAY


def test_dispatch_has_time_for_requests_beside_what_it_keeps_for_reporting() -> None:
    timeout = properties("DispatchFunction")["Timeout"]
    sending = timeout - ports.REPORT_SECONDS - ports.REQUEST_SECONDS
    assert sending >= 50
    assert properties("DispatchDurationAlarm")["Threshold"] == sending * 1000


def test_nobody_reaches_the_queues_without_tls() -> None:
    policy = properties("QueuesOverTlsOnly")
    (statement,) = policy["PolicyDocument"]["Statement"]
    queues = ("EventQueue", "RetryQueue", "DeadLetterQueue")
    assert policy["Queues"] == [{"Ref": queue} for queue in queues]
    assert statement["Resource"] == [{"GetAtt": f"{queue}.Arn"} for queue in queues]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "sqs:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.parametrize(
    ("event", "queue", "concurrency"),
    [("Queue", "EventQueue", {"Ref": "DispatchConcurrency"}), ("Retries", "RetryQueue", 2)],
)
def test_only_the_messages_that_dispatch_names_come_back(event: str, queue: str, concurrency: object) -> None:
    source = properties("DispatchFunction")["Events"][event]["Properties"]
    assert source["Queue"] == {"GetAtt": f"{queue}.Arn"}
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert source["ScalingConfig"] == {"MaximumConcurrency": concurrency}
    assert source["BatchSize"] == {"Ref": "BatchSize"}
    assert source["MaximumBatchingWindowInSeconds"] == {"Ref": "BatchWindowSeconds"}


def test_lambda_does_not_stop_a_message_that_goes_round_through_the_retry_queue() -> None:
    assert properties("DispatchFunction")["RecursiveLoop"] == "Allow"


# ── who may do what ────────────────────────────────────────────────────────────────────────────────────


def test_ingest_may_send_to_the_queue_read_its_secret_and_log_and_nothing_else() -> None:
    assert permissions("IngestRole", KeepVisits="false") == {
        ("sqs:SendMessage*", "EventQueue.Arn"),
        ("secretsmanager:GetSecretValue", "IngestSecret.Id"),
        ("logs:CreateLogStream", "IngestLogs.Arn"),
        ("logs:PutLogEvents", "IngestLogs.Arn"),
    }


def test_dispatch_may_empty_the_queue_dead_letter_read_its_secret_and_log_and_nothing_else() -> None:
    assert permissions("DispatchRole") == {
        ("sqs:ReceiveMessage", "EventQueue.Arn"),
        ("sqs:DeleteMessage", "EventQueue.Arn"),
        ("sqs:GetQueueAttributes", "EventQueue.Arn"),
        ("sqs:ReceiveMessage", "RetryQueue.Arn"),
        ("sqs:DeleteMessage", "RetryQueue.Arn"),
        ("sqs:GetQueueAttributes", "RetryQueue.Arn"),
        ("sqs:SendMessage*", "RetryQueue.Arn"),
        ("sqs:SendMessage*", "DeadLetterQueue.Arn"),
        ("secretsmanager:GetSecretValue", "TikTokSecret.Id"),
        ("logs:CreateLogStream", "DispatchLogs.Arn"),
        ("logs:PutLogEvents", "DispatchLogs.Arn"),
    }


def test_ingest_may_read_and_write_the_table_of_visits_where_there_is_one() -> None:
    assert RESOURCES["VisitsTable"]["Condition"] == "KeepsVisits"
    assert permissions("IngestRole") - permissions("IngestRole", KeepVisits="false") == {
        ("dynamodb:BatchGetItem", "VisitsTable.Arn"),
        ("dynamodb:PutItem", "VisitsTable.Arn"),
        ("dynamodb:UpdateItem", "VisitsTable.Arn"),
    }
    assert variables("IngestFunction")["VISITS_TABLE"] == {"If": ["KeepsVisits", {"Ref": "VisitsTable"}, ""]}


def test_visits_expire_are_encrypted_and_can_be_recovered() -> None:
    table = properties("VisitsTable")
    assert table["TimeToLiveSpecification"] == {"AttributeName": dynamodb.EXPIRY, "Enabled": True}
    assert table["KeySchema"] == [{"AttributeName": dynamodb.KEY, "KeyType": "HASH"}]
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["SSESpecification"] == {"SSEEnabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert RESOURCES["VisitsTable"]["DeletionPolicy"] == "Delete"


def test_there_is_no_role_or_managed_policy_beside_those_two_and_codedeploys() -> None:
    assert of_type("AWS::IAM::Role") == ["IngestRole", "DispatchRole", "CodeDeployRole"]
    assert RESOURCES["CodeDeployRole"]["Condition"] == "IsGradual"
    for role in ("IngestRole", "DispatchRole"):
        assert "ManagedPolicyArns" not in properties(role)
    # SAM adds a role of its own, with more rights, to a function that names none.
    for function, role in zip(FUNCTIONS, ("IngestRole", "DispatchRole"), strict=True):
        assert properties(function)["Role"] == {"GetAtt": f"{role}.Arn"}
        assert "Policies" not in properties(function)


def test_roles_have_the_boundary_that_an_account_may_ask_for() -> None:
    for role in of_type("AWS::IAM::Role"):
        assert "PermissionsBoundary" not in resolve(properties(role))
        bound = "arn:aws:iam::123456789012:policy/bound"
        assert resolve(properties(role), {"PermissionsBoundary": bound})["PermissionsBoundary"] == bound


# ── the functions ──────────────────────────────────────────────────────────────────────────────────────

SHARED_VARIABLES = {
    "POWERTOOLS_SERVICE_NAME",
    "POWERTOOLS_LOG_LEVEL",
    "PYDANTIC_DISABLE_PLUGINS",
    "STACK_NAME",
}


def test_each_function_gets_the_environment_that_its_settings_read_and_no_secret() -> None:
    assert set(variables("IngestFunction")) == SHARED_VARIABLES | {
        "QUEUE_URL",
        "INGEST_SECRET_ARN",
        "PIXEL_ID",
        "DESTINATIONS",
        "FAN_OUT",
        "ALLOWED_ORIGINS",
        "TEST_EVENT_CODE",
        "DEFAULT_COUNTRY",
        "VISITOR_ADDRESS_HEADER",
        "SHOPIFY_PURCHASE_TOPIC",
        "SHOPIFY_INCLUDE_SOURCES",
        "SHOPIFY_EXCLUDE_SOURCES",
        "STRIPE_PURCHASE",
        "STRIPE_SHOP_METADATA",
        "WOOCOMMERCE_PURCHASE",
        "ITEM_ID",
        "ORDER_MONEY",
        "ALSO_FORWARD",
        "EVENT_ID_PREFIX",
        "VISITS_TABLE",
    }
    assert set(variables("DispatchFunction")) == SHARED_VARIABLES | {
        "RETRY_QUEUE_URL",
        "DEAD_LETTER_QUEUE_URL",
        "TIKTOK_SECRET_ARN",
        "TIKTOK_API_URL",
        "PIXEL_ID",
        "DESTINATIONS",
    }


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_handler_that_a_function_names_is_in_its_code(function: str) -> None:
    module, name = properties(function)["Handler"].rsplit(".", 1)
    source = ROOT / properties(function)["CodeUri"] / (module.replace(".", "/") + ".py")
    tree = ast.parse(source.read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize(
    ("function", "group"), [("IngestFunction", "IngestLogs"), ("DispatchFunction", "DispatchLogs")]
)
def test_a_function_logs_to_a_group_that_forgets(function: str, group: str) -> None:
    assert properties(function)["LoggingConfig"]["LogGroup"] == {"Ref": group}
    assert properties(group)["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_ingest_ends_before_the_http_api_gives_up_on_it() -> None:
    assert properties("IngestFunction")["Timeout"] < 30


def test_sender_has_its_503_before_ingest_ends_though_table_and_queue_are_slow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    longest: dict[str, float] = {}

    def make_client(service: str, *, connect: float, read: float) -> SimpleNamespace:
        longest[service] = connect + read
        return SimpleNamespace(batch_get_item=lambda **_: {"Responses": {}})

    monkeypatch.setattr("relay.aws.clients.make_client", make_client)
    for name, value in {**ENVIRONMENT, "VISITS_TABLE": "visits"}.items():
        monkeypatch.setenv(name, value)
    visits = get_dependencies.__wrapped__().visits
    assert visits is not None
    visits.get(["a-key"])
    # Of the table: a call that was repeated, and one more that failed.
    assert (
        3 * longest["dynamodb"] + ENQUEUE_SECONDS + longest["sqs"] < properties("IngestFunction")["Timeout"]
    )


# ── the API ────────────────────────────────────────────────────────────────────────────────────────────


def test_every_route_leads_to_ingest() -> None:
    routes = [properties(name) for name in of_type("AWS::ApiGatewayV2::Route")]
    assert {route["RouteKey"] for route in routes} == {*gateway_keys(), "$default"}
    assert all(route["Target"] == {"Sub": "integrations/${IngestIntegration}"} for route in routes)
    assert properties("IngestIntegration")["IntegrationUri"] == {"Ref": "IngestFunction.Alias"}
    assert properties("IngestIntegration")["PayloadFormatVersion"] == "2.0"


def test_throttles_name_routes_that_exist_before_the_stage() -> None:
    keys = {properties(name)["RouteKey"] for name in RESOURCES["ApiStage"]["DependsOn"]}
    assert set(properties("ApiStage")["RouteSettings"]) <= keys
    assert set(RESOURCES["ApiStage"]["DependsOn"]) == set(of_type("AWS::ApiGatewayV2::Route"))


def test_events_and_webhooks_have_throttles_of_their_own_as_parameters() -> None:
    throttles = properties("ApiStage")["RouteSettings"]
    for key in gateway_keys():
        name = "EventRequestsPerSecond" if key.endswith(" /v1/events") else "WebhookRequestsPerSecond"
        if key.endswith(" /v1/events") or " /v1/webhooks/" in key:
            assert throttles[key] == {
                "ThrottlingRateLimit": {"Ref": name},
                "ThrottlingBurstLimit": {"Ref": name},
            }


def test_an_unknown_route_is_throttled_harder_than_the_events() -> None:
    stage = properties("ApiStage")
    unknown = stage["RouteSettings"]["$default"]
    assert unknown["ThrottlingRateLimit"] < stage["DefaultRouteSettings"]["ThrottlingRateLimit"]


# ── parameters, secrets, outputs ───────────────────────────────────────────────────────────────────────


def test_every_parameter_but_the_pixel_has_a_default_and_all_say_what_they_are() -> None:
    parameters = TEMPLATE["Parameters"]
    assert {name for name, parameter in parameters.items() if "Default" not in parameter} == {"PixelId"}
    assert all(parameter["Description"] for parameter in parameters.values())


def test_the_page_of_parameters_is_what_the_template_makes() -> None:
    page = parameter_docs.PATH.read_text(encoding="utf-8")
    assert parameter_docs.filled(page) == page, "run `make openapi`"
    assert [name for name in TEMPLATE["Parameters"] if page.count(f"| `{name}` |") != 1] == []


@pytest.mark.parametrize(
    ("parameter", "right", "wrong"),
    [
        ("TikTokApiUrl", "http://127.0.0.1:8080", "https://business-api.tiktok.com/open_api"),
        ("AllowedOrigins", "https://a.example,https://b.example:8443", "https://a.example/shop"),
        ("VisitorAddressHeader", "CloudFront-Viewer-Address", "X Real IP"),
        ("AlsoForward", "draft, zero_value", "everything"),
        ("EventIdPrefix", "shop-1.", "shop 1"),
        ("AlarmEmail", "ops@shop.example", "ops"),
        ("PixelId", "D179S7RC77UA68QT5U1G", "D179 S7RC"),
        ("PermissionsBoundary", "arn:aws-us-gov:iam::123456789012:policy/team/bound", "bound"),
    ],
)
def test_a_parameter_that_cannot_work_is_rejected_before_anything_is_deployed(
    parameter: str, right: str, wrong: str
) -> None:
    pattern = TEMPLATE["Parameters"][parameter]["AllowedPattern"]
    assert re.search(pattern, right)
    assert not re.search(pattern, wrong)
    if parameter != "PixelId":
        assert re.search(pattern, TEMPLATE["Parameters"][parameter]["Default"])


def test_samconfig_sets_only_parameters_that_the_template_has() -> None:
    config = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))
    words = config["default"]["deploy"]["parameters"]["parameter_overrides"].split()
    assert set(parse_parameters(words)) <= set(TEMPLATE["Parameters"])


def test_the_server_key_is_made_up_by_aws_and_goes_into_a_header_as_it_is() -> None:
    assert properties("IngestSecret")["GenerateSecretString"] == {
        "SecretStringTemplate": "{}",
        "GenerateStringKey": "server_key",
        "PasswordLength": 48,
        "ExcludePunctuation": True,
    }


def test_the_outputs_are_the_addresses_that_one_needs() -> None:
    assert set(TEMPLATE["Outputs"]) == {
        "ApiUrl",
        "QueueUrl",
        "RetryQueueUrl",
        "DeadLetterQueueUrl",
        "IngestSecretArn",
        "TikTokSecretArn",
    }


def test_alarms_go_by_mail_only_where_an_address_is_given() -> None:
    assert RESOURCES["AlarmTopic"]["Condition"] == "HasAlarmEmail"
    mail = {"If": ["HasAlarmEmail", [{"Ref": "AlarmTopic"}], {"Ref": "AWS::NoValue"}]}
    for alarm in of_type("AWS::CloudWatch::Alarm"):
        # CodeDeploy alone looks at the alarms of a deployment.
        expected = None if RESOURCES[alarm].get("Condition") == "IsGradual" else mail
        assert (properties(alarm).get("AlarmActions"), properties(alarm).get("OKActions")) == (
            expected,
            expected,
        )


def test_webhooks_become_by_default_what_the_settings_say_by_themselves() -> None:
    names = {
        "ShopifyPurchaseTopic": "SHOPIFY_PURCHASE_TOPIC",
        "ShopifyIncludeSources": "SHOPIFY_INCLUDE_SOURCES",
        "ShopifyExcludeSources": "SHOPIFY_EXCLUDE_SOURCES",
        "StripePurchase": "STRIPE_PURCHASE",
        "StripeShopMetadata": "STRIPE_SHOP_METADATA",
        "WooCommercePurchase": "WOOCOMMERCE_PURCHASE",
        "ItemId": "ITEM_ID",
        "OrderMoney": "ORDER_MONEY",
        "AlsoForward": "ALSO_FORWARD",
        "EventIdPrefix": "EVENT_ID_PREFIX",
    }
    needed = {"QUEUE_URL": "q", "INGEST_SECRET_ARN": "s", "PIXEL_ID": "P1"}
    defaults = {variable: TEMPLATE["Parameters"][name]["Default"] for name, variable in names.items()}
    assert IngestSettings.from_environment(needed | defaults) == IngestSettings.from_environment(needed)
    for name, variable in names.items():
        assert variables("IngestFunction")[variable] == {"Ref": name}
        for value in TEMPLATE["Parameters"][name].get("AllowedValues", []):
            IngestSettings.from_environment(needed | {variable: value})


def test_also_forward_takes_each_word_that_ingest_takes_and_no_other() -> None:
    pattern = re.compile(TEMPLATE["Parameters"]["AlsoForward"]["AllowedPattern"])
    for word in FORWARDABLE:
        assert pattern.match(word)
        assert word in TEMPLATE["Parameters"]["AlsoForward"]["ConstraintDescription"]
    assert pattern.match(", ".join(FORWARDABLE))
    assert pattern.match("")
    assert not any(map(pattern.match, ("nonsense", "cartpos", "cart pos", "cart,nonsense", "Cart")))


def test_webhook_of_a_wrong_set_up_rings_an_alarm() -> None:
    alarm = properties("WebhooksLostAlarm")
    assert (alarm["Namespace"], alarm["MetricName"]) == (telemetry.NAMESPACE, "WebhooksLost")
    assert alarm["Dimensions"] == [{"Name": "stack", "Value": {"Ref": "AWS::StackName"}}]
    assert (alarm["Statistic"], alarm["ComparisonOperator"], alarm["Threshold"]) == (
        "Sum",
        "GreaterThanThreshold",
        0,
    )


# ── the build ──────────────────────────────────────────────────────────────────────────────────────────


def test_the_recipe_builds_for_the_runtime_and_machine_that_the_template_names() -> None:
    shared = TEMPLATE["Globals"]["Function"]
    assert shared["Runtime"] == f"python{build_artifact.LAMBDA_PYTHON}"
    assert shared["Architectures"] == ["arm64"]
    assert all(platform.endswith("_aarch64") for platform in build_artifact.LAMBDA_PLATFORMS)
    assert properties("RelayLayer")["CompatibleRuntimes"] == [shared["Runtime"]]
    assert properties("RelayLayer")["CompatibleArchitectures"] == shared["Architectures"]


def test_everything_that_is_built_has_a_recipe() -> None:
    built = {name for name, resource in RESOURCES.items() if "BuildMethod" in resource.get("Metadata", {})}
    assert built == {build_artifact.LAYER, *build_artifact.FUNCTIONS}
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = " ".join(f"build-{name}" for name in (build_artifact.LAYER, *build_artifact.FUNCTIONS))
    assert f"\n{targets}:\n" in makefile


def test_the_layers_lock_means_the_same_on_every_machine_that_builds_it() -> None:
    # pip evaluates a marker (`; python_version < "3.12"`) by its own Python, not by the one it installs for.
    lock = (ROOT / "layers/relay/requirements.txt").read_text(encoding="utf-8")
    assert "==" in lock
    assert not re.search(r"^[^#]*;", lock, re.MULTILINE)


def test_the_layer_ships_no_aws_sdk_since_lambda_brings_one() -> None:
    lock = (ROOT / "layers/relay/requirements.txt").read_text(encoding="utf-8")
    assert not re.search(r"^(boto3|botocore|s3transfer)==", lock, re.MULTILINE)
