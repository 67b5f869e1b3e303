"""`relay pause`: stop delivery to TikTok; events wait on the queues."""

from relay_cli import event_sources, output
from relay_cli.errors import OK
from relay_cli.options import command as declare
from relay_cli.options import json_option, stack_options
from relay_cli.stacks import Target


@declare("pause")
@stack_options
@json_option
def command(*, target: Target, as_json: bool) -> int:
    """Stop delivery to TikTok. Ingest goes on accepting events; they wait on the queues.

    SQS keeps them for 14 days: resume within 13.
    """
    return report(event_sources.switch(target.open(), enabled=False), as_json=as_json)


def report(sources: list[event_sources.EventSource], *, as_json: bool) -> int:
    """Print the state of each event source."""
    if as_json:
        output.data([source.as_json() for source in sources])
    else:
        output.lines(f"{source.name}: {source.state}" for source in sources)
    return OK
