"""How much the peak memory of a process grows while many different events are processed.

`python -m benchmarks.memory EVENTS` prints kilobytes. A process of its own: its peak is of this work alone.
"""

import gc
import json
import sys
from pathlib import Path

from benchmarks.intake import intake, requests
from benchmarks.samples import purchase


def peak_kilobytes() -> int:
    """The most memory that this process has held so far."""
    # Not getrusage: its peak is inherited from the process that started this one.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0])


def main(events: int) -> int:
    """Process a tenth of the events first, so that every cache is full."""
    for number in range(events // 10):
        intake(*requests([json.dumps(purchase(number)).encode()]))
    gc.collect()
    before = peak_kilobytes()
    for number in range(events):
        intake(*requests([json.dumps(purchase(number)).encode()]))
    return peak_kilobytes() - before


if __name__ == "__main__":
    print(main(int(sys.argv[1])))
