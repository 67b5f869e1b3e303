"""Peers that need node: the same Purchases through what others made of them, beside the relay.

Segment's TikTok Conversions action comes from npm, in the version of tests/clients/package-lock.json;
`make bench-peers` installs it. RudderStack's transformer is in no registry: it takes part where
RUDDER_TRANSFORMER names a checkout of it with the packages that its TikTok destination loads, and tsx.
"""

import contextlib
import gc
import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from benchmarks import samples
from benchmarks.figures import MICROSECONDS, Figures, NotDoneError, cpu_seconds
from benchmarks.intake import HASHED, floor, for_all, intake, requests

ROOT: Final[Path] = Path(__file__).resolve().parents[1]
MODULES: Final[Path] = ROOT / ".local/tools/clients/node_modules"
EVENTS: Final[int] = 20_000
EVENTS_A_ROUND: Final[int] = 2_000
"""Few, so that all cases of a round meet the same machine: its other guests change within seconds."""
ROUNDS: Final[int] = 30
RATIOS: Final[dict[str, str]] = {"action": "segment", "perform": "perform", "transform": "rudderstack"}
"""Case of a peer → its name in the figure of its ratio."""


def versions() -> dict[str, str]:
    """Versions of node and of the peers' packages; empty where Segment's is not installed."""
    package = MODULES / "@segment/action-destinations/package.json"
    if not package.exists():
        return {}
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    found = {"node": node, "@segment/action-destinations": _version(package)}
    if checkout := _rudder_transformer():
        found["rudder-transformer"] = _version(checkout / "package.json")
    return found


def _version(package: Path) -> str:
    return str(json.loads(package.read_text(encoding="utf-8"))["version"])


def _rudder_transformer() -> Path | None:
    """The checkout that the environment names. Raises SystemExit where there is none."""
    named = os.environ.get("RUDDER_TRANSFORMER")
    if not named:
        return None
    checkout = Path(named).resolve()
    if not (checkout / "package.json").exists():
        raise SystemExit(
            f"RUDDER_TRANSFORMER is {named}, where there is no package.json; expected a checkout"
        )
    return checkout


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


def rudderstack_event(purchase: dict[str, Any]) -> dict[str, Any]:
    """A Purchase as RudderStack's own track event, for the mapping of its destination."""
    return {
        "type": "track",
        "event": "Purchase",
        "messageId": purchase["event_id"],
        "timestamp": datetime.fromtimestamp(purchase["event_time"], UTC).isoformat(),
        "traits": {"zipcode": purchase["zip_code"]},
        "context": {
            "page": {"url": purchase["url"]},
            "externalId": [{"type": "tiktokExternalId", "id": purchase["external_id"]}],
            "traits": {
                "email": purchase["email"],
                "phone": purchase["phone"],
                "firstName": purchase["first_name"],
                "lastName": purchase["last_name"],
            },
        },
        "properties": {
            name: purchase[name]
            for name in ("ttclid", "value", "currency", "order_id", "content_type", "contents")
        },
    }


@dataclass(frozen=True, slots=True)
class NodePeer:
    """A peer that runs in a node of its own: its script, the event that it is given of a Purchase, and the
    title of each of its cases."""

    script: str
    event: Callable[[dict[str, Any]], dict[str, Any]]
    titles: Mapping[str, str]
    arguments: Sequence[str] = ()


SEGMENT: Final = NodePeer(
    "segment.cjs",
    segment_event,
    {"action": "Segment: the whole action", "perform": "Segment: the action's last step (perform)"},
)


def _peers() -> list[NodePeer]:
    peers = [SEGMENT]
    if checkout := _rudder_transformer():
        titles = {"transform": "RudderStack: the router's transformation"}
        peers.append(NodePeer("rudderstack.cjs", rudderstack_event, titles, (str(checkout),)))
    return peers


class Running:
    """A peer's node between its rounds: stopped, since what its collector and compiler still do takes the
    processor's caches from the others."""

    def __init__(self, script: str, process: "subprocess.Popen[str]") -> None:
        self._script, self._process = script, process

    def first_request(self) -> dict[str, Any]:
        """The request that it makes of the first event, once it is ready."""
        request: dict[str, Any] = self._read()
        self._process.send_signal(signal.SIGSTOP)
        return request

    def round(self, first: int, end: int) -> dict[str, float]:
        """CPU seconds of each of its cases over these events."""
        assert self._process.stdin is not None
        self._process.send_signal(signal.SIGCONT)
        self._process.stdin.write(f"{first} {end}\n")
        self._process.stdin.flush()
        found: dict[str, float] = self._read()
        self._process.send_signal(signal.SIGSTOP)
        return found

    def _read(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise NotDoneError(f"{self._script} ended; what it wrote stands above")
        return json.loads(line)


@contextlib.contextmanager
def _start(peer: NodePeer, node: str, folder: Path, purchases: list[dict[str, Any]]) -> Iterator[Running]:
    file = folder / f"{peer.script}.jsonl"
    lines = (json.dumps(peer.event(purchase)) for purchase in purchases)
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    with subprocess.Popen(
        [node, str(Path(__file__).with_name(peer.script)), str(file), *peer.arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"NODE_PATH": str(MODULES), "LOG_LEVEL": "error"},
    ) as process:
        try:
            yield Running(peer.script, process)
        finally:
            process.kill()


def run(figures: Figures) -> None:
    """Measure in turns, and add the figures. Raises NotDoneError where a peer makes other digests."""
    node = shutil.which("node")
    if node is None or not versions():
        raise SystemExit("node and Segment's package are needed: make bench-peers")
    events = [samples.purchase(number) for number in range(EVENTS)]
    bodies = samples.purchases(EVENTS)
    sent = requests(bodies)
    gc.collect()
    gc.freeze()
    peers = _peers()
    titles = {
        "relay": "relay: bytes of a request to the queue message",
        "floor": "floor: parse, 6 SHA-256, dump (Python)",
    }
    for peer in peers:
        titles |= peer.titles
    seconds: dict[str, list[float]] = {name: [] for name in titles}
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        running = [stack.enter_context(_start(peer, node, Path(folder), events)) for peer in peers]
        for one in running:
            _compare(one.first_request(), intake(sent[0]))
        for number in range(ROUNDS + 1):
            first = number * EVENTS_A_ROUND % EVENTS
            part = slice(first, first + EVENTS_A_ROUND)
            found: dict[str, float] = {}
            for one in running:
                found |= one.round(first, first + EVENTS_A_ROUND)
            found["relay"] = cpu_seconds(for_all(intake, sent[part]))
            found["floor"] = cpu_seconds(for_all(floor, bodies[part]))
            if number:
                for name, taken in found.items():
                    seconds[name].append(taken)
    for name, title in titles.items():
        runs = [taken / EVENTS_A_ROUND * MICROSECONDS for taken in seconds[name]]
        figures.add(f"peers.{name}", title, "µs", runs)
    for case, name in RATIOS.items():
        if case in titles:
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
            raise NotDoneError(f"the peer and the relay hash {name} differently: {theirs['user']}")
