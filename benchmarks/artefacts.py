"""The built artefacts in Lambda's own runtime client: cold start, warm requests, memory, size.

They run on the Python that the template names where this machine has one (`tools.lambda_runtime`), else on
the benchmarks' own. AWS and TikTok are servers on loopback in the benchmark's process, whose CPU time is not
counted.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks import samples
from benchmarks.figures import MICROSECONDS, Figures
from benchmarks.intake import intake, requests
from local.simulator import Simulator
from tests.aws import built
from tests.faults.servers import Server
from tools.browser_scripts import largest_size

ROOT: Final[Path] = Path(__file__).resolve().parents[1]
COLD_ROUNDS: Final[int] = 15
REQUESTS: Final[int] = 200
WARM_ROUNDS: Final[int] = 9
MEMORY_ROUNDS: Final[int] = 3
MEMORY_EVENTS: Final[int] = 100_000
RECORDS: Final[int] = 5_000
"""Records of dispatch's memory figure: some 4 MB, of the 6 MB that Lambda hands over at most."""
MILLISECONDS: Final[float] = 1e3
MEGABYTE: Final[int] = 1_048_576
TOKEN: Final[str] = "token-of-the-benchmark"  # noqa: S105 - made up

BARE: Final[Mapping[str, str]] = {
    "nothing": "def handler(event, context):\n    return {}\n",
    "client": """
import boto3
client = boto3.client("sqs")
def handler(event, context):
    return {}
""",
    "send": """
import boto3
client = boto3.client("sqs")
def handler(event, context):
    entry = {"Id": "0", "MessageBody": event["body"]}
    return client.send_message_batch(QueueUrl=event["url"], Entries=[entry])
""",
}
"""Handlers of the floors: the runtime alone, with boto3's SQS client, and with one call of it."""


@dataclass(frozen=True, slots=True)
class Artefacts:
    """The built artefacts, a folder for logs, and the servers that they talk to."""

    built: Path
    logs: Path
    aws: Server
    tiktok: Simulator

    def run_bare(self, name: str) -> Any:
        """A floor's handler, running until the block ends."""
        folder = self.built / name
        folder.mkdir(exist_ok=True)
        (folder / "bare.py").write_text(BARE[name], encoding="utf-8")
        return built.running_handler("bare.handler", [folder], self.logs, self.aws)

    def run_function(self, function: str) -> Any:
        """A function of the stack, running until the block ends."""
        more = {"TIKTOK_API_URL": self.tiktok.url} if function == "DispatchFunction" else {}
        return built.running(function, self.built, self.logs, self.aws, PIXEL_ID=samples.PIXEL, **more)


@contextmanager
def prepare() -> Iterator[Artefacts]:
    """Build everything for this machine, and start the servers."""
    account = built.Aws()
    account.secrets["IngestSecret.Id"] = json.dumps({"server_key": samples.SERVER_KEY})
    account.secrets["TikTokSecret.Id"] = json.dumps(dict.fromkeys(samples.PIXELS, TOKEN))
    server = Server(account.answer)
    with tempfile.TemporaryDirectory() as folder, Simulator(tokens={TOKEN: samples.PIXELS}) as tiktok:
        logs = Path(folder) / "logs"
        logs.mkdir()
        yield Artefacts(built.build(Path(folder) / "built"), logs, server, tiktok)
    server.close()


def run_cold(artefacts: Artefacts, figures: Figures) -> None:
    """CPU time from the start of a process to its first response, in turns."""
    (clean,), (coerced,) = samples.purchases(1), samples.purchases_to_coerce(1)
    queue = "https://sqs.eu-central-1.amazonaws.com/1/EventQueue"
    message = {"url": queue, "body": intake(*requests([clean]))}
    records = {"Records": samples.sqs_records(1)}
    cases: dict[str, tuple[str, Any]] = {
        "nothing": ("nothing", {}),
        "client": ("client", {}),
        "send": ("send", message),
        "ingest": ("IngestFunction", samples.http_event(clean)),
        "coerced": ("IngestFunction", samples.http_event(coerced)),
        "dispatch": ("DispatchFunction", records),
    }
    init: dict[str, list[float]] = {name: [] for name in cases}
    total: dict[str, list[float]] = {name: [] for name in cases}
    for number in range(COLD_ROUNDS + 1):
        for name, (target, event) in cases.items():
            start = artefacts.run_bare if target in BARE else artefacts.run_function
            with start(target) as function:
                function.initialise()
                at_init = function.cpu_seconds()
                function.invoke(event)
                # The first round leaves bytecode of boto3, and warms the file system's cache.
                if number:
                    init[name].append(at_init)
                    total[name].append(function.cpu_seconds())
    titles = {
        "nothing": "floor: the runtime client alone",
        "client": 'floor: boto3.client("sqs")',
        "send": "floor: the same, and one SendMessageBatch",
        "ingest": "ingest, a Purchase",
        "coerced": "ingest, one field to coerce",
        "dispatch": "dispatch, one record",
    }
    for name, title in titles.items():
        figures.add(f"cold.{name}.init", f"{title}: INIT", "ms", [run * MILLISECONDS for run in init[name]])
        figures.add(
            f"cold.{name}",
            f"{title}: INIT and first event",
            "ms",
            [run * MILLISECONDS for run in total[name]],
        )

    def above_runtime(name: str) -> list[float]:
        return [run - least for run, least in zip(total[name], total["nothing"], strict=True)]

    for name in ("ingest", "coerced", "dispatch"):
        figures.add_ratio(
            f"cold.{name}.ratio",
            f'{titles[name]}, times boto3.client("sqs"), both without the runtime client',
            above_runtime(name),
            above_runtime("client"),
        )


