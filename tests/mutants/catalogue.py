"""The catalogue: every defect of every module in `defects/`, each of which has a tuple `DEFECTS`."""

from importlib import import_module
from pathlib import Path
from typing import Final

from tests.mutants.defect import Defect

FOLDER: Final[Path] = Path(__file__).with_name("defects")


def list_defects() -> dict[str, tuple[Defect, ...]]:
    """The defects by the name of their module, in alphabetical order."""
    names = sorted(path.stem for path in FOLDER.glob("*.py"))
    return {name: import_module(f"tests.mutants.defects.{name}").DEFECTS for name in names}
