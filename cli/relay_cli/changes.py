"""Changes to a body from the command line: `--set properties.value=12`, `--unset user.email`."""

import json
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

from relay_cli.errors import UsageError

_STEP: Final[re.Pattern[str]] = re.compile(r"([^.\[\]]+)|\[(\d{1,4})\]")


def apply(value: Any, assignments: Sequence[str], removals: Sequence[str]) -> Any:
    """The value with fields set and removed. Raises UsageError for a path that does not fit it.

    A path is names with dots and list places in brackets: `contents[0].price`. What follows `=` is JSON where
    it is JSON, else text.
    """
    for assignment in assignments:
        path, sign, text = assignment.partition("=")
        if not sign or not path:
            raise UsageError(f"--set {assignment}: expected is a path, = and a value, such as value=12.")
        _set(value, _steps(path, "--set"), _parsed(text), path)
    for path in removals:
        _remove(value, _steps(path, "--unset"))
    return value


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _steps(path: str, option: str) -> list[str | int]:
    steps: list[str | int] = []
    for part in path.split("."):
        found = list(_STEP.finditer(part))
        if not found or "".join(match[0] for match in found) != part:
            raise UsageError(
                f"{option} {path}: not a path. Write names with dots, such as contents[0].price."
            )
        steps += [match[1] or int(match[2]) for match in found]
    return steps


def _holds(value: Any, step: str | int) -> bool:
    """Whether a value has something at this place."""
    if isinstance(value, dict):
        return isinstance(step, str) and step in value
    return isinstance(value, list) and isinstance(step, int) and step < len(value)


def _set(value: Any, steps: list[str | int], new: Any, path: str) -> None:
    for step, following in pairwise(steps):
        if isinstance(value, dict) and isinstance(step, str):
            value = value.setdefault(step, [] if isinstance(following, int) else {})
        else:
            if isinstance(value, list) and step == len(value):
                value.append([] if isinstance(following, int) else {})
            if not _holds(value, step):
                raise UsageError(f"--set {path}: the body has no {step} there.")
            value = value[step]
    last = steps[-1]
    if _holds(value, last) or (isinstance(value, dict) and isinstance(last, str)):
        value[last] = new
    elif isinstance(value, list) and last == len(value):
        value.append(new)
    else:
        raise UsageError(f"--set {path}: the body has no {last} there.")


def _remove(value: Any, steps: list[str | int]) -> None:
    for step in steps[:-1]:
        if not _holds(value, step):
            return
        value = value[step]
    if _holds(value, steps[-1]):
        del value[steps[-1]]
