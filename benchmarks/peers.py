"""Peers that need node: the same Purchases through Segment's TikTok Conversions action, beside the relay.

The versions are those of tests/clients/package-lock.json. `make bench-peers` installs them.
"""

import gc
import json
import shutil
import signal
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from benchmarks import samples
from benchmarks.figures import MICROSECONDS, Figures, NotDoneError, cpu_seconds
from benchmarks.intake import HASHED, floor, for_all, intake

ROOT: Final[Path] = Path(__file__).resolve().parents[1]
MODULES: Final[Path] = ROOT / ".local/tools/clients/node_modules"
SCRIPT: Final[Path] = Path(__file__).with_name("segment.cjs")
EVENTS: Final[int] = 20_000
EVENTS_A_ROUND: Final[int] = 2_000
"""Few, so that all cases of a round meet the same machine: its other guests change within seconds."""
ROUNDS: Final[int] = 30


def versions() -> dict[str, str]:
    """Versions of node and of Segment's package; empty where they are not installed."""
    package = MODULES / "@segment/action-destinations/package.json"
    if not package.exists():
        return {}
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    return {"node": node, "@segment/action-destinations": json.loads(package.read_text())["version"]}


def segment_event(purchase: dict[str, Any]) -> dict[str, Any]:
    """A Purchase as Segment's own track event "Order Completed", for the mapping of its preset."""
    return {
        "type": "track",
        "event": "Order Completed",
        "messageId": purchase["event_id"],
        "timestamp": datetime.fromtimestamp(purchase["event_time"], UTC).isoformat(),
        "userId": purchase["external_id"],
        "context": {
            "page": {"url": purchase["url"]},
            "traits": {
                "email": purchase["email"],
                "phone": purchase["phone"],
                "first_name": purchase["first_name"],
                "last_name": purchase["last_name"],
                "address": {"postal_code": purchase["zip_code"]},
            },
        },
        "properties": {
            "ttclid": purchase["ttclid"],
            "value": purchase["value"],
            "currency": purchase["currency"],
            "num_items": purchase["num_items"],
            "order_id": purchase["order_id"],
            "products": [
                {
                    "product_id": content["content_id"],
                    "name": content["content_name"],
                    "price": content["price"],
                    "quantity": content["quantity"],
                }
                for content in purchase["contents"]
            ],
        },
    }


def run(figures: Figures) -> None:
    """Measure in turns, and add the figures. Raises NotDoneError where Segment makes other digests."""
    node = shutil.which("node")
    if node is None or not versions():
        raise SystemExit("node and Segment's package are needed: make bench-peers")
    events = [samples.purchase(number) for number in range(EVENTS)]
    bodies = samples.purchases(EVENTS)
    gc.collect()
    gc.freeze()
    seconds: dict[str, list[float]] = {"relay": [], "floor": [], "action": [], "perform": []}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "events.jsonl"
        lines = (json.dumps(segment_event(event)) for event in events)
        file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        with subprocess.Popen(
            [node, str(SCRIPT), str(file)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"NODE_PATH": str(MODULES)},
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            _compare(json.loads(process.stdout.readline()), intake(bodies[0]))
            for number in range(ROUNDS + 1):
                first = number * EVENTS_A_ROUND % EVENTS
                part = bodies[first : first + EVENTS_A_ROUND]
                process.stdin.write(f"{first} {first + EVENTS_A_ROUND}\n")
                process.stdin.flush()
                found = json.loads(process.stdout.readline())
                # What node's collector and compiler still do takes the processor's caches from the others.
                process.send_signal(signal.SIGSTOP)
                found["relay"] = cpu_seconds(for_all(intake, part))
                found["floor"] = cpu_seconds(for_all(floor, part))
                process.send_signal(signal.SIGCONT)
                if number:
                    for name, taken in found.items():
                        seconds[name].append(taken)
            process.stdin.close()
    titles = {
        "relay": "relay: bytes of a request to the queue message",
        "floor": "floor: parse, 6 SHA-256, dump (Python)",
        "action": "Segment: the whole action",
        "perform": "Segment: the action's last step (perform)",
    }
    for name, title in titles.items():
        runs = [taken / EVENTS_A_ROUND * MICROSECONDS for taken in seconds[name]]
        figures.add(f"peers.{name}", title, "µs", runs)
    for case, name in (("action", "segment"), ("perform", "perform")):
        figures.add_ratio(
            f"peers.{name}.ratio", f"{titles[case]}, times the relay", seconds[case], seconds["relay"]
        )


def _compare(request: dict[str, Any], message: str) -> None:
    (theirs,) = request["data"]
    ours = json.loads(message.partition("\n")[2])
    for name in HASHED:
        digest = theirs["user"].get(name)
        digest = digest[0] if isinstance(digest, list) else digest
        if digest != ours["user"][name]:
            raise NotDoneError(f"Segment and the relay hash {name} differently: {theirs['user']}")
