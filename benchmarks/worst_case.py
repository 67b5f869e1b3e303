"""The worst texts that a sender can write, beside harmless ones of the same length.

Each is repeated up to 64 KB, which is what a browser may send, and goes through the redaction of personal
data as a property and as the query of a URL. Redaction is linear, so what matters is the factor between the
worst text and a harmless one, and that it stays the same when the text is eight times as long.

Run by `make bench`. Exits with 1 where a budget is missed.
"""

import sys
import time
from typing import Final

from rich.console import Console
from rich.table import Table

from relay.personal_data import redact_text

CHARACTERS: Final[int] = 65_536
TIMES: Final[int] = 8
ROUNDS: Final[int] = 5
MAX_MILLISECONDS: Final[float] = 500.0
"""For 64 KB, on a core like the author's; a hostile one took 3,700 before redaction was linear."""
MAX_GROWTH: Final[float] = 2.0
"""Of the time per character, when a text is eight times as long."""

TEXTS: Final[dict[str, str]] = {
    "harmless words": "Trail shoe and a mug ",
    "nested phone numbers": "+16502",
    "nested e-mail addresses": "ada@b.",
    "both, nested": "+16502ada@b.",
    "e-mail addresses": "ada@example.com ",
    "phone numbers": "+16502530000 ",
    "escapes": "%",
    "escaped escapes": "%2525",
    "HTML escapes": "&#64;",
    "URLs": "https://a/?b=c&",
    "parameters": "?a=",
    "halves of web tokens": "-eyJ",
    "digits and dashes": "1-1-",
}


def milliseconds(text: str) -> float:
    """CPU time of one redaction, the best of some rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.process_time()
        redact_text(text)
        redact_text(f"https://shop.example/?{text}")
        best = min(best, time.process_time() - started)
    return best * 1000


def main() -> int:
    """Print the table; return the exit code."""
    table = Table(title=f"Redaction of {CHARACTERS:,} characters, as text and as a URL")
    for heading in ("text", "ms", f"per character, {TIMES} × as long"):
        table.add_column(heading, justify="left" if heading == "text" else "right")
    missed = False
    for name, unit in TEXTS.items():
        text = unit * (CHARACTERS // len(unit))
        once, long = milliseconds(text), milliseconds(text * TIMES)
        growth = long / once / TIMES
        # Below a millisecond, a clock of this resolution says nothing.
        missed = missed or once > MAX_MILLISECONDS or (once > 1 and growth > MAX_GROWTH)
        table.add_row(name, f"{once:.1f}", f"× {growth:.2f}")
    Console().print(table)
    print(f"budget: {MAX_MILLISECONDS:g} ms, × {MAX_GROWTH:g}: {'missed' if missed else 'kept'}")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
