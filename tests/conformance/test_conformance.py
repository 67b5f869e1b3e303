"""The conformance suite under pytest, and that it has every group."""

from collections import Counter
from pathlib import Path

import pytest

from relay.findings import CHECKS
from tests.conformance.suite import GROUPS, Case, differences, groups, hashed, run

ALL = groups()


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=f"{group}: {case.id}") for group, cases in ALL.items() for case in cases]
)
def test_case(case: Case) -> None:
    assert differences(case) == []


def test_every_module_of_cases_is_a_group() -> None:
    assert {path.stem for path in (Path(__file__).parent / "cases").glob("*.py")} == set(GROUPS)


@pytest.mark.parametrize("group", GROUPS)
def test_every_case_has_a_name_of_its_own(group: str) -> None:
    assert [name for name, times in Counter(case.id for case in ALL[group]).items() if times > 1] == []


def test_every_check_is_produced_by_a_case() -> None:
    produced = {code for cases in ALL.values() for case in cases for code in run(case).codes}
    # About a whole request, and about a fault of ours: tests/unit/relay/event/test_routing, test_ingestion.
    elsewhere = {"test_codes_too_many", "unprocessable"}
    assert CHECKS.keys() - produced == elsewhere


def test_all_twenty_nine_tricky_cases_are_there() -> None:
    assert len(ALL["peers"]) == 29


def test_digests_are_made_over_utf_8() -> None:
    # From coreutils: printf josé | sha256sum
    assert hashed("josé") == "d994e1d001886fe5b45b1267bd1fa2b752ac50742579bd3dad7b2a2aa0ed6866"
