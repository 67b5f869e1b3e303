"""The build recipe: what an artefact holds, and that the same sources give the same files."""

import hashlib
import marshal
import subprocess
import sys
from pathlib import Path
from types import CodeType

import pytest

from relay.event.compilation import render_module
from relay.event.compiled import BUILT_MODULE
from tools import build_artifact

THIS_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
PYC_HEADER = 16


def contents(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def a_package(folder: Path) -> Path:
    (folder / "__pycache__").mkdir(parents=True)
    (folder / "__init__.py").write_text('"""A package."""\n')
    (folder / "code.py").write_text("def answer() -> int:\n    return 42\n")
    (folder / "__pycache__/code.cpython-39.pyc").write_bytes(b"of another Python")
    return folder


def test_a_package_is_copied_without_what_this_machine_compiled(tmp_path: Path) -> None:
    build_artifact.copy_package(a_package(tmp_path / "package"), tmp_path / "copy")
    assert set(contents(tmp_path / "copy")) == {"__init__.py", "code.py"}


def test_a_folder_that_is_no_package_stops_the_build(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="is no package"):
        build_artifact.copy_package(tmp_path, tmp_path / "copy")


def test_bytecode_names_the_folder_where_lambda_unpacks_and_is_not_checked_against_dates(
    tmp_path: Path,
) -> None:
    build_artifact.copy_package(a_package(tmp_path / "package"), tmp_path / "artefact/package")
    build_artifact.compile_bytecode(tmp_path / "artefact", "/var/task", sys.executable)
    (compiled,) = (tmp_path / "artefact").rglob("code.*.pyc")
    data = compiled.read_bytes()
    code: CodeType = marshal.loads(data[PYC_HEADER:])  # noqa: S302
    assert code.co_filename == "/var/task/package/code.py"
    # Flags of PEP 552: bit 0 says that a hash, not a date, names the source; bit 1 would have it checked.
    assert int.from_bytes(data[4:8], "little") == 0b01


def test_without_a_fitting_python_the_artefact_ships_without_bytecode_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build_artifact.copy_package(a_package(tmp_path / "package"), tmp_path / "artefact/package")
    build_artifact.compile_bytecode(tmp_path / "artefact", "/var/task", None)
    assert not list((tmp_path / "artefact").rglob("*.pyc"))
    assert "without bytecode" in capsys.readouterr().out


def test_a_python_is_found_only_if_it_is_of_that_very_version() -> None:
    assert build_artifact.find_python(THIS_PYTHON) == sys.executable
    assert build_artifact.find_python("3.99") is None


def test_a_python_that_pyenv_keeps_is_found_although_it_is_not_on_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "versions/3.99.1/bin/python3.99"
    kept.parent.mkdir(parents=True)
    kept.write_text("#!/bin/sh\nexit 0\n")
    kept.chmod(0o755)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert build_artifact.find_python("3.99") == str(kept)


def copy_of_relay(folder: Path) -> Path:
    build_artifact.copy_package(build_artifact.ROOT / "layers/relay/relay", folder / "relay")
    return folder


def test_the_compiled_model_is_written_beside_the_model_and_nothing_else(tmp_path: Path) -> None:
    packages = copy_of_relay(tmp_path)
    before = contents(packages)
    # Without a pydantic in it, the folder takes that of this environment.
    build_artifact.compile_model(packages, for_lambda=False)
    assert contents(packages).keys() - before.keys() == {"relay/event/compiled_model.py"}
    assert (packages / "relay/event/compiled_model.py").read_text(encoding="ascii") == render_module()


def a_program(path: Path, content: str) -> Path:
    path.write_text(content, encoding="latin-1")
    path.chmod(0o755)
    return path


MACH_O = "\xcf\xfa\xed\xfe\x0c\0\0\1"
"""How a program for a Mac starts."""

INSTALLS_A_BROKEN_CORE = """#!/bin/sh
while [ "$1" != --target ]; do shift; done
mkdir -p "$2/pydantic_core"
echo 'raise ImportError("for another machine")' > "$2/pydantic_core/__init__.py"
"""


def test_a_build_for_aws_uses_pip_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packages = copy_of_relay(tmp_path)
    # Without a core in its folder, the model runs with that of this environment.
    pip = a_program(tmp_path / "python", "#!/bin/sh\n")
    monkeypatch.setattr(build_artifact, "pip_python", lambda: str(pip))
    monkeypatch.setattr(build_artifact, "UV", a_program(tmp_path / "uv", MACH_O))
    build_artifact.compile_model(packages, for_lambda=True)
    assert (packages / "relay/event/compiled_model.py").read_text(encoding="ascii") == render_module()


@pytest.mark.parametrize(
    ("pip", "reason"),
    [
        ("#!/bin/sh\necho No matching distribution >&2\nexit 1\n", "No matching distribution"),
        (MACH_O, "Exec format error"),
        (INSTALLS_A_BROKEN_CORE, "for another machine"),
    ],
    ids=["no wheel", "pip does not run", "the wheel does not run"],
)
def test_without_pydantics_core_for_this_machine_the_layer_ships_without_the_compiled_model_and_says_why(
    pip: str,
    reason: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    packages = copy_of_relay(tmp_path)
    monkeypatch.setattr(build_artifact, "pip_python", lambda: str(a_program(tmp_path / "python", pip)))
    build_artifact.compile_model(packages, for_lambda=True)
    assert not (packages / "relay/event/compiled_model.py").exists()
    # `sam build` shows what a recipe writes to its standard output, and hides the rest.
    out = capsys.readouterr().out
    assert reason in out
    assert f"Python {THIS_PYTHON}" in out
    assert "without the compiled model" in out
    assert "make build PYTHON=python3.13" in out


@pytest.mark.parametrize("for_lambda", [True, False])
def test_a_model_that_does_not_compile_stops_the_build(
    for_lambda: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = copy_of_relay(tmp_path)
    pip = a_program(tmp_path / "python", "#!/bin/sh\n")
    monkeypatch.setattr(build_artifact, "pip_python", lambda: str(pip))
    (packages / "relay/event/model.py").write_text("raise ValueError\n", encoding="utf-8")
    with pytest.raises(subprocess.CalledProcessError):
        build_artifact.compile_model(packages, for_lambda=for_lambda)
    assert not (packages / "relay/event/compiled_model.py").exists()


def test_a_compiled_model_in_the_checkout_is_neither_copied_nor_committed(tmp_path: Path) -> None:
    package = a_package(tmp_path / "package")
    (package / "event").mkdir()
    (package / "event/compiled_model.py").write_text("MODEL = 'of an older model'\n")
    build_artifact.copy_package(package, tmp_path / "copy")
    assert set(contents(tmp_path / "copy")) == {"__init__.py", "code.py"}
    # What git ignores is in no wheel either.
    ignored = (build_artifact.ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert f"/layers/relay/{BUILT_MODULE.replace('.', '/')}.py" in ignored


def test_an_entry_of_the_lock_is_one_package_with_all_of_its_hashes() -> None:
    first, *hashes = build_artifact.locked("pydantic-core").splitlines()
    assert first.startswith("pydantic-core==")
    assert len(hashes) > 1
    assert all(line.startswith("    --hash=sha256:") for line in hashes)
    # Of all but the last, the line goes on.
    assert [line.endswith("\\") for line in hashes] == [True] * (len(hashes) - 1) + [False]


@pytest.mark.parametrize(("resource", "package"), build_artifact.FUNCTIONS.items())
def test_a_function_is_built_twice_alike_and_holds_its_package_alone(
    resource: str, package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELAY_BUILD_TARGET", "host")
    for folder in ("first", "second"):
        build_artifact.main(resource, tmp_path / folder)
    assert contents(tmp_path / "first") == contents(tmp_path / "second")
    assert [path.name for path in (tmp_path / "first").iterdir()] == [package]
    assert (tmp_path / "first" / package / "handler.py").exists()
    assert list((tmp_path / "first").rglob("handler.*.pyc"))


def test_an_unknown_resource_is_rejected_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no recipe for NewFunction"):
        build_artifact.main("NewFunction", tmp_path)
