"""The tables of `docs/parameters.md`, written from template.yaml by `make openapi`.

`sam deploy --guided` asks for each parameter by its name alone.
"""

from pathlib import Path
from typing import Any, Final

from tests.support.template import TEMPLATE
from tools import generated_blocks

PATH: Final[Path] = Path(__file__).resolve().parents[1] / "docs/parameters.md"

MAX_LISTED: Final[int] = 20
"""Allowed values of a parameter; more are not listed."""

PARAMETERS: Final[dict[str, dict[str, Any]]] = TEMPLATE["Parameters"]


def tables() -> str:
    """A table for each group of parameters: name, default, what it does, allowed values."""
    text = ""
    for group in TEMPLATE["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]:
        rows = [("parameter", "default", "what it does"), ("---",) * 3]
        rows += [_describe(name, PARAMETERS[name]) for name in group["Parameters"]]
        lines = "".join("| " + " | ".join(row) + " |\n" for row in rows)
        text += f"\n## {group['Label']['default']}\n\n{lines}"
    return f"{text}\n"


def _describe(name: str, parameter: dict[str, Any]) -> tuple[str, str, str]:
    default = parameter.get("Default")
    about = " ".join(parameter["Description"].split())
    allowed = parameter.get("AllowedValues", ())
    # The codes of all countries are no help.
    if 0 < len(allowed) <= MAX_LISTED:
        about += f" One of {', '.join(f'`{value}`' for value in allowed)}."
    if "MinValue" in parameter and "MaxValue" in parameter:
        about += f" From {parameter['MinValue']} to {parameter['MaxValue']}."
    shown = "required" if default is None else f"`{default}`" if default != "" else "empty"
    return f"`{name}`", shown, about.replace("|", "\\|")


def filled(page: str) -> str:
    """`page` with its tables written again."""
    return generated_blocks.fill(page, {"parameters": tables})


if __name__ == "__main__":
    PATH.write_text(filled(PATH.read_text(encoding="utf-8")), encoding="utf-8")
