"""Prints how many cases of each group pass, and what fails. `make conformance` runs it."""

import sys

from rich.console import Console
from rich.table import Table

from tests.conformance.suite import differences, groups


def main() -> int:
    """Runs all cases; gives 0 where all pass, else 1."""
    console = Console(highlight=False)
    table = Table("group", "cases", "passed")
    all_cases = all_passed = 0
    for group, cases in groups().items():
        passed = 0
        for case in cases:
            found = differences(case)
            passed += not found
            for difference in found:
                console.print(f"{group} · {case.id}: {difference}", markup=False)
        table.add_row(group, str(len(cases)), str(passed))
        all_cases, all_passed = all_cases + len(cases), all_passed + passed
    table.add_section()
    table.add_row("total", str(all_cases), str(all_passed))
    console.print(table)
    return 0 if all_passed == all_cases else 1


if __name__ == "__main__":
    sys.exit(main())
