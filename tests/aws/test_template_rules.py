"""What AWS would reject or silently do otherwise: routes, versions, permissions, linters."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.template import RESOURCES, ROOT, TEMPLATE, arn, of_type, properties, resolve
from tools.audit import find_secrets

# API Gateway's own rule for each part of a route's path (aws-cdk's HttpRouteKey states it). An empty part, as
# a slash at the end makes it, is rejected, and the stack rolls back.
PART = re.compile(r"^(\{[\w.:-]+\+?\}|[a-zA-Z0-9.:_-]+)$")
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "ANY"}

AUDIT = ROOT / ".local/tools/audit/bin"
SAM = ROOT / ".local/tools/sam/bin"

needs_tools = pytest.mark.skipif(
    not (AUDIT / "checkov").exists() or not (SAM / "cfn-lint").exists(),
    reason="`make check-aws` installs checkov, parliament and SAM",
)


def is_route_key(key: str) -> bool:
    """Whether API Gateway accepts a route key of an HTTP API."""
    if key == "$default":
        return True
    method, _, path = key.partition(" ")
    return method in METHODS and path.startswith("/") and all(map(PART.match, path[1:].split("/")))


@pytest.mark.parametrize("route", of_type("AWS::ApiGatewayV2::Route"))
def test_api_gateway_accepts_the_route(route: str) -> None:
    assert is_route_key(properties(route)["RouteKey"]), properties(route)["RouteKey"]


@pytest.mark.parametrize(
    "key", ["POST /a/", "POST /a//b", "post /a", "POST a", "POST /a b", "GET /{proxy*}", "POST"]
)
def test_the_rule_rejects_what_api_gateway_rejects(key: str) -> None:
    assert not is_route_key(key)


def test_a_greedy_part_is_the_last_one() -> None:
    for route in of_type("AWS::ApiGatewayV2::Route"):
        assert "+}/" not in properties(route)["RouteKey"]


def test_throttles_name_routes_of_the_template() -> None:
    keys = {properties(route)["RouteKey"] for route in of_type("AWS::ApiGatewayV2::Route")}
    assert set(properties("ApiStage").get("RouteSettings", {})) <= keys


# ── names ──────────────────────────────────────────────────────────────────────────────────────────────

LONGEST = {"AWS::StackName": 128, "AWS::Region": 20, "IngestFunction.Version.Version": 20}
LONGEST["DispatchFunction.Version.Version"] = LONGEST["IngestFunction.Version.Version"]

# The most characters of a name, by the API reference of each service. Where the template gives no name,
# CloudFormation makes one that fits.
NAMES = {
    ("AWS::ApiGatewayV2::Api", "Name"): 128,
    ("AWS::AppConfig::Application", "Name"): 64,
    ("AWS::CloudWatch::Alarm", "AlarmName"): 255,
    ("AWS::CloudWatch::Dashboard", "DashboardName"): 255,
    ("AWS::Logs::LogGroup", "LogGroupName"): 512,
    ("AWS::Logs::QueryDefinition", "Name"): 255,
    ("AWS::SNS::Topic", "DisplayName"): 100,
}


def length(name: Any) -> int:
    """The characters of a name, in a stack with the longest one of its own."""
    text = name["Sub"] if "Sub" in name else f"${{{name['Ref']}}}"
    return sum(
        len(part) if index % 2 == 0 else LONGEST[part]
        for index, part in enumerate(re.split(r"\$\{([\w.:]+)\}", text))
    )


def test_every_name_of_a_stack_with_the_longest_name_is_accepted() -> None:
    named_by_stack = [
        (name, RESOURCES[name]["Type"], key, value)
        for name in RESOURCES
        for key, value in RESOURCES[name]["Properties"].items()
        if key.endswith("Name") and "AWS::StackName" in references(value)
    ]
    assert len(named_by_stack) > 10
    too_long = [name for name, kind, key, value in named_by_stack if length(value) > NAMES[kind, key]]
    assert too_long == []


# What names the resource itself, and has to differ from every other one in the account and region.
NAMED_BY = {
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::IAM::Role": "RoleName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::Logs::QueryDefinition": "Name",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::SecretsManager::Secret": "Name",
    "AWS::Serverless::Function": "FunctionName",
}


def test_two_stacks_in_one_account_and_region_have_no_name_in_common() -> None:
    given = {
        name: references(properties(name)[NAMED_BY[resource["Type"]]])
        for name, resource in RESOURCES.items()
        if NAMED_BY.get(resource["Type"]) in resource["Properties"]
    }
    assert len(given) > 10
    assert [name for name, refers in given.items() if "AWS::StackName" not in refers] == []
    # A dashboard shows in every region.
    assert "AWS::Region" in given["Dashboard"]


# ── versions ───────────────────────────────────────────────────────────────────────────────────────────

FUNCTIONS = ("IngestFunction", "DispatchFunction")


def references(value: Any) -> set[str]:
    """Everything that a part of the template refers to."""
    if isinstance(value, list):
        return {name for item in value for name in references(item)}
    if not isinstance(value, dict):
        return set()
    found: set[str] = set()
    for key, item in value.items():
        if key == "Ref":
            found.add(item)
        elif key == "GetAtt":
            found.add(item.partition(".")[0])
        elif key == "Sub":
            found |= {name.partition(".")[0] for name in re.findall(r"\$\{([\w.:]+)\}", item)}
        else:
            found |= references(item)
    return found


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_version_follows_every_value_that_the_function_depends_on(function: str) -> None:
    # SAM publishes a version for another text of the properties, not for another value of a parameter.
    number = function.replace("Function", "SettingsVersion")
    assert properties(function)["VersionDescription"] == {"Sub": f"Settings ${{{number}}}"}
    shared = TEMPLATE["Globals"]["Function"]["Environment"]
    depends = references([properties(function)["Environment"], properties(function)["MemorySize"], shared])
    assert references(properties(number)["Content"]) == depends - {"AWS::StackName"}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_api_and_event_sources_call_the_alias(function: str) -> None:
    assert TEMPLATE["Globals"]["Function"]["AutoPublishAlias"] == "live"
    assert properties(function)["AutoPublishAliasAllProperties"] is True
    assert properties("RelayLayer")["PublishLambdaVersion"] is True
    assert properties("IngestIntegration")["IntegrationUri"] == {"Ref": "IngestFunction.Alias"}
    for permission in of_type("AWS::Lambda::Permission"):
        assert properties(permission)["FunctionName"] == {"Ref": "IngestFunction.Alias"}


TRANSFORM = """
import json, sys
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

