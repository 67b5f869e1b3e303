"""The child of `benchmarks.artefacts.run_warm`: it holds the built ingest function, and nothing of this
package.

In: requests, messages and the number of rounds, as JSON. Out: CPU seconds of each round.
"""

import gc
import json
import os
import random
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import replace
from http import HTTPStatus
from typing import Final

import boto3

import ingest.handler
from ingest.dependencies import Dependencies, get_dependencies

ORDER_SEED: Final[int] = 1
"""Each round and each run takes the same orders."""


def measure(cases: Mapping[str, Callable[[int], None]], entries: int) -> dict[str, float]:
    """CPU seconds of each case over all entries; the cases take turns at each entry, in a random order.

    So each meets the processor's caches as any other left them. In a fixed order the floor would run after
    a request each time, with the SDK's code for SQS in the caches, and the request after a call of DynamoDB.
    """
    order = random.Random(ORDER_SEED)  # noqa: S311 - no secret
    turns = list(cases.items())
    taken = dict.fromkeys(cases, 0.0)
    for index in range(entries):
        order.shuffle(turns)
        for name, work in turns:
            started = time.process_time()
            work(index)
            taken[name] += time.process_time() - started
    return taken


def main() -> None:
    """Measure, after one round to warm up."""
    given = json.load(sys.stdin)
    with_visits = get_dependencies()
    without_visits = replace(with_visits, visits=None)
    without_queue = replace(without_visits, put=lambda _bodies: [])
    url = with_visits.settings.queue_url
    # As anyone makes it: this is the floor.
    client = boto3.client("sqs")

    def request(dependencies: Dependencies) -> Callable[[int], None]:
        def run(index: int) -> None:
            setattr(ingest.handler, "get_dependencies", lambda: dependencies)  # noqa: B010 - imported by name
            answer = ingest.handler.lambda_handler(given["requests"][index], None)  # type: ignore[arg-type]
            if answer["statusCode"] != HTTPStatus.ACCEPTED:
                raise ValueError(f"the benchmark's request was not accepted: {answer}")

        return run

    def send(index: int) -> None:
        client.send_message_batch(
            QueueUrl=url, Entries=[{"Id": "0", "MessageBody": given["messages"][index]}]
        )

    cases = {
        "request": request(without_visits),
        "send": send,
        "without_queue": request(without_queue),
        "visits": request(with_visits),
    }
    entries = len(given["requests"])
    gc.collect()
    gc.freeze()
    rounds = []
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):  # noqa: PTH123 - log lines and metrics
        for _ in range(given["rounds"] + 1):
            # The floor in a loop of its own as well, where it has the caches to itself, as in no function.
            alone = measure({"alone": send}, entries)
            rounds.append(measure(cases, entries) | alone)
    print(json.dumps({name: [taken[name] for taken in rounds[1:]] for name in rounds[0]}))


if __name__ == "__main__":
    main()
