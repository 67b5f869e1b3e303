"""Pages: the address that an event happened on, pieced together from what a shop keeps of a visit."""

from urllib.parse import urlsplit

_WEB = ("https://", "http://")


def resolve(address: str, *bases: str) -> str:
    """An absolute address: the given one, or its path on the first of `bases` that has a host; "" for none.

    Of a base only scheme and host are taken: links in orders hold keys in their paths and queries.
    """
    if address.startswith(_WEB):
        return address
    if not address.startswith("/") or address.startswith("//"):
        return ""
    return next((site + address for site in map(origin, bases) if site), "")


def origin(address: str) -> str:
    """Scheme and host of an absolute address; "" where it is none."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}" if address.startswith(_WEB) and parts.netloc else ""


def without_query(address: str) -> str:
    """An absolute address without query and fragment; "" where it is none."""
    return address.partition("#")[0].partition("?")[0] if address.startswith(_WEB) else ""