class Policies:
    def load(self):
        return {}

code, layer, parameters = json.loads(sys.argv[1])
template = yaml_parse(open("template.yaml").read())
for resource in template["Resources"].values():
    if resource["Type"] == "AWS::Serverless::LayerVersion":
        resource["Properties"]["ContentUri"] = layer
    if resource["Type"] == "AWS::Serverless::Function":
        resource["Properties"]["CodeUri"] = code
print(json.dumps(transform(template, parameters, Policies())["Resources"]))
"""


def transformed(code: str = "s3://b/code", layer: str = "s3://b/layer", **parameters: str) -> dict[str, Any]:
    """The template's resources as SAM hands them to CloudFormation."""
    asked = json.dumps([code, layer, {"PixelId": "PIXEL1", **parameters}])
    env = {**os.environ, "AWS_DEFAULT_REGION": "eu-central-1"}
    done = subprocess.run(
        [str(SAM / "python"), "-c", TRANSFORM, asked], capture_output=True, cwd=ROOT, env=env, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def named(resources: dict[str, Any], kind: str) -> list[str]:
    """Logical ids of a type, sorted."""
    return sorted(name for name, resource in resources.items() if resource["Type"] == kind)


@needs_tools
def test_a_changed_layer_alone_publishes_new_versions() -> None:
    before, after = transformed(layer="s3://b/old"), transformed(layer="s3://b/new")
    versions = [named(resources, "AWS::Lambda::Version") for resources in (before, after)]
    assert len(versions[0]) == len(versions[1]) == 2
    assert not set(versions[0]) & set(versions[1])
    assert named(transformed(layer="s3://b/old"), "AWS::Lambda::Version") == versions[0]


@needs_tools
def test_a_version_that_is_replaced_stays_for_a_roll_back() -> None:
    # Another description (a parameter) replaces it; for other code it is removed beside another resource.
    resources = transformed()
    for version in named(resources, "AWS::Lambda::Version"):
        policies = (resources[version].get("DeletionPolicy"), resources[version].get("UpdateReplacePolicy"))
        assert policies == ("Retain", "Retain"), version


@needs_tools
def test_event_sources_are_attached_to_the_alias() -> None:
    resources = transformed()
    sources = named(resources, "AWS::Lambda::EventSourceMapping")
    assert len(sources) == 2
    for source in sources:
        assert resources[source]["Properties"]["FunctionName"] == {"Ref": "DispatchFunctionAliaslive"}


@needs_tools
def test_dispatch_knows_a_new_destination_before_ingest_sends_events_for_it() -> None:
    # A dispatch of before the change would dead-letter them as `unknown_destination`.
    resources = transformed()
    assert "DispatchFunctionAliaslive" in resources["IngestFunction"]["DependsOn"]


@needs_tools
def test_traffic_shifts_at_once_unless_a_parameter_says_otherwise() -> None:
    assert not [kind for kind in transformed().values() if "CodeDeploy" in kind["Type"]]
    gradual = transformed(GradualRollout="true")
    # Each with the boundary of the account: SAM's own for CodeDeploy would have none.
    roles = named(gradual, "AWS::IAM::Role")
    assert [role for role in roles if "PermissionsBoundary" not in gradual[role]["Properties"]] == []
    groups = named(gradual, "AWS::CodeDeploy::DeploymentGroup")
    assert len(groups) == 2
    for group in groups:
        (_, alarms, _) = gradual[group]["Properties"]["AlarmConfiguration"]["Fn::If"]
        assert alarms["Enabled"]
        function = group.removesuffix("FunctionDeploymentGroup")
        read = [alarm["Name"]["Ref"] for alarm in alarms["Alarms"]]
        assert read == [f"{function}RollbackAlarm", f"{function}FaultsRollbackAlarm"]
        for name in read:
            alarm = gradual[name]["Properties"]
            dimensions = {item["Name"]: item["Value"] for item in alarm["Dimensions"]}
            # In the name too, so that each version has a new alarm. An updated one keeps its state
            # (PutMetricAlarm), and CodeDeploy ends a deployment whose alarm rings.
            for value in (dimensions.get("ExecutedVersion") or dimensions["version"], alarm["AlarmName"]):
                (published,) = re.findall(r"\w+FunctionVersion\w+", json.dumps(value))
                assert published.startswith(f"{function}FunctionVersion")
                assert published in gradual
        # New alarms first, then the group that names them, then the shift.
        policy = gradual[f"{function}FunctionAliaslive"]["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
        assert policy["DeploymentGroupName"] == {"Ref": group}


# ── what a deletion takes with it ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kind", "deleted", "replaced"),
    [
        # A first deployment that fails leaves nothing: no event was taken, nothing put into a secret.
        ("AWS::SQS::Queue", "RetainExceptOnCreate", "Retain"),
        ("AWS::SecretsManager::Secret", "RetainExceptOnCreate", "Retain"),
        ("AWS::Logs::LogGroup", "Delete", "Delete"),
    ],
)
def test_deleting_the_stack_keeps_events_and_secrets(kind: str, deleted: str, replaced: str) -> None:
    assert of_type(kind)
    for name in of_type(kind):
        found = (RESOURCES[name].get("DeletionPolicy"), RESOURCES[name].get("UpdateReplacePolicy"))
        assert found == (deleted, replaced), name


def test_what_stays_after_the_stack_is_in_the_way_of_no_new_one() -> None:
    kept = [name for name in RESOURCES if RESOURCES[name].get("DeletionPolicy", "Delete") != "Delete"]
    assert len(kept) == 5
    for name in kept:
        assert NAMED_BY[RESOURCES[name]["Type"]] not in properties(name), name


def test_the_application_repository_accepts_the_metadata() -> None:
    metadata = TEMPLATE["Metadata"]["AWS::ServerlessRepo::Application"]
    assert re.fullmatch(r"[a-zA-Z0-9-]+", metadata["Name"])
    assert len(metadata["Description"]) <= 256
    assert re.fullmatch(r"[a-z0-9](([a-z0-9]|-(?!-))*[a-z0-9])?", metadata["Author"])
    assert len(metadata["Labels"]) <= 10
    for name in ("LicenseUrl", "ReadmeUrl"):
        assert (ROOT / metadata[name]).stat().st_size < 5_000_000
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{metadata["SemanticVersion"]}"' in text


# ── linters ────────────────────────────────────────────────────────────────────────────────────────────

# checkov's rule → why it does not apply here. A rule that no longer fails has to go from this list.
ACCEPTED = {
    "CKV_AWS_27": "the queues use SqsManagedSseEnabled, which the rule does not look at",
    "CKV_AWS_149": "AWS's own key encrypts secrets; a customer's key costs 1 USD a month more",
    "CKV_AWS_158": "logs hold nothing of a person and no secret; CloudWatch encrypts them by default",
    "CKV_AWS_26": "alarm mails hold names of alarms only, and leave AWS as plain mail anyway",
    "CKV_AWS_116": "is for asynchronous invocations; the queues have a redrive policy",
    "CKV_AWS_117": "nothing of the stack is in a VPC, where each AWS service needs an endpoint",
    "CKV_AWS_115": "MaximumConcurrency bounds dispatch, and IngestReservedConcurrency ingest where it is set",
    "CKV_AWS_173": "no variable holds a secret (tests/unit/test_template.py)",
    "CKV_AWS_119": "DynamoDB encrypts at rest with AWS's own key",
}


@needs_tools
def test_checkov_finds_nothing_but_what_is_accepted_with_a_reason() -> None:
    command = [AUDIT / "checkov", "-f", "template.yaml", "--framework", "cloudformation", "--skip-download"]
    done = subprocess.run([*map(str, command), "-o", "json"], capture_output=True, cwd=ROOT, check=False)
    report = json.loads(done.stdout)
    assert report["summary"]["resource_count"] > 30
    assert report["summary"]["parsing_errors"] == 0
    failed: dict[str, set[str]] = {}
    for check in report["results"]["failed_checks"]:
        failed.setdefault(check["check_id"], set()).add(check["resource"])
    assert {rule: names for rule, names in failed.items() if rule not in ACCEPTED} == {}
    assert set(ACCEPTED) - set(failed) == set(), "no longer needed"


@needs_tools
def test_cfn_lint_finds_nothing_with_its_informational_rules_in_any_region() -> None:
    # A region can lack a type of resource.
    command = [str(SAM / "cfn-lint"), "-i", "I", "-t", "template.yaml", "--regions", "ALL_REGIONS"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stdout) == (0, "")


ANALYSE = """
import json, sys, warnings
warnings.simplefilter("ignore")
from parliament import analyze_policy_string
findings = analyze_policy_string(sys.stdin.read(), include_community_auditors=True).findings
print(json.dumps([[finding.issue, str(finding.detail)] for finding in findings]))
"""


def analysed(policy: dict[str, Any]) -> list[list[str]]:
    """What parliament says of a policy."""
    done = subprocess.run(
        [str(AUDIT / "python"), "-c", ANALYSE],
        input=json.dumps(policy),
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[list[str]] = json.loads(done.stdout.splitlines()[-1])
    return found


def policies() -> list[tuple[str, dict[str, Any]]]:
    """Every policy of every role, resolved."""
    return [
        (f"{role}.{policy['PolicyName']}", policy["PolicyDocument"])
        for role in of_type("AWS::IAM::Role")
        for policy in resolve(properties(role).get("Policies", []))
    ]


def test_a_function_has_its_rights_before_it_uses_them() -> None:
    # CloudFormation makes a policy that names a role after the role, maybe after the function too.
    assert {"AWS::IAM::Policy", "AWS::IAM::RolePolicy"}.isdisjoint(
        resource["Type"] for resource in RESOURCES.values()
    )


def test_nothing_depends_on_what_a_parameter_can_leave_out() -> None:
    # CloudFormation rejects the template then: "Unresolved resource dependencies".
    conditional = {name for name, resource in RESOURCES.items() if "Condition" in resource}
    for name, resource in RESOURCES.items():
        depends = resource.get("DependsOn", [])
        assert conditional.isdisjoint([depends] if isinstance(depends, str) else depends), name


@needs_tools
@pytest.mark.parametrize(
    ("name", "policy"), policies(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_no_role_allows_what_does_not_exist_or_everything(name: str, policy: dict[str, Any]) -> None:
    assert analysed(policy) == [], name
    for statement in policy["Statement"]:
        resources = (
            statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
        )
        for resource in resources:
            # Log streams are named by Lambda: a group's ARN ends in `:*`.
            assert "*" not in resource.removesuffix(":*"), name
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        for action in actions:
            assert not re.fullmatch(r"[\w-]*:?\*", action), name


@needs_tools
def test_the_analysis_finds_an_action_that_does_not_exist() -> None:
    statement = {"Effect": "Allow", "Action": "sqs:SendMessages", "Resource": arn("EventQueue")}
    assert analysed({"Version": "2012-10-17", "Statement": [statement]})


# ── time-outs and the response limit, in the built functions ───────────────────────────────────────────


def test_nothing_of_this_machine_is_in_the_built_functions(artefacts: Path) -> None:
    for source in artefacts.rglob("*.py"):
        assert str(ROOT) not in source.read_text(encoding="utf-8", errors="replace"), source


# ── secrets ────────────────────────────────────────────────────────────────────────────────────────────


@needs_tools
def test_the_scan_finds_a_key_in_the_form_of_its_maker(tmp_path: Path) -> None:
    # Put together here, so that the scan of this file finds nothing.
    (tmp_path / "leak.py").write_text(f'KEY = "{"AK" + "IA"}IOSFODNN7EXAMPL3"\n', encoding="utf-8")
    assert find_secrets(["leak.py"], tmp_path) == ["leak.py:1 AWS Access Key"]
