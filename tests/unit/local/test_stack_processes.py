"""The stack's processes: stopped with all their children, and never anybody else's."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.stack import processes

DEADLINE_SECONDS = 20.0

# Starts a child, writes its id into the file, and waits for ever; so does the child.
WITH_CHILD = """
import pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pathlib.Path(sys.argv[1]).write_text(str(child.pid))
time.sleep(600)
"""
DEAF = """
import pathlib, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path(sys.argv[1]).write_text("deaf")
time.sleep(600)
"""


def until_written(path: Path) -> str:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        if path.exists() and (text := path.read_text(encoding="utf-8")):
            return text
        time.sleep(0.01)
    raise AssertionError(f"{path} was not written")


def lives(pid: int) -> bool:
    """Say whether a process runs; one that ended and waits to be taken leave of does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/status")
    return not (status.exists() and "State:\tZ" in status.read_text(encoding="utf-8"))


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder of recorded processes; what is still recorded at the end is stopped."""
    recorded = tmp_path / "processes"
    yield recorded
    processes.stop_all(recorded)


def start(name: str, script: str, tmp_path: Path, folder: Path) -> str:
    """Start a Python process that writes a word when it is ready; gives the word."""
    ready = tmp_path / f"{name}.ready"
    command = [sys.executable, "-c", script, str(ready)]
    processes.start(name, command, env=os.environ, cwd=tmp_path, folder=folder, log=tmp_path / f"{name}.log")
    return until_written(ready)


def test_a_process_is_stopped_together_with_its_children(tmp_path: Path, folder: Path) -> None:
    child = int(start("parent", WITH_CHILD, tmp_path, folder))
    assert processes.alive(folder) == ["parent"]
    assert lives(child)

    processes.stop_all(folder)

    assert processes.alive(folder) == []
    assert not lives(child)


def test_a_process_that_does_not_listen_is_killed_after_the_grace(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "GRACE_SECONDS", 0.2)
    start("deaf", DEAF, tmp_path, folder)
    pid = json.loads((folder / "deaf.json").read_text(encoding="utf-8"))["pid"]

    processes.stop_all(folder)

    assert not lives(pid)


def test_a_process_that_has_got_the_id_of_an_ended_one_is_left_alone(folder: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True
    ) as other:
        try:
            folder.mkdir()
            record = {"pid": other.pid, "started": "at another time"}
            (folder / "emulator.json").write_text(json.dumps(record), encoding="utf-8")

            assert processes.alive(folder) == []
            processes.stop_all(folder)

            assert other.poll() is None
            assert not (folder / "emulator.json").exists()
        finally:
            other.kill()


def test_a_broken_note_is_forgotten_and_harms_nobody(folder: Path) -> None:
    folder.mkdir()
    (folder / "emulator.json").write_text("{half", encoding="utf-8")
    processes.stop_all(folder)
    assert list(folder.iterdir()) == []


def test_a_process_that_ended_by_itself_is_reported_with_the_end_of_its_log(
    tmp_path: Path, folder: Path
) -> None:
    log = tmp_path / "brief.log"
    command = [sys.executable, "-c", "print('the port is taken')"]
    processes.start("brief", command, env=os.environ, cwd=tmp_path, folder=folder, log=log)
    until_written(log)
    deadline = time.monotonic() + DEADLINE_SECONDS
    while processes.alive(folder) and time.monotonic() < deadline:
        time.sleep(0.01)
    with pytest.raises(processes.ProcessError, match=r"brief stopped by itself[\s\S]*the port is taken"):
        processes.check("brief", folder=folder, log=log)


def test_logs_are_for_their_owner_alone_also_those_that_are_there(tmp_path: Path) -> None:
    log, elsewhere = tmp_path / "logs" / "console.log", tmp_path / "elsewhere"
    log.parent.mkdir(mode=0o755)
    elsewhere.write_text("kept", encoding="utf-8")
    log.symlink_to(elsewhere)
    command = [sys.executable, "-c", "print('The console: http://127.0.0.1:1/?token=t')"]
    processes.run("console", command, env=os.environ, cwd=tmp_path, log=log)
    assert "token=t" in log.read_text(encoding="utf-8")
    # The emulator adds logs of the functions to the folder.
    assert stat.S_IMODE(log.parent.stat().st_mode) == 0o700
    assert elsewhere.read_text(encoding="utf-8") == "kept"


def test_a_command_that_fails_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import sys; print('no such bucket'); sys.exit(3)"]
    with pytest.raises(processes.ProcessError, match=r"deploy failed \(exit code 3\)[\s\S]*no such bucket"):
        processes.run("deploy", command, env=os.environ, cwd=tmp_path, log=tmp_path / "logs/deploy.log")


def test_an_interrupted_command_takes_its_children_with_it(tmp_path: Path) -> None:
    ready = tmp_path / "child"
    script = (
        "import os, pathlib, signal, sys\n"
        "from local.stack import processes\n"
        # Looks again and again whether the child is there; once it is, does what Ctrl-C does.
        "def interrupt_once_ready(*_):\n"
        "    if pathlib.Path(sys.argv[1]).exists() and pathlib.Path(sys.argv[1]).read_text():\n"
        "        signal.setitimer(signal.ITIMER_REAL, 0)\n"
        "        raise KeyboardInterrupt\n"
        "signal.signal(signal.SIGALRM, interrupt_once_ready)\n"
        "signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)\n"
        "here = pathlib.Path.cwd()\n"
        f"command = [sys.executable, '-c', {WITH_CHILD!r}, sys.argv[1]]\n"
        "processes.run('build', command, env=os.environ, cwd=here, log=here / 'build.log')\n"
    )
    root = Path(__file__).resolve().parents[3]
    ran = subprocess.run(
        [sys.executable, "-c", script, str(ready)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{root / 'layers/relay'}"},
        capture_output=True,
        timeout=DEADLINE_SECONDS,
        check=False,
    )
    assert ran.returncode in (-signal.SIGINT, 130, 1)
    assert b"KeyboardInterrupt" in ran.stderr
    assert not lives(int(ready.read_text(encoding="utf-8")))
