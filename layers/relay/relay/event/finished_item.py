"""The finished item: without personal data where TikTok forbids it, and within its limit of size.

Few events need either: what their fields hold was recognised as harmless when they were validated.
"""

from typing import Any, Final

from relay import personal_data
from relay.findings import MAX_FINDINGS, Findings, finding, safe_name
from relay.message import to_ascii

MAX_BYTES: Final[int] = personal_data.MAX_CHARACTERS
"""A fifth of an SQS message (1 MiB). An item of an order has a hundred bytes, and with a long Japanese name,
which JSON in ASCII writes with six bytes a character, eight hundred."""

_ITEM_TEXTS: Final[frozenset[str]] = frozenset({"content_name", "content_category", "brand"})
"""What an item of an order is called. Catalogue ads match its id."""


def redact(item: dict[str, Any], findings: Findings) -> None:
    """Redact an item in place. A field's name can be personal data itself."""
    try:
        redacted = personal_data.redact_item(item, findings.to_search)
    except personal_data.TooMuchTextError:
        if not _omit_item_texts(item):
            raise
        redacted = personal_data.redact_item(item, findings.to_search)
        _warn_of_omitted_texts("too much text", findings)
    for path, found in redacted:
        steps = [step if isinstance(step, int) else safe_name(step) for step in path]
        code = "credential" if found == personal_data.CREDENTIAL else "personal_data"
        findings.add(code, findings.path(str(steps[0]), *steps[1:]), found)


def shorten(item: dict[str, Any], text: str, findings: Findings) -> str:
    """Serialise an item whose `text` is too large without the texts of its items, and reject it if it still
    is. The id that was made of it stays."""
    actual = f"{len(text)} bytes"
    if _omit_item_texts(item):
        text = to_ascii(item)
    if len(text) > MAX_BYTES:
        findings.add("too_large", "", f"{len(text)} bytes", f"{MAX_BYTES} bytes")
    else:
        _warn_of_omitted_texts(actual, findings)
    return text


def _omit_item_texts(item: dict[str, Any]) -> bool:
    """Omit what the items of an order are called; return whether there was anything."""
    properties = item.get("properties", {})
    contents = properties.get("contents", [])
    kept = [
        {name: value for name, value in content.items() if name not in _ITEM_TEXTS} for content in contents
    ]
    if kept == contents:
        return False
    properties["contents"] = [content for content in kept if content]
    if not properties["contents"]:
        del properties["contents"]
    return True


def _warn_of_omitted_texts(actual: str, findings: Findings) -> None:
    """Add the first warning, so that it is listed however many there are."""
    field = findings.path("properties", "contents")
    warning = finding("item_texts_omitted", field, actual, f"{MAX_BYTES} bytes")
    findings.warnings[:] = [warning, *findings.warnings[: MAX_FINDINGS - 1]]
