"""Cold start: the imports of a function and its first event, from the built artefact, beside the SDK's own
start.

The floor is what no function that calls AWS can leave out: `import boto3; boto3.client("sqs")`. A function is
measured as Lambda starts it: its handler imported from the artefact with bytecode, the same client made, and
one event processed without the network; at ingest a clean one, and one with a field to coerce.

Run by `make bench`. Exits with 1 where a budget is missed.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

ROOT: Final[Path] = Path(__file__).resolve().parents[1]
RUNS: Final[int] = 15
BUDGETS: Final[dict[str, float]] = {"ingest": 1.75, "ingest, a field to coerce": 1.75, "dispatch": 1.6}
"""Times the floor's time, at the most."""

LAYER_BUDGET_MB: Final[float] = 40.0

CLIENT: Final[str] = "import boto3; boto3.client('sqs', region_name='us-east-1')"

_PURCHASE: Final[dict[str, object]] = {
    "event": "Purchase",
    "event_id": "order-1",
    "url": "https://shop.example/thanks",
    "value": 24.0,
    "currency": "EUR",
    "content_type": "product",
    "contents": [{"content_id": "SKU-1", "price": 12.0, "quantity": 2}],
    "email": "ada@example.com",
    "phone": "+12133734253",
}


def first_event(**changes: object) -> str:
    """Statements of ingest: from the bytes of an event to its item."""
    body = json.dumps({**_PURCHASE, **changes}).encode()
    return f"""
import ingest.handler
from relay.event import body, pipeline
from relay.event.routing import Routes
context = pipeline.RequestContext(time.time())
options = pipeline.PipelineOptions(Routes({{"web": ("P",)}}))
assert pipeline.process_event(body.parse_json({body!r}, 9999), context, options).item
"""


FIRST_MESSAGE: Final[str] = """
import dispatch.handler
from relay.destination import Destination
from relay.message import Message, decode
message = Message(Destination("web", "P"), 1795000000.0, "server", "trace", '{"event":"Purchase"}')
assert decode(message.encode()) == message
"""


def build(folder: Path) -> dict[str, Path]:
    """Builds the artefacts for this machine; gives each one's folder."""
    made = {}
    for resource in ("RelayLayer", "IngestFunction", "DispatchFunction"):
        made[resource] = folder / resource
        made[resource].mkdir()
        subprocess.run(
            [sys.executable, str(ROOT / "tools/build_artifact.py"), resource, str(made[resource])],
            check=True,
            cwd=ROOT,
            env={**os.environ, "RELAY_BUILD_TARGET": "host"},
            stdout=subprocess.DEVNULL,
        )
    return made


def seconds(statements: str, path: list[Path]) -> float:
    """Seconds of CPU that a fresh interpreter takes for `statements`, its own start not counted.

    Start-up is nothing but work of one core, and its CPU time is the same whatever else the machine does.
    """
    script = f"import time\nt = time.process_time()\n{statements}\nprint(time.process_time() - t)"
    done = subprocess.run(
        [sys.executable, "-c", script],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": os.pathsep.join(map(str, path)), "PYDANTIC_DISABLE_PLUGINS": "__all__"},
    )
    return float(done.stdout)


def megabytes(folder: Path) -> float:
    """What a folder's files take, unzipped."""
    return sum(entry.stat().st_size for entry in folder.rglob("*") if entry.is_file()) / 1_048_576


def main() -> int:
    """Prints the figures; gives the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print figures for a script")
    chosen = parser.parse_args()
    console = Console(stderr=chosen.json)
    with tempfile.TemporaryDirectory() as folder:
        made = build(Path(folder))
        layer = made["RelayLayer"] / "python"
        starts = {
            "ingest": (f"{CLIENT}\n{first_event()}", [made["IngestFunction"], layer]),
            "ingest, a field to coerce": (
                f"{CLIENT}\n{first_event(value='24.0')}",
                [made["IngestFunction"], layer],
            ),
            "dispatch": (f"{CLIENT}\n{FIRST_MESSAGE}", [made["DispatchFunction"], layer]),
        }
        rounds = [
            {"floor": seconds(CLIENT, [layer])} | {name: seconds(*start) for name, start in starts.items()}
            for _ in range(RUNS)
        ]
        size = megabytes(made["RelayLayer"])
    ratios = {name: statistics.median(entry[name] / entry["floor"] for entry in rounds) for name in starts}
    medians = {name: statistics.median(entry[name] for entry in rounds) for name in ("floor", *starts)}
    missed = [name for name in starts if ratios[name] > BUDGETS[name]] + (
        ["layer"] if size > LAYER_BUDGET_MB else []
    )
    if chosen.json:
        print(json.dumps({"seconds": medians, "times_the_floor": ratios, "layer_mb": size, "missed": missed}))
        return 1 if missed else 0
    table = Table(title=f"Cold start, {RUNS} runs in turn, medians")
    for heading in ("what", "ms", "times the floor", "budget"):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    table.add_row("floor: boto3 and an SQS client", f"{medians['floor'] * 1000:.0f}", "1.00", "")
    for name in starts:
        table.add_row(name, f"{medians[name] * 1000:.0f}", f"{ratios[name]:.2f}", f"{BUDGETS[name]:.2f}")
    console.print(table)
    console.print(f"the layer takes {size:.1f} MB unzipped (budget {LAYER_BUDGET_MB:.0f})")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
