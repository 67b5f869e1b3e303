"""Rules that pick items out of a batch: one field, by its dotted path, and what it must hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from local.simulator.json_types import Json


class FaultSpecError(ValueError):
    """A fault asked for in a way that makes no sense; the sentence names the option and what it takes."""


@dataclass(frozen=True, slots=True)
class MatchRule:
    """An item matches when the field at `field` is one of `values`, or holds `substring`."""

    field: str
    values: frozenset[str | int | float | bool | None] | None = None
    substring: str | None = None

    @classmethod
    def parse(cls, spec: Json) -> MatchRule:
        """Read `{"field": "properties.contents.0.content_id", "equals" | "contains" | "in": ...}`.

        Raises:
            FaultSpecError: with a sentence, when it is anything else.
        """
        field = spec.get("field") if isinstance(spec, dict) and len(spec) == 2 else None
        if not isinstance(spec, dict) or not isinstance(field, str):
            raise FaultSpecError("match: an object with field and one of equals, contains, in")
        if "contains" in spec:
            substring = spec["contains"]
            if not isinstance(substring, str) or not substring:
                raise FaultSpecError("match.contains: a string that is not empty")
            return cls(field, substring=substring)
        expected = spec.get("in") if "in" in spec else [spec["equals"]] if "equals" in spec else None
        if not isinstance(expected, list):
            raise FaultSpecError(
                "match: one of equals (a scalar), contains (a string), in (a list of scalars)"
            )
        values: set[str | int | float | bool | None] = set()
        for value in expected:
            if isinstance(value, (list, dict)):
                raise FaultSpecError("match: equals and in take strings, numbers, booleans and null")
            values.add(value)
        return cls(field, values=frozenset(values))

    def matches(self, item: Json) -> bool:
        """Whether the item's field holds what is expected; a field that is not there never does."""
        value = item
        for step in self.field.split("."):
            if isinstance(value, dict) and step in value:
                value = value[step]
            elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
                value = value[int(step)]
            else:
                return False
        if self.substring is not None:
            return isinstance(value, str) and self.substring in value
        return not isinstance(value, (list, dict)) and self.values is not None and value in self.values

    def rows(self, items: Sequence[Json]) -> list[int]:
        """Give the numbers of the items that match, in order."""
        return [row for row, item in enumerate(items) if self.matches(item)]

    def view(self) -> Json:
        """Give the rule as it was written."""
        if self.substring is not None:
            return {"field": self.field, "contains": self.substring}
        return {"field": self.field, "in": sorted(self.values or (), key=repr)}
