"""No page asks anyone to paste a secret into a shell: `relay token`, `secret` and `key` do that."""

import re
from pathlib import Path

from tests.support.rows import every_row

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@every_row("page", PAGES)
def test_no_shell_recipe_handles_a_secret(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert not re.search(
        r"read -[a-z]*s|stty -echo|\$\{?(TOKEN|SECRET)\b|file://\w+\.json|--secret[= ]", text
    )
