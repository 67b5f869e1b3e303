"""template.yaml as data, and as CloudFormation would resolve it for a stack of a given name."""

import re
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final[Path] = Path(__file__).resolve().parents[2]
STACK: Final[str] = "shop-relay"
"""Name of the stack that `resolve` makes."""

DROPPED: Final = object()
"""What `AWS::NoValue` resolves to."""


class _Loader(yaml.CSafeLoader):
    """Reads CloudFormation's short forms: `!Ref X` becomes {"Ref": "X"}, `!GetAtt X.Y` {"GetAtt": "X.Y"}."""


def _short_form(loader: yaml.CSafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        return {suffix: loader.construct_scalar(node)}
    assert isinstance(node, yaml.SequenceNode)
    return {suffix: loader.construct_sequence(node, deep=True)}


_Loader.add_multi_constructor("!", _short_form)

# A loader of its own: the safe one with the short forms.
TEMPLATE: Final[dict[str, Any]] = yaml.load((ROOT / "template.yaml").read_text("utf-8"), _Loader)  # noqa: S506
RESOURCES: Final[dict[str, Any]] = TEMPLATE["Resources"]


def properties(name: str) -> dict[str, Any]:
    """The properties of a resource."""
    found: dict[str, Any] = RESOURCES[name]["Properties"]
    return found


def of_type(kind: str) -> list[str]:
    """Logical ids of all resources of a type."""
    return [name for name, resource in RESOURCES.items() if resource["Type"] == kind]


def physical(logical_id: str) -> str:
    """A name as CloudFormation gives resources: stack, logical id."""
    return f"{STACK}-{logical_id}"


def arn(logical_id: str) -> str:
    """The ARN of a resource, in the form of its service."""
    service = RESOURCES[logical_id]["Type"].split("::")[1]
    path = {
        "SQS": f"sqs:eu-central-1:123456789012:{physical(logical_id)}",
        "SecretsManager": f"secretsmanager:eu-central-1:123456789012:secret:{physical(logical_id)}-AbCdEf",
        "Logs": f"logs:eu-central-1:123456789012:log-group:{physical(logical_id)}:*",
        "DynamoDB": f"dynamodb:eu-central-1:123456789012:table/{physical(logical_id)}",
    }.get(service, f"{service.lower()}:eu-central-1:123456789012:{physical(logical_id)}")
    return f"arn:aws:{path}"


def resolve(value: Any, parameters: dict[str, str] | None = None) -> Any:
    """`value` without intrinsic functions, for a stack with default parameters but for `parameters`."""
    given = parameters or {}
    if isinstance(value, list):
        return [found for item in value if (found := resolve(item, given)) is not DROPPED]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((function, argument),) = value.items()
        if function in _FUNCTIONS:
            return _FUNCTIONS[function](argument, given)
    resolved = {key: resolve(item, given) for key, item in value.items()}
    return {key: item for key, item in resolved.items() if item is not DROPPED}


def _ref(name: str, given: dict[str, str]) -> Any:
    pseudo = {
        "AWS::StackName": STACK,
        "AWS::Region": "eu-central-1",
        "AWS::AccountId": "123456789012",
        "AWS::Partition": "aws",
        "AWS::NoValue": DROPPED,
    }
    if name in pseudo:
        return pseudo[name]
    if name in TEMPLATE["Parameters"]:
        return str(given.get(name, TEMPLATE["Parameters"][name].get("Default", "PIXEL1")))
    return physical(name)


def _get_att(path: str, _given: dict[str, str]) -> str:
    name, _, attribute = path.partition(".")
    if attribute in ("Arn", "Id"):
        return arn(name)
    return physical(name) if attribute == "QueueName" else f"{physical(name)}.{attribute}"


def _sub(text: str, given: dict[str, str]) -> str:
    def fill(found: re.Match[str]) -> str:
        name = found[1]
        return _get_att(name, given) if "." in name else str(_ref(name, given))

    return re.sub(r"\$\{([\w.:]+)\}", fill, text)


def _if(argument: list[Any], given: dict[str, str]) -> Any:
    name, when_true, when_false = argument
    return resolve(when_true if condition(name, given) else when_false, given)


def _join(argument: list[Any], given: dict[str, str]) -> str:
    return str(argument[0]).join(map(str, resolve(argument[1], given)))


def condition(name: str, parameters: dict[str, str] | None = None) -> bool:
    """Whether a condition of the template holds."""
    return bool(_truth(TEMPLATE["Conditions"][name], parameters or {}))


def _truth(value: Any, given: dict[str, str]) -> bool:
    ((function, argument),) = value.items()
    if function == "Not":
        return not _truth(argument[0], given)
    if function == "Condition":
        return condition(argument, given)
    assert function == "Equals", function
    left, right = (str(resolve(item, given)) for item in argument)
    return left == right


_FUNCTIONS: Final[dict[str, Any]] = {
    "Ref": _ref,
    "GetAtt": _get_att,
    "Sub": _sub,
    "If": _if,
    "Join": _join,
}
