"""`relay resume`: go on with delivery to TikTok."""

from relay_cli import event_sources
from relay_cli.commands.pause import report
from relay_cli.options import command as declare
from relay_cli.options import json_option, stack_options
from relay_cli.stacks import Target


@declare("resume")
@stack_options
@json_option
def command(*, target: Target, as_json: bool) -> int:
    """Go on with delivery to TikTok after `relay pause`."""
    return report(event_sources.switch(target.open(), enabled=True), as_json=as_json)
