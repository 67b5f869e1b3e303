"""The scripts for browsers: what ingest serves is what `web/` says, small, plain and on no block list."""

import re
from typing import Final

import pytest

from benchmarks import budgets
from tools import browser_scripts
from tools.browser_scripts import NAMES, SERVED, SOURCES, STACK_VALUES

MAX_TAG_BYTES: Final[float] = budgets.limit("size.tag")
"""Of the tag with its GA4 listener, as it travels."""

ALL: Final[tuple[str, ...]] = (*NAMES, "shopify-pixel.js")

# Families of names that EasyPrivacy, EasyList, uBlock Origin's and Brave's lists block, in paths of our own.
BLOCKED_NAMES: Final[re.Pattern[str]] = re.compile(
    r"gtag|gtm|beacon|collect|analytics|statistic|stats|telemetry|logger|track(?:er|ing)?[/.]|pixel[/.]|ads?[/.]"
)


def source(name: str) -> str:
    return (SOURCES / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_served_script_is_what_its_source_says(name: str) -> None:
    served = (SERVED / name).read_text(encoding="utf-8")
    assert served == browser_scripts.minified(name), "run `make scripts`"


def test_tag_is_small(capsys: pytest.CaptureFixture[str]) -> None:
    served = (SERVED / "tag.js").read_text(encoding="utf-8")
    assert [served.count(name) for name in STACK_VALUES] == [1] * len(STACK_VALUES)
    size = browser_scripts.largest_size(served)
    with capsys.disabled():
        print(f"\ntag.js: {size:,} of {MAX_TAG_BYTES:,} bytes, gzipped")  # noqa: T201 - the budget's figure
    assert size <= MAX_TAG_BYTES


@pytest.mark.parametrize("name", ALL)
def test_script_is_plain_ecmascript_2017(name: str) -> None:
    import esprima  # a second by itself: only where it is used

    esprima.parseScript(source(name))
    if name in NAMES:
        esprima.parseScript((SERVED / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ALL)
def test_script_needs_no_permission_that_a_strict_page_withholds(name: str) -> None:
    # Inline script, eval and script elements need CSP exceptions and trusted types; unload handlers cost the
    # back/forward cache.
    forbidden = (
        r"\beval\b|new Function|innerHTML|outerHTML|document\.write|createElement|\bunload\b|beforeunload"
    )
    assert re.findall(forbidden, source(name)) == []


@pytest.mark.parametrize("name", NAMES)
def test_tag_never_creates_the_pixel(name: str) -> None:
    assert re.findall(r"(?:win|window)\.ttq\s*=[^=]", source(name)) == []


def test_names_are_on_no_block_list_and_requests_have_no_query() -> None:
    paths = ["/" + name for name in NAMES]
    paths += ["/v1/" + path for text in map(source, ALL) for path in re.findall(r"post\('(\w+)'", text)]
    assert set(paths) == {"/tag.js", "/adapters.js", "/v1/events", "/v1/visits"}
    for path in paths:
        assert not BLOCKED_NAMES.search(path)
        assert "?" not in path
    for blocked in ("/gtag.js", "/beacon.js", "/api/collect", "/shopify/track.js", "/pixel/1"):
        assert BLOCKED_NAMES.search(blocked)
