"""`relay doctor`: is the stack set up so that its events arrive?"""

from typing import Any

import click

from relay_cli import doctor, output
from relay_cli.errors import FAILED, OK
from relay_cli.options import command as declare
from relay_cli.options import json_option, option, stack_options
from relay_cli.stacks import Target
from relay_cli.times import AGE, now


@declare("doctor")
@option("--only", type=click.Choice(list(doctor.CHECKS)), multiple=True, help="Only these checks.")
@option(
    "--since", type=AGE, default="24h", show_default=True, help="How far back to read the logs: 90m, 12h, 8d."
)
@option("--test-code", help="Try each token with one test event under this code of Test Events.")
@option("--url", help="Address of the API where the stack's own is closed: a domain of yours.")
@stack_options
@json_option
def command(
    *,
    only: tuple[str, ...],
    since: float,
    test_code: str | None,
    url: str | None,
    target: Target,
    as_json: bool,
) -> int:
    """Find what keeps events from arriving: each finding says what, why and what to do.

    Nothing is changed. Exits with 1 if there is an error or a warning, or if no check could ask.
    """
    stack = target.open()
    # Without credentials, or where there is no such stack, no check can ask: one error says so.
    _ = stack.description
    findings = doctor.examine(doctor.Patient(stack, now() - since, test_code, url), only)
    number = len(only or doctor.CHECKS)
    not_checked = sum(finding.code == "not_checked" for finding in findings)
    failed = any(finding.severity != "info" for finding in findings) or not_checked == number
    if as_json:
        result: dict[str, Any] = {"ok": not failed, "stack": stack.where}
        output.data(result | {"findings": [finding.as_json() for finding in findings]})
        return FAILED if failed else OK
    for finding in findings:
        output.line(f"{finding.severity:<8} {finding.code}: {finding.what}")
        output.line(f"         why: {finding.why}")
        output.line(f"         do:  {finding.fix}")
    found = output.count(len(findings), "finding") if findings else "no findings"
    if not_checked:
        found += f", {not_checked} of them not checked"
    output.line(f"{output.count(number, 'check')} of {stack.where}: {found}")
    return FAILED if failed else OK
