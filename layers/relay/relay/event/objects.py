"""Objects inside an event: keep the path of what is being validated, and handle undeclared fields."""

from dataclasses import dataclass
from typing import Any, Final, get_type_hints

from pydantic import GetCoreSchemaHandler, ValidationInfo, ValidatorFunctionWrapHandler
from pydantic_core import PydanticOmit, core_schema

from relay.event.coercion import coerce_objects, omit
from relay.event.suggestions import Suggestions
from relay.findings import Findings, describe_type, safe_name

EVENTS_1_0: Final[dict[str, str]] = {
    "pixel_code": "Events API 2.0 expects event_source and event_source_id beside data.",
    "timestamp": "Events API 2.0 expects event_time, in Unix seconds.",
    "context": "Events API 2.0 expects user (with email, phone, ttclid, ip …) and page beside properties.",
    "type": "Events API 2.0 has no type; omit it.",
    "phone_number": "Events API 2.0 expects phone.",
}
"""What a field of Events API 1.0 became (TikTok API for Business, Docs 1701890979375106 and
1771101303285761)."""


@dataclass(frozen=True, slots=True)
class Object:
    """A section of an event, or with `item` an object in a list."""

    unknown: str
    """Code of the finding about an undeclared field."""

    keep_unknown: bool = False
    item: bool = False

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        known = frozenset(get_type_hints(source))
        suggestions = Suggestions(known)

        def validate(value: object, inner: ValidatorFunctionWrapHandler, info: ValidationInfo) -> object:
            findings: Findings = info.context  # type: ignore[assignment]
            outer = findings.prefix
            path = f"{outer}{info.field_name}"
            if self.item:
                path = f"{outer}[{findings.index}]"
                findings.index += 1
            if type(value) is not dict:
                value = _as_object(value, path, findings)
            findings.prefix = f"{path}."
            try:
                result: dict[str, Any] = inner(value)
                if not result.keys() <= known:
                    for name in [name for name in result if name not in known]:
                        if not self._keeps(name, result[name], suggestions, findings):
                            del result[name]
            finally:
                findings.prefix = outer
            return result or omit()

        return core_schema.with_info_wrap_validator_function(validate, handler(source))

    def _keeps(self, name: str, value: object, suggestions: Suggestions, findings: Findings) -> bool:
        if value is None:
            return False
        if not self.keep_unknown and name in EVENTS_1_0:
            findings.add("events_1_0", f"{findings.prefix}{name}", expected=EVENTS_1_0[name])
        else:
            field = f"{findings.prefix}{safe_name(name)}"
            findings.add(self.unknown, field, expected=suggestions.sentence(name))
        return self.keep_unknown


def _as_object(value: object, path: str, findings: Findings) -> dict[str, Any]:
    """The object in a list of one, where an object is expected."""
    if value is None:
        omit()
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
        findings.add("read_as_single", path, describe_type(value), "an object")
        return value[0]
    findings.add("wrong_type", path, describe_type(value), "an object")
    raise PydanticOmit


class Objects:
    """A list of objects: coerces what is not a list, and counts the entries for their paths."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        def validate(value: object, inner: ValidatorFunctionWrapHandler, info: ValidationInfo) -> object:
            findings: Findings = info.context  # type: ignore[assignment]
            if value is None:
                omit()
            outer, path = findings.prefix, f"{findings.prefix}{info.field_name}"
            if type(value) is not list:
                value = coerce_objects(value, path, findings)
            findings.prefix, findings.index = path, 0
            try:
                return inner(value) or omit()
            finally:
                findings.prefix = outer

        return core_schema.with_info_wrap_validator_function(validate, handler(source))
