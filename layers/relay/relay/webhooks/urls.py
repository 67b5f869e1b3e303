"""URLs of pages, from what a shop keeps of a visit."""

from urllib.parse import urlsplit

_SCHEMES = ("https://", "http://")


def resolve_landing_page(url: str, *bases: str) -> str:
    """Return the URL of a visit's first page; where that is unknown or no URL, the shop's front page."""
    return resolve_url(url, *bases) or resolve_url("/", *bases)


def resolve_url(url: str, *bases: str) -> str:
    """Return an absolute URL: `url` itself, or its path on the first of `bases` that has a host; else "".

    Only scheme and host of a base are used: links in orders have keys in their paths and queries.
    """
    if get_origin(url):
        return url
    if not url.startswith("/") or url.startswith("//"):
        return ""
    return next((site + url for site in map(get_origin, bases) if site), "")


def get_origin(url: str) -> str:
    """Return scheme and host of an absolute URL; "" for any other text."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}" if url.startswith(_SCHEMES) and parts.netloc else ""


def is_on_domain(url: str, domain: str) -> bool:
    """Whether the host of an absolute URL is `domain` or below it."""
    try:
        host = (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return False
    return host == domain or host.endswith(f".{domain}")


def strip_query(url: str) -> str:
    """Return an absolute URL without query and fragment; "" for any other text."""
    return url.partition("#")[0].partition("?")[0] if url.startswith(_SCHEMES) else ""
