"""Annotations of the model's fields and sections: how pydantic builds the validator that coerces.

A field is declared as `Annotated[<strict type>, Coerced(<coercer>)]`: the strict type is tried first, and the
coercer (`relay.event.coercion`) gets anything else. What is called at run time is a function of a module with
its arguments, so that the compiled model can name it (`relay.event.compilation`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, get_args, get_type_hints

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import core_schema
from pydantic_core.core_schema import CoreSchema

from relay.event import coercion, objects
from relay.event.coercion import Coercer

_MARK: Final = core_schema.with_info_plain_validator_function(coercion.mark_text)


@dataclass(frozen=True, slots=True)
class Searched:
    """Text that goes out as it is: one with a sign of personal data is marked, so that the item is searched.

    `usual` and `signs` are regular expressions of `relay.personal_data`. A text that is usual or has no sign
    stays in Rust; the first saves the search for signs.
    """

    signs: str
    usual: str = ""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        strict = handler(source)
        usual = [{**strict, "pattern": self.usual}] if self.usual else []
        marked = core_schema.chain_schema([core_schema.str_schema(pattern=self.signs), strict, _MARK])
        return core_schema.union_schema([*usual, marked, strict], mode="left_to_right")

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> Any:
        return handler(schema["choices"][-1])


@dataclass(frozen=True, slots=True)
class Coerced:
    """`strict | coerced`, tried from left to right. The JSON schema shows the strict type, which is what
    senders should send. Without a coercer, a value of a Literal is accepted in any case."""

    coerce: Coercer | None = None
    searched: bool = False
    """Whether a coerced value is text that has to be searched for personal data."""
    unless: str = ""
    """Text that this regular expression is found in is not strict."""
    usual: str = ""
    """Text that matches this one is strict, which saves the search for `unless`."""
    always: bool = False
    """Whether no value is strict, so that the type only says what senders should send."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        coerce = self.coerce or partial(
            coercion.coerce_choice, {choice.lower(): choice for choice in get_args(source)}
        )
        call = partial(coercion.coerce_field, coerce, self.searched)
        coerced = core_schema.with_info_plain_validator_function(call)
        if self.always:
            return coerced
        strict = handler(source)
        usual = [{**strict, "pattern": self.usual}] if self.usual else []
        not_strict = core_schema.chain_schema([core_schema.str_schema(pattern=self.unless), coerced])
        unless = [not_strict] if self.unless else []
        return core_schema.union_schema([*usual, *unless, strict, coerced], mode="left_to_right")

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> Any:
        strict = schema["choices"][-2] if schema["type"] == "union" else schema
        return handler(strict)


@dataclass(frozen=True, slots=True)
class Object:
    """A section of an event, or with `item` an object in a list."""

    unknown: str
    """Code of the finding about an undeclared field."""

    never_kept: Mapping[str, str] | None = None
    """Undeclared fields are kept, but for those of these names (folded → as declared) at any level; None
    keeps none."""
    item: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        known = frozenset(get_type_hints(source))
        validate = partial(objects.validate_object, known, self.unknown, self.never_kept, self.item)
        return core_schema.with_info_wrap_validator_function(validate, handler(source))


@dataclass(frozen=True, slots=True)
class Objects:
    """A list of objects: `strict | coerced` as a whole.

    Strict is a list of objects that are strict in all their fields and have the field `required`, so none
    is empty. For any other list, the entries are counted for their paths and coerced one by one.
    """

    required: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        (entry,) = get_args(source)
        strict = handler.resolve_ref_schema(handler(get_args(entry)[0]))
        strict = _take_strict(strict, self.required)  # type: ignore[arg-type]
        return core_schema.union_schema(
            [
                core_schema.list_schema(strict, min_length=1, strict=True),
                core_schema.with_info_wrap_validator_function(objects.validate_objects, handler(source)),
            ],
            mode="left_to_right",
        )

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> Any:
        return handler(schema["choices"][1])


def _take_strict(schema: core_schema.TypedDictSchema, required: str) -> CoreSchema:
    """The strict half of every field of an object, with nothing undeclared beside them."""
    fields: dict[str, Any] = {
        name: {**field, "schema": field["schema"]["choices"][0], "required": name == required}
        for name, field in schema["fields"].items()
    }
    return core_schema.typed_dict_schema(fields, extra_behavior="forbid", config=schema["config"])
