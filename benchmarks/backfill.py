"""Backfill end to end: `relay backfill` of an export, over HTTP, through ingest, to queue messages.

Time on the clock, with the command in one process and ingest in another one's thread (this one); the queue
takes everything at once.
"""

import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Final

import ingest.handler
from benchmarks import samples
from benchmarks.figures import Figures, NotDoneError
from benchmarks.intake import OPTIONS
from ingest.dependencies import Dependencies
from ingest.rate_limits import RateLimits
from relay.aws.secrets import Secret
from relay.settings import IngestSettings
from tests.faults.servers import Reply, Server

ROWS: Final[int] = 20_000
ROUNDS: Final[int] = 3
COLUMNS: Final[str] = (
    "order_id,order_date,paid_date,status,order_total,order_currency,customer_email,line_item_1"
)


def write_orders(path: Path) -> None:
    """An export of WooCommerce orders (Order Import Export Suite)."""
    at = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() - 3600))
    with path.open("w", encoding="utf-8") as opened:
        opened.write(f"{COLUMNS}\n")
        for number in range(ROWS):
            item = f"name:Mug|product_id:93|sku:M{number % 50}|quantity:1|total:12.00"
            opened.write(f"{number},{at},{at},completed,12.00,EUR,c{number}@example.com,{item}\n")


def run(figures: Figures) -> None:
    """Measure, and add the figures."""
    queued: list[str] = []

    def put(bodies: Sequence[str]) -> list[int]:
        queued.extend(bodies)
        return []

    variables = {"QUEUE_URL": "queue", "INGEST_SECRET_ARN": "secret", "PIXEL_ID": samples.PIXEL}
    dependencies = Dependencies(
        IngestSettings.from_environment(variables),
        OPTIONS,
        Secret(lambda: json.dumps({"server_key": samples.SERVER_KEY}), time.monotonic),
        put,
        None,
        RateLimits(time.monotonic),
    )
    setattr(ingest.handler, "get_dependencies", lambda: dependencies)  # noqa: B010 - imported by name

    def answer(_method: str, _path: str, _headers: dict[str, str], body: bytes) -> Reply:
        response = ingest.handler.lambda_handler(samples.http_event(body), None)  # type: ignore[arg-type]
        return response["statusCode"], response["body"].encode(), {"Content-Type": "application/json"}

    server = Server(answer)
    rates = []
    # Log lines are of no interest here; the server's thread writes them to the same stream.
    with redirect_stdout(io.StringIO()):
        for _ in range(ROUNDS):
            queued.clear()
            rates.append(ROWS / _backfill(f"http://{server.address}"))
            if len(queued) != ROWS:
                raise NotDoneError(f"{len(queued)} of {ROWS} orders arrived")
    server.close()
    figures.add("backfill.rate", f"orders a second, of an export of {ROWS:,}", "/s", rates)


def _backfill(url: str) -> float:
    """Seconds on the clock of one backfill."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "orders.csv"
        write_orders(file)
        words = ["backfill", str(file), "--url", url, "--yes", "--json", "--rate", "1000000"]
        started = time.monotonic()
        subprocess.run(
            [sys.executable, "-m", "relay_cli", *words],
            check=True,
            capture_output=True,
            env={**os.environ, "RELAY_SERVER_KEY": samples.SERVER_KEY},
        )
        return time.monotonic() - started
