"""The catalogue of deliberate defects fits the code: each text is there once, each named test exists."""

import re

import pytest

from tests.mutants.catalogue import list_defects
from tests.mutants.defect import ROOT, Defect

DEFECTS = [defect for defects in list_defects().values() for defect in defects]


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.what)
def test_defect_fits_the_code(defect: Defect) -> None:
    text = (ROOT / defect.path).read_text(encoding="utf-8")
    assert text.count(defect.before) == 1
    assert defect.before != defect.after
    assert defect.tests or defect.faults


@pytest.mark.parametrize("node", sorted({test for defect in DEFECTS for test in defect.tests}))
def test_named_test_exists(node: str) -> None:
    path, *names = node.split("::")
    assert (ROOT / path).exists()
    text = (ROOT / path).read_text(encoding="utf-8") if names else ""
    for name in names:
        assert re.search(rf"^\s*(def|class) {re.escape(name.partition('[')[0])}\b", text, re.MULTILINE)


def test_names_are_unique() -> None:
    assert len({defect.what for defect in DEFECTS}) == len(DEFECTS) >= 60