def run_warm(artefacts: Artefacts, figures: Figures) -> None:
    """CPU time of a whole request of one event, and of boto3's SendMessageBatch for the same message."""
    bodies = samples.purchases(REQUESTS)
    given = {
        "requests": [samples.http_event(body) for body in bodies],
        "messages": [intake(sent) for sent in requests(bodies)],
        "rounds": WARM_ROUNDS,
    }
    paths = [artefacts.built / "IngestFunction", artefacts.built / "RelayLayer/python"]
    done = subprocess.run(
        [built.PYTHON, str(Path(__file__).with_name("warm_request.py"))],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=True,
        env=built.lambda_variables(paths, artefacts.aws)
        | built.environment("IngestFunction", PIXEL_ID=samples.PIXEL),
    )
    seconds = json.loads(done.stdout)

    def add(name: str, case: str, title: str) -> None:
        figures.add(name, title, "µs", [run / REQUESTS * MICROSECONDS for run in seconds[case]])

    add("request.floor", "send", "floor: boto3's SendMessageBatch")
    add("request.alone", "alone", "floor: the same in a loop of nothing else")
    add("request.relay", "request", "relay: a whole request of one event")
    add("request.visits", "visits", "relay: the same, with visits kept")
    add("request.without_queue", "without_queue", "relay: the same without SendMessageBatch")
    figures.add_ratio(
        "request.ratio", "a whole request, times SendMessageBatch", seconds["request"], seconds["send"]
    )


def run_memory(artefacts: Artefacts, figures: Figures) -> None:
    """Peak memory of the functions, and its growth over many events."""
    event = samples.http_event(samples.purchases(1)[0])
    thousand = {"events": [samples.purchase(number) for number in range(1000)]}
    many = samples.http_event(json.dumps(thousand).encode())
    peaks: dict[str, list[float]] = {"first": [], "thousand": [], "dispatch": [], "client": []}
    for _ in range(MEMORY_ROUNDS):
        with artefacts.run_bare("client") as function:
            function.invoke({})
            peaks["client"].append(function.peak_megabytes())
        with artefacts.run_function("IngestFunction") as function:
            function.invoke(event)
            peaks["first"].append(function.peak_megabytes())
            function.invoke(many)
            peaks["thousand"].append(function.peak_megabytes())
        with artefacts.run_function("DispatchFunction") as function:
            function.invoke({"Records": samples.sqs_records(RECORDS)})
            peaks["dispatch"].append(function.peak_megabytes())
    figures.add("memory.floor", 'floor: boto3.client("sqs"), peak', "MB", peaks["client"])
    figures.add("memory.ingest", "ingest after its first event, peak", "MB", peaks["first"])
    figures.add("memory.thousand", "ingest after 1,000 events in one request, peak", "MB", peaks["thousand"])
    figures.add("memory.dispatch", f"dispatch after {RECORDS:,} records, peak", "MB", peaks["dispatch"])
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.memory", str(MEMORY_EVENTS)],
        capture_output=True,
        text=True,
        check=True,
    )
    figures.add(
        "memory.growth",
        f"growth of the peak over {MEMORY_EVENTS:,} different events",
        "MB",
        [int(done.stdout) / 1024],
    )


def run_size(artefacts: Artefacts, figures: Figures) -> None:
    """Bytes of what is shipped."""
    for name, resource in (
        ("layer", "RelayLayer"),
        ("ingest", "IngestFunction"),
        ("dispatch", "DispatchFunction"),
    ):
        size = sum(path.stat().st_size for path in (artefacts.built / resource).rglob("*") if path.is_file())
        figures.add(f"size.{name}", f"{resource}, unzipped", "MB", [size / MEGABYTE])
    tag = (artefacts.built / "IngestFunction/ingest/tag.js").read_text(encoding="utf-8")
    figures.add("size.tag", "tag.js, gzipped", "bytes", [largest_size(tag)])
