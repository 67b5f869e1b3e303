"""The compiled model: the same as the model, made the same twice, and used only where it fits."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pydantic_core
import pytest

from relay.event import compilation, compiled

ROOT = Path(__file__).parents[4]
PACKAGE = ROOT / "layers/relay/relay"
BLOCK = "import sys; sys.modules['pydantic'] = None; "
"""Makes every import of pydantic fail."""


@pytest.fixture
def fresh() -> Iterator[None]:
    """Let the next call of `load_model` load it again."""
    compiled.load_model.cache_clear()
    yield
    compiled.load_model.cache_clear()


def use_built(monkeypatch: pytest.MonkeyPatch, source: str) -> ModuleType:
    """Put a module of this source in the place of the one that the build makes."""
    module = ModuleType(compiled.BUILT_MODULE)
    exec(source, vars(module))  # noqa: S102 - our own text
    monkeypatch.setitem(sys.modules, compiled.BUILT_MODULE, module)
    return module


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The relay package with the module that the build adds."""
    folder = tmp_path_factory.mktemp("layer")
    shutil.copytree(PACKAGE, folder / "relay", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "relay/event/compiled_model.py").write_text(compilation.render_module(), encoding="ascii")
    return folder


def run(code: str, *paths: Path, **env: str) -> str:
    command = [sys.executable, "-c", f"import sys; sys.path[:0] = {[*map(str, paths)]!r}; {code}"]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=env, cwd=ROOT).stdout


@pytest.mark.usefixtures("fresh")
def test_module_of_the_build_holds_what_the_model_compiles_to(monkeypatch: pytest.MonkeyPatch) -> None:
    source = compilation.render_module()
    built = use_built(monkeypatch, source)
    assert compiled.load_model() is built.MODEL
    assert compilation.render(built.MODEL) == source


def test_built_model_passes_every_conformance_case_without_pydantic(layer: Path) -> None:
    run(f"{BLOCK}from tests.conformance.__main__ import main; sys.exit(main())", layer, ROOT)


def test_ingest_with_the_built_model_imports_no_pydantic(layer: Path) -> None:
    loads_all = "import ingest.handler, ingest.observability; ingest.observability.loggable_path('x')"
    run(f"{BLOCK}{loads_all}", layer, ROOT / "functions/ingest")
    with pytest.raises(subprocess.CalledProcessError):
        run(f"{BLOCK}{loads_all}", PACKAGE.parent, ROOT / "functions/ingest")


def test_model_gives_the_same_module_whatever_the_hash_seed() -> None:
    code = "from relay.event import compilation; print(compilation.render_module(), end='')"
    made = {run(code, PACKAGE.parent, PYTHONHASHSEED=seed) for seed in ("1", "2", "3")}
    assert made == {compilation.render_module()}


@pytest.mark.usefixtures("fresh")
def test_model_that_was_made_for_another_core_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    built = use_built(monkeypatch, compilation.render_module().replace(pydantic_core.__version__, "1.0.0"))
    with pytest.warns(RuntimeWarning, match="for pydantic-core 1.0.0.*Build the layer again"):
        model = compiled.load_model()
    assert model is not built.MODEL
    assert compilation.render(model) == compilation.render_module()


@pytest.mark.usefixtures("fresh")
def test_module_that_lacks_an_import_is_not_taken_for_absent(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "broken_model.py").write_text("import a_module_that_is_not_there\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(compiled, "BUILT_MODULE", "broken_model")
    with pytest.raises(ModuleNotFoundError, match="a_module_that_is_not_there"):
        compiled.load_model()


def test_what_has_no_name_in_a_module_is_no_part_of_a_built_model() -> None:
    model = compilation.compile_model()
    model.schema["schema"]["fields"]["value"] = lambda value: value
    with pytest.raises(TypeError, match="has no name in"):
        compilation.render(model)


def test_checkout_holds_no_compiled_model_that_could_be_out_of_date() -> None:
    assert not (PACKAGE / "event/compiled_model.py").exists()
