"""Write the scripts that ingest serves to browsers from their sources in `web/`: `make scripts`.

In: `web/tag.js` and `web/adapters.js`. Out: the same, minified, beside ingest's handler, and their sizes
on standard output. A test fails while what is committed is not what this writes.
"""

import gzip
from collections.abc import Mapping
from pathlib import Path
from typing import Final

ROOT: Final[Path] = Path(__file__).resolve().parent.parent
SOURCES: Final[Path] = ROOT / "web"
SERVED: Final[Path] = ROOT / "functions/ingest/ingest"
NAMES: Final[tuple[str, ...]] = ("tag.js", "adapters.js")

STACK_VALUES: Final[Mapping[str, str]] = {
    "{{pixel}}": "D179S7RC77UA68QT5U1G",
    "{{prefix}}": "x" * 32,
    "{{visits}}": "off",
}
"""Placeholder of `tag.js` → the longest value that a stack can put in its place."""

# Syntax newer than the sources' own must not come in by minifying.
ECMASCRIPT: Final[int] = 2017


def minified(name: str) -> str:
    """The script of that name as it is served, but for the values of the stack."""
    import minify  # the environment of the benchmarks, which measure sizes, is without it

    minify.config({"js-version": ECMASCRIPT})
    text: str = minify.string("application/javascript", (SOURCES / name).read_text(encoding="utf-8"))
    return text + "\n"


def compressed_size(text: str) -> int:
    """Size of a script in bytes as it travels."""
    return len(gzip.compress(text.encode(), 9, mtime=0))


def largest_size(tag: str) -> int:
    """Size of the served `tag.js` as it travels, with the longest values that a stack can put in."""
    for name, value in STACK_VALUES.items():
        tag = tag.replace(name, value)
    return compressed_size(tag)


def main() -> None:
    """Write the scripts and print their sizes."""
    for name in NAMES:
        text = minified(name)
        (SERVED / name).write_text(text, encoding="utf-8")
        print(f"{name}: {len(text):,} bytes, {compressed_size(text):,} gzipped")


if __name__ == "__main__":
    main()
