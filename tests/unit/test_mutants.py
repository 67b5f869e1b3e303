"""The catalogue of deliberate defects fits the code: each text is there once, each named test exists."""

import re
from functools import cache

from tests.mutants.catalogue import list_defects
from tests.mutants.defect import ROOT, Defect

DEFECTS = [defect for defects in list_defects().values() for defect in defects]


@cache
def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def fits(defect: Defect) -> bool:
    once = read(defect.path).count(defect.before) == 1
    return once and defect.before != defect.after and bool(defect.tests or defect.faults)


def exists(node: str) -> bool:
    path, *names = node.split("::")
    return (ROOT / path).exists() and all(
        re.search(rf"^\s*(def|class) {re.escape(name.partition('[')[0])}\b", read(path), re.MULTILINE)
        for name in names
    )


def test_each_defect_fits_the_code() -> None:
    assert [defect.what for defect in DEFECTS if not fits(defect)] == []


def test_each_named_test_exists() -> None:
    assert [test for defect in DEFECTS for test in defect.tests if not exists(test)] == []


def test_names_are_unique() -> None:
    assert len({defect.what for defect in DEFECTS}) == len(DEFECTS) >= 60
