"""The worst texts that a sender can write, beside harmless ones of the same length.

Each is repeated up to 64 KB, which is what a browser may send, and goes through the redaction of personal
data as a property and as the query of a URL. Redaction is linear, so what matters is the factor between the
worst text and a harmless one, and that it stays the same when the text is eight times as long.
"""

import time
from typing import Final

from benchmarks.figures import Figures
from relay.personal_data import redact_text

CHARACTERS: Final[int] = 65_536
TIMES: Final[int] = 8
ROUNDS: Final[int] = 3

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


def run(figures: Figures) -> None:
    """Measure, and add the figures of the worst text."""
    times, growths = {}, {}
    for name, unit in TEXTS.items():
        text = unit * (CHARACTERS // len(unit))
        times[name] = milliseconds(text)
        # Below a millisecond, a clock of this resolution says nothing.
        growths[name] = milliseconds(text * TIMES) / times[name] / TIMES if times[name] > 1 else 1.0
    worst = max(times, key=lambda name: times[name])
    figures.add(
        "worst.harmless", f"{CHARACTERS:,} characters of harmless words", "ms", [times["harmless words"]]
    )
    figures.add("worst.text", f"{CHARACTERS:,} characters of the worst text ({worst})", "ms", [times[worst]])
    figures.add(
        "worst.growth",
        f"time per character of a text {TIMES} times as long, at worst",
        "×",
        [max(growths.values())],
    )
