"""Where a running stack is found: what `make up` writes into `stack.json`, and where things are kept."""

import dataclasses
import json
import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / ".local"  # tools and builds, shared by every stack
TOOLS = KEPT / "tools"


@dataclass(frozen=True)
class StackInfo:
    """A running stack's addresses, key and secrets, under the names of `stack.json`: a stable interface."""

    api_url: str
    server_key: str
    endpoint_url: str
    region: str
    queue_url: str
    dead_letter_queue_url: str
    simulator_url: str
    webhook_secrets: dict[str, str]
    shop_url: str
    public_write_key: str
    tiktok_token: str
    console_url: str = ""


@dataclass(frozen=True)
class Home:
    """The folder of one stack: what it wrote about itself, its processes, logs and state."""

    path: Path

    @property
    def stack_file(self) -> Path:
        return self.path / "stack.json"

    @property
    def lock_file(self) -> Path:
        return self.path / "stack.lock"

    @property
    def processes(self) -> Path:
        return self.path / "processes"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def state(self) -> Path:
        """Everything that the emulator and the tools write while they run; removed when the stack stops."""
        return self.path / "state"

    def write(self, info: StackInfo) -> None:
        """Write `stack.json`, for the owner's eyes only, since the server key and the secrets are in it."""
        text = json.dumps(dataclasses.asdict(info), indent=2) + "\n"
        unfinished = self.stack_file.with_suffix(".part")
        unfinished.unlink(missing_ok=True)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        unfinished.replace(self.stack_file)

    def read(self) -> StackInfo | None:
        """Read `stack.json`; None when there is none, or one that this version did not write."""
        try:
            return StackInfo(**json.loads(self.stack_file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
