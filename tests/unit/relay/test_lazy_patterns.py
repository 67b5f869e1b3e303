"""Patterns that are compiled when they are first needed."""

import re

import pytest

from relay.lazy_patterns import lazy_pattern


def test_pattern_is_compiled_at_its_first_use_and_not_before() -> None:
    wrong = lazy_pattern("(")
    with pytest.raises(re.error):
        wrong()


def test_pattern_is_compiled_once_with_its_flags() -> None:
    word = lazy_pattern("sku", re.IGNORECASE)
    assert word() is word()
    assert word().fullmatch("SKU")
