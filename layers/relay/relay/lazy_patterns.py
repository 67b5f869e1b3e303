"""Regular expressions that are compiled when they are first needed.

Compiling takes 0.2 to 1 ms each, which a cold start can't spare for what most events never need. What every
event needs is compiled with `re.compile` where it stands.
"""

import re
from collections.abc import Callable
from functools import cache, partial


def lazy_pattern(pattern: str, flags: int = 0) -> Callable[[], re.Pattern[str]]:
    """Return a function that compiles `pattern` at its first call, and returns the same object from then on.

    >>> digits = lazy_pattern(r"[0-9]+")
    >>> digits().fullmatch("42") is not None, digits() is digits()
    (True, True)
    """
    return cache(partial(re.compile, pattern, flags))
