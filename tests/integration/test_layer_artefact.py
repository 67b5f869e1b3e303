"""The layer as `sam build` makes it for AWS: for Lambda's machine whatever this is, small, the same twice."""

import hashlib
import re
from pathlib import Path

import pytest

from benchmarks import budgets
from relay.event.compilation import render_module
from tools import build_artifact

MEBIBYTE = 1024 * 1024
# Lambda's limit for a function and its layers, unzipped, is 250 MB; ours keeps cold starts short.
MAX_UNZIPPED = budgets.limit("size.layer") * MEBIBYTE

# ELF: bytes 18 and 19 of a file say for which machine it is; 183 is AArch64.
ELF_MACHINE = slice(18, 20)
AARCH64 = 183

pytestmark = pytest.mark.integration


def contents(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The layer, built for AWS."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("RELAY_BUILD_TARGET", raising=False)
        # A build for AWS needs pip alone: this uv was set up on another machine.
        uv = tmp_path_factory.mktemp("tools") / "uv"
        uv.write_bytes(b"\xcf\xfa\xed\xfe")
        uv.chmod(0o755)
        patch.setattr(build_artifact, "UV", uv)
        folder = tmp_path_factory.mktemp("layer")
        build_artifact.main(build_artifact.LAYER, folder)
    return folder


def test_compiled_parts_are_for_lambdas_python_and_machine(layer: Path) -> None:
    libraries = list(layer.rglob("*.so"))
    assert libraries
    for library in libraries:
        machine = library.read_bytes()[ELF_MACHINE]
        assert int.from_bytes(machine, "little") == AARCH64, library
        assert re.search(r"\.(cpython-313-aarch64-linux-gnu|abi3)\.so$", library.name), library


def test_bytecode_is_for_lambdas_python_or_not_there(layer: Path) -> None:
    tags = {path.name.split(".")[-2] for path in layer.rglob("*.pyc")}
    assert tags == ({"cpython-313"} if build_artifact.find_python("3.13") else set())


def test_the_layer_holds_the_compiled_form_of_the_model(layer: Path) -> None:
    compiled = layer / "python/relay/event/compiled_model.py"
    assert compiled.read_text(encoding="ascii") == render_module()


def test_the_layer_holds_the_relay_package_where_lambda_looks_and_each_licence(layer: Path) -> None:
    assert (layer / "python/relay/__init__.py").exists()
    notes = list((layer / "python").glob("*.dist-info"))
    assert notes
    # typing_inspection and the like name their files LICENSE, LICENSE.txt, LICENCE …, here or in licenses/.
    without = [note.name for note in notes if not [f for f in note.rglob("*") if "LICEN" in f.name.upper()]]
    assert without == []


def test_the_layer_is_small_enough(layer: Path) -> None:
    assert sum(path.stat().st_size for path in layer.rglob("*") if path.is_file()) <= MAX_UNZIPPED


def test_a_second_build_gives_the_same_files(
    layer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RELAY_BUILD_TARGET", raising=False)
    build_artifact.main(build_artifact.LAYER, tmp_path)
    assert contents(tmp_path) == contents(layer)


@pytest.mark.skipif(not build_artifact.UV.exists(), reason="`make setup` keeps uv")
def test_uv_and_pip_install_the_same_for_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The local stack is built with uv, which takes a tenth of pip's time.
    build_artifact.install_dependencies(tmp_path / "uv", for_lambda=False)
    monkeypatch.setattr(build_artifact, "UV", tmp_path / "none")
    build_artifact.install_dependencies(tmp_path / "pip", for_lambda=False)
    assert contents(tmp_path / "uv") == contents(tmp_path / "pip")
    assert not (tmp_path / "uv/bin").exists()
