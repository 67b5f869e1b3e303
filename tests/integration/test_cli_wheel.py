"""The wheel: what `uvx tiktok-events-relay` and `pipx install` get."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the checkout and unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, check=True, cwd=ROOT, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        opened.extractall(folder / "site")
    return folder / "site"


def run(installed: Path, script: str) -> str:
    """Runs a script far from the checkout, with the wheel in front of the dependencies."""
    code = f"import sys; sys.path.insert(0, {str(installed)!r}); {script}"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=installed.parent,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_wheel_holds_the_packages_and_the_console(installed: Path) -> None:
    for name in ("relay_cli/main.py", "relay/message.py", "relay_cli/console/static/index.html"):
        assert (installed / name).exists(), name
    assert {path.name.partition("-")[0] for path in installed.iterdir()} == {
        "relay",
        "relay_cli",
        "relay_senders",
        "tiktok_events_relay",
    }


def test_both_names_start_the_same_command(installed: Path) -> None:
    (entry_points,) = installed.glob("*.dist-info/entry_points.txt")
    text = entry_points.read_text(encoding="utf-8")
    assert "relay = relay_cli.main:run_from_shell" in text
    assert "tiktok-events-relay = relay_cli.main:run_from_shell" in text


def test_installed_command_runs_from_the_wheel(installed: Path) -> None:
    out = run(
        installed,
        "from relay_cli import main; print(main.__file__); main.main(['help', 'exit-codes', '--json'])",
    )
    assert out.startswith(str(installed))
    assert '"130"' in out
