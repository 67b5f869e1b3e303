"""The trace of an event: the files that it passes through, the moves between them, and the leaves."""

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

from relay.identity.emails import normalise_email
from tools.trace_event import Trace

ROOT = Path(__file__).resolve().parents[3]
MAX_FILES = 20
"""Of a flat Purchase in ingest: more than these, and nobody reads its way to the end."""

EMAILS, HASHING, CHARACTERS = (
    f"layers/relay/relay/{file}" for file in ("identity/emails.py", "identity/hashing.py", "characters.py")
)


def test_call_from_one_file_into_another_is_a_move() -> None:
    trace = Trace()
    sys.setprofile(trace.record)
    try:
        normalise_email("\u200bada@example.com")
    finally:
        sys.setprofile(None)
    assert list(trace.files)[:2] == [EMAILS, CHARACTERS]
    assert trace.moves[EMAILS, CHARACTERS] == 1
    assert EMAILS not in trace.leaves()


def test_leaf_calls_no_other_file() -> None:
    moves = Counter({("a", "b"): 2, ("b", "c"): 1, ("a", "d"): 1})
    trace = Trace({"a": 1, "b": 2, "c": 1, "d": 1}, moves)
    assert trace.leaves() == {"c", "d"}
    assert trace.summary() == "4 files, 2 of them leaves, 4 moves between them"


def test_purchase_passes_through_ingest_and_its_leaves_are_marked() -> None:
    paths = os.pathsep.join(str(ROOT / part) for part in (".", "layers/relay", "functions/ingest"))
    done = subprocess.run(
        [sys.executable, "-m", "tools.trace_event"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=True,
    )
    documented, to_normalise = (
        [line for line in table.splitlines() if ".py" in line] for table in done.stdout.split("The same,")
    )
    summaries = zip(("As documented", "To normalise"), done.stdout.splitlines()[-2:], strict=True)
    for rows, (title, summary) in zip((documented, to_normalise), summaries, strict=True):
        (handler,) = (row for row in rows if "ingest/handler.py" in row)
        (hashing,) = (row for row in rows if HASHING in row)
        assert "leaf" in hashing
        assert "leaf" not in handler
        leaves = sum("leaf" in row for row in rows)
        expected = rf"{title}: {len(rows)} files, {leaves} of them leaves, \d+ moves between them"
        assert re.fullmatch(expected, summary)
    assert len(documented) <= MAX_FILES
    # What only other forms need: nothing that is documented reaches it.
    others = ("event/coercion.py", "identity/phones.py", "identity/ip_addresses.py", "relay/personal_data/")
    assert not [row for row in documented if any(path in row for path in others)]
    assert all(any(path in row for row in to_normalise) for path in others[:3])
