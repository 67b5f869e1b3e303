"""Start processes that outlive us, find them again and stop them with everything that they spawned.

Each gets a session, and so a process group, of its own: Ctrl-C in the terminal does not reach it, and one
signal reaches it and all its children. A small file per process holds its id and its start, so that an id
that the system has given to another process meanwhile is never signalled.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

# How long a process may take to stop of its own accord. MiniStack gives open connections 3 s.
GRACE_SECONDS = 6.0
KILL_SECONDS = 5.0
POLL_SECONDS = 0.05
LOG_TAIL_LINES = 30

# What this very process started, by id: held so that it is reaped when it ends.
_children: dict[int, subprocess.Popen[bytes]] = {}


class ProcessError(Exception):
    """A process of the stack ended or failed when it should not have; the text holds the end of its log."""


def start(
    name: str, command: Sequence[str], *, env: Mapping[str, str], cwd: Path, folder: Path, log: Path
) -> None:
    """Start a process in a session of its own, its output going to `log`, and record it under `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    process = _spawn(command, env, cwd, log)
    record = {"pid": process.pid, "started": _started(process.pid)}
    (folder / f"{name}.json").write_text(json.dumps(record), encoding="utf-8")


def run(name: str, command: Sequence[str], *, env: Mapping[str, str], cwd: Path, log: Path) -> None:
    """Run a command to its end, output to `log`; stop it and its children when we are interrupted.

    Raises `ProcessError` when it fails.
    """
    process = _spawn(command, env, cwd, log)
    try:
        code = process.wait()
    except BaseException:
        _stop_group(process.pid)
        raise
    finally:
        _reap(process.pid)
    if code:
        raise ProcessError(f"{name} failed (exit code {code}). The end of {log}:\n{tail(log)}")


def recorded(folder: Path) -> list[str]:
    """Name the processes that were started and not stopped by us."""
    return sorted(pid_file.stem for pid_file in folder.glob("*.json"))


def alive(folder: Path) -> list[str]:
    """Name the recorded processes that still run."""
    return [name for name in recorded(folder) if _pid_of(folder / f"{name}.json") is not None]


def check(name: str, *, folder: Path, log: Path) -> None:
    """Raise `ProcessError` when a recorded process no longer runs."""
    if _pid_of(folder / f"{name}.json") is None:
        raise ProcessError(f"{name} stopped by itself. The end of {log}:\n{tail(log)}")


def stop_all(folder: Path) -> None:
    """Stop every recorded process with its children, and remove its record; also that of one that ended."""
    for pid_file in sorted(folder.glob("*.json")):
        pid = _pid_of(pid_file)
        if pid is not None:
            _stop_group(pid)
        pid_file.unlink(missing_ok=True)


def tail(log: Path) -> str:
    """Give the last lines of a log."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join(f"  | {line}" for line in lines[-LOG_TAIL_LINES:])


def _spawn(command: Sequence[str], env: Mapping[str, str], cwd: Path, log: Path) -> subprocess.Popen[bytes]:
    log.parent.mkdir(parents=True, exist_ok=True)
    # For the owner's eyes only, with what is there: the console prints its URL, which holds its token.
    log.parent.chmod(0o700)
    log.unlink(missing_ok=True)
    with log.open("xb") as output:
        process = subprocess.Popen(
            command,
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _children[process.pid] = process
    return process


def _pid_of(pid_file: Path) -> int | None:
    """Give a recorded process's id, if it is still that process."""
    try:
        content = json.loads(pid_file.read_text(encoding="utf-8"))
        pid, started = int(content["pid"]), content["started"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    found = _started(pid)
    return pid if found is not None and found == started else None


def _started(pid: int) -> str | None:
    """Say when a process started, in the system's own words; None when it ended or never was."""
    _reap(pid)
    if Path("/proc/self/stat").exists():
        state = _proc_stat(pid)
        return None if state is None else state[19]  # `starttime`, field 22 of proc(5), 20th after the name
    asked = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return asked.stdout.strip() or None


def _proc_stat(pid: int | str) -> list[str] | None:
    """Give Linux's fields on a process from the third on (state, parent, group …); None when it ended."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else fields


def _reap(pid: int) -> None:
    """Take leave of a child of ours that ended, so that it counts as ended."""
    child = _children.get(pid)
    if child is not None and child.poll() is not None:
        del _children[pid]


def _stop_group(group: int) -> None:
    """Ask a process group to stop; after the grace, kill what is left of it."""
    _end_group(group)
    child = _children.pop(group, None)
    if child is not None:
        child.wait()  # it ended, or was killed


def _end_group(group: int) -> None:
    for signum, seconds in ((signal.SIGTERM, GRACE_SECONDS), (signal.SIGKILL, KILL_SECONDS)):
        try:
            os.killpg(group, signum)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not _group_lives(group):
                return
            time.sleep(POLL_SECONDS)


def _group_lives(group: int) -> bool:
    """Say whether any process of a group still runs (one that ended and waits to be reaped does not)."""
    _reap(group)
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    if not Path("/proc/self/stat").exists():
        return True
    pids = (entry.name for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return any(fields is not None and fields[2] == str(group) for fields in map(_proc_stat, pids))
