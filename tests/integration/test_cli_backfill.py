"""`relay backfill` of 200,000 rows, killed in the middle: nothing lost, nothing counted twice."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.support.http_server import Answer, serving

pytestmark = [pytest.mark.integration, pytest.mark.slow]

ROOT: Final[Path] = Path(__file__).parents[2]
ROWS: Final[int] = 200_000
MAX_MEGABYTES: Final[int] = 150
"""Python with click, the pipeline's models and a batch; 200,000 rows in memory would be some 400 MB."""


class Api:
    """The relay's API: counts how often each event came."""

    def __init__(self) -> None:
        self.received: Counter[str] = Counter()
        self.requests = 0

    def accept(self, body: bytes) -> bytes:
        events = json.loads(body)["events"]
        self.requests += 1
        self.received.update(event["event_id"] for event in events)
        accepted = [{"index": index, "event_id": event["event_id"]} for index, event in enumerate(events)]
        return json.dumps({"accepted": accepted, "rejected": []}).encode()


@pytest.fixture
def api() -> Iterator[tuple[str, Api]]:
    """It, over HTTP."""
    held = Api()
    with serving(lambda posted: Answer(202, held.accept(posted.body))) as url:
        yield url, held


def write_orders(path: Path) -> None:
    """An Order Import Export Suite's file."""
    at = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() - 3600))
    with path.open("w", encoding="utf-8") as opened:
        columns = "order_id,order_date,paid_date,status,order_total,order_currency,customer_email,line_item_1"
        opened.write(f"{columns}\n")
        for number in range(ROWS):
            item = f"name:Mug|product_id:93|sku:M{number % 50}|quantity:1|total:12.00"
            opened.write(f"{number},{at},{at},completed,12.00,EUR,c{number}@example.com,{item}\n")


SCRIPT: Final[str] = """
import pathlib, resource, sys
from relay_cli.main import main
code = main(sys.argv[1:])
if sys.platform == "linux":
    # Linux hands ru_maxrss on through exec: it would be that of the tests.
    kilobytes = int(pathlib.Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
else:
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(kilobytes, file=sys.stderr)
sys.exit(code)
"""


def start(file: Path, url: str) -> subprocess.Popen[str]:
    paths = os.pathsep.join(str(ROOT / part) for part in ("cli", "layers/relay"))
    words = ["backfill", str(file), "--url", url, "--yes", "--json", "--rate", "1000000"]
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": paths, "RELAY_SERVER_KEY": "a-made-up-server-key"},
    )


def test_200_000_rows_with_a_kill_in_the_middle(tmp_path: Path, api: tuple[str, Api]) -> None:
    url, relay = api
    file = tmp_path / "orders.csv"
    write_orders(file)
    first = start(file, url)
    while relay.requests < 150 and first.poll() is None:
        time.sleep(0.01)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    before = sum(relay.received.values())
    assert 0 < before < ROWS

    second = start(file, url)
    out, errors = second.communicate(timeout=900)
    assert second.returncode == 0, errors
    printed = json.loads(out)
    assert printed["resumed"] is True
    assert (printed["accepted"], printed["rejected"], printed["unusable"]) == (ROWS, 0, 0)
    assert len(relay.received) == ROWS
    twice = sum(relay.received.values()) - ROWS
    assert twice <= 500, "more than the batch that was under way went twice"
    assert int(errors.split()[-1]) / 1024 < MAX_MEGABYTES
    again = start(file, url)
    out, _ = again.communicate(timeout=900)
    assert (json.loads(out)["accepted"], sum(relay.received.values())) == (ROWS, ROWS + twice)
