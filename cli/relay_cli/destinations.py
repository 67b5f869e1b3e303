"""The destinations of a stack: event source and id of each place at TikTok that the template names."""

from relay.destination import EVENT_SOURCES
from relay_cli.stacks import Stack
from relay_cli.tiktok_api import URL


def of_stack(stack: Stack) -> list[tuple[str, str]]:
    """Event source and id of each, the pixel first."""
    found = [("web", stack.parameters.get("PixelId", ""))]
    for entry in stack.parameters.get("Destinations", "").split(","):
        source, _, source_id = map(str.strip, entry.partition(":"))
        if source in EVENT_SOURCES and source_id:
            found.append((source, source_id))
    return [(source, source_id) for source, source_id in dict.fromkeys(found) if source_id]


def tiktok_url(stack: Stack) -> str:
    """The address of TikTok's API for this stack: the simulator's for a local one."""
    return stack.parameters.get("TikTokApiUrl") or URL
