"""Write the scripts that ingest serves to browsers from their sources in `web/`: `make scripts`.

In: `web/tag.js` and `web/adapters.js`. Out: the same, minified, beside ingest's handler, and their sizes
on standard output. A test fails while what is committed is not what this writes.
"""

import gzip
from pathlib import Path
from typing import Final

import minify

ROOT: Final[Path] = Path(__file__).resolve().parent.parent
SOURCES: Final[Path] = ROOT / "web"
SERVED: Final[Path] = ROOT / "functions/ingest/ingest"
NAMES: Final[tuple[str, ...]] = ("tag.js", "adapters.js")

# Syntax newer than the sources' own must not come in by minifying.
ECMASCRIPT: Final[int] = 2017


def minified(name: str) -> str:
    """The script of that name as it is served, but for the values of the stack."""
    minify.config({"js-version": ECMASCRIPT})
    text: str = minify.string("application/javascript", (SOURCES / name).read_text(encoding="utf-8"))
    return text + "\n"


def compressed_size(text: str) -> int:
    """Size of a script in bytes as it travels."""
    return len(gzip.compress(text.encode(), 9, mtime=0))


def main() -> None:
    """Write the scripts and print their sizes."""
    for name in NAMES:
        text = minified(name)
        (SERVED / name).write_text(text, encoding="utf-8")
        print(f"{name}: {len(text):,} bytes, {compressed_size(text):,} gzipped")


if __name__ == "__main__":
    main()
