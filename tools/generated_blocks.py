"""Generated blocks of a page: what stands between `<!-- made: name -->` and `<!-- end -->`."""

import re
from collections.abc import Callable, Mapping
from typing import Final

_BLOCK: Final[re.Pattern[str]] = re.compile(r"(<!-- made: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def block_names(page: str) -> set[str]:
    """The names of all blocks of a page."""
    return {found[2] for found in _BLOCK.finditer(page)}


def fill(page: str, texts: Mapping[str, Callable[[], str]]) -> str:
    """`page` with the blocks that `texts` names written again; those of other tools are left alone."""
    return _BLOCK.sub(
        lambda found: found[1] + texts[found[2]]() + found[3] if found[2] in texts else found[0], page
    )
