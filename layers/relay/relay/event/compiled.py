"""The compiled model: what ingest needs of `relay.event.model` at run time, as plain data.

Importing pydantic and building a validator takes a hundred milliseconds, more than anything else of ours in a
cold start. So the build of the layer does it once and writes the result beside the model, as the module
`relay.event.compiled_model` (`relay.event.compilation`), which needs pydantic's core alone. A checkout has no
such module: there, the model is compiled when it is first needed.
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Final, Literal

import pydantic_core

from relay.identity.user_data import Normaliser

BUILT_MODULE: Final[str] = "relay.event.compiled_model"

FieldKind = Literal["text", "number", "flag", "list", "object", "null", "digest", "digests"]
"""The type of a JSON value; `digest` is SHA-256 in hex in a field that is hashed, `digests` a list of it."""

KINDS: Final[Mapping[type, FieldKind]] = {
    str: "text",
    int: "number",
    float: "number",
    bool: "flag",
    list: "list",
    dict: "object",
    type(None): "null",
}

Declared = tuple[FieldKind, bool, Mapping[str, Any] | None]
"""A field of the model: its kind, whether it is hashed, and the fields inside it."""


@dataclass(frozen=True, slots=True)
class CompiledModel:
    """The model as data: its validator's schema and the tables of its fields."""

    schema: Mapping[str, Any]
    """The core schema of an event, for pydantic's core."""

    declared: Mapping[str, Declared]
    """Every field that an event may have at its top, sections too."""

    envelope: frozenset[str]
    """Fields of an event that may stand in its envelope."""

    parts: Mapping[str, str]
    """Part of a flat event → the section that its fields stand in."""

    usual_parts: tuple[str, ...]
    """The parts of most flat events, and their top."""

    usual: frozenset[str]
    """Every field of the usual parts."""

    item: frozenset[str]
    """Fields of an item that stand at the top of a flat event."""

    hashed: Mapping[str, str]
    """Name of a digest → the field that it is the digest of."""

    normalisers: Mapping[str, Normaliser]
    """Identifier of a person → how it is normalised and hashed."""

    required: Mapping[str, tuple[str, str]]
    """Section → the field that it must have, and the event source that must have the section."""


@cache
def load_model() -> CompiledModel:
    """Return the compiled model that came with the layer, or compile the model now where there is none.

    One that was made for another version of pydantic's core is not used: its schema may mean something else.
    """
    try:
        built = import_module(BUILT_MODULE)
    except ModuleNotFoundError as error:
        if error.name != BUILT_MODULE:
            raise
    else:
        if pydantic_core.__version__ == built.PYDANTIC_CORE:
            model: CompiledModel = built.MODEL
            return model
        warnings.warn(
            f"{BUILT_MODULE} is for pydantic-core {built.PYDANTIC_CORE}, and {pydantic_core.__version__} is "
            "installed: every cold start compiles the model. Build the layer again.",
            RuntimeWarning,
            stacklevel=2,
        )
    # pydantic is imported here only: a deployed layer does without it.
    from relay.event.compilation import compile_model

    return compile_model()
