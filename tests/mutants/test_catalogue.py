"""The catalogue of defects fits the code: each defect can be applied, and its tests exist."""

import ast
from pathlib import Path

import pytest

from tests.mutants.catalogue import list_defects
from tests.mutants.defect import ROOT, Defect

ALL = [defect for defects in list_defects().values() for defect in defects]


@pytest.mark.parametrize("defect", ALL, ids=lambda defect: defect.what)
def test_defect_fits_the_code(defect: Defect) -> None:
    text = (ROOT / defect.path).read_text(encoding="utf-8")
    assert text.count(defect.before) == 1
    assert defect.before != defect.after
    if defect.path.endswith(".py"):
        ast.parse(text.replace(defect.before, defect.after))


@pytest.mark.parametrize("defect", ALL, ids=lambda defect: defect.what)
def test_tests_of_a_defect_exist(defect: Defect) -> None:
    assert defect.tests
    for test in defect.tests:
        path, _, name = test.partition("::")
        assert (ROOT / path).exists(), path
        if name:
            tree = ast.parse(Path(ROOT / path).read_text(encoding="utf-8"))
            functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
            assert name.partition("[")[0].rpartition("::")[2] in functions, test


def test_each_defect_has_a_description_of_its_own() -> None:
    assert len({defect.what for defect in ALL}) == len(ALL)
