"""The build recipe: what an artefact holds, and that the same sources give the same files."""

import hashlib
import marshal
import subprocess
import sys
from pathlib import Path
from types import CodeType

import pytest

from relay.event.compilation import render_module
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
    assert "without bytecode" in capsys.readouterr().err


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


def test_without_a_pydantic_for_this_machine_the_layer_ships_without_the_compiled_model_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_args: object, **_options: object) -> None:
        raise subprocess.CalledProcessError(1, "pip")

    packages = copy_of_relay(tmp_path)
    monkeypatch.setattr(build_artifact, "install_dependencies", fail)
    build_artifact.compile_model(packages, for_lambda=True)
    assert not (packages / "relay/event/compiled_model.py").exists()
    assert "without the compiled model" in capsys.readouterr().err


def test_a_model_that_does_not_compile_stops_the_build(tmp_path: Path) -> None:
    packages = copy_of_relay(tmp_path)
    (packages / "relay/event/model.py").write_text("raise ValueError\n", encoding="utf-8")
    with pytest.raises(subprocess.CalledProcessError):
        build_artifact.compile_model(packages, for_lambda=False)


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
