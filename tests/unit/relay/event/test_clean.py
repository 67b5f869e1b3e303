"""Clean events: the quick look and the wide model say the same of every field."""

import pytest

from relay.event import clean, model

MODELS = {
    "content": (clean.CONTENT, model.Content),
    "properties": (clean.PROPERTIES, model.Properties),
    "page": (clean.PAGE, model.Page),
    "app": (clean.APP, model.App),
    "lead": (clean.LEAD, model.Lead),
}
TYPES = {
    "text": clean.TEXT,
    "id": clean.TEXT,
    "number": clean.NUMBER,
    "whole": clean.WHOLE,
    "texts": clean.TEXTS,
}


@pytest.mark.parametrize("part", MODELS)
def test_every_field_of_the_model_is_known_to_the_quick_look(part: str) -> None:
    quick, wide = MODELS[part]
    assert set(quick) | {"contents"} == set(wide.__annotations__) | {"contents"}


@pytest.mark.parametrize("part", ["content", "properties", "app", "lead"])
def test_every_field_has_the_type_that_its_kind_is_mended_into(part: str) -> None:
    quick, wide = MODELS[part]
    for name, kind in model.kinds(wide).items():
        if kind.name == "choice":
            assert tuple(quick[name]["expected"]) == kind.choices, name
        elif name != "currency":
            assert quick[name] == TYPES[kind.name], name
