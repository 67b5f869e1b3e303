"""Compilation of the model: `relay.event.model` in; `CompiledModel` out, or the module that holds it.

The module is what the layer's build ships (tools/build_artifact.py), so that a cold start needs neither
pydantic nor the model. The same model gives the same text, whatever the Python and the hash seed.
"""

import sys
from collections.abc import Mapping
from dataclasses import fields as dataclass_fields
from functools import partial
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pydantic_core
from pydantic import TypeAdapter

from relay.event.compiled import KINDS, CompiledModel, Declared, FieldKind
from relay.event.model import (
    PART_SECTIONS,
    SECTIONS,
    About,
    AnyEvent,
    Content,
    EnvelopeFields,
    EventParts,
    ItemFields,
    UsualParts,
    fields,
    normalisers,
)
from relay.identity.user_data import Normaliser


def compile_model() -> CompiledModel:
    """Compile the model of an event."""
    user = fields(SECTIONS["user"])
    items = {"contents": _declare(Content, {})}
    sections = {name: _declare(of, items) for name, of in SECTIONS.items()}
    usual = get_type_hints(UsualParts)
    return CompiledModel(
        schema=_strip_schema(TypeAdapter(EventParts).core_schema),
        declared=_declare(AnyEvent, items | sections),
        envelope=frozenset(fields(EnvelopeFields)),
        parts=PART_SECTIONS,
        usual_parts=tuple(usual),
        usual=frozenset(name for of in usual.values() for name in fields(of)),
        item=frozenset(fields(ItemFields)),
        hashed={name: about.hashed for name, about in user.items() if about.hashed},
        normalisers=normalisers(SECTIONS["user"]),
        required={
            section: (name, about.required_by)
            for section, of in SECTIONS.items()
            for name, about in fields(of).items()
            if about.required_by
        },
    )


# ── the schema ──────────────────────────────────────────────────────────────────────────────────────────────


def _strip_schema(node: Any) -> Any:
    """A core schema without what its validator does not read: descriptions, and the classes behind it."""
    if isinstance(node, list):
        return [_strip_schema(entry) for entry in node]
    if not isinstance(node, dict):
        return node
    stripped = {}
    for key, value in node.items():
        if key == "fields":
            stripped[key] = {name: _strip_schema(field) for name, field in value.items()}
        elif key in ("ref", "schema_ref"):
            # pydantic appends the class's address to the name of a definition.
            stripped[key] = value.partition(":")[0]
        elif key not in ("metadata", "cls"):
            stripped[key] = _strip_schema(value)
    return stripped


# ── the fields, as log lines describe them ──────────────────────────────────────────────────────────────────


def _declare(of: type, inside: Mapping[str, Mapping[str, Declared]]) -> dict[str, Declared]:
    # Its own annotations and the inherited ones, as they stand: `get_type_hints` takes milliseconds for all.
    return {
        name: (
            _kind_of(hint.__origin__),
            any(part.hashed for part in hint.__metadata__ if isinstance(part, (About, Normaliser))),
            inside.get(name),
        )
        for name, hint in of.__annotations__.items()
    }


def _kind_of(hint: Any) -> FieldKind:
    first = get_args(hint)[0] if isinstance(hint, UnionType) else hint
    origin = get_origin(first) or first
    # A section is a class of its own.
    return "text" if origin is Literal else KINDS.get(origin, "object")


# ── the module ──────────────────────────────────────────────────────────────────────────────────────────────


def render_module() -> str:
    """Compile the model and return the source of the module that holds it."""
    return render(compile_model())


def render(model: CompiledModel) -> str:
    """Return the source of the module that holds a compiled model."""
    modules = {"functools", CompiledModel.__module__}
    tables = "".join(
        f"    {field.name}={_render(getattr(model, field.name), modules)},\n"
        for field in dataclass_fields(model)
    )
    imports = "".join(f"import {module}\n" for module in sorted(modules))
    return (
        '"""The compiled form of relay.event.model, made by the build of the layer. See relay.event.compiled.'
        f'"""\n\n{imports}\nPYDANTIC_CORE = {pydantic_core.__version__!r}\n\n'
        f"MODEL = {CompiledModel.__module__}.{CompiledModel.__name__}(\n{tables})\n"
    )


def _render(value: object, modules: set[str]) -> str:
    """The expression for a value; the modules that it names are added to `modules`."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return ascii(value)
    if isinstance(value, dict):
        return f"{{{''.join(f'{key!a}: {_render(entry, modules)}, ' for key, entry in value.items())}}}"
    if isinstance(value, (list, tuple)):
        entries = "".join(f"{_render(entry, modules)}, " for entry in value)
        return f"[{entries}]" if isinstance(value, list) else f"({entries})"
    if isinstance(value, frozenset):
        return f"frozenset({_render(sorted(value), modules)})"
    if isinstance(value, partial) and not value.keywords:
        return f"functools.partial{_render((value.func, *value.args), modules)}"
    # A function, or a constant of the module that defines its class.
    module = value.__module__
    for name, entry in vars(sys.modules[module]).items():
        if entry is value:
            modules.add(module)
            return f"{module}.{name}"
    raise TypeError(f"{value!r} has no name in {module}, so the compiled model can't refer to it")
